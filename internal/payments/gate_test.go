package payments_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/internal/payments"
)

// board is the shared knowledge of all processes about waiting payments.
type board struct {
	mu       sync.Mutex
	deferred int
	until    time.Time
	err      error
}

func (b *board) Outlook(context.Context) (int, time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.deferred, b.until, b.err
}

func (b *board) Shut(_ context.Context, _ string, until time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = until
	return b.err
}

func (b *board) set(deferred int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.deferred = deferred
}

func (b *board) shutUntil() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.until
}

// newGate is a gate that shuts if half of at least four calls have failed.
func newGate(b *board, change ...func(*payments.GateOptions)) *payments.Gate {
	o := payments.GateOptions{
		Slow: 610 * time.Millisecond, Window: 10 * time.Second, MinCalls: 4, FailPercent: 50, ShutFor: 5 * time.Second,
		Probes: 2, PerSecond: 20, PayWithin: 30 * time.Minute, CallsProvider: true,
		Outlook: b, Worker: "a", Log: zap.NewNop(),
	}
	for _, c := range change {
		c(&o)
	}
	return payments.NewGate(o)
}

var errBroken = errors.New("connection refused")

// call calls the provider through the gate, and reports whether it was admitted.
func call(t *testing.T, g *payments.Gate, duration time.Duration, answer error) bool {
	t.Helper()
	p, err := g.Enter(t.Context(), false)
	if err != nil {
		require.ErrorIs(t, err, activities.ErrShut)
		return false
	}
	if !errors.Is(answer, activities.ErrNotCalled) {
		p.Begin()
	}
	time.Sleep(duration)
	p.Leave(answer)
	return true
}

// enter enters the gate and calls the provider.
func enter(t *testing.T, g *payments.Gate, waited bool) activities.PaymentSlot {
	t.Helper()
	p, err := g.Enter(t.Context(), waited)
	require.NoError(t, err)
	p.Begin()
	return p
}

// shut makes the gate shut.
func shut(t *testing.T, g *payments.Gate) {
	t.Helper()
	for range 4 {
		require.True(t, call(t, g, 0, errBroken))
	}
	require.False(t, call(t, g, 0, nil))
}

func inBubble(t *testing.T, test func(*testing.T)) {
	t.Parallel()
	synctest.Test(t, test)
}

func TestGate_ShutsOnFailures(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGate(&board{})
		require.True(t, call(t, g, 0, nil))
		require.True(t, call(t, g, 0, nil))
		require.True(t, call(t, g, 0, errBroken))
		require.True(t, call(t, g, 0, activities.ErrNotCalled), "which says nothing of the provider")
		require.True(t, call(t, g, 0, errBroken), "that is half of four")
		require.False(t, call(t, g, 0, nil))
	})
}

func TestGate_ForgetsWhatIsLongAgo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGate(&board{})
		for range 10 {
			require.True(t, call(t, g, 0, errBroken))
			time.Sleep(6 * time.Second)
		}
	})
}

// A call counts as failed as soon as it is slow, since a call that hangs returns nothing that
// could be counted.
func TestGate_ShutsOnSlowCallsWhileTheyLast(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGate(&board{})
		var slots []activities.PaymentSlot
		for range 4 {
			slots = append(slots, enter(t, g, false))
		}
		time.Sleep(610*time.Millisecond - 1)
		require.True(t, call(t, g, 0, activities.ErrNotCalled))
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.False(t, call(t, g, 0, nil))
		for _, slot := range slots {
			slot.Leave(nil)
			slot.Leave(errBroken)
		}
		time.Sleep(5*time.Second + 1)
		require.True(t, call(t, g, 609*time.Millisecond, nil), "what came of the slow ones is of the past")
		require.True(t, call(t, g, 0, nil))
		require.Empty(t, g.Failure(t.Context()))
	})
}

func TestGate_Probes(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGate(&board{})
		shut(t, g)
		time.Sleep(5*time.Second - time.Millisecond)
		require.False(t, call(t, g, 0, nil))
		time.Sleep(2 * time.Millisecond)
		first, second := enter(t, g, false), enter(t, g, true)
		require.False(t, call(t, g, 0, nil), "two probes are enough")
		first.Leave(nil)
		second.Leave(errBroken)
		require.False(t, call(t, g, 0, nil), "one failed")

		time.Sleep(5*time.Second + 1)
		require.True(t, call(t, g, 0, nil))
		require.True(t, call(t, g, 0, nil))
		for range 3 {
			require.True(t, call(t, g, 0, errBroken), "it is open, and counts anew")
		}
	})
}

// A waiting payment enters when the gate opens, and not before.
func TestGate_Opens(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGate(&board{})
		require.NoError(t, g.AwaitOpen(t.Context(), false))
		begun := time.Now()
		require.NoError(t, g.AwaitOpen(t.Context(), true))
		require.Equal(t, time.Second, time.Since(begun), "not at once")
		shut(t, g)
		begun = time.Now()
		probes := make(chan activities.PaymentSlot, 2)
		for range 2 {
			go func() {
				if g.AwaitOpen(t.Context(), false) != nil {
					return
				}
				if p, err := g.Enter(t.Context(), true); err == nil {
					p.Begin()
					probes <- p
				}
			}()
		}
		first, second := <-probes, <-probes
		require.InDelta(t, 5.05, time.Since(begun).Seconds(), 0.01)
		opened := make(chan time.Time)
		go func() {
			_ = g.AwaitOpen(t.Context(), false)
			opened <- time.Now()
		}()
		time.Sleep(350 * time.Millisecond)
		closed := time.Now()
		first.Leave(nil)
		second.Leave(nil)
		require.Equal(t, closed, <-opened, "at once")

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		shut(t, g)
		require.ErrorIs(t, g.AwaitOpen(ctx, false), context.DeadlineExceeded)
	})
}

// Payments that wait when the gate opens enter at a fixed rate.
func TestGate_OpensForOneAfterTheOther(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGate(&board{})
		require.NoError(t, g.AwaitOpen(t.Context(), false))
		shut(t, g)
		begun := time.Now()
		admitted := make(chan time.Duration)
		for range 10 {
			go func() {
				if g.AwaitOpen(t.Context(), false) != nil {
					return
				}
				if p, err := g.Enter(t.Context(), true); err == nil {
					p.Leave(nil)
					admitted <- time.Since(begun)
				}
			}()
		}
		for i := range 10 {
			require.InDelta(t, 5+float64(i)/20, (<-admitted).Seconds(), 0.01)
		}
	})
}

// The pause that the provider states applies to all orders.
func TestGate_PausesAsStated(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGate(&board{})
		busy := busyAnswer(7 * time.Second)
		require.True(t, call(t, g, 0, busy))
		begun := time.Now()
		require.False(t, call(t, g, 0, nil))
		require.NoError(t, g.AwaitOpen(t.Context(), false))
		require.Equal(t, busy.RetryAfter(), time.Since(begun))
		require.True(t, call(t, g, 0, nil))
	})
}

// busyAnswer is a provider's answer that it is overloaded.
type busyAnswer time.Duration

func (busyAnswer) Error() string               { return "too many requests" }
func (g busyAnswer) RetryAfter() time.Duration { return time.Duration(g) }

// Time before the call does not count as the provider's.
func TestGate_CountsFromTheCall(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGate(&board{})
		for range 8 {
			p, err := g.Enter(t.Context(), false)
			require.NoError(t, err)
			time.Sleep(time.Second)
			p.Begin()
			p.Leave(nil)
		}
	})
}

// While the gate recovers, queued charges go before new ones. A long queue at a healthy
// provider is no reason to queue new charges.
func TestGate_TheQueueGoesFirst(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := &board{deferred: 21}
		g := newGate(b)
		require.True(t, call(t, g, 0, activities.ErrNotCalled), "it was never shut")
		shut(t, g)
		time.Sleep(5*time.Second + 1)
		require.False(t, call(t, g, 0, nil))
		enter(t, g, true).Leave(nil)
		enter(t, g, true).Leave(nil)
		require.False(t, call(t, g, 0, nil), "it has opened, and the queued charges go first")
		b.set(20)
		time.Sleep(500 * time.Millisecond) // the outlook is cached
		require.True(t, call(t, g, 0, nil), "these are done within a second")
		b.set(1000)
		time.Sleep(10 * time.Second)
		require.True(t, call(t, g, 0, nil), "it has been open for so long that it will stay so")
	})
}

// A ledger that is down is no reason to refuse payments.
func TestGate_ContinuesWithoutTheLedger(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := &board{err: errBroken}
		g := newGate(b)
		_, ok := g.Admit(t.Context())
		require.True(t, ok)
		shut(t, g)
	})
}

func TestGate_AdmitWhileItDefers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := &board{}
		g := newGate(b)
		shut(t, g)
		_, ok := g.Admit(t.Context())
		require.True(t, ok, "its payment follows")
		time.Sleep(time.Second)
		b.set(30 * 60 * 20)
		_, ok = g.Admit(t.Context())
		require.True(t, ok, "half an hour, at 20 a second")
		time.Sleep(time.Second)
		b.set(30*60*20 + 100)
		wait, ok := g.Admit(t.Context())
		require.False(t, ok, "a promise that could not be kept")
		require.Equal(t, 5*time.Second, wait)
	})
}

func TestGate_AdmitWhileItRejects(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := &board{}
		reject := func(o *payments.GateOptions) { o.PayWithin = 0 }
		g := newGate(b, reject)
		other := newGate(b, reject, func(o *payments.GateOptions) { o.CallsProvider = false })
		for _, gate := range []*payments.Gate{g, other} {
			_, ok := gate.Admit(t.Context())
			require.True(t, ok)
		}
		shut(t, g)
		time.Sleep(time.Second)
		for _, gate := range []*payments.Gate{g, other} {
			wait, ok := gate.Admit(t.Context())
			require.False(t, ok)
			require.Equal(t, 4*time.Second, wait.Round(time.Millisecond), "the breaker's own clock")
		}
		require.Contains(t, other.Failure(t.Context()), "breaker open")

		time.Sleep(4*time.Second + time.Millisecond)
		_, ok := g.Admit(t.Context())
		require.True(t, ok, "a probe")
		first, second := enter(t, g, false), enter(t, g, false)
		wait, ok := g.Admit(t.Context())
		require.False(t, ok, "as many probes as there may be are under way")
		require.Positive(t, wait)
		first.Leave(nil)
		second.Leave(nil)
		synctest.Wait()
		require.False(t, time.Now().Before(b.shutUntil()))
		time.Sleep(time.Second)
		for _, gate := range []*payments.Gate{g, other} {
			_, ok := gate.Admit(t.Context())
			require.True(t, ok)
		}
	})
}

// The pause that the provider states applies to all processes.
func TestGate_OthersKeepQuietToo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := &board{}
		reject := func(o *payments.GateOptions) { o.PayWithin = 0 }
		g := newGate(b, reject)
		other := newGate(b, reject, func(o *payments.GateOptions) { o.CallsProvider = false })
		require.True(t, call(t, g, 0, busyAnswer(20*time.Second)))
		synctest.Wait()
		wait, ok := other.Admit(t.Context())
		require.False(t, ok)
		require.Equal(t, 20*time.Second, wait)
	})
}

func TestGate_ShowsItself(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		b := &board{}
		g := newGate(b, func(o *payments.GateOptions) { o.Registry = registry })
		require.Empty(t, g.Failure(t.Context()))
		shut(t, g)
		b.set(7)
		time.Sleep(time.Second)
		require.Equal(t, "overloaded or out of order: breaker open, 7 payments deferred", g.Failure(t.Context()))
		values := gathered(t, registry)
		require.InDelta(t, 2, values["yeyak_payment_breaker_state"], 0)
		require.InDelta(t, 7, values["yeyak_payments_deferred"], 0)
		n, err := testutil.GatherAndCount(registry, "yeyak_payment_breaker_changes_total", "yeyak_payment_provider_call_seconds")
		require.NoError(t, err)
		require.Equal(t, 2, n)
	})
}

// gathered are the values of a registry's gauges.
func gathered(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	values := map[string]float64{}
	for _, f := range families {
		if m := f.GetMetric()[0]; m.GetGauge() != nil {
			values[f.GetName()] = m.GetGauge().GetValue()
		}
	}
	return values
}
