package admission

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// budgetMetrics are what is measured of one budget.
type budgetMetrics struct {
	limit, inFlight, waiting prometheus.Gauge
	admitted, full, tooLong  prometheus.Counter
	waited                   prometheus.Observer
}

// entered notes a request that was let in, after some time.
func (m budgetMetrics) entered(after time.Duration) {
	m.inFlight.Inc()
	m.admitted.Inc()
	m.waited.Observe(after.Seconds())
}

// waits are the bounds that waiting times are sorted by, in seconds. Most wait
// for nothing, and nobody much longer than they are told to.
var waits = []float64{0, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// Budgets are what requests are counted against. Health, metrics and
// documentation are not counted: they are answered whatever the load.
//
// Starts of orders are counted once more: a Temporal server that has too much to
// do serves callers in no order, and of many that ask it at the same time some
// wait for seconds. They wait here instead, first come, first served.
type Budgets struct {
	Limits
	Writes, Starts, Reads, Streams *Budget
}

// New makes the budgets and registers what is measured of them, unless the
// registry is nil. Zero limits are the defaults. To be started an order may wait
// for most of its request's time, which is replyBudget: what is left has to do
// for Temporal.
func New(l Limits, replyBudget time.Duration, registry prometheus.Registerer) *Budgets {
	l = l.withDefaults()
	metric := promauto.With(registry)
	gauge := func(name, help string) *prometheus.GaugeVec {
		return metric.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, []string{"budget"})
	}
	limit := gauge("yeyak_http_requests_limit", "How many requests are worked on at the same time, at most.")
	inFlight := gauge("yeyak_http_requests_in_flight", "Requests that are being worked on.")
	waiting := gauge("yeyak_http_requests_waiting", "Requests that wait for their turn.")
	admitted := metric.NewCounterVec(prometheus.CounterOpts{
		Name: "yeyak_http_requests_admitted_total", Help: "Requests that were let in.",
	}, []string{"budget"})
	shed := metric.NewCounterVec(prometheus.CounterOpts{
		Name: "yeyak_http_requests_shed_total", Help: "Requests that were sent away with 503, by cause.",
	}, []string{"budget", "cause"})
	waited := metric.NewHistogramVec(prometheus.HistogramOpts{
		Name: "yeyak_http_requests_wait_seconds", Help: "How long requests waited that were let in.", Buckets: waits,
	}, []string{"budget"})
	of := func(budget string) budgetMetrics {
		return budgetMetrics{
			limit: limit.WithLabelValues(budget), inFlight: inFlight.WithLabelValues(budget), waiting: waiting.WithLabelValues(budget),
			admitted: admitted.WithLabelValues(budget), waited: waited.WithLabelValues(budget),
			full: shed.WithLabelValues(budget, "full"), tooLong: shed.WithLabelValues(budget, "waited_too_long"),
		}
	}
	return &Budgets{
		Limits:  l,
		Writes:  newBudget(l.MaxWrites, l.MaxWaiting, l.MaxWait, of("writes")),
		Starts:  newBudget(l.MaxStarts, l.MaxWrites, replyBudget*7/8, of("starts")),
		Reads:   newBudget(l.MaxReads, l.MaxWaiting, l.MaxWait, of("reads")),
		Streams: newBudget(l.MaxStreams, 0, 0, of("streams")),
	}
}
