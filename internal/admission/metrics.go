package admission

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// budgetMetrics are the metrics of one budget.
type budgetMetrics struct {
	limit, inFlight, waiting  prometheus.Gauge
	admitted, servedOtherwise prometheus.Counter
	shed                      map[cause]prometheus.Counter
	waited                    prometheus.Observer
}

// entered counts a request that was admitted after waiting for waited.
func (m budgetMetrics) entered(after time.Duration) {
	m.inFlight.Inc()
	m.admitted.Inc()
	m.waited.Observe(after.Seconds())
}

// waits are the buckets of waiting times, in seconds. Most requests do not wait,
// and none waits much longer than MaxWait.
var waits = []float64{0, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// Budgets are all budgets of a process. Requests for health, metrics and
// documentation are not counted: they are answered under any load.
//
// Starts of orders have a budget of their own. An overloaded Temporal server serves
// its clients in no order, and some of many concurrent starts wait for seconds.
// They wait here instead, first in, first out.
//
// A queue is stalled if none of its slots is freed by a served request for a reply budget plus
// half of MaxWait: no served request takes that long. A start is served if Temporal answers it.
// While a queue is stalled all waiting requests are refused, and so is each new one unless a slot
// is free. A slot that comes free goes to the next request, which shows whether requests are
// served again.
type Budgets struct {
	Limits
	Writes, Starts, Reads, Streams *Budget
	// Callers bounds the part of these that one caller may use.
	Callers *Callers
}

// New makes the budgets and registers their metrics, unless registry is nil. Zero
// limits use the defaults. No served request takes much longer than replyBudget.
func New(l Limits, replyBudget time.Duration, registry prometheus.Registerer) *Budgets {
	l = l.withDefaults()
	of := measuring(promauto.With(registry))
	stallAfter := replyBudget + l.MaxWait/2
	budget := func(name string, slots, room int) *Budget {
		b := newBudget(limits{slots, room, l.MaxWait, stallAfter}, of(name))
		promauto.With(registry).NewGaugeFunc(prometheus.GaugeOpts{
			Name: "yeyak_http_requests_rate", ConstLabels: prometheus.Labels{"budget": name},
			Help: "Slots that are freed in a second while all are busy, over about the last ten seconds; NaN when that is not known.",
		}, b.Rate)
		return b
	}
	return &Budgets{
		Limits:  l,
		Writes:  budget("writes", l.MaxWrites, l.MaxWaiting),
		Starts:  budget("starts", l.MaxStarts, l.MaxWrites),
		Reads:   budget("reads", l.MaxReads, l.MaxWaiting),
		Streams: budget("streams", l.MaxStreams, 0),
		Callers: newCallers(l, registry),
	}
}

// measuring makes the metrics of budgets, by the budget's name.
func measuring(metric promauto.Factory) func(budget string) budgetMetrics {
	gauge := func(name, help string) *prometheus.GaugeVec {
		return metric.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, []string{"budget"})
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return metric.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append([]string{"budget"}, labels...))
	}
	limit := gauge("yeyak_http_requests_limit", "How many requests are worked on at the same time, at most.")
	inFlight := gauge("yeyak_http_requests_in_flight", "Requests that are being worked on.")
	waiting := gauge("yeyak_http_requests_waiting", "Requests that wait for their turn.")
	admitted := counter("yeyak_http_requests_admitted_total", "Requests that were let in.")
	shed := counter("yeyak_http_requests_shed_total", "Requests that were sent away with 503, by cause.", "cause")
	servedOtherwise := counter("yeyak_http_requests_untaken_total", "Requests whose turn did not come in time and that were served in another way.")
	waited := metric.NewHistogramVec(prometheus.HistogramOpts{
		Name: "yeyak_http_requests_wait_seconds", Help: "How long requests waited that were let in.", Buckets: waits,
	}, []string{"budget"})
	return func(budget string) budgetMetrics {
		m := budgetMetrics{
			limit: limit.WithLabelValues(budget), inFlight: inFlight.WithLabelValues(budget), waiting: waiting.WithLabelValues(budget),
			admitted: admitted.WithLabelValues(budget), servedOtherwise: servedOtherwise.WithLabelValues(budget), waited: waited.WithLabelValues(budget),
			shed: map[cause]prometheus.Counter{},
		}
		for _, c := range causes {
			m.shed[c] = shed.WithLabelValues(budget, string(c))
		}
		return m
	}
}
