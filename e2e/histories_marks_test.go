package e2e

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/stretchr/testify/require"
)

// undoMarkedBeside is cancelled while a refund by staff waits for a person, which its own does
// then, too. The first is made by hand at the provider, and the order stays marked.
func undoMarkedBeside(s *system) string {
	order := s.stands(s.reserve(s.place(9)))
	s.sandbox(object{"refunds": "fail"})
	require.Equal(s, "failed", s.refundIn(s.giveBack(order, "a", 30000).with(s, http.StatusCreated)))
	s.takes(func() answer { return s.decide(order, "cancel") })
	s.eventually(func() bool { return len(s.messagesTo("alice", order)) == 2 })
	s.post("/sandbox/payments/refunds", object{"orderId": order, "amount": 30000}).with(s, http.StatusOK)
	s.eventually(func() bool { return len(s.messagesTo("alice", order)) == 3 })
	require.True(s, s.page(order).NeedsAttention, "its own refund waits")
	s.paysByHand(order)
	s.ended(order)
	s.sandbox(object{})
	return order
}

// refundAfterEndApart is made by hand at the provider while another one of the order waits
// for a person still: the list of workflows does not show it any more.
func refundAfterEndApart(s *system) (id, runID string) {
	order := checkedOutEarly(s)
	s.ended(order)
	s.sandbox(object{"refunds": "fail"})
	keys := map[int64]string{}
	for _, amount := range []int64{1000, 2000} {
		var e entry
		s.giveBack(order, strconv.FormatInt(amount, 10), amount).with(s, http.StatusCreated).into(s, &e)
		require.Equal(s, "failed", e.State)
		keys[amount] = order + "/" + e.Key
		s.eventually(func() bool {
			return len(s.search(fmt.Sprintf("WorkflowId = %q AND NeedsAttention = true", keys[amount]))) == 1
		})
	}
	id = keys[1000]
	s.post("/sandbox/payments/refunds", object{"orderId": order, "amount": 1000}).with(s, http.StatusOK)
	require.NoError(s, s.temporal.GetWorkflow(s.Context(), id, "").Get(s.Context(), nil))
	require.True(s, s.page(order).NeedsAttention, "the other one waits")
	s.eventually(func() bool { return len(s.search(fmt.Sprintf("WorkflowId = %q AND NeedsAttention = true", id))) == 0 })
	s.sandbox(object{})
	return id, ""
}
