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

// failsLater has the refunds of an order fail that were done.
func (s *system) failsLater(order string) {
	s.Helper()
	s.post("/sandbox/payments/failures", object{"orderId": order}).with(s, http.StatusOK)
	s.eventually(func() bool { return s.page(order).NeedsAttention })
}

// resolved says that what has failed was paid by hand, and waits until that is known.
func (s *system) resolved(order string) {
	s.Helper()
	s.paysByHand(order)
	s.eventually(func() bool { return !s.page(order).NeedsAttention })
}

// staffRefundFailedLater is a refund that was done, and that fails while its order runs.
func staffRefundFailedLater(s *system) string {
	order := s.stands(s.reserve(s.place(9, fromMidnight), object{"checkIn": dawn.day}))
	require.Equal(s, "done", s.refundIn(s.giveBack(order, "a", 30000).with(s, http.StatusCreated)))
	s.failsLater(order)
	s.resolved(order)
	s.carriedOut(func() answer { return s.decide(order, "complete") })
	return order
}

// undoFailedLater is cancelled, and its refund fails when it is over.
func undoFailedLater(s *system) string {
	order := s.stands(s.reserve(s.place(9)))
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	require.Equal(s, booking.Cancelled, s.ended(order).Status)
	s.failsLater(order)
	return order
}

// refundAgainOfUndo is paid by hand.
func refundAgainOfUndo(s *system) (id, runID string) {
	order := undoFailedLater(s)
	s.resolved(order)
	id = contract.RefundWorkflowID(order, contract.CancelRefund)
	require.NoError(s, s.temporal.GetWorkflow(s.Context(), id, "").Get(s.Context(), nil))
	return id, ""
}

// refundAgainOfPart is of goodwill for an order that is over.
func refundAgainOfPart(s *system) (id, runID string) {
	order := checkedOutEarly(s)
	s.ended(order)
	var e entry
	s.giveBack(order, "a", 1000).with(s, http.StatusCreated).into(s, &e)
	id = order + "/" + e.Key
	require.NoError(s, s.temporal.GetWorkflow(s.Context(), id, "").Get(s.Context(), nil))
	s.failsLater(order)
	s.resolved(order)
	require.NoError(s, s.temporal.GetWorkflow(s.Context(), id, "").Get(s.Context(), nil))
	return id, ""
}

// refundAgainToldBefore is heard once more to have failed. It is not made any more, and its
// customer knows that.
func refundAgainToldBefore(s *system) (id, runID string) {
	id, _ = refundAfterEndOtherwise(s)
	order, _, _ := strings.Cut(id, "/")
	told, all := s.messagesTo("alice", order), s.entries(order)
	e := all[slices.IndexFunc(all, func(e entry) bool { return order+"/"+e.Key == id })]
	run, err := s.temporal.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: contract.SagasQueue},
		contract.RefundAgainWorkflow, contract.RefundingAgain{
			Entry:  booking.Entry{OrderID: order, Key: e.Key, Amount: e.Amount, State: booking.EntryState(e.State)},
			Order:  s.page(order).View,
			Policy: s.startedLike(order).Policy,
		})
	require.NoError(s, err)
	require.NoError(s, run.Get(s.Context(), nil))
	require.Equal(s, told, s.messagesTo("alice", order))
	return id, run.GetRunID()
}

// noticesOfAFailure have it followed by a workflow of its own.
func noticesOfAFailure(s *system) (id, runID string) {
	order := undoFailedLater(s)
	id = contract.NoticesWorkflowID(order)
	require.NoError(s, s.temporal.GetWorkflow(s.Context(), id, "").Get(s.Context(), nil))
	s.resolved(order)
	return id, ""
}

// noticesOfAFailureTold have it followed by the order's saga.
func noticesOfAFailureTold(s *system) (id, runID string) {
	order := s.stands(s.reserve(s.place(9)))
	s.giveBack(order, "a", 30000).with(s, http.StatusCreated)
	s.failsLater(order)
	id = contract.NoticesWorkflowID(order)
	require.NoError(s, s.temporal.GetWorkflow(s.Context(), id, "").Get(s.Context(), nil))
	s.resolved(order)
	return id, ""
}
