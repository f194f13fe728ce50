package e2e

import (
	"net/http"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// failsLater makes the done refunds of an order fail.
func (s *system) failsLater(order string) {
	s.Helper()
	s.post("/sandbox/payments/failures", object{"orderId": order}).with(s, http.StatusOK)
	s.eventually(func() bool { return s.page(order).NeedsAttention })
}

// resolved records that the failed refunds were paid by hand, and waits until that is done.
func (s *system) resolved(order string) {
	s.Helper()
	s.paysByHand(order)
	s.eventually(func() bool { return !s.page(order).NeedsAttention })
}

// staffRefundFailedLater: a refund was done, and fails while its order runs.
func staffRefundFailedLater(s *system) string {
	order := s.accepted(s.reserve(s.place(9, fromMidnight), object{"checkIn": dawn.day}))
	s.refundBecomes(order, "a", 30000, "done")
	s.failsLater(order)
	s.resolved(order)
	s.carriedOut(func() answer { return s.decide(order, "complete") })
	return order
}

// undoFailedLater: the order is cancelled, and its refund fails after its end.
func undoFailedLater(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	require.Equal(s, booking.Cancelled, s.ended(order).Status)
	s.failsLater(order)
	return order
}

// refundAgainOfUndo: the failed refund of an undo is paid by hand.
func refundAgainOfUndo(s *system) (id, runID string) {
	order := undoFailedLater(s)
	s.resolved(order)
	id = contract.RefundWorkflowID(order, contract.CancelRefund)
	s.completes(id)
	return id, ""
}

// refundAgainOfPart: the failed refund is of a part, for an ended order.
func refundAgainOfPart(s *system) (id, runID string) {
	order := checkedOutEarly(s)
	s.ended(order)
	e := s.refundOf(order, "a", 1000)
	id = order + "/" + e.Key
	s.completes(id)
	s.failsLater(order)
	s.resolved(order)
	s.completes(id)
	return id, ""
}

// refundAgainNotifiedBefore: the provider reports the failure once more. The refund is not made
// again, and its customer was notified before.
func refundAgainNotifiedBefore(s *system) (id, runID string) {
	id, _ = refundAfterEndOtherwise(s)
	order, _, _ := strings.Cut(id, "/")
	messages, all := s.messagesTo("alice", order), s.entries(order)
	e := all[slices.IndexFunc(all, func(e entry) bool { return order+"/"+e.Key == id })]
	run, err := s.temporal.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: contract.SagasQueue},
		contract.RefundAgainWorkflow, contract.RefundingAgain{
			Entry:  booking.Entry{OrderID: order, Key: e.Key, Amount: e.Amount, State: booking.EntryState(e.State)},
			Order:  s.page(order).View,
			Policy: s.startedLike(order).Policy,
		})
	require.NoError(s, err)
	require.NoError(s, s.outcome(run, nil))
	require.Equal(s, messages, s.messagesTo("alice", order))
	return id, run.GetRunID()
}

// noticesOfAFailure: a workflow of its own follows the failed refund.
func noticesOfAFailure(s *system) (id, runID string) {
	order := undoFailedLater(s)
	id = contract.NoticesWorkflowID(order)
	s.completes(id)
	s.resolved(order)
	return id, ""
}

// noticesOfAFailureSignalled: the order's saga follows the failed refund.
func noticesOfAFailureSignalled(s *system) (id, runID string) {
	order := s.accepted(s.reserve(s.place(9)))
	s.refundOf(order, "a", 30000)
	s.failsLater(order)
	id = contract.NoticesWorkflowID(order)
	s.completes(id)
	s.resolved(order)
	return id, ""
}
