package e2e

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/workflows/contract"
)

// dispute opens or ends a dispute of an order's payment at the built-in sandbox.
func (s *system) dispute(order, state string) {
	s.Helper()
	s.post("/sandbox/payments/disputes", object{"orderId": order, "amount": 40000, "state": state}).with(s, http.StatusOK)
}

// noticesOfADispute: a payment is disputed while a refund by staff is pending, until the
// customer has lost.
func noticesOfADispute(s *system) (id, runID string) {
	order := s.accepted(s.reserve(s.place(9)))
	s.sandbox(object{"refunds": "wait"})
	s.refundBecomes(order, "a", 1000, "pending")
	s.dispute(order, "open")
	id = contract.NoticesWorkflowID(order)
	s.eventually(func() bool { return len(s.search(fmt.Sprintf("WorkflowId = %q AND NeedsAttention = true", id))) == 1 })
	s.dispute(order, "won")
	s.completes(id)
	s.sandbox(object{})
	return id, ""
}

// noticesOfALostDispute: the customer wins the dispute, and the owner is notified.
func noticesOfALostDispute(s *system) (id, runID string) {
	order := s.accepted(s.reserve(s.place(9)))
	s.dispute(order, "open")
	id = contract.NoticesWorkflowID(order)
	s.eventually(func() bool { return len(s.search(fmt.Sprintf("WorkflowId = %q AND NeedsAttention = true", id))) == 1 })
	s.dispute(order, "lost")
	s.completes(id)
	require.Contains(s, strings.Join(s.messagesTo("bora", order), "\n"), "bank has taken back 40,000 KRW")
	return id, ""
}

// noticesGoOn: the payment is checked once per run.
func noticesGoOn(s *system) (id, runID string) {
	order := s.accepted(s.reserve(s.place(9)))
	s.sandbox(object{"notices": object{"lost": true}})
	s.dispute(order, "open")
	id = contract.NoticesWorkflowID(order)
	run, err := s.temporal.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: contract.SagasQueue},
		contract.NoticesWorkflow, contract.Notices{OrderID: order, Checks: 1})
	require.NoError(s, err)
	runID = run.GetRunID()
	s.eventually(func() bool { return s.page(order).NeedsAttention })
	check := func() { s.post("/v1/payments/"+order+"/look", nil).with(s, http.StatusAccepted) }
	check()
	s.eventually(func() bool {
		d, err := s.temporal.DescribeWorkflowExecution(s.Context(), id, "")
		return err == nil && d.WorkflowExecutionInfo.Execution.RunId != runID
	})
	s.dispute(order, "won")
	check()
	require.NoError(s, s.outcome(run, nil), "whichever run sees the end")
	s.sandbox(object{})
	return id, runID
}

// noticesWithoutAPayment: the order of the notices does not exist.
func noticesWithoutAPayment(s *system) (id, runID string) {
	id = contract.NoticesWorkflowID("lodging-unknown")
	run, err := s.temporal.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: contract.SagasQueue},
		contract.NoticesWorkflow, contract.Notices{OrderID: "lodging-unknown"})
	require.NoError(s, err)
	require.NoError(s, s.outcome(run, nil))
	return id, run.GetRunID()
}

// undoNoticed: the order gets a notice about its payment while its refund is pending.
func undoNoticed(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.sandbox(object{"refunds": "wait"})
	s.acceptsPending(func() answer { return s.decide(order, "cancel") })
	s.eventually(func() bool { return s.attempts(order, "RefundPayment") > 1 })
	require.NoError(s, s.temporal.SignalWorkflow(s.Context(), order, "", contract.PaymentNoticeSignal, nil))
	s.sandbox(object{})
	return order
}
