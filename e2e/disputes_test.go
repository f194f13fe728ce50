package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
)

// TestDispute_LostByALiveOrder: the customer's bank charges the payment back, or
// some of it, while the order is live. Staff can refund no more than is left. A cancel
// owes the rest, which the provider cannot refund any more: an operator pays it by
// hand.
func TestDispute_LostByALiveOrder(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		place := a.place(9)
		all, some := a.accepted(a.reserve(place)), a.accepted(a.reserve(place))
		for order, lost := range map[string]int64{all: 100000, some: 40000} {
			stripe.byHand("disputes", `{"orderId":%q,"amount":%d,"state":"lost"}`, order, lost)
			require.Equal(t, "refund_exceeds", a.refundByStaff(order, "a", 100001-lost).with(t, http.StatusConflict).body.Code)
			is := a.shown(order)
			require.Equal(t, booking.Charged, is.Status)
			require.Equal(t, 100000-lost, is.Refundable.Amount)
			entry := is.named(t, "dispute/du_")
			require.Equal(t, lost, entry.Amount.Amount)
			require.Equal(t, []any{booking.Disputed, booking.EntryDone}, []any{entry.Reason, entry.State})
			require.Equal(t, booking.DisputeLost, is.Disputes[0].State)
			require.True(t, is.Disputes[0].EvidenceDueBy.After(time.Now()))
			require.Equal(t, booking.Confirmed, a.page(order).Status)
		}
		a.requireClean()

		a.decide(all, "cancel").with(t, http.StatusOK)
		require.Equal(t, booking.Returned, a.shown(all).Status)
		a.cancelling(some)
		a.eventually(func() bool { return a.page(some).NeedsAttention })
		require.Contains(t, a.shown(some).named(t, some+"/charge/refund").Words, "charge_disputed")
		a.paysByHand(some)
		a.becomes(some, booking.Cancelled)
		own := a.shown(some).named(t, some+"/charge/refund")
		require.Equal(t, []any{true, booking.EntryDone, int64(60000)}, []any{own.ByHand, own.State, own.Amount.Amount})
		_, refunded := stripe.totals()
		require.Zero(t, refunded)
		a.requireClean()
	})
}

// TestDispute_CountsAgainstThePolicy: what the bank has charged back counts as refunded,
// and the policy keeps less.
func TestDispute_CountsAgainstThePolicy(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		place := a.place(9, halfRefunded)
		little, much := a.accepted(a.reserve(place)), a.accepted(a.reserve(place))
		stripe.byHand("disputes", `{"orderId":%q,"amount":20000,"state":"lost"}`, little)
		stripe.byHand("disputes", `{"orderId":%q,"amount":80000,"state":"lost"}`, much)
		a.decide(much, "cancel").with(t, http.StatusOK)
		a.cancelling(little)
		a.eventually(func() bool { return a.page(little).NeedsAttention })
		a.paysByHand(little)
		a.becomes(little, booking.Cancelled)
		for order, kept := range map[string]int64{little: 51000, much: 20000} {
			is, refunded := a.shown(order), int64(0)
			for _, e := range is.Entries[1:] {
				refunded += e.Amount.Amount
			}
			require.Equal(t, []int64{kept, 100000 - kept}, []int64{is.Kept.Amount, refunded})
			require.Equal(t, kept, a.page(order).FinalAmounts.Kept.Amount)
		}
		a.requireClean()
	})
}

// TestRefunds_MadeInTheDashboard: a refund by staff that the provider could not
// make, and that is made in its dashboard, is done, once, and its order goes on.
func TestRefunds_MadeInTheDashboard(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		order := a.accepted(a.reserve(a.place(9)))
		stripe.turn(`{"refunds":"fail"}`)
		a.refundBecomes(order, "a", 30000, "failed")
		a.eventually(func() bool { return a.page(order).NeedsAttention })
		require.Contains(t, a.shown(order).named(t, "refund/").Words, "failed at stripe")
		stripe.byHand("refunds", `{"orderId":%q,"amount":30000}`, order)
		a.eventually(func() bool { return !a.page(order).NeedsAttention })
		stripe.turn(`{}`)
		is := a.shown(order)
		require.Equal(t, booking.EntryDone, is.named(t, "refund/").State)
		require.EqualValues(t, 30000, is.Refunded.Amount)
		require.Equal(t, booking.Confirmed, a.page(order).Status)
		a.eventually(func() bool { return len(a.messagesTo("alice", order)) == 2 })
		a.requireClean()
		a.decide(order, "cancel").with(t, http.StatusOK)
		_, refunded := stripe.totals()
		require.EqualValues(t, 100000, refunded)
		a.requireClean()
	})
}
