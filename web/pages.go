package web

import (
	"context"
	"crypto/cipher"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	lru "github.com/hashicorp/golang-lru/v2"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/orders"
)

// Deps is what the pages work with. Heartbeat, ReplyBudget, Now, Log, Admission and
// Closing may be left out.
type Deps struct {
	// Orders is what can be done with orders.
	Orders Orders
	// Hub tells of orders that change.
	Hub       *orders.Hub
	Catalogue Catalogue
	Stock     Stock
	Payments  Payments
	Messages  Messages
	// Deliveries, Cleaners and Members are for those who serve.
	Deliveries Jobs
	Cleaners   Cleaners
	Members    Members
	// Audits, Actions and Monitor are for operators.
	Audits  Audits
	Actions Actions
	Bulk    Bulk
	Monitor Monitor
	// Demo is the demonstration that people can start; nil where there is none.
	Demo Demo
	// Terms are what the payment provider takes.
	Terms Terms

	// Callers knows whose a token is.
	Callers Callers
	// Issuer is where people log in, and Client what the pages are called there.
	// Audience is what their tokens have to be for.
	Issuer, Client, Audience string
	// SessionKey seals sessions, and HashKey the hashes by which repeated forms are
	// told from others. Both are the same in all processes, and 32 bytes long.
	SessionKey, HashKey func(context.Context) ([]byte, error)

	// TestPayments: nobody is charged, and the methods of payment are those of tests.
	TestPayments bool
	// Telephone reads a telephone number the way people write it, and answers it as it
	// is kept.
	Telephone func(text string) (booking.Personal, bool)
	Admission *admission.Budgets
	// ReplyBudget is how long a request may wait for an order's decision.
	ReplyBudget time.Duration
	// Heartbeat is how often a live page is told that it is still connected, every
	// 15 s by default.
	Heartbeat time.Duration
	// Closing is closed when the server shuts down: live pages are let go then.
	Closing <-chan struct{}
	Now     func() time.Time
	Log     *zap.Logger
}

// Pages are the pages, ready to be mounted.
type Pages struct {
	Deps
	login  *logins
	zones  *lru.Cache[string, string]  // time zones of what was ordered, by its id
	moved  *lru.Cache[string, int64]   // versions of orders of which the ledger tells more, by their ids
	sealer atomic.Pointer[cipher.AEAD] // of sessions, nil until the key is known
}

// remembered is of how many things, and of how many orders, something is remembered.
const remembered = 1000

// New makes the pages.
func New(d Deps) *Pages {
	if d.ReplyBudget <= 0 {
		d.ReplyBudget = orders.DefaultReplyBudget
	}
	if d.Heartbeat <= 0 {
		d.Heartbeat = 15 * time.Second
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = zap.NewNop()
	}
	if d.Admission == nil {
		d.Admission = admission.New(admission.Limits{}, d.ReplyBudget, nil)
	}
	zones, _ := lru.New[string, string](remembered) // fails only for sizes that are none
	moved, _ := lru.New[string, int64](remembered)
	return &Pages{Deps: d, login: &logins{issuer: d.Issuer, client: d.Client, audience: d.Audience}, zones: zones, moved: moved}
}

// Mount adds the pages to a router.
func (p *Pages) Mount(r gin.IRouter) {
	r = r.Group("", p.recoverPanics, p.checkOrigin, setHeaders)
	p.public(r, http.MethodGet, "/", p.home)
	p.public(r, http.MethodGet, loginPath, p.beginLogin)
	p.public(r, http.MethodGet, callbackPath, p.endLogin)
	p.public(r, http.MethodPost, "/logout", p.logout)
	p.public(r, http.MethodPost, "/language", p.chooseLanguage)
	r.GET("/static/:file", serveStatic)
	p.mountRooms(r)
	p.mountMeals(r)
	p.mountDrinks(r)
	p.mountCleaning(r)
	p.mountOrders(r)
	p.mountDeciding(r)
	p.mountChanging(r)
	p.mountDesk(r)
	p.mountWork(r)
	p.mountOffers(r)
	p.mountStock(r)
	p.mountTerms(r)
	p.mountRefunds(r)
	p.mountToday(r)
	p.mountAudit(r)
	p.mountMonitor(r)
	p.mountDeeds(r)
	p.mountActions(r)
	p.mountBulk(r)
	p.mountDemo(r)
}

// noteChange logs what a caller has changed of what there is to order, as the API does.
func (v *visit) noteChange(what string, is offered) {
	v.Log.Info(what, zap.String("item", is.id()), zap.String("owner", is.ownerID()), zap.String("by", v.caller.ID))
}

func (v *visit) noteCallPolicy() { v.Log.Info("call policy set", zap.String("by", v.caller.ID)) }

// handler answers a visit. Its error becomes a page, in one place: see fail.
type handler func(*visit) error

// public adds a page that everybody may see.
func (p *Pages) public(r gin.IRouter, method, path string, h handler) {
	r.Handle(method, path, func(c *gin.Context) {
		v := p.visit(c)
		if err := h(v); err != nil {
			v.fail(err)
		}
	})
}

// page adds a page for callers who may ever do the action: whether they may with what
// the page is about, the use case tells.
func (p *Pages) page(r gin.IRouter, method, path string, action booking.Action, h handler) {
	r.Handle(method, path, func(c *gin.Context) {
		v := p.visit(c)
		if err := v.serve(action, h); err != nil {
			v.fail(err)
		}
	})
}

// spare is what a request gets on top of the reply budget, as in the API.
const spare = orders.Asking + 3*time.Second

// serve finds out whose visit it is, and lets the handler answer it if the caller may
// ever do the action.
func (v *visit) serve(action booking.Action, h handler) error {
	if err := v.identify(); err != nil {
		return err
	}
	return v.admitted(func(v *visit) error {
		if !v.caller.EverAllowed(action) {
			return v.caller.Refuse(action)
		}
		return h(v)
	})
}

// admitted counts the visit of a caller who is known, and lets the handler answer it
// within a time. A browser that hangs up does not end that: what was begun is finished.
func (v *visit) admitted(h handler) error {
	quota, counted := v.Admission.Callers.Request("caller " + v.caller.ID)
	if counted && quota.Exceeded {
		return booking.Errorf(tooManyRequests, "").In(quota.Reset)
	}
	budget := v.Admission.Reads
	if v.c.Request.Method == http.MethodPost {
		budget = v.Admission.Writes
	}
	arrived := time.Now()
	if err := budget.Enter(v.c.Request.Context()); err != nil {
		return err
	}
	defer budget.Leave(true)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx), v.ReplyBudget+spare+v.Admission.MaxWait)
	defer cancel()
	v.ctx = admission.Arrived(ctx, arrived)
	return h(v)
}

// tooManyRequests is the code for a caller that has sent as many requests as one may.
const tooManyRequests = booking.Code("too_many_requests")
