package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestNotified_HowARefundEnded: a refund by staff that the provider cannot make, and whose
// money is refunded there in another way, is not made any more. Its customer is notified, and
// the order's history shows it to staff.
func TestNotified_HowARefundEnded(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		s := bootAudited(t, on, func(o *app.Options) { o.Config.Orders.AttentionAfter = time.Second })
		id, _ := refundAfterEndOtherwise(s.system)
		order, _, _ := strings.Cut(id, "/")
		require.Equal(t, []string{
			"The refund of 30,000 KRW takes longer: the payment provider could not make it. We see to it: Seaside Inn",
			"The refund of 30,000 KRW is not made any more: you have got that money back in another way. Seaside Inn",
		}, s.messagesTo("alice", order))
		require.Equal(t, []string{
			"결제사 사정으로 환불이 지연되어 담당자가 처리하고 있습니다. 환불 예정 금액: 30,000원. Seaside Inn",
			"환불 예정이던 금액(30,000원)은 다른 방법으로 이미 돌려드렸으므로 별도로 환불되지 않습니다. Seaside Inn",
		}, s.messagesTo("alice", order, "Accept-Language", "ko"))
		var shown contract.View
		s.get("/v1/mypages/"+order).into(s, &shown)
		last := shown.History[len(shown.History)-1]
		require.Equal(t, []any{contract.RefundUpdate, booking.RefundExceeds}, []any{last.Decision, last.Refused})
		require.False(t, s.page(order).NeedsAttention)
		for _, e := range s.entries(order) {
			if e.State == string(booking.EntryFailed) {
				require.Equal(t, booking.RefundedOtherwise, e.Words)
			}
		}
		s.requireClean()
	})
}

// TestNotified_OfALatePayment: a payment that the customer confirms after the order was
// cancelled is refunded, at once or when the provider has done so, and the customer is
// notified once.
func TestNotified_OfALatePayment(t *testing.T) {
	t.Parallel()
	for name, refunds := range map[string]string{"AtOnce": "succeed", "Later": "wait"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, on func(*app.Options)) {
				s := bootAudited(t, on, shortBudget)
				s.sandbox(object{"refunds": refunds})
				order := paidTooLate(s.system)
				s.sandbox(object{})
				s.eventually(func() bool { return len(s.messagesTo("alice", order)) > 0 })
				require.Equal(t, []string{
					"Your payment came after the order had ended. 100,000 KRW has been refunded: Seaside Inn",
				}, s.messagesTo("alice", order))
				status, amount, refunded := s.payment(order)
				require.Equal(t, []any{string(booking.Refunded), amount}, []any{status, refunded})
				s.requireClean()
			})
		})
	}
}

// TestReset_CancelRefundsAsQuoted: a cancel that the engine applies again, before it
// was in the ledger, refunds what its customer was quoted when the reservation was
// confirmed.
func TestReset_CancelRefundsAsQuoted(t *testing.T) {
	t.Parallel()
	s := bootAudited(t)
	order := cancelAppliedAgain(s.system)
	v := s.ended(order)
	require.Equal(t, []any{booking.Cancelled, booking.ByCustomer}, []any{v.Status, v.Reason})
	require.NotNil(t, v.FinalAmounts)
	require.EqualValues(t, 49000, v.FinalAmounts.Refunded.Amount)
	require.EqualValues(t, 51000, v.FinalAmounts.Kept.Amount)
	require.Equal(t, "before:0s", v.FinalAmounts.Tier)
	s.requireClean()
}
