package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// visit is one request for a page. Handlers use its ctx, which does not end when the
// browser disconnects.
type visit struct {
	*Pages
	c   *gin.Context
	ctx context.Context
	words
	caller booking.Caller
	token  string                   // the session's
	places map[string]booking.Place // places read for this page, by their ids
	back   string                   // the page to which a problem's page leads, "" for the first page
	latest *orders.Seen             // what the visit's next list of orders waits for, nil for nothing
	behind bool                     // a list of orders does not show the latest change yet
}

func (p *Pages) visit(c *gin.Context) *visit {
	return &visit{Pages: p, c: c, ctx: c.Request.Context(), words: wordsIn(languageOf(c.Request)), latest: orders.ParseSeen(c.Query(latestParam))}
}

// page is the common part of all pages.
type page struct {
	words
	title  string
	path   string // of this page, to return to
	caller booking.Caller
	here   string // the navigation's entry for this page, "" for none
	demo   string // the state of a running demonstration, "" for none
	keeps  bool   // the payment provider keeps cards
	demos  bool   // there is a page of the demonstration
	behind bool   // a list of orders does not show the latest change yet
}

// page describes the page that answers the visit: here is its entry in the navigation.
func (v *visit) page(title, here string) page {
	return page{
		words: v.words, title: title, path: v.address(), caller: v.caller, here: here, demo: v.demoBanner(), demos: v.Demo != nil, keeps: v.keepsCards(),
		behind: v.behind,
	}
}

// address is an address of this page for a later GET. The answer to a form has the address of
// the page with the form: many forms are sent to an address that has no page.
func (v *visit) address() string {
	r := v.c.Request
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return v.here()
	}
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host {
		return "/"
	}
	return ownPath(from.RequestURI())
}

// show answers with a page.
func (v *visit) show(status int, what templ.Component) error {
	var text bytes.Buffer
	// The page is also rendered if the visit has timed out, to show that.
	if err := what.Render(context.WithoutCancel(v.ctx), &text); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	h := v.c.Writer.Header()
	h.Set("Content-Language", string(v.language))
	h.Add("Vary", "Accept-Language, Cookie")
	v.c.Data(status, "text/html; charset=utf-8", text.Bytes())
	return nil
}

// goTo redirects the browser to a page of ours, with GET.
func (v *visit) goTo(path string) error {
	v.c.Redirect(http.StatusSeeOther, path)
	return nil
}

// field is a field of the form or of the query.
func (v *visit) field(name string) string { return strings.TrimSpace(v.c.Request.FormValue(name)) }

// ownPath is a path of ours, "/" for anything else: the return path in a link must not lead to
// another site.
func ownPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
