package app

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/demo"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/internal/projector"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/internal/telemetry"
	"github.com/yeyak/yeyak/workers"
)

// Options are a process's settings that are not configuration.
type Options struct {
	Config config.Config
	Log    *zap.Logger
	// Version is the build's version for its metric, "" for none.
	Version string
	// Revision is the build's revision, "" to read it from the build.
	Revision string
	// API: the process serves HTTP, on Listener if that is set.
	API      bool
	Listener net.Listener
	// TemporalAddress is the dev server's address, "" for that of Temporal's own settings.
	TemporalAddress string
	// Namespace is the namespace on that server, "" for that of Temporal's own settings.
	Namespace string
	// IssuerName replaces the issuer's URL in what is stored about its subjects, unless
	// it is "".
	IssuerName string
	// Migrate migrates the databases first. In production a separate job does this.
	Migrate bool
	// Decorate replaces dependencies, for tests.
	Decorate Decorate
	// Demo are the settings of demonstrations; nil for none, as in production.
	Demo *Demonstration
	// Comparison replaces our sagas, for benchmarks.
	Comparison Comparison
}

// Comparison is what a benchmark changes. Nil fields change nothing.
type Comparison struct {
	// Workflows registers other workflows under the names of ours. They are not started
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
	pages     *store.DB // a second pool of the read model, for the API
	engine    client.Client
	sagas     *orders.Engine // the engine's client for orders
	hub       *orders.Hub
	announcer *store.Announcer
	sandbox   *payments.Sandbox // the built-in provider; unused with another one
	money     payments.Provider // the provider that is used
	repairer  *projector.Repairer
	gate      *payments.Gate    // in front of the payment provider
	traces    *telemetry.Traces // nil for none
	services  workers.Services
	health    *health
	registry  prometheus.Gatherer
	verifier  *identity.Verifier // nil if authentication is off

	http       *http.Server
	address    string
	closing    chan struct{}      // closed when the HTTP server shuts down
	background context.CancelFunc // ends the background work: listening, connecting
	beside     sync.WaitGroup
	atWork     sync.Mutex // held while workers are started or stopped
	workers    *workers.Workers
	mortal     mortal      // the workers, if they can be killed
	demo       *demo.Demo  // nil if none can run
	serving    atomic.Bool // workers take tasks
	routed     atomic.Bool // all new orders go to workers of this build
	operations operations
	budgets    *admission.Budgets // nil without an API
	dispatcher *orders.Dispatcher // of the inbox; nil without an API
	carrier    *orders.Carrier    // of kept decisions; nil without an API
	orders     *orders.Orders     // the use cases; nil without an API

	stopFeeding func() // ends the feed of the read model by queries; nil for none
	failed      chan error
}

// Start starts a process. If it fails, it stops every part that it has started.
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
	if a.engine, namespace, err = newClient(o, metrics, a.traces, a.throughDemo()...); err != nil {
		return nil, err
	}
	a.sagas = orders.NewEngine(a.engine).In(namespace)
	a.registry = registry
	a.gate = a.newGate(registry)
	a.measure(registry)
	a.health = &health{engine: a.engine, namespace: namespace, dbs: a.dbs, gate: a.gate}
	a.announcer = store.NewAnnouncer(a.dbs[catalogueDB])
	a.sandbox = payments.NewSandbox(store.NewSandbox(a.dbs[sandboxDB]))
	a.sandbox.Notify, a.sandbox.PagesAt = a.sagas.DeliverNotice, pagesAt(o.Listener)
	if a.money, err = provider(o, a.dbs, a.sandbox); err != nil {
		return nil, err
	}
	a.log.Info("payment provider", zap.String("name", o.Config.Payments.Name()), zap.Stringer("stripe", o.Config.Payments.StripeURL))
	a.repairer = &projector.Repairer{Sagas: a.sagas, Rows: rows{store.NewMypage(a.dbs[mypageDB]), a.hub}, Log: a.log, Changed: a.changed}

	var background context.Context
	background, a.background = context.WithCancel(context.WithoutCancel(ctx))
	a.services = a.newServices(a.readModel(context.WithoutCancel(ctx)))
	a.services.Mypage.ReadModel = measuredPages(registry, a.services.Mypage.ReadModel)
	a.startWorkers(background)
	a.scheduleRepair(background)
	a.relayEvents(background)
	a.runAudits(background, registry)
	if o.API {
		a.followRouting(background)
		if a.pages, err = openPages(ctx, o.Config, store.Options{Traces: a.traces.Provider()}); err != nil {
			return nil, err
		}
		registry.MustRegister(a.pages.Pool("pages"))
		a.listenToOthers(background)
		a.budgets = admission.New(o.Config.Admission.Limits, o.Config.Orders.ReplyBudget, registry)
		if err := a.knowCallers(background); err != nil {
			return nil, err
		}
		a.measureIssuer(registry)
		a.dispatch(background, registry)
		a.carry(background, registry)
		if err := a.serveHTTP(registry); err != nil {
			return nil, err
		}
		a.beside.Go(func() { a.orders.RunBulk(background) })
	}
	if err := a.serveOperations(promhttp.HandlerFor(registry, promhttp.HandlerOpts{})); err != nil {
		return nil, err
	}
	a.health.ready.Store(true)
	a.health.warn(ctx, a.log)
	return a, nil
}

// serviceName is the process's name in traces.
func serviceName(o Options) string {
	if o.API {
		return "yeyak-api"
	}
	return "yeyak-worker"
}

// Address is where the API listens, host:port.
func (a *App) Address() string { return a.address }

// Sandbox is the built-in payment provider, for tests that make it fail.
func (a *App) Sandbox() *payments.Sandbox { return a.sandbox }

// Failed receives the error of a part that stopped by itself.
func (a *App) Failed() <-chan error { return a.failed }

// fail reports a part that stopped by itself. Only the first report is kept.
func (a *App) fail(err error) {
	select {
	case a.failed <- err:
	default:
	}
}

// Stop stops the process in order: it becomes unready, stops accepting requests, then tasks,
// and closes the connections. Running requests have until ctx ends, tasks the shutdown
// grace. Stop does not wait for the drain delay; Wait does.
func (a *App) Stop(ctx context.Context) {
	if a.health != nil {
		a.health.ready.Store(false)
	}
	if a.demo != nil {
		a.demo.Close()
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
	a.stopWorkers()
	if a.stopFeeding != nil {
		a.stopFeeding() // after the workers, which publish until they have stopped
	}
	a.operations.stop(ctx)
	if a.sandbox != nil {
		a.sandbox.Close() // before the engine, which gets its notices
	}
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
