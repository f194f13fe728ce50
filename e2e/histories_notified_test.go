package e2e

import (
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// refundMessagesInOrder: a refund fails and is paid by hand while no message can be sent.
func refundMessagesInOrder(s *system) string {
	order := s.accepted(s.reserve(s.place(9, fromMidnight), object{"checkIn": dawn.day}))
	s.messageStore.away.Store(true)
	s.sandbox(object{"refunds": "fail"})
	s.refundBecomes(order, "a", 30000, "failed")
	s.eventually(func() bool { return s.page(order).NeedsAttention })
	s.paysByHand(order)
	s.eventually(func() bool { return !s.page(order).NeedsAttention })
	s.messageStore.away.Store(false)
	s.sandbox(object{})
	s.carriedOut(func() answer { return s.decide(order, "complete") })
	return order
}

// refundAfterEndOtherwise: the provider cannot make a refund, until everything was refunded there
// by hand.
func refundAfterEndOtherwise(s *system) (id, runID string) {
	order := checkedOutEarly(s)
	s.ended(order)
	s.sandbox(object{"refunds": "fail"})
	e := s.refundOf(order, "a", 30000)
	require.Equal(s, "failed", e.State)
	_, amount, _ := s.payment(order)
	s.post("/sandbox/payments/refunds", object{"orderId": order, "amount": amount}).with(s, http.StatusOK)
	id = order + "/" + e.Key
	s.completes(id)
	s.sandbox(object{})
	return id, ""
}

// refundAgainOtherwise: a refund has failed after the order's end, and is made at the provider by
// hand.
func refundAgainOtherwise(s *system) (id, runID string) {
	order := undoFailedLater(s)
	_, amount, _ := s.payment(order)
	s.post("/sandbox/payments/refunds", object{"orderId": order, "amount": amount}).with(s, http.StatusOK)
	id = contract.RefundWorkflowID(order, contract.CancelRefund)
	s.completes(id)
	require.Len(s, s.messagesTo("alice", order), 2)
	return id, ""
}

// paidTooLate: the order is charged although it was cancelled meanwhile.
func paidTooLate(s *system) string {
	order := s.unconfirmed(s.reserve(s.place(9), byToConfirm))
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	s.ended(order)
	s.customer(order, "late")
	return order
}

// noticesOfALatePayment: the late charge is refunded.
func noticesOfALatePayment(s *system) (id, runID string) {
	order := paidTooLate(s)
	id = contract.NoticesWorkflowID(order)
	s.eventually(func() bool { status, _, _ := s.payment(order); return status == string(booking.Refunded) })
	s.completes(id)
	return id, ""
}

// noticesOfAPaymentWhileUndone: a charge that succeeded while the order was being cancelled is
// refunded, and the customer is notified after the order's end.
func noticesOfAPaymentWhileUndone(s *system) (id, runID string) {
	order := s.unconfirmed(s.reserve(s.place(9), byToConfirm))
	s.outages.stock.begin(errAway)
	s.acceptsPending(func() answer { return s.decide(order, "cancel") })
	is := func(want booking.PaymentStatus) {
		s.eventually(func() bool { status, _, _ := s.payment(order); return status == string(want) })
	}
	is(booking.ChargePrevented)
	s.shows(order, booking.Cancelling)
	s.customer(order, "late")
	is(booking.Refunded)
	id = contract.NoticesWorkflowID(order)
	s.eventually(func() bool { return count(s.history(id), enumspb.EVENT_TYPE_TIMER_STARTED) > 0 }) // until the next check
	s.outages.stock.end()
	s.ended(order)
	s.post("/v1/payments/"+order+"/look", nil).with(s, http.StatusAccepted)
	s.completes(id)
	require.Contains(s, strings.Join(s.messagesTo("alice", order), "\n"), "came after the order had ended")
	return id, ""
}

// refundAgainOfLatePayment: the refund is pending at first.
func refundAgainOfLatePayment(s *system) (id, runID string) {
	s.sandbox(object{"refunds": "wait"})
	order := paidTooLate(s)
	id = contract.RefundWorkflowID(order, contract.CancelRefund)
	s.eventually(func() bool {
		_, err := s.temporal.DescribeWorkflowExecution(s.Context(), id, "")
		return err == nil
	})
	s.eventually(func() bool { return s.attempts(id, "RefundPayment") > 1 })
	s.sandbox(object{})
	s.completes(id)
	return id, ""
}

// cancelAppliedAgain: the order is cancelled under a policy while the ledger is away, and reset to
// its beginning before the ledger has the cancel. The engine applies the cancel again.
func cancelAppliedAgain(s *system) string {
	order := s.accepted(s.reserve(s.place(9, halfRefunded)))
	s.becomes(order, booking.Confirmed)
	s.outages.ledger.begin(errAway)
	quick := s.withDefaultBudget()
	quick.acceptsPending(func() answer {
		return quick.post(reservations+"/"+order+"/cancel", object{"expect": "before:0s/49000"})
	})
	s.eventually(func() bool { return s.attempts(order, "RefundKeeping") > 0 })
	first := s.newestRun(order)
	execution := execution(order)
	execution.RunId = first
	_, err := s.temporal.WorkflowService().ResetWorkflowExecution(s.Context(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: s.namespace, WorkflowExecution: execution, Reason: "test", RequestId: order, WorkflowTaskFinishEventId: s.workflowTask(order, 1),
	})
	require.NoError(s, err)
	s.eventually(func() bool { return s.newestRun(order) != first })
	s.outages.ledger.end()
	return order
}
