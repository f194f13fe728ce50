package admission

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// inBubble runs a test on a clock that advances when all goroutines are blocked.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(time.Hour) // all requests end
		test(t)
	})
}

// lab makes budgets whose queues stall after 7 s and keep a request for 10 s.
func lab(starts int) *Budgets {
	return New(Limits{MaxStarts: starts}, 2*time.Second, prometheus.NewPedanticRegistry())
}

// outcome is the outcome of a request.
type outcome struct {
	err   error
	after time.Duration
}

// customers sends n requests at the same time, each of which holds its slot for turn.
func customers(t *testing.T, b *Budget, n int, turn time.Duration, served bool) <-chan outcome {
	t.Helper()
	all := make(chan outcome, n)
	for range n {
		go func() {
			begun := time.Now()
			err := b.Enter(t.Context())
			all <- outcome{err, time.Since(begun)}
			if err == nil {
				time.Sleep(turn)
				b.Leave(served)
			}
		}()
	}
	synctest.Wait()
	return all
}

// outcomes splits the outcomes of n requests into those with a slot and those
// without.
func outcomes(n int, all <-chan outcome) (in, out []outcome) {
	for range n {
		if m := <-all; m.err == nil {
			in = append(in, m)
		} else {
			out = append(out, m)
		}
	}
	return in, out
}

func counted(c prometheus.Collector) int { return int(testutil.ToFloat64(c)) }

func after(t *testing.T, err error) time.Duration {
	t.Helper()
	refusal, ok := errors.AsType[*booking.Error](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, Overloaded, refusal.Code)
	return refusal.After
}

// TestBudget_WaitsWhileServed: a queue that moves refuses no request that can be
// served within the longest wait.
func TestBudget_WaitsWhileServed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := lab(16).Starts // 16 in 0.5 s: 200 in 6.5 s
		in, out := outcomes(200, customers(t, b, 200, 500*time.Millisecond, true))
		require.Empty(t, out)
		require.Len(t, in, 200)
		require.Equal(t, 6*time.Second, in[199].after)
	})
}

// TestBudget_PlainLoops: a hundred customers who order in a loop are always served.
func TestBudget_PlainLoops(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := lab(16).Starts
		failures := make(chan error, 100)
		for range 100 {
			go func() {
				for range 50 {
					if err := b.Enter(t.Context()); err != nil {
						failures <- err
						return
					}
					time.Sleep(1500 * time.Millisecond)
					b.Leave(true)
				}
				failures <- nil
			}()
		}
		for range 100 {
			require.NoError(t, <-failures)
		}
	})
}

// TestBudget_ShedsAtTheDoor: once the rate is known, a request that would wait too
// long is refused at once, with the time after which there is room.
func TestBudget_ShedsAtTheDoor(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := lab(10).Starts
		first := customers(t, b, 400, 1010*time.Millisecond, true) // the rate is not known: all may wait
		require.Equal(t, 390, b.queue.Len())
		time.Sleep(3500 * time.Millisecond)
		rate := b.Rate()
		require.InDelta(t, 10, rate, 3)

		begun := time.Now()
		err := b.Enter(t.Context())
		require.Zero(t, time.Since(begun), "at once")
		expected := time.Duration(361 / rate * float64(time.Second))
		require.InDelta(t, (expected - 10*time.Second).Seconds(), after(t, err).Seconds(), spread)
		require.Equal(t, 1, counted(b.measured.shed[notInTime]))

		in, out := outcomes(400, first)
		require.Len(t, in, 100, "in ten seconds")
		for _, m := range out {
			require.Equal(t, 10*time.Second, m.after)
			after(t, m.err)
		}
		require.Equal(t, 300, counted(b.measured.shed[waitedTooLong]))
		require.NoError(t, b.Enter(t.Context()), "there is room again")
		b.Leave(true)
	})
}

// TestBudget_UnknownRate: while the rate is not known only the queue's room bounds
// it, also if a few slow requests came before.
func TestBudget_UnknownRate(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		all := lab(16)
		all.Starts.room = 100
		b := all.Starts
		for range 20 {
			require.NoError(t, b.Enter(t.Context()))
			time.Sleep(time.Second)
			b.Leave(true)
		}
		require.True(t, math.IsNaN(b.Rate()), "it was never full")
		crowd := customers(t, b, 117, time.Second, true)
		in, out := outcomes(117, crowd)
		require.Len(t, out, 1)
		require.Zero(t, out[0].after)
		require.LessOrEqual(t, after(t, out[0].err), spread*time.Second)
		require.Len(t, in, 116)
		require.Equal(t, 1, counted(b.measured.shed[full]))
	})
}

// TestBudget_ForgetsItsRate: a slow time in the past does not delay a later burst.
func TestBudget_ForgetsItsRate(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := lab(2).Starts
		outcomes(6, customers(t, b, 6, 4*time.Second, true))
		time.Sleep(10 * time.Second)
		require.InDelta(t, .5, b.Rate(), .2)
		time.Sleep(time.Minute)
		require.True(t, math.IsNaN(b.Rate()))
		_, out := outcomes(50, customers(t, b, 50, 100*time.Millisecond, true))
		require.Empty(t, out)
	})
}

// TestBudget_StalledQueue: if no slot is freed, no request waits for ten seconds:
// all are refused once the queue has stalled for seven, and new ones at once.
func TestBudget_StalledQueue(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := lab(4).Starts
		hung := make(chan struct{})
		for range 4 {
			go func() {
				if b.Enter(t.Context()) == nil {
					<-hung
					b.Leave(true)
				}
			}()
		}
		synctest.Wait()
		early := customers(t, b, 20, 0, true)
		time.Sleep(5 * time.Second)
		late := customers(t, b, 20, 0, true)
		for _, c := range []struct {
			all  <-chan outcome
			wait time.Duration
		}{{early, 7 * time.Second}, {late, 2 * time.Second}} {
			in, out := outcomes(20, c.all)
			require.Empty(t, in)
			for _, m := range out {
				require.Equal(t, c.wait, m.after)
				require.Greater(t, after(t, m.err), 6*time.Second, "it has stalled for seven")
			}
		}
		time.Sleep(time.Minute)
		in, out := outcomes(1, customers(t, b, 1, 0, true))
		require.Empty(t, in)
		require.Zero(t, out[0].after)
		require.Greater(t, after(t, out[0].err), longestPause)
		require.Equal(t, 41, counted(b.measured.shed[stalled]))

		close(hung)
		synctest.Wait()
		_, out = outcomes(20, customers(t, b, 20, time.Second, true))
		require.Empty(t, out, "it moves again")
	})
}

// TestBudget_RateFallsByTime: while no slot is freed, the measured rate falls,
// and fewer requests may wait.
func TestBudget_RateFallsByTime(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := lab(1).Starts
		outcomes(100, customers(t, b, 100, 50*time.Millisecond, true))
		synctest.Wait()
		before := b.Rate()
		require.InDelta(t, 20, before, 2)
		require.NoError(t, b.Enter(t.Context())) // it hangs
		last := before
		for range 6 {
			time.Sleep(time.Second)
			require.Less(t, b.Rate(), last)
			last = b.Rate()
		}
		time.Sleep(time.Hour)
		require.Less(t, b.Rate(), 1e-9)
		b.Leave(true)
	})
}

// TestBudget_Unserved: requests that end because the engine does not answer do not
// make a queue move.
func TestBudget_Unserved(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := lab(16).Starts
		in, out := outcomes(100, customers(t, b, 100, 4*time.Second, false))
		require.Len(t, in, 32, "two rounds of turns")
		for _, m := range out {
			require.Equal(t, 7*time.Second, m.after)
		}
		time.Sleep(4 * time.Second)
		synctest.Wait()
		_, out = outcomes(50, customers(t, b, 50, 100*time.Millisecond, true))
		require.Empty(t, out, "the engine answers again")
	})
}

// TestBudget_Await: a request with another way to be served waits until its ctx
// ends, whatever wait is expected, and is not counted as shed.
func TestBudget_Await(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := lab(1).Starts
		require.NoError(t, b.Enter(t.Context())) // it hangs
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		begun := time.Now()
		after(t, b.Await(ctx))
		require.Equal(t, 2*time.Second, time.Since(begun))
		for _, c := range causes {
			require.Zero(t, counted(b.measured.shed[c]), c)
		}
		require.Equal(t, 1, counted(b.measured.servedOtherwise))

		begun = time.Now()
		go func() { time.Sleep(time.Second); b.Leave(true) }()
		require.NoError(t, b.Await(t.Context()))
		require.Equal(t, time.Second, time.Since(begun))
		b.Leave(true)
	})
}

// TestBudget_Arrived: the time that a request has waited in one queue is taken off
// its wait in the next.
func TestBudget_Arrived(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := lab(1).Starts
		require.NoError(t, b.Enter(t.Context())) // it hangs
		begun := time.Now()
		after(t, b.Enter(Arrived(t.Context(), begun.Add(-6*time.Second))))
		require.Equal(t, 4*time.Second, time.Since(begun))
		b.Leave(true)
	})
}

// TestBudget_CallerLeaves: a request that ends leaves the queue. A slot that it gets at that
// moment goes to the next request.
func TestBudget_CallerLeaves(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := lab(1).Starts
		for range 200 { // which of the two comes first is chance
			require.NoError(t, b.Enter(t.Context()))
			ctx, leave := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- b.Await(ctx) }()
			synctest.Wait()
			next := make(chan error)
			go func() { next <- b.Await(t.Context()) }()
			synctest.Wait()
			go leave()
			go b.Leave(true)
			if err := <-ended; err == nil {
				b.Leave(true)
			}
			require.NoError(t, <-next)
			b.Leave(true)
			require.Zero(t, b.busy)
			require.Zero(t, counted(b.measured.waiting))
			leave()
		}
		require.Zero(t, counted(b.measured.inFlight))
	})
}

// TestBudget_InTurn: the queue is first in, first out.
func TestBudget_InTurn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := lab(1).Starts
		require.NoError(t, b.Enter(t.Context()))
		order := make(chan int, 50)
		for n := range 50 {
			go func() {
				if b.Enter(t.Context()) == nil {
					order <- n
					b.Leave(true)
				}
			}()
			synctest.Wait()
		}
		b.Leave(true)
		for n := range 50 {
			require.Equal(t, n, <-order)
		}
	})
}
