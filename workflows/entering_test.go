package workflows_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/workflows"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestGarbage_StartsNoOrder: a workflow with an invalid input fails at once, not retryably,
// with the field at fault, and nothing is charged, held, begun or published.
func TestGarbage_StartsNoOrder(t *testing.T) {
	t.Parallel()
	type input struct {
		*sagaRun
		in any
	}
	sound := map[string]func(*testing.T) input{
		"lodging":  func(t *testing.T) input { s := newStay(t); return input{s.sagaRun, &s.in} },
		"food":     func(t *testing.T) input { m := newMeal(t); return input{m.sagaRun, &m.in} },
		"cafe":     func(t *testing.T) input { c := newCup(t); return input{c.sagaRun, &c.in} },
		"cleaning": func(t *testing.T) input { v := newVisit(t); return input{v.sagaRun, &v.in} },
	}
	order := func(in any) *contract.Order {
		switch in := in.(type) {
		case *contract.Lodging:
			return &in.Order
		case *contract.Food:
			return &in.Order
		case *contract.Cafe:
			return &in.Order
		default:
			return &in.(*contract.Cleaning).Order
		}
	}
	for name, spoil := range map[string]struct {
		do   func(*sagaRun, any)
		says string
	}{
		"NoID":       {func(_ *sagaRun, in any) { order(in).OrderID = "" }, "orderId: "},
		"AnotherID":  {func(_ *sagaRun, in any) { order(in).OrderID += "-2" }, "orderId: the workflow's id must be the order's"},
		"Negative":   {func(_ *sagaRun, in any) { order(in).Amount.Amount = -1 }, "amount: must be at least 0"},
		"Huge":       {func(_ *sagaRun, in any) { order(in).CustomerID = strings.Repeat("x", 1_900_000) }, "customerId: "},
		"NoCustomer": {func(_ *sagaRun, in any) { order(in).CustomerID = "" }, "customerId: "},
		"Future":     {func(_ *sagaRun, in any) { order(in).PlacedAt = placedAt.Add(25 * hour) }, "placedAt: is in the future"},
		"NoPolicy":   {func(_ *sagaRun, in any) { order(in).Policy = contract.Policy{} }, "policy: is missing"},
		"NoView":     {func(_ *sagaRun, in any) { order(in).Settle = &contract.View{} }, "settle.id: "},
		"TimesOut": {func(l *sagaRun, _ any) {
			l.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: l.order, WorkflowExecutionTimeout: hour})
		}, "has no time-out"},
	} {
		for kind, make := range sound {
			t.Run(name+"/"+kind, func(t *testing.T) {
				l := make(t)
				spoil.do(l.sagaRun, l.in)
				l.env.ExecuteWorkflow(l.flow, reflect.ValueOf(l.in).Elem().Interface())
				requireRefusedInput(t, l.env.GetWorkflowError(), spoil.says)
				require.Zero(t, l.calls, "no service was called")
				_, err := l.pages.Order(t.Context(), l.order)
				require.ErrorIs(t, err, &booking.Error{Code: booking.NotFound})
			})
		}
	}
}

func requireRefusedInput(t *testing.T, err error, text string) {
	t.Helper()
	var no *temporal.ApplicationError
	require.ErrorAs(t, err, &no)
	require.Equal(t, string(booking.Invalid), no.Type())
	require.True(t, no.NonRetryable())
	require.Contains(t, no.Message(), text)
	require.Less(t, len(no.Message()), 2000)
}

// TestGarbage_DecidesNothing: an update with content that the API does not let through is
// not accepted, and the order continues.
func TestGarbage_DecidesNothing(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]contract.Decision{
		"Long": {Note: booking.Personal(strings.Repeat("x", 501))}, "Control": {Note: "\x1b[2J"}, "Blank": {Note: " \n "}, "Emptied": {Bytes: 3_000_000},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMeal(t)
			var refused, unread, unknown decision
			m.env.RegisterDelayedCallback(func() {
				m.sendRaw(contract.CancelUpdate, &refused, d)
				m.sendRaw(contract.CancelUpdate, &unread, []int{1})
				m.sendRaw("eat", &unknown, d)
			}, hour)
			delivered := m.decides(hour+time.Minute, contract.CompleteUpdate)
			require.Equal(t, booking.Delivered, m.run().Status)
			require.Equal(t, booking.Invalid, refused.code())
			require.False(t, refused.accepted)
			require.ErrorContains(t, unread.err, "unable to decode the input")
			require.False(t, unread.accepted)
			require.ErrorContains(t, unknown.err, "unknown update eat")
			require.Equal(t, booking.Delivered, delivered.view.Status)
		})
	}
	t.Run("RejectedWithoutAWord", func(t *testing.T) {
		s := newStay(t, func(l *contract.Lodging) { l.Place.Confirmation = booking.Manual })
		var silent decision
		s.env.RegisterDelayedCallback(func() { s.sendRaw(contract.RejectUpdate, &silent, contract.Decision{}) }, hour)
		rejected := s.decides(2*hour, contract.RejectUpdate)
		require.Equal(t, booking.RejectedByOwner, s.run().Reason)
		require.Equal(t, booking.Invalid, silent.code())
		require.Equal(t, booking.Cancelled, rejected.view.Status)
	})
	t.Run("LinesEndAsOverHTTP", func(t *testing.T) {
		m := newMeal(t)
		var d decision
		m.env.RegisterDelayedCallback(func() { m.sendRaw(contract.CancelUpdate, &d, contract.Decision{Note: "one\r\ntwo"}) }, hour)
		v := m.run()
		require.EqualValues(t, "one\ntwo", v.History[len(v.History)-2].Note)
	})
}

// TestGarbage_SignalsAreIgnored: a valid signal still counts after invalid ones.
func TestGarbage_SignalsAreIgnored(t *testing.T) {
	t.Parallel()
	garbage := []any{nil, "whatever", 5, []string{"menu_deleted"}, map[string]any{}, booking.Cleaner{Name: "Nobody"}, booking.ByCustomer}
	t.Run("ForceCancel", func(t *testing.T) {
		c := newCup(t)
		c.env.RegisterDelayedCallback(func() {
			for _, said := range garbage {
				c.env.SignalWorkflow(contract.ForceCancelSignal, said)
			}
			c.env.SignalWorkflow("unknown", "whatever")
		}, time.Minute)
		c.env.RegisterDelayedCallback(func() { require.Equal(t, booking.InProduction, c.row().View.Status) }, 2*time.Minute)
		c.isDeleted(hour)
		v := c.run()
		require.Equal(t, booking.MenuDeleted, v.Reason)
		require.Equal(t, placedAt.Add(hour), v.History[len(v.History)-2].At)
	})
	t.Run("Assigned", func(t *testing.T) {
		v := newVisit(t)
		v.occupy()
		v.env.RegisterDelayedCallback(func() {
			for _, said := range garbage {
				v.env.SignalWorkflow(contract.AssignedSignal, said)
			}
		}, time.Minute)
		v.env.RegisterDelayedCallback(func() { require.Equal(t, booking.Calling, v.row().View.Status) }, 2*time.Minute)
		v.isFreed(hour)
		v.decides(2*hour, contract.CompleteUpdate)
		done := v.run()
		require.Equal(t, booking.Completed, done.Status)
		require.Equal(t, &v.kim, done.Cleaner())
	})
}

// beside is a test environment for a workflow that is not an order's, with these
// activities.
func beside(flow any, does map[string]any) *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(devserver.Quiet())
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflow(flow)
	for name, do := range does {
		env.RegisterActivityWithOptions(do, activity.RegisterOptions{Name: name})
	}
	return env
}

// TestGarbage_RepairsWithDefaults: a repair that was started without input does the same as
// the schedule's, and ignores a page in its input.
func TestGarbage_RepairsWithDefaults(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]any{"Nothing": contract.Repair{}, "Garbage": contract.Repair{Page: []byte("garbage"), Pages: -5, Healed: -3}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pages := 0
			env := beside(workflows.Repair, map[string]any{
				"TellAssigned": func(context.Context) error { return nil },
				"RepairPage": func(_ context.Context, page []byte) (activities.RepairedPage, error) {
					if pages++; pages == 1 && page != nil {
						return activities.RepairedPage{}, errors.New("no page of the list")
					}
					return activities.RepairedPage{Healed: 1, Next: []byte("on and on")}, nil
				},
			})
			env.ExecuteWorkflow(workflows.Repair, in)
			var again *workflow.ContinueAsNewError
			require.ErrorAs(t, env.GetWorkflowError(), &again)
			require.Equal(t, 50, pages)
		})
	}
}

// TestGarbage_DeletesNoDrink: a deletion without a drink fails; with a drink, missing
// values have defaults, and claimed progress is ignored.
func TestGarbage_DeletesNoDrink(t *testing.T) {
	t.Parallel()
	callsOf := func(t *testing.T, in any) (calls []string, err error) {
		t.Parallel()
		env := beside(workflows.DrinkDeletion, map[string]any{
			"CloseDrink": func(context.Context, activities.Deletion) (booking.DrinkDeletion, error) {
				calls = append(calls, "close")
				return booking.DrinkDeletion{}, nil
			},
			"CancelDrinkOrders": func(_ context.Context, b activities.DrinkBatch) (activities.DrinkBatchDone, error) {
				require.Equal(t, activities.DrinkBatch{DrinkID: "drink-1", Limit: 100}, b)
				calls = append(calls, "cancel")
				return activities.DrinkBatchDone{}, nil
			},
			"NoteDeletion": func(context.Context, activities.Deletion) error { return nil },
		})
		env.ExecuteWorkflow(workflows.DrinkDeletion, in)
		return calls, env.GetWorkflowError()
	}
	t.Run("Nothing", func(t *testing.T) {
		calls, err := callsOf(t, contract.DrinkDeletion{})
		requireRefusedInput(t, err, "drinkId: is no id")
		require.Empty(t, calls)
	})
	t.Run("Garbage", func(t *testing.T) {
		calls, err := callsOf(t, contract.DrinkDeletion{DrinkID: "drink-1", Batch: -1, Closed: true, After: "z", Passes: -9})
		require.NoError(t, err)
		require.Equal(t, []string{"close", "cancel"}, calls)
	})
}

// anyGarbage sends an update and signals with invalid content.
func (s *trial) anyGarbage(at time.Duration, random *rand.Rand) {
	said := []any{
		contract.Decision{Note: booking.Personal(strings.Repeat("x", 501))}, contract.Decision{Note: "\x00"}, contract.Decision{Bytes: 1}, []int{1}, 5,
	}[random.IntN(5)]
	update := s.updates[random.IntN(len(s.updates))]
	s.env.RegisterDelayedCallback(func() {
		var d decision
		s.garbage = append(s.garbage, &d)
		s.sendRaw(update, &d, said)
		for _, signal := range []string{contract.ForceCancelSignal, contract.AssignedSignal, "unknown"} {
			s.env.SignalWorkflow(signal, said)
		}
	}, at)
}
