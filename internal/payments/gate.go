package payments

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"
	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"github.com/yeyak/yeyak/activities"
)

// GateOptions say when a gate shuts, and what happens to payments then.
type GateOptions struct {
	// Slow is the duration from which a call counts as failed, although its answer is used.
	Slow time.Duration
	// Window is the time over which calls are counted.
	Window time.Duration
	// The gate shuts if at least MinCalls were made in the window and FailPercent of them
	// failed.
	MinCalls, FailPercent int
	// ShutFor is how long it stays shut before Probes calls are let through. If all
	// succeed it opens; if one fails it shuts again.
	ShutFor time.Duration
	Probes  int
	// PerSecond is how many waiting payments are let through per second.
	PerSecond int
	// PayWithin is how long a payment may wait; 0 if none may.
	PayWithin time.Duration
	// Begin means that this process calls the provider. A process that does not relies on
	// what others report.
	CallsProvider bool

	Outlook  Outlook
	Worker   string // the name of this process for the others
	Log      *zap.Logger
	Registry prometheus.Registerer
}

// Outlook is the shared knowledge of all processes about waiting payments.
type Outlook interface {
	// Outlook returns how many payments wait, and until when some gate is shut: a past or
	// zero time if none is.
	Outlook(ctx context.Context) (waiting int, shutUntil time.Time, err error)
	// Shut records until when the worker's gate is shut.
	Shut(ctx context.Context, worker string, until time.Time) error
}

// Gate protects a payment provider: a circuit breaker with a queue for payments. It
// implements activities.PaymentGate.
type Gate struct {
	options GateOptions
	breaker *gobreaker.TwoStepCircuitBreaker[any]
	outlook outlook
	pace    *rate.Limiter // of waiting payments
	calls   *prometheus.HistogramVec
	changes *prometheus.CounterVec

	publishing sync.Mutex
	mu         sync.Mutex
	until      time.Time     // shut until then
	opened     time.Time     // when it last opened, zero if it was never shut
	quiet      time.Time     // the provider accepts no requests until then
	changed    chan struct{} // closed at the next change of the breaker's state
}

// errSlow is what the breaker gets for a call that takes too long.
var errSlow = errors.New("the payment provider is slow")

// NewGate makes an open gate.
func NewGate(o GateOptions) *Gate {
	g := &Gate{options: o, outlook: outlook{query: o.Outlook.Outlook}, pace: rate.NewLimiter(rate.Limit(o.PerSecond), 1), changed: make(chan struct{})}
	g.breaker = gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		Name:         "payment provider",
		MaxRequests:  uint32(o.Probes), //nolint:gosec // checked with the settings
		Interval:     o.Window,
		BucketPeriod: o.Window / windowParts,
		Timeout:      o.ShutFor,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			counted := int(c.TotalSuccesses + c.TotalFailures)
			return counted >= o.MinCalls && int(c.TotalFailures)*100 >= counted*o.FailPercent
		},
		OnStateChange: g.stateChanged,
		IsExcluded: func(err error) bool {
			return errors.Is(err, activities.ErrNotCalled) || errors.Is(err, context.Canceled)
		},
	})
	g.measure(o.Registry)
	return g
}

// windowParts is the number of parts in which the window slides.
const windowParts = 10

// Enter implements activities.PaymentGate. While the gate recovers, queued charges go
// before new ones, unless the queue can be served within a second: all new charges at
// once would shut the gate again.
func (g *Gate) Enter(ctx context.Context, waited bool) (activities.PaymentSlot, error) {
	if time.Now().Before(g.quietUntil()) {
		return nil, activities.ErrShut
	}
	if !waited && g.queueGoesFirst(ctx) {
		return nil, activities.ErrShut
	}
	done, err := g.breaker.Allow()
	if err != nil {
		return nil, activities.ErrShut
	}
	p := &slot{gate: g}
	p.report = func(err error) { p.reported.Do(func() { done(err) }) }
	return p, nil
}

func (g *Gate) queueGoesFirst(ctx context.Context) bool {
	if g.options.PayWithin == 0 || !g.recovers() {
		return false
	}
	waiting, _ := g.outlook.now(ctx)
	return waiting > g.options.PerSecond
}

// recovers reports whether the gate is shut, or was shut lately.
func (g *Gate) recovers() bool {
	if g.breaker.State() != gobreaker.StateClosed {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Since(g.opened) < g.options.Window
}

// slot is the permission of one admitted payment.
type slot struct {
	gate           *Gate
	report         func(error) // to the breaker
	reported, left sync.Once
	begun          time.Time
	slow           *time.Timer
}

// Begin implements activities.PaymentSlot. A call counts as failed as soon as it is slow,
// since a call that hangs returns nothing that could be counted.
func (p *slot) Begin() {
	p.begun = time.Now()
	p.slow = time.AfterFunc(p.gate.options.Slow, func() { p.report(errSlow) })
}

// Leave implements activities.PaymentSlot.
func (p *slot) Leave(err error) {
	p.left.Do(func() {
		p.report(err)
		if p.slow != nil {
			p.slow.Stop()
			p.gate.record(err, time.Since(p.begun))
		}
	})
}

// record records the outcome of a call.
func (g *Gate) record(err error, took time.Duration) {
	outcome := "answered"
	if err != nil {
		outcome = "failed"
	}
	g.calls.WithLabelValues(outcome).Observe(took.Seconds())
	var busy interface{ RetryAfter() time.Duration }
	if !errors.As(err, &busy) {
		return
	}
	g.mu.Lock()
	g.quiet = time.Now().Add(cmp.Or(busy.RetryAfter(), leastQuiet))
	g.mu.Unlock()
	go g.publish()
}

// leastQuiet is how long an overloaded provider that names no time gets no requests.
const leastQuiet = time.Second

func (g *Gate) quietUntil() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.quiet
}

// retryPause is the least wait of a payment whose admitted call was in vain.
const retryPause = time.Second

// AwaitOpen implements activities.PaymentGate. Waiting payments are let through one after
// another, at a fixed rate for all: all of them at once would shut the gate again.
func (g *Gate) AwaitOpen(ctx context.Context, again bool) error {
	if again {
		select {
		case <-time.After(retryPause):
		case <-ctx.Done():
		}
	}
	for {
		wait, changed := g.closedFor()
		if wait <= 0 {
			if g.pace.Wait(ctx) != nil {
				<-ctx.Done() // ctx ends before the payment's turn
			}
			if wait, changed = g.closedFor(); wait <= 0 {
				return ctx.Err()
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		timer.Stop()
	}
}

// probing is how often the gate checks whether a probe has returned.
const probing = 100 * time.Millisecond

// closedFor is the least time until a payment may enter, 0 if it may enter now, and a
// channel that is closed when that changes.
func (g *Gate) closedFor() (time.Duration, <-chan struct{}) {
	state, counts := g.breaker.State(), g.breaker.Counts()
	g.mu.Lock()
	defer g.mu.Unlock()
	wait := time.Until(g.quiet)
	switch {
	case state == gobreaker.StateOpen:
		wait = max(wait, time.Until(g.until), time.Millisecond)
	case state == gobreaker.StateHalfOpen && int(counts.Requests-counts.TotalExclusions) >= g.options.Probes:
		wait = max(wait, probing)
	}
	return wait, g.changed
}

// stateChanged is called by the breaker at a change of its state, while the breaker is locked.
func (g *Gate) stateChanged(_ string, from, to gobreaker.State) {
	g.mu.Lock()
	g.until = time.Time{}
	switch to {
	case gobreaker.StateOpen:
		g.until = time.Now().Add(g.options.ShutFor)
	case gobreaker.StateClosed:
		g.opened = time.Now()
	case gobreaker.StateHalfOpen:
	}
	close(g.changed)
	g.changed = make(chan struct{})
	g.mu.Unlock()
	g.changes.WithLabelValues(to.String()).Inc()
	g.options.Log.Warn("payment provider", zap.Stringer("breakerWas", from), zap.Stringer("breakerIs", to))
	go g.publish()
}

// publish writes the gate's state for other processes. It ignores an error: the others
// find out by themselves, a little later.
func (g *Gate) publish() {
	g.publishing.Lock() // the last writer has the latest state
	defer g.publishing.Unlock()
	g.mu.Lock()
	until := g.until
	if g.quiet.After(until) {
		until = g.quiet
	}
	g.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := g.options.Outlook.Shut(ctx, g.options.Worker, until); err != nil {
		g.options.Log.Debug("payment breaker not published to other processes", zap.Error(err))
	}
}
