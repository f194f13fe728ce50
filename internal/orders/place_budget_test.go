package orders_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestPlace_Undecided: an order without a decision within the budget continues, unless the
// decision was made and did not arrive.
func TestPlace_Undecided(t *testing.T) {
	t.Parallel()
	started := func(client.StartWorkflowOptions, contract.Input) error { return nil }
	reservation := of(booking.Lodging)
	t.Run("NoAnswer", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t, impatient)
		b.onStart(started)
		b.answersQuery(contract.DecisionQuery, nil, serviceerror.NewDeadlineExceeded("no worker"))
		p := b.place(stay, "")
		v := b.undecided(p)
		require.Equal(t, booking.Received, v.Status)
		require.Equal(t, p.OrderID, v.ID)
	})
	t.Run("PaymentPending", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t, impatient)
		b.onStart(func(o client.StartWorkflowOptions, in contract.Input) error {
			b.Hub.Wake(cameTo(in.View(), booking.PaymentPending, ""))
			return nil
		})
		b.answersQuery(contract.DecisionQuery, (*contract.View)(nil), nil)
		b.answersQuery(contract.ViewQuery, reservation.in(booking.Received, "").View, nil)
		require.Equal(t, booking.PaymentPending, b.undecided(b.place(stay, "")).Status)
	})
	t.Run("DecidedElsewhere", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t, impatient)
		b.onStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
			b.store.put(cameTo(in.View(), booking.Confirmed, ""))
			return nil
		})
		require.Equal(t, booking.Confirmed, b.accepted(b.place(stay, "")).Status)
	})
	t.Run("DecidedUnpublished", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t, impatient)
		b.onStart(started)
		b.answersQuery(contract.DecisionQuery, reservation.in(booking.Cancelled, booking.SoldOut).View, nil)
		b.refused(b.place(stay, ""), "sold_out")
	})
	t.Run("StartUnanswered", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.onStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
			b.Hub.Wake(cameTo(in.View(), booking.Confirmed, ""))
			return serviceerror.NewDeadlineExceeded("the answer was lost")
		})
		require.Equal(t, booking.Confirmed, b.accepted(b.place(stay, "")).Status)
	})
}

// TestPlace_OneBudget: the start and the wait for the decision share one budget, however
// slow the engine is. At its end, the outcome of a start without an answer is checked.
// Whatever that says, the order may have been placed, and its customer gets its id.
func TestPlace_OneBudget(t *testing.T) {
	t.Parallel()
	slow := func(ctx context.Context, d time.Duration) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	type describing func(context.Context) error
	for name, test := range map[string]struct {
		start    time.Duration
		describe describing
		after    time.Duration // the budget
	}{
		"SlowStart": {70 * time.Millisecond, nil, 0},
		"Known":     {time.Minute, func(context.Context) error { return nil }, 0},
		"Unknown":   {time.Minute, func(context.Context) error { return serviceerror.NewNotFound("no such workflow") }, 0},
		"Hanging":   {time.Minute, func(ctx context.Context) error { return slow(ctx, time.Minute) }, 400 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBundle(t, impatient)
				b.engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, contract.LodgingWorkflow, mock.Anything).
					Return(func(ctx context.Context, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
						return &mocks.WorkflowRun{}, slow(ctx, test.start)
					})
				if test.describe != nil {
					b.engine.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").
						Return(func(ctx context.Context, _, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
							return nil, test.describe(ctx)
						})
				}
				b.answersQuery(contract.DecisionQuery, nil, serviceerror.NewDeadlineExceeded("no worker"))
				begun := time.Now()
				p := b.place(stay, "")
				require.Equal(t, b.ReplyBudget+test.after, time.Since(begun))
				require.Equal(t, p.OrderID, b.undecided(p).ID)
			})
		})
	}
}

// TestPlace_BudgetOfAService: a café or management that may not answer makes the answer later by the
// wait for it, and no more.
func TestPlace_BudgetOfAService(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wanted orders.Wanted
		waits  time.Duration
	}{
		"Food": {meal, 0}, "Cafe": {cups, orders.ServiceWait}, "Cleaning": {call, orders.ServiceWait},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBundle(t, impatient)
				b.engine.On("ExecuteWorkflow", anything(4)...).
					Return(func(ctx context.Context, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
						<-ctx.Done()
						return nil, ctx.Err()
					})
				b.engine.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, nil)
				b.answersQuery(contract.DecisionQuery, nil, serviceerror.NewDeadlineExceeded("no worker"))
				begun := time.Now()
				b.undecided(b.place(test.wanted, ""))
				require.Equal(t, b.ReplyBudget+test.waits, time.Since(begun))
			})
		})
	}
}

// TestPlace_StartOutlivesItsCaller: an abandoned start also ends at the engine, and does
// not end with its request: the customer may have disconnected.
func TestPlace_StartOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBundle(t, impatient)
		left, leave := context.WithCancel(t.Context())
		b.engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, contract.LodgingWorkflow, mock.Anything).
			Return(func(ctx context.Context, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
				leave()
				begun := time.Now()
				require.NoError(t, ctx.Err())
				<-ctx.Done()
				require.Equal(t, b.ReplyBudget, time.Since(begun))
				return nil, ctx.Err()
			}).Once()
		b.engine.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, context.Canceled).Maybe()
		p := orders.Placement{Wanted: stay, CustomerID: "alice", PaymentMethod: "pm_card_visa"}
		b.undecided(b.placeFor(left, p))
	})
}

func TestPlace_TemporalAway(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"Unavailable": serviceerror.NewUnavailable("connection refused"),
		"Deadline":    serviceerror.NewDeadlineExceeded("too slow"),
		"Context":     context.DeadlineExceeded,
		"Exhausted":   serviceerror.NewResourceExhausted(enums.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "too many"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, sent := range []bool{false, true} {
				b := newBundle(t)
				b.engine.On("ExecuteWorkflow", anything(4)...).
					Run(func(args mock.Arguments) { orders.NoteCall(args.Get(0).(context.Context), sent) }).Return(nil, err)
				b.engine.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, err).Maybe()
				p := b.place(stay, "")
				if sent {
					require.Equal(t, booking.Received, b.undecided(p).Status)
				} else {
					b.refused(p, orders.TemporalUnavailable)
				}
			}
		})
	}
	t.Run("Defect", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.onStart(func(client.StartWorkflowOptions, contract.Input) error {
			return serviceerror.NewInvalidArgument("secret")
		})
		b.knowsNone()
		var domainErr *booking.Error
		err := b.place(stay, "").err
		require.Error(t, err)
		require.NotErrorAs(t, err, &domainErr, "a defect stays inside")
	})
}

// TestPlace_WaitsForServices: where a service has to be called, the customer waits for that beyond
// the reply budget.
func TestPlace_WaitsForServices(t *testing.T) {
	t.Parallel()
	for _, business := range businesses() {
		t.Run(string(business.kind), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBundle(t, impatient)
				b.onStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
					time.AfterFunc(10*b.ReplyBudget, func() { b.publish(in, booking.Cancelled, booking.PaymentDeclined) })
					return nil
				})
				b.answersQuery(contract.DecisionQuery, (*contract.View)(nil), nil)
				b.answersQuery(contract.ViewQuery, business.input.View(), nil)
				p := b.place(business.wanted, "")
				if business.kind == booking.Cafe || business.kind == booking.Cleaning {
					b.refused(p, orders.CodeOf(booking.PaymentDeclined))
				} else {
					b.undecided(p)
				}
				time.Sleep(10 * b.ReplyBudget) // until it is published
			})
		})
	}
}
