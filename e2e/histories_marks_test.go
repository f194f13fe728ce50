package e2e

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/stretchr/testify/require"
)

// undoMarkedBeside: the order is cancelled while a failed refund by staff needs attention. The
// undo's refund fails, too. The first refund is then made at the provider by hand, and the
// order stays marked.
func undoMarkedBeside(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.sandbox(object{"refunds": "fail"})
	s.refundBecomes(order, "a", 30000, "failed")
	s.acceptsPending(func() answer { return s.decide(order, "cancel") })
	s.eventually(func() bool { return len(s.messagesTo("alice", order)) == 2 })
	s.post("/sandbox/payments/refunds", object{"orderId": order, "amount": 30000}).with(s, http.StatusOK)
	s.eventually(func() bool { return len(s.messagesTo("alice", order)) == 3 })
	require.True(s, s.page(order).NeedsAttention, "its own refund waits")
	s.paysByHand(order)
	s.ended(order)
	s.sandbox(object{})
	return order
}

// refundAfterEndApart: a refund is made at the provider by hand while another one of the order
// still needs attention. The list of workflows no longer shows the first.
func refundAfterEndApart(s *system) (id, runID string) {
	order := checkedOutEarly(s)
	s.ended(order)
	s.sandbox(object{"refunds": "fail"})
	keys := map[int64]string{}
	for _, amount := range []int64{1000, 2000} {
		e := s.refundOf(order, strconv.FormatInt(amount, 10), amount)
		require.Equal(s, "failed", e.State)
		keys[amount] = order + "/" + e.Key
		s.eventually(func() bool {
			return len(s.search(fmt.Sprintf("WorkflowId = %q AND NeedsAttention = true", keys[amount]))) == 1
		})
	}
	id = keys[1000]
	s.post("/sandbox/payments/refunds", object{"orderId": order, "amount": 1000}).with(s, http.StatusOK)
	s.completes(id)
	require.True(s, s.page(order).NeedsAttention, "the other one waits")
	s.eventually(func() bool { return len(s.search(fmt.Sprintf("WorkflowId = %q AND NeedsAttention = true", id))) == 0 })
	s.sandbox(object{})
	return id, ""
}
