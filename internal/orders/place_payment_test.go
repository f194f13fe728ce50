package orders_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// keeper refuses orders for a while, 0 admits them.
type keeper time.Duration

func (k keeper) Admit(context.Context) (time.Duration, bool) { return time.Duration(k), k == 0 }

// keptOff refuses orders for a while.
func keptOff(wait time.Duration) func(*orders.Deps) {
	return func(d *orders.Deps) { d.Gate = keeper(wait) }
}

func TestPlace_PaymentFollows(t *testing.T) {
	t.Parallel()
	b := newBundle(t, func(d *orders.Deps) { d.ReplyBudget = time.Minute })
	until := today.Add(time.Hour)
	b.onStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
		p := cameTo(in.View(), booking.PaymentPending, "")
		p.View.PaymentDeferred = &contract.Deferral{Until: until}
		p.RequestHash = requestHash(in)
		b.store.put(p)
		b.Hub.Wake(p)
		return nil
	}).Once()
	for _, when := range []string{"placed", "repeated"} {
		v := b.undecided(b.place(stay, "k1"))
		require.Equal(t, booking.PaymentPending, v.Status, when)
		require.Equal(t, until, v.PaymentDeferred.Until)
		if when == "placed" {
			b.engine.On("QueryWorkflow", anything(5)...).Return(nil, context.DeadlineExceeded).Maybe()
		}
	}
}

func TestPlace_NotWhenItCannotBePaidFor(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ wait, after time.Duration }{
		"Soon":      {time.Millisecond, time.Second},
		"InSeconds": {3200 * time.Millisecond, 3200 * time.Millisecond},
		"Late":      {90 * time.Minute, 90 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t, keptOff(tt.wait)) // a start would fail the test
			p := b.place(stay, "")
			b.refused(p, orders.CodeOf(booking.PaymentUnavailable))
			var domainErr *booking.Error
			require.ErrorAs(t, p.err, &domainErr)
			require.Equal(t, tt.after, domainErr.After)
		})
	}
}

// TestPlace_RepeatedThoughNothingCanBePaidFor: a repeat gets its answer, even if payments
// cannot be made.
func TestPlace_RepeatedThoughNothingCanBePaidFor(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.decides(booking.Confirmed, "").Once()
	b.accepted(b.place(stay, "k1"))
	later := b.again(keptOff(time.Second))
	require.Equal(t, booking.Confirmed, later.accepted(later.place(stay, "k1")).Status)
	later.knowsNone().Once()
	later.refused(later.place(stay, "k2"), orders.CodeOf(booking.PaymentUnavailable))
}

// TestPlace_RepeatedEarlyThoughNothingCanBePaidFor: a repeat that comes before its order
// has a row is not answered as if there were no order.
func TestPlace_RepeatedEarlyThoughNothingCanBePaidFor(t *testing.T) {
	t.Parallel()
	b := newBundle(t, keptOff(time.Second))
	knows(t, b.engine, "another hash")
	b.engine.On("QueryWorkflow", anything(4)...).Return(nil, context.DeadlineExceeded)
	b.refused(b.place(stay, "k1"), orders.IdempotencyKeyReused)
}

// TestPlace_ForNothingThoughNothingCanBePaidFor: a call that costs nothing has no payment
// to wait for.
func TestPlace_ForNothingThoughNothingCanBePaidFor(t *testing.T) {
	t.Parallel()
	b := newBundle(t, keptOff(time.Second))
	b.engine.On("ExecuteWorkflow", anything(4)...).Return(nil, context.DeadlineExceeded)
	b.engine.On("DescribeWorkflowExecution", anything(3)...).Return(nil, context.DeadlineExceeded)
	b.undecided(b.place(freeCall, ""))
	b.refused(b.place(call, ""), orders.CodeOf(booking.PaymentUnavailable))
}

// TestPlace_WaitsLongerWithoutDeferral: where payments are not deferred, it takes longer to
// know that one cannot be made now.
func TestPlace_WaitsLongerWithoutDeferral(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBundle(t, impatient, func(d *orders.Deps) { d.Policy.PayWithin = 0 })
		b.onStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
			time.AfterFunc(5*b.ReplyBudget, func() { b.Hub.Wake(cameTo(in.View(), booking.Cancelling, booking.PaymentUnavailable)) })
			return nil
		})
		v := b.refused(b.place(stay, ""), orders.CodeOf(booking.PaymentUnavailable))
		require.Equal(t, booking.Cancelling, v.Status)
	})
}

func anything(n int) (args []any) {
	for range n {
		args = append(args, mock.Anything)
	}
	return args
}
