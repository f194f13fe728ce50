package orders_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// queue counts the calls of all customers, which increase while calls are placed.
type queue struct {
	mu sync.Mutex
	of map[string]int
}

func (q *queue) add(customer string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.of[customer]++
}

func (q *queue) WaitingOf(_ context.Context, customer string) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.of[customer], nil
}

func (q *queue) WaitingBy(context.Context, string) (int, error) { return 0, nil }

func (q *queue) Waiting(context.Context) (all int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, n := range q.of {
		all += n
	}
	return all, nil
}

// TestPlace_SharesAtOnce: of simultaneous calls no more are accepted than may wait, for one
// customer and for all, and none is refused while there is room.
func TestPlace_SharesAtOnce(t *testing.T) {
	t.Parallel()
	const ofOne, ofAll = 5, 12
	q := &queue{of: map[string]int{}}
	b := newBundle(t, func(d *orders.Deps) { d.MaxCallsOfOne, d.MaxWaitingCalls, d.Calls = ofOne, ofAll, q })
	b.onStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
		q.add(in.View().CustomerID)
		b.publish(in, booking.Calling, "")
		return nil
	})
	var wasAccepted atomic.Int32
	var group sync.WaitGroup
	for i := range 60 {
		group.Go(func() {
			p := b.placeFor(t.Context(), orders.Placement{
				Wanted: call, CustomerID: fmt.Sprint("customer-", i%2), PaymentMethod: "pm_card_visa",
			})
			if p.err == nil {
				wasAccepted.Add(1)
			} else if !errors.Is(p.err, &booking.Error{Code: orders.TooManyCallsOfYours}) {
				t.Error(p.err)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 2*ofOne, wasAccepted.Load())
	require.Equal(t, map[string]int{"customer-0": ofOne, "customer-1": ofOne}, q.of)
	for i := range 5 {
		p := b.placeFor(t.Context(), orders.Placement{Wanted: call, CustomerID: fmt.Sprint("late-", i), PaymentMethod: "pm_card_visa"})
		if i >= ofAll-2*ofOne {
			require.ErrorIs(t, p.err, &booking.Error{Code: orders.TooManyCallsWaiting})
		} else {
			require.NoError(t, p.err)
		}
	}
}

// TestKeep_SharesAtOnce: while no start is answered, no more orders of one customer get
// into the inbox than are allowed, although all come before the first is kept.
func TestKeep_SharesAtOnce(t *testing.T) {
	t.Parallel()
	k := newKitchen(t)
	k.MaxKeptOfOne = 3
	k.engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(func(context.Context, client.StartWorkflowOptions, any, ...any) (client.WorkflowRun, error) {
			time.Sleep(20 * time.Millisecond) // so that all are being placed before the first is kept
			return &mocks.WorkflowRun{}, serviceerror.NewDeadlineExceeded("no answer")
		})
	knowsNone(k.engine)
	var group sync.WaitGroup
	for range 30 {
		group.Go(func() {
			if _, err := k.order(t, "", ""); err != nil && !errors.Is(err, &booking.Error{Code: orders.TooManyOrdersOfYours}) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	require.Len(t, k.kept(t), k.MaxKeptOfOne)
}

// TestPlace_UnpaidAtOnce: of a customer's simultaneous orders no more get to wait for a
// confirmation of the payment than are allowed; other orders are not delayed by that.
func TestPlace_UnpaidAtOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		comesTo     booking.Status
		orders      int
		under, most int // how many are placed before the first is decided, and are accepted in the end
		budget      time.Duration
	}{
		"Unpaid":     {booking.AwaitingPayment, 20, 5, 5, time.Minute},
		"Paid":       {booking.Paid, 40, 5, 40, time.Minute},
		"SlowlyPaid": {booking.Paid, 7, 7, 7, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t, func(d *orders.Deps) { d.ReplyBudget = tt.budget })
			var begun, wasAccepted atomic.Int32
			ready := make(chan struct{})
			b.onStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
				if begun.Add(1) == int32(tt.under) {
					close(ready)
				}
				<-ready
				b.publish(in, tt.comesTo, "")
				return nil
			})
			var group sync.WaitGroup
			for range tt.orders {
				group.Go(func() {
					p := b.placeFor(t.Context(), orders.Placement{
						Wanted: meal, CustomerID: "alice", PaymentMethod: "pm_card_visa", Host: "yeyak.example",
					})
					if p.err == nil {
						wasAccepted.Add(1)
					} else if !errors.Is(p.err, &booking.Error{Code: orders.TooManyUnpaid}) {
						t.Error(p.err)
					}
				})
			}
			group.Wait()
			require.EqualValues(t, tt.most, wasAccepted.Load())
			require.EqualValues(t, tt.most, begun.Load())
		})
	}
}

// TestPlace_SharesOfOneName: a customer whose id equals that of a caller for others, or one
// of our words, has a share of their own.
func TestPlace_SharesOfOneName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"all", "everybody"} {
		q := &queue{of: map[string]int{}}
		b := newBundle(t, func(d *orders.Deps) { d.MaxCallsOfOne, d.MaxWaitingCalls, d.Calls = 1, 1, q })
		b.decides(booking.Calling, "")
		b.accepted(b.placeFor(t.Context(), orders.Placement{Wanted: call, CustomerID: name, PaymentMethod: "pm_card_visa"}))
	}
}
