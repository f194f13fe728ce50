package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/api"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/hosts"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/internal/projector"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/internal/telemetry"
	"github.com/yeyak/yeyak/workers"
)

// Options are what a process is started with besides its settings.
type Options struct {
	Config config.Config
	Log    *zap.Logger
	// Version is the build's, for its metric; "" when nobody stamped one.
	Version string
	// Revision is what the build was made of, "" when that is to be read from it.
	Revision string
	// API: the process serves HTTP, on Listener if that is set.
	API      bool
	Listener net.Listener
	// TemporalAddress is the dev server's, "" for the one that Temporal's own
	// settings name.
	TemporalAddress string
	// Namespace on that server, "" for the one of Temporal's own settings.
	Namespace string
	// Migrate brings the databases up to date first. Servers in production
	// leave that to a job of its own.
	Migrate bool
	// Decorate is for tests.
	Decorate Decorate
	// Comparison runs other sagas than ours on our wiring, for benchmarks.
	Comparison Comparison
}

// Comparison is what a benchmark changes. Nil fields change nothing.
type Comparison struct {
	// Workflows registers others under the names of ours. They are not started
	// eagerly.
	Workflows func(workers.Registry)
	Workers   func(*worker.Options)
	Client    func(*client.Options)
}

// App is a running process: workers, an API, or both.
type App struct {
	options   Options
	log       *zap.Logger
	dbs       databases
	pages     *store.DB // the read model's, once more, for the API
	engine    client.Client
	sagas     *orders.Engine // the engine, as far as orders are concerned
	hub       *orders.Hub
	announcer *store.Announcer
	sandbox   *payments.Sandbox // built in; idle when another provider is asked
	repairer  *projector.Repairer
	gate      *payments.Gate    // before the payment provider
	traces    *telemetry.Traces // nil when there are none
	services  workers.Services
	health    *health

	http       *http.Server
	address    string
	closing    chan struct{}      // closed when the HTTP server shuts down
	background context.CancelFunc // ends what runs beside: listening, connecting
	beside     sync.WaitGroup
	workers    *workers.Workers
	serving    atomic.Bool // workers take tasks
	routed     atomic.Bool // all new orders go to workers of this build
	operations operations
	budgets    *admission.Budgets // nil without an API
	dispatcher *orders.Dispatcher // of the inbox, ditto

	stopFeeding func() // ends the feed of the read model by queries; nil when there is none
	failed      chan error
}

// Start starts a process. On an error nothing is left running.
func Start(ctx context.Context, o Options) (_ *App, err error) {
	a := &App{options: o, log: o.Log, hub: &orders.Hub{}, closing: make(chan struct{}), failed: make(chan error, 1)}
	defer func() {
		if err != nil {
			a.Stop(ctx)
		}
	}()
	if a.traces, err = telemetry.NewTraces(ctx, o.Config.Traces, serviceName(o), o.Log); err != nil {
		return nil, err
	}
	if a.dbs, err = openDatabases(ctx, o.Config, store.Options{Traces: a.traces.Provider()}); err != nil {
		return nil, err
	}
	if o.Migrate {
		if err := a.dbs.migrate(ctx, a.log); err != nil {
			return nil, err
		}
	}
	registry, metrics, err := telemetry.NewMetrics(o.Version, o.Revision)
	if err != nil {
		return nil, err
	}
	var namespace string
	if a.engine, namespace, err = newClient(o, metrics, a.traces); err != nil {
		return nil, err
	}
	a.sagas = orders.NewEngine(a.engine)
	a.gate = a.newGate(registry)
	a.measure(registry)
	a.health = &health{engine: a.engine, namespace: namespace, dbs: a.dbs, gate: a.gate}
	a.announcer = store.NewAnnouncer(a.dbs[catalogueDB])
	a.sandbox = payments.NewSandbox(store.NewSandbox(a.dbs[sandboxDB]))
	a.repairer = &projector.Repairer{Sagas: a.sagas, Rows: rows{store.NewMypage(a.dbs[mypageDB]), a.hub}, Log: a.log, Changed: a.changed}

	var background context.Context
	background, a.background = context.WithCancel(context.WithoutCancel(ctx))
	a.services = a.newServices(a.readModel(context.WithoutCancel(ctx)))
	a.services.Mypage.ReadModel = measuredPages(registry, a.services.Mypage.ReadModel)
	a.startWorkers(background)
	a.scheduleRepair(background)
	a.relayEvents(background)
	if o.API {
		a.followRouting(background)
		if a.pages, err = openPages(ctx, o.Config, store.Options{Traces: a.traces.Provider()}); err != nil {
			return nil, err
		}
		registry.MustRegister(a.pages.Pool("pages"))
		a.listenToOthers(background)
		a.dispatch(background, registry)
		if err := a.serveHTTP(registry); err != nil {
			return nil, err
		}
	}
	if err := a.serveOperations(promhttp.HandlerFor(registry, promhttp.HandlerOpts{})); err != nil {
		return nil, err
	}
	a.health.ready.Store(true)
	a.health.warn(ctx, a.log)
	return a, nil
}

// serviceName is the process's in traces.
func serviceName(o Options) string {
	if o.API {
		return "yeyak-api"
	}
	return "yeyak-worker"
}

// Address is where the API listens, host:port.
func (a *App) Address() string { return a.address }

// Sandbox is the built-in payment provider, to make it misbehave.
func (a *App) Sandbox() *payments.Sandbox { return a.sandbox }

// Failed tells of a part that stopped by itself.
func (a *App) Failed() <-chan error { return a.failed }

// fail reports a part that stopped by itself; the first one counts.
func (a *App) fail(err error) {
	select {
	case a.failed <- err:
	default:
	}
}

// startWorkers serves the task queues. With an engine that is away the process
// starts all the same and goes on trying: it can take reads meanwhile.
func (a *App) startWorkers(ctx context.Context) {
	serve := a.options.Config.Worker.Serve
	if len(serve) == 0 {
		return
	}
	start := func() (err error) {
		a.workers, err = workers.Start(a.engine, workers.Options{
			Serve: serve, Services: a.services, Version: a.options.Config.Worker.Version(),
			DeferredPerSecond: a.options.Config.Overload.DeferredPerSecond, StopWithin: a.options.Config.Process.ShutdownGrace,
			Workflows: a.options.Comparison.Workflows, Tune: a.options.Comparison.Workers,
		})
		return err
	}
	err := start()
	if err == nil {
		a.serving.Store(true)
		return
	}
	a.log.Warn("workers wait for Temporal", zap.Error(err))
	a.beside.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(reconnectEvery):
				if start() == nil {
					a.serving.Store(true)
					a.log.Info("workers serve", zap.Strings("queues", serve))
					return
				}
			}
		}
	})
}

const reconnectEvery = time.Second

// listenToOthers wakes those who wait here for an order that another process
// has published, and those who follow the events of all orders.
func (a *App) listenToOthers(ctx context.Context) {
	pages := store.NewMypage(a.dbs[mypageDB])
	a.beside.Go(func() {
		err := a.announcer.Listen(ctx, func(orderID string) {
			a.hub.Tick()
			if !a.hub.Waiting(orderID) {
				return
			}
			if p, err := pages.Order(ctx, orderID); err == nil {
				a.hub.Published(p.View)
				a.hub.Wake(p)
			}
		})
		if err != nil && ctx.Err() == nil {
			a.log.Error("no longer listening to other processes", zap.Error(err))
		}
	})
}

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
	a.http = newHTTPServer(a.partWhenUnready(a.newAPI(registry, hosts.Of(listener.Addr(), cfg.HTTP.Hosts))), a.log)
	a.http.WriteTimeout = cfg.Orders.ReplyBudget + answerWithin // one who does not read would keep a slot
	// Shutdown waits for requests but does not tell them, and streams do not end.
	a.http.RegisterOnShutdown(sync.OnceFunc(func() { close(a.closing) }))
	a.beside.Go(func() {
		if err := a.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			a.fail(fmt.Errorf("HTTP server: %w", err))
		}
	})
	return nil
}

// answerWithin is how long a request may take, besides its reply budget, until
// its client has the answer.
const answerWithin = 2 * time.Minute

// Listen takes the API's address, or says in a line why it cannot.
func Listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("the API cannot listen on %s (move it with YEYAK_LISTEN): %w", address, errors.Unwrap(err))
	}
	return l, nil
}

func (a *App) newAPI(registry *prometheus.Registry, names hosts.Names) http.Handler {
	cfg := a.options.Config
	crew, pages := store.NewCrew(a.dbs[fulfilmentDB]), rows{store.NewMypage(a.pages).PassingOver(passedOver(registry, a.log)), a.hub}
	budgets := a.budgets
	deps := api.Deps{
		Orders: orders.New(orders.Deps{
			Engine: a.sagas, Hub: a.hub, Pages: pages, Gate: a.gate,
			Starts: budgets.Starts, Dispatcher: a.dispatcher, Calls: crew, MaxWaitingCalls: budgets.MaxWaitingCalls,
			Policy: cfg.Policy(), ReplyBudget: cfg.Orders.ReplyBudget, Eager: a.eager, Log: a.log,
		}),
		Hub:         a.hub,
		Terms:       payments.Terms{},
		Catalogue:   store.NewCatalogue(a.dbs[catalogueDB]),
		Stock:       store.NewInventory(a.dbs[inventoryDB]),
		Deliveries:  store.NewDeliveries(a.dbs[fulfilmentDB]),
		Productions: store.NewProductions(a.dbs[fulfilmentDB]),
		Cleaners:    crew,
		Management:  store.NewManagement(a.dbs[managementDB]),
		Payments:    store.NewPayments(a.dbs[paymentsDB]),
		Messages:    store.NewNotifications(a.dbs[notificationsDB]),
		ReadModel:   pages,
		TellAssigned: func(ctx context.Context) error {
			return activities.TellAssigned(ctx, crew, a.sagas)
		},
		ReplyBudget: cfg.Orders.ReplyBudget, Hosts: names, Admission: budgets,
		TelRegion: cfg.Orders.TelRegion,
		Logger:    a.log, Health: a.health, Closing: a.closing,
		Traces: a.traces.Provider(), Registry: registry, Metrics: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
	}
	if cfg.Sandbox.Control && !cfg.Payments.Stripe() {
		deps.Extra = func(r gin.IRouter) { a.sandbox.Switchboard(r) }
	}
	return api.New(deps)
}

// Stop ends the process in order: unready, no more requests, then no more
// tasks, then the connections. Requests that are under way get until ctx ends,
// tasks the shutdown grace. It does not drain, Wait does.
func (a *App) Stop(ctx context.Context) {
	if a.health != nil {
		a.health.ready.Store(false)
	}
	if a.http != nil {
		if err := a.http.Shutdown(ctx); err != nil {
			_ = a.http.Close()
		}
	}
	if a.background != nil {
		a.background()
	}
	a.beside.Wait()
	if a.workers != nil {
		a.workers.Stop()
	}
	if a.stopFeeding != nil {
		a.stopFeeding() // after the workers, which publish until they have stopped
	}
	a.operations.stop(ctx)
	if a.announcer != nil {
		a.announcer.Close()
	}
	if a.health != nil {
		a.health.writes.stop()
	}
	if a.engine != nil {
		a.engine.Close()
	}
	if a.pages != nil {
		_ = a.pages.Close()
	}
	a.dbs.close()
	a.traces.Stop(ctx)
}
