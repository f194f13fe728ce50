package orders_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// onUpdate makes accept answer whether the order accepts the decision, and outcome answer its
// result.
func (b *bundle) onUpdate(accept func(context.Context, client.UpdateWorkflowOptions) error, outcome func(context.Context) (contract.View, error)) {
	b.engine.On("UpdateWorkflow", mock.Anything, mock.Anything).
		Return(func(ctx context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
			if err := accept(ctx, o); err != nil {
				return nil, err
			}
			handle := &mocks.WorkflowUpdateHandle{}
			handle.On("Get", mock.Anything, mock.Anything).Return(func(ctx context.Context, to any) error {
				view, err := outcome(ctx)
				if err != nil {
					return err
				}
				return valueOf(b.t, view).Get(to)
			})
			return handle, nil
		})
}

// budgeted records when the order got a decision, and its deadline.
type budgeted struct{ at, until time.Time }

func (b *budgeted) accepts(ctx context.Context, _ client.UpdateWorkflowOptions) error {
	b.at, b.until = time.Now(), b.end(ctx)
	return nil
}

func (*budgeted) end(ctx context.Context) time.Time {
	end, _ := ctx.Deadline()
	return end
}

func accepts(context.Context, client.UpdateWorkflowOptions) error { return nil }

// noAnswer is the SDK's error for an order that does not answer in time.
func noAnswer(ctx context.Context, _ client.UpdateWorkflowOptions) error {
	<-ctx.Done()
	return client.NewWorkflowUpdateServiceTimeoutOrCanceledError(ctx.Err())
}

func failsWith(err error) func(context.Context) (contract.View, error) {
	return func(context.Context) (contract.View, error) { return contract.View{}, err }
}

// refusesWith makes the order answer a decision with err: the SDK returns a validator's
// error with the outcome, too.
func (b *bundle) refusesWith(err error) { b.onUpdate(accepts, failsWith(err)) }

// callFails makes the call itself fail.
func (b *bundle) callFails(err error) {
	b.onUpdate(func(context.Context, client.UpdateWorkflowOptions) error { return err }, nil)
}

// noFor is an order's refusal with a code and details.
func noFor(code booking.Code, details ...any) error {
	return temporal.NewNonRetryableApplicationError("it cannot be", string(code), nil, details...)
}

// decide makes a decision on a business's order.
func (b *bundle) decide(kind booking.Kind, update string) placed {
	out, err := b.Decide(b.t.Context(), booking.Caller{Unchecked: true}, orders.Decision{OrderID: string(kind) + "-1", Kind: kind, Update: update})
	return placed{out, err}
}

// unclear expects that the answer promises nothing.
func (b *bundle) unclear(p placed) { b.t.Helper(); b.refused(p, orders.Unreachable) }

// putAll writes the row of every business's order in a status.
func (b *bundle) putAll(status booking.Status) {
	for _, business := range businesses() {
		b.store.put(business.in(status, ""))
	}
}

const (
	confirm  = contract.ConfirmUpdate
	cancels  = contract.CancelUpdate
	complete = contract.CompleteUpdate
)

// TestDecide_Done: a decision goes to its order as an update, with its time and its
// caller's note, and is answered with the order after it.
func TestDecide_Done(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind   booking.Kind
		update string
		note   booking.Personal
	}{
		{booking.Lodging, confirm, ""}, {booking.Lodging, contract.RejectUpdate, "full"}, {booking.Lodging, cancels, "ill"},
		{booking.Lodging, complete, ""}, {booking.Food, cancels, "too slow"}, {booking.Food, complete, ""},
		{booking.Cafe, cancels, ""}, {booking.Cafe, complete, ""}, {booking.Cleaning, cancels, "rain"}, {booking.Cleaning, complete, ""},
	} {
		t.Run(string(test.kind)+"/"+test.update, func(t *testing.T) {
			t.Parallel()
			b, business := newBundle(t), of(test.kind)
			b.onUpdate(func(_ context.Context, o client.UpdateWorkflowOptions) error {
				require.Equal(t, business.id(), o.WorkflowID)
				require.Equal(t, test.update, o.UpdateName)
				require.Equal(t, client.WorkflowUpdateStageAccepted, o.WaitForStage)
				require.NotEmpty(t, o.UpdateID)
				require.Equal(t, []any{contract.Decision{Note: test.note, At: b.Now()}}, o.Args, "after a reset it is applied again")
				return nil
			}, func(context.Context) (contract.View, error) {
				return business.in(booking.Cancelled, booking.ByCustomer).View, nil
			})
			out, err := b.Decide(t.Context(), booking.Caller{Unchecked: true}, orders.Decision{
				OrderID: business.id(), Kind: test.kind, Update: test.update, Note: test.note,
			})
			require.NoError(t, err)
			require.True(t, out.Done)
			require.Equal(t, business.id(), out.View.ID)
			require.Equal(t, booking.Cancelled, out.View.Status)
		})
	}
}

// TestDecide_OnlyOrders: only orders of the kind are called. Another call would fail the test.
func TestDecide_OnlyOrders(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for id, kind := range map[string]booking.Kind{
		"cafe-1": booking.Food, "food-1": booking.Cafe, "lodging-1": booking.Cleaning, "deletion-1": booking.Cafe, "\x00": booking.Food,
		"cleaning-1": booking.Lodging, "lodging": booking.Lodging, "lodging-": booking.Lodging, "another-workflow": booking.Lodging,
		"lodging-a/b": booking.Lodging, "lodging-\x00": booking.Lodging,
	} {
		_, err := b.Decide(t.Context(), booking.Caller{Unchecked: true}, orders.Decision{OrderID: id, Kind: kind, Update: cancels})
		require.ErrorIs(t, err, &booking.Error{Code: booking.NotFound}, id)
	}
}

// TestDecide_Refused: if an order refuses without its view, the answer shows its row.
func TestDecide_Refused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind   booking.Kind
		update string
		code   booking.Code
	}{
		{booking.Lodging, cancels, booking.AlreadyCheckedIn},
		{booking.Lodging, confirm, booking.Superseded},
		{booking.Lodging, cancels, "shop_closed"}, // by a newer workflow than this process knows
		{booking.Food, cancels, booking.AlreadyDelivered},
		{booking.Food, cancels, booking.DeliveryUnavailable},
		{booking.Food, complete, booking.NotDelivering},
		{booking.Food, complete, booking.AlreadyDelivered},
		{booking.Cafe, complete, booking.NotInProduction},
		{booking.Cleaning, complete, booking.NotAssigned},
		{booking.Cleaning, complete, booking.BeingCancelled},
		{booking.Food, cancels, booking.DecisionPending},
	} {
		t.Run(string(test.kind)+"/"+string(test.code), func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			b.putAll(booking.Paid)
			b.refusesWith(noFor(test.code))
			p := b.decide(test.kind, test.update)
			require.Equal(t, booking.Errorf(test.code, "it cannot be"), p.err)
			require.Equal(t, of(test.kind).id(), p.View.ID)
			require.Equal(t, booking.Paid, p.View.Status, "the order continues")
		})
	}
}

// TestDecide_Closed: an order that has ended accepts no decisions. Its final status comes
// from the read model or, if that is behind, from the workflow.
func TestDecide_Closed(t *testing.T) {
	t.Parallel()
	noWorkflow := serviceerror.NewNotFound("workflow execution already completed")
	for name, test := range map[string]struct {
		kind   booking.Kind
		update string
		row    booking.Status // "" for none
		view   booking.Status // "" for none
		code   booking.Code
	}{
		"Cancelled":     {booking.Lodging, cancels, booking.Cancelled, "", booking.AlreadyCancelled},
		"Completed":     {booking.Lodging, cancels, booking.Completed, "", booking.AlreadyCompleted},
		"RowBehind":     {booking.Lodging, cancels, booking.Confirmed, booking.Completed, booking.AlreadyCompleted},
		"NoRow":         {booking.Lodging, cancels, "", booking.Cancelled, booking.AlreadyCancelled},
		"Lost":          {booking.Lodging, cancels, booking.Confirmed, "", orders.NotRunning},
		"Unknown":       {booking.Lodging, cancels, "", "", booking.NotFound},
		"Delivered":     {booking.Food, cancels, booking.Delivered, "", booking.AlreadyDelivered},
		"HandedOver":    {booking.Food, complete, booking.Delivered, "", booking.AlreadyDelivered},
		"Served":        {booking.Cafe, complete, booking.Completed, "", booking.AlreadyCompleted},
		"CallCancelled": {booking.Cleaning, cancels, booking.Cancelled, "", booking.AlreadyCancelled},
		"UnknownCup":    {booking.Cafe, cancels, "", "", booking.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			b.callFails(noWorkflow)
			if test.row != "" {
				b.store.put(of(test.kind).in(test.row, ""))
			}
			if test.view != "" {
				b.answersQuery(contract.ViewQuery, of(test.kind).in(test.view, "").View, nil)
			} else {
				b.answersQuery(contract.ViewQuery, nil, noWorkflow)
			}
			b.refused(b.decide(test.kind, test.update), test.code)
		})
	}
	t.Run("Meanwhile", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.putAll(booking.Completed)
		b.refusesWith(temporal.NewNonRetryableApplicationError("the workflow completed first", "AcceptedUpdateCompletedWorkflow", nil))
		b.refused(b.decide(booking.Lodging, cancels), booking.AlreadyCompleted)
	})
}

// TestDecide_AcceptedButSlow: a decision that was accepted is durable, however the wait for its
// outcome ends.
func TestDecide_AcceptedButSlow(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"ServiceDeadline": serviceerror.NewDeadlineExceeded("slow"),
		"UpdateTimeout":   client.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded),
		"Context":         context.DeadlineExceeded,
		"Unavailable":     serviceerror.NewUnavailable("connection reset"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			wasAccepted, begun := budgeted{}, time.Now()
			b.onUpdate(wasAccepted.accepts, func(ctx context.Context) (contract.View, error) {
				require.Equal(t, wasAccepted.end(ctx), wasAccepted.until, "one budget for both")
				require.WithinRange(t, wasAccepted.until, begun.Add(b.ReplyBudget), wasAccepted.at.Add(b.ReplyBudget))
				return contract.View{}, err
			})
			b.putAll(booking.Paid)
			require.Equal(t, booking.Paid, b.undecided(b.decide(booking.Lodging, cancels)).Status)
		})
	}
}

// TestDecide_AcceptedIsAPromise: where no service has to agree, a decision that was accepted is
// carried out.
func TestDecide_AcceptedIsAPromise(t *testing.T) {
	t.Parallel()
	for _, kind := range []booking.Kind{booking.Cafe, booking.Cleaning} {
		for _, update := range []string{cancels, complete} {
			t.Run(string(kind)+"/"+update, func(t *testing.T) {
				t.Parallel()
				b := newBundle(t)
				b.putAll(booking.Paid)
				b.onUpdate(accepts, failsWith(serviceerror.NewDeadlineExceeded("slow")))
				require.Equal(t, of(kind).id(), b.undecided(b.decide(kind, update)).ID)
			})
		}
	}
}

// TestDecide_NotAccepted: a decision that was not accepted is not guaranteed, although the engine
// works and the order is known.
func TestDecide_NotAccepted(t *testing.T) {
	t.Parallel()
	failing := func(err error) func(context.Context, client.UpdateWorkflowOptions) error {
		return func(context.Context, client.UpdateWorkflowOptions) error { return err }
	}
	for name, test := range map[string]struct {
		accept func(context.Context, client.UpdateWorkflowOptions) error
		code   booking.Code
	}{
		"NoAnswer":        {noAnswer, orders.Unreachable},
		"ServiceDeadline": {failing(serviceerror.NewDeadlineExceeded("slow")), orders.Unreachable},
		"ConnectionBroke": {failing(serviceerror.NewUnavailable("connection reset")), orders.Unreachable},
		"TasksTimedOut":   {failing(serviceerror.NewWorkflowNotReady("Workflow Task in failed state")), orders.TemporalUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t, impatient)
			b.onUpdate(test.accept, nil)
			b.putAll(booking.Paid)
			require.Empty(t, b.refused(b.decide(booking.Lodging, cancels), test.code).ID)
		})
	}
}

// TestDecide_CallerLeaves: a caller that disconnects does not withdraw a decision.
func TestDecide_CallerLeaves(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	ctx, leave := context.WithCancel(t.Context())
	requests := 0
	stays := func(ctx context.Context) {
		requests++
		require.NoError(t, ctx.Err(), "the decision continues")
	}
	b.onUpdate(
		func(ctx context.Context, _ client.UpdateWorkflowOptions) error { leave(); stays(ctx); return nil },
		func(ctx context.Context) (contract.View, error) {
			stays(ctx)
			return of(booking.Lodging).in(booking.Cancelled, "").View, nil
		},
	)
	_, err := b.Decide(ctx, booking.Caller{Unchecked: true}, orders.Decision{OrderID: "lodging-1", Kind: booking.Lodging, Update: cancels})
	require.NoError(t, err)
	require.Equal(t, 2, requests)
}

// TestDecide_FoodCancelIsNoPromise: a cancel that the order has accepted is certain only once
// the delivery service can no longer refuse it.
func TestDecide_FoodCancelIsNoPromise(t *testing.T) {
	t.Parallel()
	food := of(booking.Food)
	const done, continues, unclear = "done", "continues", "unclear"
	for name, test := range map[string]struct {
		view booking.Status // the order's own, "" if it does not answer
		row  booking.Status
		want string
	}{
		"Undoing":         {booking.Cancelling, booking.Delivering, continues},
		"Undone":          {booking.Cancelled, booking.Delivering, done},
		"Continues":       {booking.Delivering, booking.Delivering, unclear},
		"RowUndoing":      {"", booking.Cancelling, continues},
		"RowUndone":       {"", booking.Cancelled, done},
		"RowContinues":    {"", booking.Delivering, unclear},
		"NothingKnown":    {"", "", unclear},
		"DeliveredBefore": {booking.Delivered, booking.Delivering, unclear},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			wasAccepted, begun := budgeted{}, time.Now()
			b.onUpdate(wasAccepted.accepts, func(ctx context.Context) (contract.View, error) {
				require.Equal(t, wasAccepted.end(ctx), wasAccepted.until, "one budget for both")
				budget := b.ReplyBudget + orders.ServiceWait
				require.WithinRange(t, wasAccepted.until, begun.Add(budget), wasAccepted.at.Add(budget))
				return contract.View{}, serviceerror.NewDeadlineExceeded("the delivery hangs")
			})
			if test.row != "" {
				b.store.put(food.in(test.row, ""))
			}
			if test.view != "" {
				b.answersQuery(contract.ViewQuery, food.in(test.view, "").View, nil)
			} else {
				b.answersQuery(contract.ViewQuery, nil, serviceerror.NewDeadlineExceeded("no worker"))
				b.engine.On("GetWorkflowHistory", mock.Anything, "food-1", "", false, mock.Anything).
					Return(failingHistory(serviceerror.NewUnavailable("connection refused"))).Maybe()
			}
			p := b.decide(booking.Food, cancels)
			if test.want == unclear {
				b.unclear(p)
				require.Equal(t, name == "NothingKnown", p.View.ID == "")
				return
			}
			require.NoError(t, p.err)
			require.Equal(t, test.want == done, p.Done)
		})
	}
}

// TestDecide_CourierMayWaitForACancel: the courier's decision may wait for the outcome of a
// cancel. Only after that is it certain to count.
func TestDecide_CourierMayWaitForACancel(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		waits  any
		err    error
		counts bool
	}{
		"Counts":       {false, nil, true},
		"Waits":        {true, nil, false},
		"NothingKnown": {nil, serviceerror.NewDeadlineExceeded("no worker"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			b.store.put(of(booking.Food).in(booking.Delivering, ""))
			b.onUpdate(accepts, failsWith(serviceerror.NewDeadlineExceeded("slow")))
			b.answersQuery(contract.UndecidedQuery, test.waits, test.err)
			p := b.decide(booking.Food, complete)
			if test.counts {
				b.undecided(p)
			} else {
				b.unclear(p)
			}
		})
	}
}

// TestDecide_CancelJoins: a cancel of an order that is being cancelled is no error: it
// waits for the end, and is answered like the first cancel.
func TestDecide_CancelJoins(t *testing.T) {
	t.Parallel()
	for _, business := range businesses() {
		for _, status := range []booking.Status{booking.Cancelled, booking.Cancelling} {
			t.Run(string(business.kind)+"/"+string(status), func(t *testing.T) {
				t.Parallel()
				b := newBundle(t, impatient)
				seen := contract.Refusal{View: business.in(booking.Cancelling, booking.ByCustomer).View}
				b.refusesWith(noFor(booking.BeingCancelled, seen))
				run := &mocks.WorkflowRun{}
				run.On("Get", mock.Anything, mock.Anything).Return(func(ctx context.Context, to any) error {
					if status == booking.Cancelled {
						return valueOf(t, business.in(status, booking.ByCustomer).View).Get(to)
					}
					<-ctx.Done()
					return ctx.Err()
				})
				b.engine.On("GetWorkflow", mock.Anything, seen.View.ID, "").Return(run)
				p := b.decide(business.kind, cancels)
				require.NoError(t, p.err)
				require.Equal(t, status == booking.Cancelled, p.Done)
				require.Equal(t, status, p.View.Status)
			})
		}
	}
}

// TestDecide_AcrossProcesses: a repeat after the requested pause is sent anew, in every
// process, although the engine keeps the answer that another process got under the same
// name.
func TestDecide_AcrossProcesses(t *testing.T) {
	t.Parallel()
	now, away := today, true
	var requests []string
	kept := map[string]error{} // by the engine
	delivering, cancelled := of(booking.Food).in(booking.Delivering, "").View, of(booking.Food).in(booking.Cancelled, booking.ByCustomer).View
	process := func() *bundle {
		b := newBundle(t, func(d *orders.Deps) { d.Now = func() time.Time { return now } })
		var id string
		b.onUpdate(func(_ context.Context, o client.UpdateWorkflowOptions) error { id = o.UpdateID; return nil },
			func(context.Context) (contract.View, error) {
				if _, known := kept[id]; !known {
					requests, kept[id] = append(requests, id), nil
					if away {
						kept[id] = noFor(booking.DeliveryUnavailable, contract.Refusal{View: delivering, After: booking.Duration(2 * time.Second), At: now})
					}
				}
				return cancelled, kept[id]
			})
		return b
	}
	// after expects that the delivery service is away, and returns when to retry.
	after := func(b *bundle) time.Duration {
		p := b.decide(booking.Food, cancels)
		require.Equal(t, booking.Delivering, b.refused(p, booking.DeliveryUnavailable).Status)
		var domainErr *booking.Error
		require.ErrorAs(t, p.err, &domainErr)
		return domainErr.After
	}
	one, other, third := process(), process(), process()
	require.Equal(t, 2*time.Second, after(one))
	now = now.Add(time.Second)
	require.Equal(t, time.Second, after(other), "before that: joins, and costs the order nothing")
	require.Len(t, requests, 1)

	now = now.Add(time.Second)
	require.Equal(t, 2*time.Second, after(other), "it is still away")
	require.Len(t, requests, 2)
	now, away = now.Add(2*time.Second), false
	p := third.decide(booking.Food, cancels) // it has seen neither
	require.NoError(t, p.err)
	require.True(t, p.Done)
	require.Equal(t, booking.Cancelled, p.View.Status)
	require.Len(t, requests, 3)
}

// TestDecide_OnTheOrderAndOnItsChange: an owner that has confirmed a reservation may confirm its
// change at once, at another process. The engine would answer the same id with the first outcome.
func TestDecide_OnTheOrderAndOnItsChange(t *testing.T) {
	t.Parallel()
	var ids []string
	row := of(booking.Lodging).in(booking.Confirmed, "")
	for _, change := range []*contract.PendingChange{nil, {ID: "7", State: contract.ChangeAwaitingOwner}} {
		b := newBundle(t, func(d *orders.Deps) { d.Now = func() time.Time { return today } })
		stay := *row.View.Stay
		stay.Change, row.View.Stay = change, &stay
		b.store.put(row)
		b.onUpdate(func(_ context.Context, o client.UpdateWorkflowOptions) error {
			ids = append(ids, o.UpdateID)
			return nil
		},
			func(context.Context) (contract.View, error) { return row.View, nil })
		require.NoError(t, b.decide(booking.Lodging, contract.ConfirmUpdate).err)
	}
	require.Len(t, ids, 2)
	require.NotEqual(t, ids[0], ids[1])
}

// TestDecide_EngineLimits: the engine's own limits have codes and are not internal errors.
func TestDecide_EngineLimits(t *testing.T) {
	t.Parallel()
	const total = "The limit on the total number of distinct updates in this workflow has been reached (2000)."
	for name, test := range map[string]struct {
		err   error
		code  booking.Code
		after time.Duration
	}{
		"InFlight": {&serviceerror.ResourceExhausted{Cause: enums.RESOURCE_EXHAUSTED_CAUSE_CONCURRENT_LIMIT}, booking.DecisionPending, 0},
		"Busy":     {&serviceerror.ResourceExhausted{Cause: enums.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT}, orders.TemporalUnavailable, 0},
		"Total":    {serviceerror.NewFailedPrecondition(total), orders.DecisionsExhausted, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			b.callFails(test.err)
			p := b.decide(booking.Lodging, cancels)
			b.refused(p, test.code)
			var domainErr *booking.Error
			require.ErrorAs(t, p.err, &domainErr)
			require.Equal(t, test.after, domainErr.After)
		})
	}
}
