package payments

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"
)

// Admit reports whether an order that is placed now could be paid for in time and, if not,
// when to try again. It serves callers that prefer a refusal to a promise that cannot be
// kept.
func (g *Gate) Admit(ctx context.Context) (retryAfter time.Duration, ok bool) {
	if g.options.PayWithin == 0 {
		wait := g.shutFor(ctx)
		return wait, wait <= 0
	}
	deferred, _ := g.outlook.now(ctx)
	wait := time.Duration(deferred) * time.Second / time.Duration(g.options.PerSecond)
	return wait - g.options.PayWithin, wait <= g.options.PayWithin
}

// shutFor is the least time for which the breaker admits no call.
func (g *Gate) shutFor(ctx context.Context) time.Duration {
	if g.options.CallsProvider {
		wait, _ := g.closedFor()
		return wait
	}
	_, until := g.outlook.now(ctx)
	return time.Until(until)
}

// Failure describes the provider's failure, "" if there is none.
func (g *Gate) Failure(ctx context.Context) string {
	deferred, until := g.outlook.now(ctx)
	state := g.breaker.State()
	if !g.options.CallsProvider && time.Now().Before(until) {
		state = gobreaker.StateOpen
	}
	var words []string
	switch state {
	case gobreaker.StateOpen:
		words = append(words, "overloaded or out of order: breaker open")
	case gobreaker.StateHalfOpen:
		words = append(words, "was overloaded or out of order, and not tried enough since: breaker half-open")
	case gobreaker.StateClosed:
	}
	if deferred > 0 {
		words = append(words, fmt.Sprintf("%d payments deferred", deferred))
	}
	return strings.Join(words, ", ")
}

// measure registers the gate's metrics. Without a registry it records them all the same.
func (g *Gate) measure(registry prometheus.Registerer) {
	g.calls = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "yeyak_payment_provider_call_seconds", Help: "How long charges at the payment provider take, in seconds.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .4, .61, 1, 2.5, 5, 10, 30},
	}, []string{"outcome"})
	g.changes = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "yeyak_payment_breaker_changes_total", Help: "Changes of the payment provider's breaker, by the state it came to.",
	}, []string{"to"})
	if registry == nil {
		return
	}
	registry.MustRegister(g.calls, g.changes,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "yeyak_payment_breaker_state", Help: "State of the payment provider's breaker: 0 closed, 1 half-open, 2 open.",
		}, func() float64 { return float64(g.breaker.State()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "yeyak_payments_deferred", Help: "Payments that wait for the provider to take payments again; NaN while that cannot be known.",
		}, func() float64 {
			deferred, _, err := g.options.Outlook.Outlook(context.Background())
			if err != nil {
				return math.NaN()
			}
			return float64(deferred)
		}))
}

// outlook caches the Outlook for a moment, since every payment needs it.
type outlook struct {
	query func(context.Context) (int, time.Time, error)

	mu       sync.Mutex
	at       time.Time
	deferred int
	until    time.Time
}

// How long an outlook is valid, and how long its query may take. If the query fails the
// last outlook stays valid: a ledger that is away stops payments anyway.
const (
	outlookLasts   = 500 * time.Millisecond
	outlookTimeout = 200 * time.Millisecond
)

func (o *outlook) now(ctx context.Context) (deferred int, shutUntil time.Time) {
	o.mu.Lock()
	if time.Since(o.at) < outlookLasts {
		defer o.mu.Unlock()
		return o.deferred, o.until
	}
	o.at = time.Now() // one caller queries, and the others use the last outlook
	o.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), outlookTimeout)
	defer cancel()
	deferred, until, err := o.query(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.deferred, o.until = deferred, until
	}
	return o.deferred, o.until
}
