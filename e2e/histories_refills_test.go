package e2e

import (
	"net/http"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/yeyak/yeyak/booking"
)

// refillBranches are the branches of orders of drinks whose quantity is changed.
var refillBranches = map[string]branch{
	"cafe_change_raised":              {refillRaised, booking.ByCustomer},
	"cafe_change_lowered":             {refillLowered, booking.ByCustomer},
	"cafe_change_sold_out":            {refillSoldOut, booking.ByCustomer},
	"cafe_change_declined":            {refillDeclined, booking.ByCustomer},
	"cafe_change_payment_unavailable": {refillUnpaid, booking.ByCustomer},
	"cafe_change_production_away":     {refillAway, booking.ByCustomer},
	"cafe_change_cancelled_meanwhile": {refillCancelled, booking.ByCustomer},
	"cafe_change_served_meanwhile":    {refillServed, ""},
	"cafe_change_reset":               {refillReset, booking.ByCustomer},
	"cafe_change_reset_to_change":     {refillResetToChange, booking.ByCustomer},
	"cafe_change_applied_again":       {refillAppliedAgain, booking.ByCustomer},
	"cafe_change_cancelled_reset":     {refillCancelledReset, booking.ByCustomer},
	"cafe_change_made_late":           {refillMadeLate, booking.ByCustomer},
	"cafe_reset_of_undone":            {cupUndoneAndReset, booking.ByCustomer},
}

// cupsOf is an order in production, of two of five cups.
func (s *system) cupsOf(change ...object) string {
	s.Helper()
	order := s.accepted(s.orderCup(s.drink(5, append([]object{{"date": inDays(3)}}, change...)...), object{"quantity": 2}))
	s.becomes(order, booking.InProduction)
	return order
}

// cancelledCups cancels the order as its customer, and waits until it is done.
func (s *system) cancelledCups(order string) string {
	s.Helper()
	s.carriedOut(func() answer { return s.decideAt(cafeOrders+"/"+order, "cancel") })
	return order
}

// refilled changes an order of drinks, however long that takes.
func (s *system) refilled(order, key string, quantity int) answer {
	s.Helper()
	return s.made(func() answer { return s.refill(order, key, quantity) })
}

func refillRaised(s *system) string {
	order := s.cupsOf()
	s.refilled(order, "a", 4).with(s, http.StatusOK)
	return s.cancelledCups(order)
}

func refillLowered(s *system) string {
	order := s.cupsOf()
	s.refilled(order, "a", 1).with(s, http.StatusOK)
	s.eventually(func() bool { return len(s.messagesTo("alice", order)) > 0 })
	return s.cancelledCups(order)
}

func refillSoldOut(s *system) string {
	order := s.cupsOf()
	require.Equal(s, "sold_out", s.refilled(order, "a", 6).with(s, http.StatusConflict).body.Code)
	return s.cancelledCups(order)
}

func refillDeclined(s *system) string {
	order := s.cupsOf()
	s.sandbox(object{"refusePercent": 100})
	s.refilled(order, "a", 3).with(s, http.StatusPaymentRequired)
	s.sandbox(object{})
	return s.cancelledCups(order)
}

// refillUnpaid: the change is not made, since the state of its charge was unknown for a minute.
// The charge had succeeded, and is refunded.
func refillUnpaid(s *system) string {
	order := s.cupsOf()
	s.sandbox(object{"loseAnswers": true})
	s.refill(order, "a", 3)
	s.eventually(func() bool { return s.page(order).NeedsAttention || !s.page(order).Changing() })
	s.sandbox(object{})
	s.eventually(func() bool { return !s.page(order).Changing() })
	return s.cancelledCups(order)
}

// whileProductionIsAway is an order whose change waits for production, which is away.
func (s *system) whileProductionIsAway() string {
	s.Helper()
	order := s.cupsOf()
	s.outages.productions.begin(errAway)
	s.refill(order, "a", 3).with(s, http.StatusAccepted)
	s.eventually(func() bool { return s.attempts(order, "ChangeProduction") > 0 })
	return order
}

// refillAway: the change is not made, since production was away for a minute.
func refillAway(s *system) string {
	order := s.whileProductionIsAway()
	s.eventually(func() bool { return s.attempts(order, "ChangeProductionBack") > 0 })
	s.outages.productions.end()
	s.eventually(func() bool { return !s.page(order).Changing() })
	return s.cancelledCups(order)
}

func refillCancelled(s *system) string {
	order := s.whileProductionIsAway()
	s.acceptsPending(func() answer { return s.decideAt(cafeOrders+"/"+order, "cancel") })
	s.outages.productions.end()
	return order
}

func refillServed(s *system) string {
	order := s.whileProductionIsAway()
	s.acceptsPending(func() answer { return s.decideAt(productions+"/"+order, "complete") })
	s.outages.productions.end()
	return order
}

// refillReset: a changed order, with another change that waits for production, is reset to its
// beginning.
func refillReset(s *system) string {
	order := s.cupsOf()
	s.refilled(order, "a", 3).with(s, http.StatusOK)
	s.outages.productions.begin(errAway)
	s.refill(order, "b", 5).with(s, http.StatusAccepted)
	s.reset(order)
	s.outages.productions.end()
	s.eventually(func() bool {
		v := s.fresh(order)
		return v.Status == booking.InProduction && v.Quantity == 3 && !v.Changing()
	})
	return s.cancelledCups(order)
}

// refillResetToChange: the order is reset to before its second change.
func refillResetToChange(s *system) string {
	order := s.cupsOf()
	s.refilled(order, "a", 3).with(s, http.StatusOK)
	tasks := s.tasksCompleted(order, "")
	s.refilled(order, "b", 5).with(s, http.StatusOK)
	s.resetTo(order, s.tasksCompleted(order, "")[len(tasks)])
	s.eventually(func() bool { return s.fresh(order).Quantity == 5 })
	return s.cancelledCups(order)
}

// refillAppliedAgain: the order is reset to before both changes. The engine applies them again.
func refillAppliedAgain(s *system) string {
	order := s.cupsOf()
	tasks := s.tasksCompleted(order, "")
	s.refilled(order, "a", 3).with(s, http.StatusOK)
	s.refilled(order, "b", 5).with(s, http.StatusOK)
	_, err := s.temporal.WorkflowService().ResetWorkflowExecution(s.Context(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: s.namespace, WorkflowExecution: execution(order), Reason: "test", RequestId: order,
		WorkflowTaskFinishEventId: s.tasksCompleted(order, "")[len(tasks)],
	})
	require.NoError(s, err)
	s.eventually(func() bool {
		v := s.page(order)
		return v.Quantity == 5 && !v.Changing() && v.Version == s.fresh(order).Version
	})
	return s.cancelledCups(order)
}

// refillMadeLate: an order whose change waits for the inventory is reset. A late call of the
// discarded run makes the change while the new run is about to undo it.
func refillMadeLate(s *system) string {
	order := s.cupsOf()
	s.outages.productions.nextIs(func() error { s.outages.stock.begin(errAway); return nil })
	s.refill(order, "a", 3).with(s, http.StatusAccepted)
	s.eventually(func() bool { return s.attempts(order, "MakeChange") > 0 })
	s.outages.madeLate.Store(true)
	s.reset(order)
	s.outages.stock.end()
	s.eventually(func() bool {
		v := s.fresh(order)
		return v.Status == booking.InProduction && v.Quantity == 3 && !v.Changing()
	})
	return s.cancelledCups(order)
}

// refillCancelledReset: the order is undone once more by a run whose history lacks its change.
func refillCancelledReset(s *system) string {
	order := s.cupsOf()
	s.refilled(order, "a", 3).with(s, http.StatusOK)
	s.ended(s.cancelledCups(order))
	s.reset(order)
	require.Equal(s, 3, s.ended(order).Quantity)
	return order
}

// cupUndoneAndReset: the order was cancelled, and is reset to before the cancel.
func cupUndoneAndReset(s *system) string {
	order := s.cupsOf()
	tasks := s.tasksCompleted(order, "")
	s.ended(s.cancelledCups(order))
	s.resetTo(order, s.tasksCompleted(order, "")[len(tasks)])
	return order
}
