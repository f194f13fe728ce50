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

// Deps are the dependencies of the pages. Heartbeat, AfterEnd, ReplyBudget, Now, Log,
// Admission and Closing are optional.
type Deps struct {
	// Orders holds the use cases of orders.
	Orders Orders
	// Hub wakes pages when orders change.
	Hub       *orders.Hub
	Catalogue Catalogue
	Stock     Stock
	Payments  Payments
	Messages  Messages
	// KeptMethods are the cards that the payment provider keeps; nil if it keeps none.
	KeptMethods KeptMethods
	// Deliveries, Cleaners and Members are for the people who work on orders.
	Deliveries Jobs
	Cleaners   Cleaners
	Members    Members
	// Audits, Actions and Monitor are for operators.
	Audits  Audits
	Actions Actions
	Bulk    Bulk
	Monitor Monitor
	// Demo is the demonstration that can be started; nil if there is none.
	Demo Demo
	// Terms are the payment provider's terms.
	Terms Terms

	// Callers finds the caller of a token.
	Callers Callers
	// Issuer is where people log in, and Client the pages' name there. Audience is the
	// required audience of tokens.
	Issuer, Client, Audience string
	// SessionKey seals sessions, and HashKey the hashes that identify repeated forms. Both
	// are the same in all processes, and 32 bytes long.
	SessionKey, HashKey func(context.Context) ([]byte, error)

	// TestPayments: no money is charged, and the methods of payment are those of tests.
	TestPayments bool
	// Telephone reads a telephone number as people write it, and returns it as it is
	// stored.
	Telephone func(text string) (booking.Personal, bool)
	Admission *admission.Budgets
	// ReplyBudget is how long a request may wait for an order's decision.
	ReplyBudget time.Duration
	// Heartbeat is the interval of heartbeats to a live page, by default 15 s.
	Heartbeat time.Duration
	// AfterEnd is how long a live page follows an order that has ended, by default 10 min.
	AfterEnd time.Duration
	// Closing is closed when the server shuts down, and ends all streams.
	Closing <-chan struct{}
	Now     func() time.Time
	Log     *zap.Logger
}

// Pages are the pages, ready to be mounted.
type Pages struct {
	Deps
	login          *logins
	clocks         *lru.Cache[string, clocks]  // of ordered items, by their ids
	ledgerVersions *lru.Cache[string, int64]   // versions of orders whose ledger has more, by their ids
	sealer         atomic.Pointer[cipher.AEAD] // for sessions, nil until the key is known
}

// cacheSize is the size of each cache.
const cacheSize = 1000

// New returns the pages.
func New(d Deps) *Pages {
	if d.ReplyBudget <= 0 {
		d.ReplyBudget = orders.DefaultReplyBudget
	}
	if d.Heartbeat <= 0 {
		d.Heartbeat = 15 * time.Second
	}
	if d.AfterEnd <= 0 {
		d.AfterEnd = 10 * time.Minute
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
	known, _ := lru.New[string, clocks](cacheSize) // fails only for sizes below 1
	ledgerVersions, _ := lru.New[string, int64](cacheSize)
	return &Pages{Deps: d, login: &logins{issuer: d.Issuer, client: d.Client, audience: d.Audience}, clocks: known, ledgerVersions: ledgerVersions}
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
	p.mountCards(r)
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
	p.mountOperatorActions(r)
	p.mountActions(r)
	p.mountBulk(r)
	p.mountDemo(r)
}

// noteChange logs a caller's change of the catalogue, as the API does.
func (v *visit) noteChange(what string, is offered) {
	v.Log.Info(what, zap.String("item", is.id()), zap.String("owner", is.ownerID()), zap.String("by", v.caller.ID))
}

func (v *visit) noteCallPolicy() { v.Log.Info("call policy set", zap.String("by", v.caller.ID)) }

// handler answers a visit. fail turns its error into a page, in one place.
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

// page adds a page for callers that may do the action on some thing; the use case decides
// about the thing of the page.
func (p *Pages) page(r gin.IRouter, method, path string, action booking.Action, h handler) {
	r.Handle(method, path, func(c *gin.Context) {
		v := p.visit(c)
		if err := v.serve(action, h); err != nil {
			v.fail(err)
		}
	})
}

// spare is the time of a request beyond the reply budget, as in the API.
const spare = orders.ServiceWait + 3*time.Second

// serve identifies the caller, and runs the handler if the caller may do the action on some
// thing.
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

// admitted counts the visit of an authenticated caller, and runs the handler with a time limit.
// The handler continues if the browser disconnects: what has begun is finished.
func (v *visit) admitted(h handler) error {
	quota, counted := v.Admission.Callers.Request("caller " + v.caller.ID)
	if counted && quota.Exceeded {
		return booking.Errorf(tooManyRequests, "").RetryIn(quota.Reset)
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

// tooManyRequests is the code for a caller that exceeds its limit of requests.
const tooManyRequests = booking.Code("too_many_requests")
