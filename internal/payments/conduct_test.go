package payments_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
)

// chargeMany charges n orders, a moment after each other, and returns the duration and error of
// each.
func chargeMany(ctx context.Context, s *payments.Sandbox, n int) (after []time.Duration, errs []error) {
	after, errs = make([]time.Duration, n), make([]error, n)
	began := time.Now()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			id := strconv.Itoa(i)
			_, errs[i] = s.Charge(ctx, booking.Charge{Key: id, OrderID: id, Amount: price, Method: "pm_card_visa"})
			after[i] = time.Since(began)
		})
		synctest.Wait() // the request is served, or waits, before the next one comes
	}
	all.Wait()
	return after, errs
}

func TestSandbox_BeyondCapacity(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := payments.NewSandbox(newMemory())
		s.Behave(payments.Behaviour{Latency: time.Second, Capacity: 2})
		after, errs := chargeMany(t.Context(), s, 3)
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
		var busy *payments.Busy
		require.ErrorAs(t, errs[2], &busy)
		require.Equal(t, time.Second, busy.RetryAfter())
		require.Equal(t, []time.Duration{time.Second, time.Second, 0}, after)
	})
}

func TestSandbox_Queues(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := payments.NewSandbox(newMemory())
		s.Behave(payments.Behaviour{Latency: time.Second, Capacity: 2, Queue: true})
		after, errs := chargeMany(t.Context(), s, 5)
		for _, err := range errs {
			require.NoError(t, err)
		}
		require.Equal(t, []time.Duration{time.Second, time.Second, 2 * time.Second, 2 * time.Second, 3 * time.Second}, after, "oldest first")
	})
}

func TestSandbox_QueueIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := payments.NewSandbox(newMemory())
		s.Behave(payments.Behaviour{Latency: time.Minute, Capacity: 1, Queue: true})
		var first sync.WaitGroup
		first.Go(func() { _, _ = s.Charge(t.Context(), newCharge("pm_card_visa")) })
		synctest.Wait()

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.Void(ctx, newCharge("pm_card_visa"))
		require.ErrorIs(t, err, context.DeadlineExceeded)

		var second sync.WaitGroup
		second.Go(func() { _, _ = s.Void(t.Context(), newCharge("pm_card_visa")) })
		synctest.Wait()
		began := time.Now()
		s.Behave(payments.Behaviour{})
		second.Wait()
		require.Zero(t, time.Since(began), "a waiting call is admitted when there is room for all")
		first.Wait()
	})
}

func TestSandbox_LatencyIsAnywhereInItsRange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := payments.NewSandbox(newMemory())
		s.Behave(payments.Behaviour{Latency: 400 * time.Millisecond, LatencyUpTo: 620 * time.Millisecond})
		after, _ := chargeMany(t.Context(), s, 300)
		least, most, sum := time.Hour, time.Duration(0), time.Duration(0)
		for _, d := range after {
			least, most, sum = min(least, d), max(most, d), sum+d
		}
		require.GreaterOrEqual(t, least, 400*time.Millisecond)
		require.LessOrEqual(t, most, 620*time.Millisecond)
		require.Less(t, least, 430*time.Millisecond)
		require.Greater(t, most, 590*time.Millisecond)
		require.InDelta(t, 510, (sum / 300).Milliseconds(), 30)
	})
}

func TestSandbox_Refuses(t *testing.T) {
	t.Parallel()
	s := payments.NewSandbox(newMemory())
	s.Behave(payments.Behaviour{RefusePercent: 100})
	for range 2 {
		_, err := s.Charge(t.Context(), newCharge("pm_card_visa"))
		require.ErrorIs(t, err, activities.ErrDeclined)
		s.Behave(payments.Behaviour{}) // a repeated charge keeps its answer
	}
}
