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
	// Slow is from when on a call counts as failed, though its answer is used.
	Slow time.Duration
	// Window is the time over which calls are counted.
	Window time.Duration
	// MinCalls have to have been made in the window, and FailPercent of them
	// have failed, for the gate to shut.
	MinCalls, FailPercent int
	// ShutFor is how long it stays shut before Probes calls are let through:
	// if they all succeed it opens, if one fails it shuts again.
	ShutFor time.Duration
	Probes  int
	// PerSecond is how many payments that had to wait are taken in a second.
	PerSecond int
	// PayWithin is how long a payment may wait; 0 when none may.
	PayWithin time.Duration
	// Asks tells whether this process asks the provider itself. One that does
	// not goes by what others say.
	Asks bool

	Outlook  Outlook
	Worker   string // names this process to the others
	Log      *zap.Logger
	Registry prometheus.Registerer
}

// Outlook is what all processes know of the payments that wait.
type Outlook interface {
	// Outlook tells how many payments stand in line, and until when some gate
	// is shut: a time that has passed, or the zero one, when none is.
	Outlook(ctx context.Context) (waiting int, shutUntil time.Time, err error)
	// Shut notes until when the worker's gate is shut.
	Shut(ctx context.Context, worker string, until time.Time) error
}

// Gate stands before a payment provider: a circuit breaker with a fallback. It
// implements activities.PaymentGate.
type Gate struct {
	options GateOptions
	breaker *gobreaker.TwoStepCircuitBreaker[any]
	outlook outlook
	pace    *rate.Limiter // of those whose turn has come
	calls   *prometheus.HistogramVec
	changes *prometheus.CounterVec

	telling sync.Mutex
	mu      sync.Mutex
	until   time.Time     // shut till then
	opened  time.Time     // when it opened last, the zero time when it was never shut
	quiet   time.Time     // the provider asked not to be asked till then
	changed chan struct{} // closed at the next change of the breaker's state
}

// errSlow is what the breaker is told of a call that takes too long.
var errSlow = errors.New("the payment provider is slow")

// NewGate makes a gate that is open.
func NewGate(o GateOptions) *Gate {
	g := &Gate{options: o, outlook: outlook{ask: o.Outlook.Outlook}, pace: rate.NewLimiter(rate.Limit(o.PerSecond), 1), changed: make(chan struct{})}
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
		OnStateChange: g.turned,
		IsExcluded: func(err error) bool {
			return errors.Is(err, activities.ErrNotAsked) || errors.Is(err, context.Canceled)
		},
	})
	g.measure(o.Registry)
	return g
}

// windowParts is how finely a window slides.
const windowParts = 10

// Enter implements activities.PaymentGate. While the gate is not quite open, and
// for a while after that, those who have not waited do not go before those who
// have, unless these are done within a second: all who come at once would shut
// it again.
func (g *Gate) Enter(ctx context.Context, waited bool) (activities.PaymentPass, error) {
	if time.Now().Before(g.quietUntil()) {
		return nil, activities.ErrShut
	}
	if !waited && g.lineGoesFirst(ctx) {
		return nil, activities.ErrShut
	}
	done, err := g.breaker.Allow()
	if err != nil {
		return nil, activities.ErrShut
	}
	p := &pass{gate: g}
	p.report = func(err error) { p.reported.Do(func() { done(err) }) }
	return p, nil
}

func (g *Gate) lineGoesFirst(ctx context.Context) bool {
	if g.options.PayWithin == 0 || !g.recovers() {
		return false
	}
	waiting, _ := g.outlook.now(ctx)
	return waiting > g.options.PerSecond
}

// recovers tells whether the gate was shut not long ago, or still is.
func (g *Gate) recovers() bool {
	if g.breaker.State() != gobreaker.StateClosed {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Since(g.opened) < g.options.Window
}

// pass is one that was let in.
type pass struct {
	gate           *Gate
	report         func(error) // to the breaker
	reported, left sync.Once
	begun          time.Time
	slow           *time.Timer
}

// Asks implements activities.PaymentPass. A call counts as failed as soon as it
// is slow: one that hangs says nothing by itself.
func (p *pass) Asks() {
	p.begun = time.Now()
	p.slow = time.AfterFunc(p.gate.options.Slow, func() { p.report(errSlow) })
}

// Leave implements activities.PaymentPass.
func (p *pass) Leave(err error) {
	p.left.Do(func() {
		p.report(err)
		if p.slow != nil {
			p.slow.Stop()
			p.gate.heard(err, time.Since(p.begun))
		}
	})
}

// heard notes what came of a call.
func (g *Gate) heard(err error, took time.Duration) {
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
	go g.tellOthers()
}

// leastQuiet is for how long a provider is left alone that has too much to do
// and does not say for how long.
const leastQuiet = time.Second

func (g *Gate) quietUntil() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.quiet
}

// againAfter is how long one waits who was let in to no avail, at least.
const againAfter = time.Second

// Opens implements activities.PaymentGate. Those who have waited go one after
// the other, at the rate of the whole line: all who stand before a gate that
// opens would shut it again.
func (g *Gate) Opens(ctx context.Context, again bool) error {
	if again {
		select {
		case <-time.After(againAfter):
		case <-ctx.Done():
		}
	}
	for {
		wait, changed := g.closedFor()
		if wait <= 0 {
			if g.pace.Wait(ctx) != nil {
				<-ctx.Done() // it comes before their turn does
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

// probing is how soon it is looked again whether a probe has come back.
const probing = 100 * time.Millisecond

// closedFor is how long it takes at least until somebody may enter, 0 when one
// may now; and what is closed when that changes.
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

// turned is told by the breaker, which is locked meanwhile.
func (g *Gate) turned(_ string, from, to gobreaker.State) {
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
	go g.tellOthers()
}

// tellOthers tells how it is by now, and does without those who cannot be told:
// they find out by themselves, a little later.
func (g *Gate) tellOthers() {
	g.telling.Lock() // the last to tell has the latest news
	defer g.telling.Unlock()
	g.mu.Lock()
	until := g.until
	if g.quiet.After(until) {
		until = g.quiet
	}
	g.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := g.options.Outlook.Shut(ctx, g.options.Worker, until); err != nil {
		g.options.Log.Debug("other processes not told of the payment breaker", zap.Error(err))
	}
}
