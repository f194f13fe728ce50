package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/api"
	"github.com/yeyak/yeyak/internal/hosts"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/internal/telemetry"
)

// newHTTPServer makes a server that closes connections whose requests are too slow. Its
// own log lines go to log.
func newHTTPServer(handler http.Handler, log *zap.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          telemetry.ServerLog(log),
	}
}

// serveHTTP serves the API.
func (a *App) serveHTTP(registry *prometheus.Registry) error {
	cfg := a.options.Config
	listener := a.options.Listener
	if listener == nil {
		var err error
		if listener, err = Listen(cfg.HTTP.Listen); err != nil {
			return err
		}
	}
	a.address = listener.Addr().String()
	a.demo = a.newDemo()
	a.http = newHTTPServer(a.partWhenUnready(a.newAPI(registry, hosts.Of(listener.Addr(), cfg.HTTP.Hosts))), a.log)
	a.http.WriteTimeout = cfg.Orders.ReplyBudget + answerWithin // a client that does not read would keep a slot
	// Shutdown waits for requests without ending them, and streams do not end by
	// themselves.
	a.http.RegisterOnShutdown(sync.OnceFunc(func() { close(a.closing) }))
	a.beside.Go(func() {
		if err := a.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			a.fail(fmt.Errorf("HTTP server: %w", err))
		}
	})
	return nil
}

// answerWithin is how long a request may take, besides its reply budget, until its
// client has the answer.
const answerWithin = 2 * time.Minute

// pagesAt is the address of the API for customers of the built-in sandbox; "" if it is
// not known: the URLs of its pages are then relative.
func pagesAt(l net.Listener) string {
	if l == nil {
		return ""
	}
	host, port, err := net.SplitHostPort(l.Addr().String())
	if ip := net.ParseIP(host); err != nil || ip == nil {
		return ""
	} else if ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Listen listens on the API's address, or returns a one-line error.
func Listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("the API cannot listen on %s (move it with YEYAK_LISTEN): %w", address, errors.Unwrap(err))
	}
	return l, nil
}

// newAPI makes the API with its stores and Orders.
func (a *App) newAPI(registry *prometheus.Registry, names hosts.Names) http.Handler {
	cfg := a.options.Config
	proxies, _ := cfg.HTTP.Proxies() // checked with the settings
	crew, pages := store.NewCrew(a.dbs[fulfilmentDB]), rows{store.NewMypage(a.pages).ReportingSkipped(skippedEvents(registry, a.log)), a.hub}
	budgets := a.budgets
	catalogue := store.NewCatalogue(a.dbs[catalogueDB])
	all := orders.New(orders.Deps{
		Engine: a.sagas, Hub: a.hub, Pages: pages, Catalogue: catalogue, Terms: payments.Terms{}, Gate: a.gate,
		Starts: budgets.Starts, Dispatcher: a.dispatcher, Carrier: a.carrier, Calls: crew, MaxWaitingCalls: budgets.MaxWaitingCalls,
		Ledger: store.NewPayments(a.dbs[paymentsDB]), Actions: store.NewActions(a.dbs[mypageDB]), Settler: settler(a.dbs, a.sagas, a.log), Bulk: store.NewBulk(a.dbs[mypageDB]),
		MaxCallsOfOne: budgets.MaxCallsOfOne, MaxKeptOfOne: budgets.MaxInboxOfOne,
		Policy: cfg.Policy(), ReplyBudget: cfg.Orders.ReplyBudget, Eager: a.eager, Log: a.log,
	})
	a.orders = all
	deps := api.Deps{
		Orders:      all,
		Hub:         a.hub,
		Terms:       payments.Terms{},
		Catalogue:   catalogue,
		Stock:       store.NewInventory(a.dbs[inventoryDB]),
		Deliveries:  store.NewDeliveries(a.dbs[fulfilmentDB]),
		Productions: store.NewProductions(a.dbs[fulfilmentDB]),
		Cleaners:    crew,
		Management:  store.NewManagement(a.dbs[managementDB]),
		Payments:    store.NewPayments(a.dbs[paymentsDB]),
		Notices:     a.money.Notices,
		KeptMethods: a.keptMethods(),
		Messages:    store.NewNotifications(a.dbs[notificationsDB]),
		ReadModel:   pages,
		Members:     store.NewMembers(a.pages),
		Memberships: &identity.Memberships{Members: store.NewMembers(a.pages), Now: time.Now, Log: a.log},
		Audits:      store.NewAudits(a.pages),
		Actions:     store.NewActions(a.pages),
		Bulk:        store.NewBulk(a.pages),
		Monitor:     a.monitor(all),
		SignalAssignments: func(ctx context.Context) error {
			return activities.SignalAssignments(ctx, crew, a.sagas)
		},
		ReplyBudget: cfg.Orders.ReplyBudget, Hosts: names, Proxies: proxies, Admission: budgets,
		TelRegion: cfg.Orders.TelRegion, HashKey: a.hashKey(),
		Logger: a.log, Health: a.health, Closing: a.closing,
		Traces: a.traces.Provider(), Registry: registry, Metrics: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
	}
	if a.verifier != nil {
		deps.Callers, deps.People = a.callers(catalogue, crew), store.NewPeople(a.pages)
	}
	if a.hasPages() {
		deps.Pages = a.newPages(all, deps)
	}
	if cfg.Sandbox.Control && !cfg.Payments.Stripe() {
		deps.Extra = func(r gin.IRouter) {
			a.sandbox.Switchboard(r)
			a.sandbox.Pages(r)
		}
	}
	return api.New(deps)
}
