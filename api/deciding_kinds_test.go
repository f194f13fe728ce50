package api

import (
	"context"
	"net/http"
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

func TestDecide_EveryBusiness(t *testing.T) {
	t.Parallel()
	const food, cafe, cleaning = "food-1", "cafe-1", "cleaning-1"
	for _, test := range []struct{ path, order, update, body, note string }{
		{foodOrdersPath + "/food-1/cancel", food, contract.CancelUpdate, `{"reason":"too slow"}`, "too slow"},
		{deliveriesPath + "/food-1/complete", food, contract.CompleteUpdate, "", ""},
		{cafeOrdersPath + "/cafe-1/cancel", cafe, contract.CancelUpdate, "", ""},
		{productionsPath + "/cafe-1/complete", cafe, contract.CompleteUpdate, "{}", ""},
		{callsPath + "/cleaning-1/cancel", cleaning, contract.CancelUpdate, `{"reason":"rain"}`, "rain"},
		{callsPath + "/cleaning-1/complete", cleaning, contract.CompleteUpdate, "", ""},
	} {
		t.Run(test.path, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.onUpdate(func(_ context.Context, o client.UpdateWorkflowOptions) error {
				require.Equal(t, test.order, o.WorkflowID)
				require.Equal(t, test.update, o.UpdateName)
				require.Equal(t, []any{contract.Decision{Note: test.note}}, o.Args)
				return nil
			}, func(context.Context) (contract.View, error) {
				for _, business := range businesses() {
					if business.input.View().ID == test.order {
						return business.in(booking.Cancelled, booking.ByCustomer).View, nil
					}
				}
				panic("no such order")
			})
			a := b.do("POST", test.path, test.body)
			require.Equal(t, http.StatusOK, a.StatusCode, a.text)
			require.Equal(t, test.order, decode[orderView](t, a).ID)
			require.Equal(t, []string{"why"}, fields(b.problem(b.do("POST", test.path, `{"why":"x"}`), 422, booking.Invalid)))
		})
	}
}

// What one business decides, another does not know.
func TestDecide_OnlyItsOwn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{
		foodOrdersPath + "/food-1/confirm", foodOrdersPath + "/food-1/complete", cafeOrdersPath + "/cafe-1/complete",
		callsPath + "/cleaning-1/reject", deliveriesPath + "/food-1/cancel", productionsPath + "/cafe-1/cancel",
		foodOrdersPath + "/cafe-1/cancel", deliveriesPath + "/cafe-1/complete", productionsPath + "/food-1/complete",
		callsPath + "/lodging-1/complete", cafeOrdersPath + "/deletion-1/cancel", deliveriesPath + "/%00/complete",
	} {
		b.problem(b.do("POST", path, ""), 404, booking.NotFound)
	}
}

func TestDecide_RefusedByEveryBusiness(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		path   string
		code   booking.Code
		status int
	}{
		{foodOrdersPath + "/food-1/cancel", booking.AlreadyDelivered, 409},
		{foodOrdersPath + "/food-1/cancel", booking.DeliveryUnavailable, 503},
		{deliveriesPath + "/food-1/complete", booking.NotDelivering, 409},
		{deliveriesPath + "/food-1/complete", booking.AlreadyDelivered, 409},
		{productionsPath + "/cafe-1/complete", booking.NotInProduction, 409},
		{callsPath + "/cleaning-1/complete", booking.NotAssigned, 409},
		{callsPath + "/cleaning-1/complete", booking.BeingCancelled, 409},
		{foodOrdersPath + "/food-1/cancel", booking.DecisionPending, 503},
	} {
		t.Run(test.path+"/"+string(test.code), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			for _, business := range businesses() {
				b.store.put(business.in(booking.Paid, ""))
			}
			b.refusesWith(temporal.NewNonRetryableApplicationError("it cannot be", string(test.code), nil))
			a := b.do("POST", test.path, "")
			p := b.problem(a, test.status, test.code)
			require.Equal(t, booking.Paid, p.Order.Status, "the order stands")
			require.Equal(t, locationOf(p.Order.View), a.Header.Get("Location"))
			require.Equal(t, test.status == 503, a.Header.Get("Retry-After") != "")
		})
	}
}

func TestDecide_ClosedInEveryBusiness(t *testing.T) {
	t.Parallel()
	for path, code := range map[string]booking.Code{
		foodOrdersPath + "/food-1/cancel":       booking.AlreadyDelivered,
		deliveriesPath + "/food-1/complete":     booking.AlreadyDelivered,
		productionsPath + "/cafe-1/complete":    booking.AlreadyCompleted,
		callsPath + "/cleaning-1/cancel":        booking.AlreadyCancelled,
		cafeOrdersPath + "/cafe-unknown/cancel": booking.NotFound,
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			gone := serviceerror.NewNotFound("workflow execution already completed")
			b.cannotBeAsked(gone)
			b.answersQuery(contract.ViewQuery, nil, gone)
			for kind, end := range map[booking.Kind]booking.Status{
				booking.Food: booking.Delivered, booking.Cafe: booking.Completed, booking.Cleaning: booking.Cancelled,
			} {
				for _, business := range businesses() {
					if business.kind == kind {
						b.store.put(business.in(end, ""))
					}
				}
			}
			b.problem(b.do("POST", path, ""), kindOf(code).status, code)
		})
	}
}

// That the order took the cancel is a promise only where nobody can refuse it
// any more: the delivery can.
func TestDecide_FoodCancelIsNoPromise(t *testing.T) {
	t.Parallel()
	food := businesses()[1]
	for name, test := range map[string]struct {
		view   booking.Status // the order's own, "" when it does not answer
		row    booking.Status
		answer int
	}{
		"Undoing":         {booking.Cancelling, booking.Delivering, 202},
		"Undone":          {booking.Cancelled, booking.Delivering, 200},
		"Stands":          {booking.Delivering, booking.Delivering, 503},
		"RowUndoing":      {"", booking.Cancelling, 202},
		"RowUndone":       {"", booking.Cancelled, 200},
		"RowStands":       {"", booking.Delivering, 503},
		"NobodyKnows":     {"", "", 503},
		"DeliveredBefore": {booking.Delivered, booking.Delivering, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			taken, begun := budgeted{}, time.Now()
			b.onUpdate(taken.takes, func(ctx context.Context) (contract.View, error) {
				require.Equal(t, taken.end(ctx), taken.until, "one budget for both")
				budget := b.deps.ReplyBudget + orders.Asking
				require.WithinRange(t, taken.until, begun.Add(budget), taken.at.Add(budget))
				return contract.View{}, serviceerror.NewDeadlineExceeded("the delivery hangs")
			})
			if test.row != "" {
				b.store.put(food.in(test.row, ""))
			}
			if test.view != "" {
				b.answersQuery(contract.ViewQuery, food.in(test.view, "").View, nil)
			} else {
				b.answersQuery(contract.ViewQuery, nil, serviceerror.NewDeadlineExceeded("no worker"))
				b.answersHistoryOf("food-1", contract.FoodWorkflow, nil, serviceerror.NewUnavailable("connection refused"))
			}
			a := b.do("POST", food.path()+"/cancel", "")
			if test.answer == 503 {
				p := b.problem(a, 503, orders.Unreachable)
				require.Equal(t, "2", a.Header.Get("Retry-After"))
				require.Equal(t, name == "NobodyKnows", p.Order == nil)
				return
			}
			require.Equal(t, test.answer, a.StatusCode, a.text)
			require.Equal(t, test.answer == 202, a.Header.Get("Location") == food.path())
		})
	}
}

// Whoever else takes a decision carries it out: that it was taken is enough.
func TestDecide_TakenIsAPromiseElsewhere(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		cafeOrdersPath + "/cafe-1/cancel", productionsPath + "/cafe-1/complete", callsPath + "/cleaning-1/cancel", callsPath + "/cleaning-1/complete",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			for _, business := range businesses() {
				b.store.put(business.in(booking.Paid, ""))
			}
			b.onUpdate(takes, failsWith(serviceerror.NewDeadlineExceeded("slow")))
			a := b.do("POST", path, "")
			require.Equal(t, http.StatusAccepted, a.StatusCode, a.text)
			require.Equal(t, locationOf(decode[orderView](t, a).View), a.Header.Get("Location"))
		})
	}
}

// The courier's word may wait for the outcome of a cancel: that it was taken is
// a promise only once it does not.
func TestDecide_CourierMayWaitForACancel(t *testing.T) {
	t.Parallel()
	food := businesses()[1]
	for name, test := range map[string]struct {
		waits  any
		err    error
		answer int
	}{
		"Counts":      {false, nil, 202},
		"Waits":       {true, nil, 503},
		"NobodyKnows": {nil, serviceerror.NewDeadlineExceeded("no worker"), 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.store.put(food.in(booking.Delivering, ""))
			b.onUpdate(takes, failsWith(serviceerror.NewDeadlineExceeded("slow")))
			b.answersQuery(contract.UndecidedQuery, test.waits, test.err)
			a := b.do("POST", deliveriesPath+"/food-1/complete", "")
			if test.answer == 503 {
				b.problem(a, 503, orders.Unreachable)
				require.Equal(t, "2", a.Header.Get("Retry-After"))
				return
			}
			require.Equal(t, test.answer, a.StatusCode, a.text)
		})
	}
}

// To cancel what is being cancelled is no mistake: it is followed to its end,
// and answered as the first cancel is.
func TestDecide_CancelJoins(t *testing.T) {
	t.Parallel()
	for _, business := range businesses() {
		for status, code := range map[booking.Status]int{booking.Cancelled: 200, booking.Cancelling: 202} {
			t.Run(string(business.input.View().Kind)+"/"+string(status), func(t *testing.T) {
				t.Parallel()
				b := setup(t)
				seen := contract.Refusal{View: business.in(booking.Cancelling, booking.ByCustomer).View}
				b.refusesWith(temporal.NewNonRetryableApplicationError("being cancelled", string(booking.BeingCancelled), nil, seen))
				run := &mocks.WorkflowRun{}
				run.On("Get", mock.Anything, mock.Anything).Return(func(ctx context.Context, to any) error {
					if status == booking.Cancelled {
						return encoded{business.in(status, booking.ByCustomer).View}.Get(to)
					}
					<-ctx.Done()
					return ctx.Err()
				})
				b.temporal.On("GetWorkflow", mock.Anything, seen.View.ID, "").Return(run)
				a := b.do("POST", business.path()+"/cancel", "")
				require.Equal(t, code, a.StatusCode, a.text)
				require.Equal(t, status, decode[orderView](t, a).Status)
			})
		}
	}
}

// What the order says of when to ask again is passed on.
func TestDecide_RetryAfter(t *testing.T) {
	t.Parallel()
	b := setup(t)
	why := contract.Refusal{View: businesses()[1].in(booking.Delivering, "").View, After: booking.Duration(37500 * time.Millisecond)}
	b.refusesWith(temporal.NewNonRetryableApplicationError("delivery is away", string(booking.DeliveryUnavailable), nil, why))
	a := b.do("POST", foodOrdersPath+"/food-1/cancel", "")
	p := b.problem(a, 503, booking.DeliveryUnavailable)
	require.Equal(t, "38", a.Header.Get("Retry-After"))
	require.Equal(t, booking.Delivering, p.Order.Status)
}

// TestDecide_AcrossProcesses: a repeat that comes after Retry-After is a new ask,
// whichever process it is sent to, though the engine keeps what another process
// was answered under the same name.
func TestDecide_AcrossProcesses(t *testing.T) {
	t.Parallel()
	now, away := today, true
	var asked []string
	kept := map[string]error{} // by the engine
	process := func() *bundle {
		b := setup(t, func(d *given) { d.Now = func() time.Time { return now } })
		var id string
		b.onUpdate(func(_ context.Context, o client.UpdateWorkflowOptions) error { id = o.UpdateID; return nil },
			func(context.Context) (contract.View, error) {
				if _, known := kept[id]; !known {
					asked, kept[id] = append(asked, id), nil
					if away {
						why := contract.Refusal{View: businesses()[1].in(booking.Delivering, "").View, After: booking.Duration(2 * time.Second), At: now}
						kept[id] = temporal.NewNonRetryableApplicationError("delivery is away", string(booking.DeliveryUnavailable), nil, why)
					}
				}
				return businesses()[1].in(booking.Cancelled, booking.ByCustomer).View, kept[id]
			})
		return b
	}
	one, other, third := process(), process(), process()
	cancel := func(b *bundle) answer { return b.do("POST", foodOrdersPath+"/food-1/cancel", "") }
	require.Equal(t, "2", cancel(one).Header.Get("Retry-After"))
	now = now.Add(time.Second)
	a := cancel(other) // before that: joins, and costs the order nothing
	b := one.problem(a, 503, booking.DeliveryUnavailable)
	require.Equal(t, booking.Delivering, b.Order.Status)
	require.Equal(t, "1", a.Header.Get("Retry-After"))
	require.Len(t, asked, 1)

	now = now.Add(time.Second)
	require.Equal(t, "2", cancel(other).Header.Get("Retry-After"), "it is still away")
	require.Len(t, asked, 2)
	now, away = now.Add(2*time.Second), false
	a = cancel(third) // which has seen neither
	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	require.Equal(t, booking.Cancelled, decode[orderView](t, a).Status)
	require.Len(t, asked, 3)
}

// The engine's own limits are known, and no defects of ours.
func TestDecide_EngineLimits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err   error
		code  booking.Code
		after string
	}{
		"InFlight": {&serviceerror.ResourceExhausted{Cause: enums.RESOURCE_EXHAUSTED_CAUSE_CONCURRENT_LIMIT}, booking.DecisionPending, "2"},
		"Busy":     {&serviceerror.ResourceExhausted{Cause: enums.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT}, orders.TemporalUnavailable, "2"},
		"Total":    {serviceerror.NewFailedPrecondition("The limit on the total number of distinct updates in this workflow has been reached (2000)."), orders.DecisionsExhausted, "60"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.cannotBeAsked(test.err)
			a := b.do("POST", orderPath+"/cancel", "")
			b.problem(a, 503, test.code)
			require.Equal(t, test.after, a.Header.Get("Retry-After"))
		})
	}
}
