package e2e

import (
	"net/http"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// moveBranches are the branches of changed reservations.
var moveBranches = map[string]branch{
	"lodging_change_raised":              {changeRaised, booking.ByCustomer},
	"lodging_change_lowered":             {changeLowered, booking.ByCustomer},
	"lodging_change_sold_out":            {changeSoldOut, booking.ByCustomer},
	"lodging_change_declined":            {changeDeclined, booking.ByCustomer},
	"lodging_change_payment_unavailable": {changeUnpaid, booking.ByCustomer},
	"lodging_change_unsettled":           {changeChargeResolved, booking.ByCustomer},
	"lodging_change_unsettled_for_long":  {changeChargeKnownLate, booking.ByCustomer},
	"lodging_change_owner_agrees":        {changeAgreed, booking.ByCustomer},
	"lodging_change_owner_no":            {changeRefused, booking.ByCustomer},
	"lodging_change_owner_silent":        {changeNotAnswered, booking.ByCustomer},
	"lodging_change_cancelled_meanwhile": {changeCancelled, booking.ByCustomer},
	"lodging_change_not_confirmed_yet":   {changeBeforeConfirmed, booking.ByCustomer},
	"lodging_change_inventory_away":      {changeAway, booking.ByCustomer},
	"lodging_change_cancelled_away":      {changeAwayCancelled, booking.ByCustomer},
	"lodging_change_reset":               {changeReset, booking.ByCustomer},
	"lodging_change_reset_to_change":     {changeResetToChange, booking.ByCustomer},
	"lodging_change_applied_again":       {changeAppliedAgain, booking.ByCustomer},
	"lodging_change_cancelled_reset":     {changeCancelledReset, booking.ByCustomer},
	"lodging_change_made_late":           {changeMadeLate, booking.ByCustomer},
	"lodging_reset_of_undone":            {undoneAndReset, booking.ByCustomer},
}

var longer = object{"checkOut": inDays(14)}

// cancelled cancels the order as its customer, and waits until it is done.
func (s *system) cancelled(order string) string {
	s.Helper()
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	return order
}

// moved changes a stay, however long that takes.
func (s *system) moved(order, key string, what object) answer {
	s.Helper()
	return s.made(func() answer { return s.move(order, key, what) })
}

func changeRaised(s *system) string {
	order := s.accepted(s.reserve(s.place(9, forStays)))
	s.becomes(order, booking.Confirmed)
	s.moved(order, "a", longer).with(s, http.StatusOK)
	return s.cancelled(order)
}

func changeLowered(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.becomes(order, booking.Confirmed)
	s.moved(order, "a", object{"checkOut": inDays(11)}).with(s, http.StatusOK)
	s.eventually(func() bool { return len(s.messagesTo("alice", order)) > 0 })
	return s.cancelled(order)
}

func changeSoldOut(s *system) string {
	order := s.accepted(s.reserve(s.place(1)))
	s.becomes(order, booking.Confirmed)
	require.Equal(s, "sold_out", s.moved(order, "a", object{"rooms": 2}).with(s, http.StatusConflict).body.Code)
	return s.cancelled(order)
}

func changeDeclined(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.becomes(order, booking.Confirmed)
	s.sandbox(object{"refusePercent": 100})
	s.moved(order, "a", longer).with(s, http.StatusPaymentRequired)
	s.sandbox(object{})
	return s.cancelled(order)
}

// changeUnpaid: the change is not made, since the state of its charge was unknown for a minute.
// The charge had succeeded, and is refunded.
func changeUnpaid(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.becomes(order, booking.Confirmed)
	s.sandbox(object{"loseAnswers": true})
	s.move(order, "a", longer)
	s.eventually(func() bool { return s.page(order).NeedsAttention || s.page(order).Change == nil })
	s.sandbox(object{})
	s.eventually(func() bool { return s.page(order).Change == nil })
	return s.cancelled(order)
}

// withUnknownCharge is a confirmed reservation that needs attention, since the state of its
// change's charge is unknown.
func (s *system) withUnknownCharge() string {
	s.Helper()
	order := s.accepted(s.reserve(s.place(9)))
	s.becomes(order, booking.Confirmed)
	s.sandbox(object{"down": true})
	s.move(order, "a", longer)
	s.eventually(func() bool { p := s.page(order); return p.NeedsAttention && p.Change == nil })
	return order
}

// changeChargeResolved: an operator records that the charge was resolved.
func changeChargeResolved(s *system) string {
	order := s.withUnknownCharge()
	s.paysByHand(order)
	s.eventually(func() bool { return !s.page(order).NeedsAttention })
	s.sandbox(object{})
	return s.cancelled(order)
}

// changeChargeKnownLate: the provider answers at last that nothing was charged.
func changeChargeKnownLate(s *system) string {
	order := s.withUnknownCharge()
	s.sandbox(object{})
	s.eventually(func() bool { return !s.page(order).NeedsAttention })
	return s.cancelled(order)
}

// awaitsOwner is a confirmed reservation whose change waits for the owner.
func (s *system) awaitsOwner(change ...object) string {
	s.Helper()
	order := s.accepted(s.reserve(s.place(9, append([]object{byOwner}, change...)...)))
	s.carriedOut(func() answer { return s.decide(order, "confirm") })
	s.becomes(order, booking.Confirmed)
	s.move(order, "a", longer).with(s, http.StatusAccepted)
	s.eventually(func() bool { c := s.page(order).Change; return c != nil && c.State == contract.ChangeAwaitingOwner })
	return order
}

// answersChange lets the owner answer the change that waits, and waits until that has effect.
func (s *system) answersChange(order, decision string) {
	s.Helper()
	s.carriedOut(func() answer { return s.decide(order, decision) })
	s.eventually(func() bool { return s.page(order).Change == nil })
}

func changeAgreed(s *system) string {
	order := s.awaitsOwner()
	s.answersChange(order, "confirm")
	return s.cancelled(order)
}

func changeRefused(s *system) string {
	order := s.awaitsOwner()
	s.answersChange(order, "reject")
	return s.cancelled(order)
}

func changeNotAnswered(s *system) string {
	order := s.awaitsOwner(object{"confirmWithin": "30s"})
	s.eventually(func() bool { return s.page(order).Change == nil })
	return s.cancelled(order)
}

func changeCancelled(s *system) string { return s.cancelled(s.awaitsOwner()) }

func changeBeforeConfirmed(s *system) string {
	order := s.accepted(s.reserve(s.place(9, byOwner)))
	s.becomes(order, booking.AwaitingOwner)
	s.moved(order, "a", longer).with(s, http.StatusOK)
	return s.cancelled(order)
}

// moveAway is a reservation whose change waits for the inventory, which is away.
func (s *system) moveAway() string {
	s.Helper()
	order := s.accepted(s.reserve(s.place(9)))
	s.becomes(order, booking.Confirmed)
	s.outages.stock.begin(errAway)
	s.move(order, "a", longer).with(s, http.StatusAccepted)
	s.eventually(func() bool { return s.attempts(order, "ChangeHold") > 0 })
	return order
}

// changeAway: the change is not made, since the inventory was away for a minute.
func changeAway(s *system) string {
	order := s.moveAway()
	s.eventually(func() bool { return s.attempts(order, "DropChange") > 0 })
	s.outages.stock.end()
	s.eventually(func() bool { return s.page(order).Change == nil })
	return s.cancelled(order)
}

func changeAwayCancelled(s *system) string {
	order := s.moveAway()
	s.acceptsPending(func() answer { return s.decide(order, "cancel") })
	s.outages.stock.end()
	return order
}

// changeReset: a changed reservation, with another change that waits for the owner, is reset to
// its beginning.
func changeReset(s *system) string {
	order := s.awaitsOwner()
	s.answersChange(order, "confirm")
	s.move(order, "b", object{"rooms": 2}).with(s, http.StatusAccepted)
	s.reset(order)
	s.eventually(func() bool {
		v := s.fresh(order)
		return v.Status == booking.AwaitingOwner && v.CheckOut == inDays(14).String()
	})
	return s.cancelled(order)
}

// changeResetToChange: the order is reset to before its second change.
func changeResetToChange(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.becomes(order, booking.Confirmed)
	s.moved(order, "a", longer).with(s, http.StatusOK)
	tasks := s.tasksCompleted(order, "")
	s.moved(order, "b", object{"rooms": 2}).with(s, http.StatusOK)
	s.resetTo(order, s.tasksCompleted(order, "")[len(tasks)])
	s.eventually(func() bool { v := s.fresh(order); return v.Quantity == 2 && v.CheckOut == inDays(14).String() })
	return s.cancelled(order)
}

// changeAppliedAgain: the order is reset to before both changes. The engine applies them again.
func changeAppliedAgain(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.becomes(order, booking.Confirmed)
	tasks := s.tasksCompleted(order, "")
	s.moved(order, "a", longer).with(s, http.StatusOK)
	s.moved(order, "b", object{"rooms": 2}).with(s, http.StatusOK)
	_, err := s.temporal.WorkflowService().ResetWorkflowExecution(s.Context(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: s.namespace, WorkflowExecution: execution(order), Reason: "test", RequestId: order,
		WorkflowTaskFinishEventId: s.tasksCompleted(order, "")[len(tasks)],
	})
	require.NoError(s, err)
	s.eventually(func() bool {
		v := s.page(order)
		return v.Quantity == 2 && v.CheckOut == inDays(14).String() && v.Change == nil && v.Version == s.fresh(order).Version
	})
	return s.cancelled(order)
}

// changeCancelledReset: the order is undone once more by a run whose history lacks its change.
func changeCancelledReset(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.becomes(order, booking.Confirmed)
	s.moved(order, "a", longer).with(s, http.StatusOK)
	s.ended(s.cancelled(order))
	s.reset(order)
	require.Equal(s, inDays(14).String(), s.ended(order).CheckOut)
	return order
}

// changeMadeLate: a reservation whose change waits for the owner is reset. A late call of the
// discarded run makes the change while the new run is about to undo it.
func changeMadeLate(s *system) string {
	order := s.awaitsOwner()
	s.outages.madeLate.Store(true)
	s.reset(order)
	s.eventually(func() bool {
		v := s.fresh(order)
		return v.Status == booking.AwaitingOwner && v.CheckOut == inDays(14).String()
	})
	return s.cancelled(order)
}

// undoneAndReset: the order was cancelled, and is reset to before the cancel.
func undoneAndReset(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.becomes(order, booking.Confirmed)
	tasks := s.tasksCompleted(order, "")
	s.ended(s.cancelled(order))
	s.resetTo(order, s.tasksCompleted(order, "")[len(tasks)])
	return order
}
