package payments

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"
)

// Admit tells whether an order that is placed now could be paid for in time
// and, if not, when it is worth asking again. It is for those who would rather
// hear "later" than a promise that cannot be kept.
func (g *Gate) Admit(ctx context.Context) (retryAfter time.Duration, ok bool) {
	if g.options.PayWithin == 0 {
		wait := g.shutFor(ctx)
		return wait, wait <= 0
	}
	deferred, _ := g.outlook.now(ctx)
	wait := time.Duration(deferred) * time.Second / time.Duration(g.options.PerSecond)
	return wait - g.options.PayWithin, wait <= g.options.PayWithin
}

// shutFor is how long the breaker keeps everybody away, at least.
func (g *Gate) shutFor(ctx context.Context) time.Duration {
	if g.options.Asks {
		wait, _ := g.closedFor()
		return wait
	}
	_, until := g.outlook.now(ctx)
	return time.Until(until)
}

// Trouble says what is wrong with the provider, "" when nothing is.
func (g *Gate) Trouble(ctx context.Context) string {
	deferred, until := g.outlook.now(ctx)
	state := g.breaker.State()
	if !g.options.Asks && time.Now().Before(until) {
		state = gobreaker.StateOpen
	}
	switch {
	case state != gobreaker.StateClosed && deferred == 0:
		return fmt.Sprintf("overloaded or out of order: breaker %s", state)
	case state != gobreaker.StateClosed:
		return fmt.Sprintf("overloaded or out of order: breaker %s, %d payments deferred", state, deferred)
	case deferred > 0:
		return fmt.Sprintf("%d payments deferred", deferred)
	default:
		return ""
	}
}

// measure shows the gate in the metrics. Without a registry it measures all
// the same.
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

// glance keeps the outlook for a moment: it is asked for with every payment.
type glance struct {
	ask func(context.Context) (int, time.Time, error)

	mu       sync.Mutex
	at       time.Time
	deferred int
	until    time.Time
}

// How long an outlook is good for, and how long it may take. What cannot be
// asked is taken to be as it was: a ledger that is away stops payments anyway.
const (
	glanceLasts    = 500 * time.Millisecond
	glancePatience = 200 * time.Millisecond
)

func (g *glance) now(ctx context.Context) (deferred int, shutUntil time.Time) {
	g.mu.Lock()
	if time.Since(g.at) < glanceLasts {
		defer g.mu.Unlock()
		return g.deferred, g.until
	}
	g.at = time.Now() // one asks, and the others go on with what is known
	g.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), glancePatience)
	defer cancel()
	deferred, until, err := g.ask(ctx)
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil {
		g.deferred, g.until = deferred, until
	}
	return g.deferred, g.until
}
