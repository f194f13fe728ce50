package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/hosts"
)

// contentPolicy lets a page load its own stylesheet and script and nothing else, and send
// forms to us only, so that injected markup has no effect.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func setHeaders(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store") // pages are personal and change at any time
}

// crossOrigin is the code for a form sent by a page of another site.
const crossOrigin = booking.Code("cross_origin")

// checkOrigin refuses requests that a page of another site makes a browser send.
func (p *Pages) checkOrigin(c *gin.Context) {
	if hosts.OtherSite(c.Request) {
		setHeaders(c)
		p.visit(c).fail(booking.Errorf(crossOrigin, ""))
		c.Abort()
	}
}

// Refuse answers a request that is not for a page, such as one for an unknown address, with
// a page that explains the code.
func (p *Pages) Refuse(c *gin.Context, status int, code booking.Code) {
	setHeaders(c)
	v := p.visit(c)
	if c.Request.Method == http.MethodGet {
		v.identifyWithin()
	}
	v.failAs(status, booking.Errorf(code, ""))
}

// identifyWithin identifies the person for the navigation of a page that is the same without,
// if that is possible at once within the limits of all pages.
func (v *visit) identifyWithin() {
	atOnce, cancel := context.WithCancel(v.ctx)
	cancel()
	if v.Admission.Reads.Await(atOnce) != nil {
		return
	}
	defer v.Admission.Reads.Leave(true)
	if v.identify() != nil {
		return
	}
	if quota, counted := v.Admission.Callers.Request("caller " + v.caller.ID); counted && quota.Exceeded {
		v.caller = booking.Caller{}
	}
}

// recoverPanics answers a panic with a page that does not show its text.
func (p *Pages) recoverPanics(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if err, _ := cause.(error); errors.Is(err, http.ErrAbortHandler) {
			panic(cause) // net/http's own way to abort a connection
		}
		p.Log.Error("panic", zap.String("cause", fmt.Sprint(cause)), zap.String("route", c.FullPath()), zap.Stack("stack"))
		c.Abort()
		if !c.Writer.Written() {
			p.visit(c).fail(errors.New("a handler has panicked"))
		}
	}()
	c.Next()
}
