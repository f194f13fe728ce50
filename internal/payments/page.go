package payments

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
)

// PagePath is the route of the page on which a sandbox's customer approves or refuses a
// charge. The token in it is the only credential.
const PagePath = pagePath + ":token"

const pagePath = "/sandbox/confirm/"

//go:embed page.html
var pageFile embed.FS

var page = template.Must(template.New("page.html").Funcs(template.FuncMap{"inWords": inWords}).ParseFS(pageFile, "page.html"))

// inWords is an amount in the major unit of its currency.
func inWords(m booking.Money) string {
	digits, _ := booking.Digits(m.Currency)
	text := strconv.FormatInt(m.Amount, 10)
	if digits > 0 {
		text = strings.Repeat("0", max(0, digits+1-len(text))) + text
		text = text[:len(text)-digits] + "." + text[len(text)-digits:]
	}
	return text + " " + m.Currency
}

// Pages mounts the page and its form.
func (c *conduct) Pages(r gin.IRouter) {
	r.GET(PagePath, c.showPage)
	r.POST(PagePath, c.decideOnPage)
}

func (c *conduct) showPage(g *gin.Context) {
	is, err := c.confirmations.find(g.Request.Context(), g.Param("token"))
	if err != nil {
		refusePage(g, err)
		return
	}
	var out bytes.Buffer
	if err = page.Execute(&out, map[string]any{"Of": is, "Open": is.open(time.Now()), "Back": backTo(is)}); err != nil {
		refusePage(g, err)
		return
	}
	h := g.Writer.Header()
	// A browser applies form-action to the redirect after a form, too.
	h.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"+originOf(is.ReturnTo)+"; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	g.Data(http.StatusOK, "text/html; charset=utf-8", out.Bytes())
}

// decideOnPage records the customer's decision and redirects to ReturnTo. A second decision,
// from another tab, changes nothing.
func (c *conduct) decideOnPage(g *gin.Context) {
	ctx := g.Request.Context()
	is, err := c.confirmations.find(ctx, g.Param("token"))
	if err != nil {
		refusePage(g, err)
		return
	}
	decision := g.PostForm("decision")
	if decision != "approve" && decision != "refuse" {
		g.String(http.StatusUnprocessableEntity, "the decision is approve or refuse")
		return
	}
	if err = c.confirmations.decide(ctx, is, Decision{Approved: decision == "approve"}); err == nil {
		is, err = c.confirmations.find(ctx, is.Token)
	}
	if err != nil {
		refusePage(g, err)
		return
	}
	g.Header("Cache-Control", "no-store")
	g.Header("Referrer-Policy", "no-referrer")
	g.Redirect(http.StatusSeeOther, backTo(is))
}

func refusePage(g *gin.Context, err error) {
	if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		g.String(http.StatusNotFound, "there is no such payment")
		return
	}
	g.Header("Retry-After", "2")
	g.String(http.StatusServiceUnavailable, "the sandbox's memory cannot be read")
}

// backTo is the URL for the customer after the decision, with the result, as Stripe adds it.
// The result is only a hint, since a browser carries it.
func backTo(c Confirmation) string {
	u, err := url.Parse(c.ReturnTo)
	if err != nil || u.Scheme == "" || u.Scheme == "javascript" || u.Scheme == "data" {
		return pagePath + c.Token
	}
	query := u.Query()
	query.Set("payment_intent", c.Token)
	query.Set("redirect_status", map[booking.PaymentStatus]string{booking.Charged: succeeded, booking.ActionRequired: pending}[c.Status])
	if query.Get("redirect_status") == "" {
		query.Set("redirect_status", failed)
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// plainOrigin matches an origin that is safe in a header.
var plainOrigin = regexp.MustCompile(`^[a-z][a-z0-9+.-]*://[A-Za-z0-9.:\[\]-]+$`)

// originOf is the entry of form-action that allows the redirect after the form.
func originOf(returnTo string) string {
	u, err := url.Parse(returnTo)
	if err != nil {
		return ""
	}
	if origin := u.Scheme + "://" + u.Host; plainOrigin.MatchString(origin) {
		return " " + origin
	}
	return ""
}
