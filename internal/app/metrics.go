package app

import (
	"context"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

// measure adds the metrics of the databases: their connections, and orders with faults.
// All processes report the same orders.
func (a *App) measure(registry prometheus.Registerer) {
	for _, db := range sharing(a.dbs) {
		registry.MustRegister(db.shared.Pool(strings.Join(db.services, "+")))
	}
	registry.MustRegister(attentionGauges{store.NewMypage(a.dbs[mypageDB])})
}

// attentionGauges reads what is owed to orders at each scrape: counters would be lost with
// their process.
type attentionGauges struct{ pages *store.Mypage }

var (
	owedDesc      = prometheus.NewDesc("yeyak_orders_cancelling", "Orders whose undos are owed: a service that is to undo something cannot.", []string{"kind"}, nil)
	owedAge       = prometheus.NewDesc("yeyak_orders_cancelling_oldest_seconds", "For how long undos have been owed to the order that has waited for longest; 0 when none are.", []string{"kind"}, nil)
	attentionDesc = prometheus.NewDesc("yeyak_orders_needing_attention", "Orders that do not go on by themselves as they should.", []string{"kind"}, nil)
	unknown       = prometheus.NewDesc("yeyak_orders_troubles_unknown", "1 when the read model cannot be queried for orders that need attention.", nil, nil)
)

// Describe implements prometheus.Collector.
func (g attentionGauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{owedDesc, owedAge, attentionDesc, unknown} {
		to <- d
	}
}

// scrapeReadTimeout bounds a query of a scrape, well below the timeout of the scrape.
const scrapeReadTimeout = 2 * time.Second

// Collect implements prometheus.Collector.
func (g attentionGauges) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrapeReadTimeout)
	defer cancel()
	found, err := g.pages.AttentionCounts(ctx)
	if err != nil {
		gauge(unknown, 1)
		return
	}
	gauge(unknown, 0)
	for _, kind := range booking.Kinds() {
		var owed, needing int
		var age time.Duration
		for _, f := range found {
			if f.Kind != kind {
				continue
			}
			owed, needing = owed+f.Cancelling, needing+f.NeedingAttention
			if !f.Since.IsZero() {
				age = max(0, time.Since(f.Since))
			}
		}
		gauge(owedDesc, float64(owed), string(kind))
		gauge(owedAge, age.Seconds(), string(kind))
		gauge(attentionDesc, float64(needing), string(kind))
	}
}

// pages is a read model that measures how late it is written.
type pages struct {
	activities.ReadModel
	lag    prometheus.Observer
	failed prometheus.Counter
}

func measuredPages(registry prometheus.Registerer, next activities.ReadModel) activities.ReadModel {
	metrics := promauto.With(registry)
	return pages{
		ReadModel: next,
		lag: metrics.NewHistogram(prometheus.HistogramOpts{
			Name:    "yeyak_read_model_lag_seconds",
			Help:    "How long after an order changed its page shows it.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800},
		}),
		failed: metrics.NewCounter(prometheus.CounterOpts{
			Name: "yeyak_read_model_failures_total", Help: "Attempts to write an order's page that failed. They are repeated until they succeed.",
		}),
	}
}

// Publish implements activities.ReadModel.
func (p pages) Publish(ctx context.Context, what contract.Publication) error {
	err := p.ReadModel.Publish(ctx, what)
	if err != nil {
		p.failed.Inc()
		return err
	}
	p.lag.Observe(max(0, time.Since(time.UnixMicro(what.View.Version))).Seconds())
	return nil
}
