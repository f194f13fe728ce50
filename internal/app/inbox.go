package app

import (
	"cmp"
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"google.golang.org/grpc/stats"

	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/store"
)

// dispatch starts the orders of the inbox. Every API does: any of them takes over from
// one that died.
func (a *App) dispatch(ctx context.Context, registry prometheus.Registerer) {
	cfg := a.options.Config
	dispatched := promauto.With(registry).NewCounterVec(prometheus.CounterOpts{
		Name: "yeyak_inbox_dispatched_total", Help: "Orders of the inbox that this process has tried to start, by what came of it.",
	}, []string{"outcome"})
	for _, outcome := range orders.Outcomes() {
		dispatched.WithLabelValues(outcome)
	}
	inbox := store.NewInbox(a.dbs[mypageDB])
	registry.MustRegister(openInbox{inbox})
	a.dispatcher = &orders.Dispatcher{
		Inbox: inbox, Engine: a.sagas, Starts: a.budgets.Starts, Within: cmp.Or(cfg.Orders.InboxWithin, orders.DefaultInboxWithin), Eager: a.eager, Log: a.log,
		Count: func(outcome string) { dispatched.WithLabelValues(outcome).Inc() },
	}
	a.beside.Go(func() { a.dispatcher.Run(ctx) })
}

// openInbox counts the inbox's orders at each scrape. All processes report the same.
type openInbox struct{ inbox *store.Inbox }

var (
	inboxOpen    = prometheus.NewDesc("yeyak_inbox_open", "Orders that were accepted and whose saga is not started yet.", nil, nil)
	inboxAge     = prometheus.NewDesc("yeyak_inbox_oldest_seconds", "For how long the oldest of them has waited; 0 when there are none.", nil, nil)
	inboxUnknown = prometheus.NewDesc("yeyak_inbox_unknown", "1 when the inbox cannot be read.", nil, nil)
)

// Describe implements prometheus.Collector.
func (o openInbox) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{inboxOpen, inboxAge, inboxUnknown} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (o openInbox) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64) { to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	ctx, cancel := context.WithTimeout(context.Background(), scrapeReadTimeout)
	defer cancel()
	open, err := o.inbox.Open(ctx)
	if err != nil {
		gauge(inboxUnknown, 1)
		return
	}
	gauge(inboxUnknown, 0)
	gauge(inboxOpen, float64(open.Orders))
	age := 0.0
	if !open.Oldest.IsZero() {
		age = max(0, time.Since(open.Oldest).Seconds())
	}
	gauge(inboxAge, age)
}

// sentCalls records which calls to the engine were sent. A call that fails before that
// has no effect.
type sentCalls struct{}

// TagRPC implements stats.Handler.
func (sentCalls) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context {
	orders.NoteCall(ctx, false)
	return ctx
}

// HandleRPC implements stats.Handler.
func (sentCalls) HandleRPC(ctx context.Context, what stats.RPCStats) {
	if _, sent := what.(*stats.OutHeader); sent {
		orders.NoteCall(ctx, true)
	}
}

// TagConn and HandleConn implement stats.Handler.
func (sentCalls) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (sentCalls) HandleConn(context.Context, stats.ConnStats)                       {}
