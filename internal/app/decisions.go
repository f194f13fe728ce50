package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/store"
)

// carry delivers decisions that could not be delivered to their orders at once. Every
// API does: any of them takes over from one that died.
func (a *App) carry(ctx context.Context, registry prometheus.Registerer) {
	carried := promauto.With(registry).NewCounterVec(prometheus.CounterOpts{
		Name: "yeyak_decisions_carried_total", Help: "Kept decisions that this process has tried to deliver, by what came of it.",
	}, []string{"outcome"})
	for _, outcome := range orders.DecisionOutcomes() {
		carried.WithLabelValues(outcome)
	}
	decisions := store.NewDecisions(a.dbs[mypageDB])
	registry.MustRegister(keptDecisions{decisions})
	a.carrier = &orders.Carrier{
		Decisions: decisions, Engine: a.sagas, Pages: store.NewMypage(a.dbs[mypageDB]), Ledger: store.NewPayments(a.dbs[paymentsDB]),
		Messages: store.NewNotifications(a.dbs[notificationsDB]), Log: a.log,
		Count: func(outcome string) { carried.WithLabelValues(outcome).Inc() },
	}
	a.beside.Go(func() { a.carrier.Run(ctx) })
}

// keptDecisions counts the waiting decisions at each scrape. All processes report the
// same.
type keptDecisions struct{ decisions *store.Decisions }

var (
	decisionsOpen    = prometheus.NewDesc("yeyak_decisions_open", "Decisions that were accepted and could not be delivered to their orders yet.", nil, nil)
	decisionsAge     = prometheus.NewDesc("yeyak_decisions_oldest_seconds", "For how long the oldest of them has waited; 0 when there are none.", nil, nil)
	decisionsUnknown = prometheus.NewDesc("yeyak_decisions_unknown", "1 when kept decisions cannot be counted.", nil, nil)
)

// Describe implements prometheus.Collector.
func (k keptDecisions) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{decisionsOpen, decisionsAge, decisionsUnknown} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (k keptDecisions) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64) { to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	ctx, cancel := context.WithTimeout(context.Background(), scrapeReadTimeout)
	defer cancel()
	open, err := k.decisions.Open(ctx)
	if err != nil {
		gauge(decisionsUnknown, 1)
		return
	}
	gauge(decisionsUnknown, 0)
	gauge(decisionsOpen, float64(open.Decisions))
	age := 0.0
	if !open.Oldest.IsZero() {
		age = max(0, time.Since(open.Oldest).Seconds())
	}
	gauge(decisionsAge, age)
}
