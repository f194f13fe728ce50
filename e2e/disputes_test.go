package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
)

// TestDispute_LostByAStandingOrder: the customer's bank takes some of what was paid back for
// good while the order stands. Staff can give back what is left and no more, and a cancel
// gives back the rest.
func TestDispute_LostByAStandingOrder(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		order := a.stands(a.reserve(a.place(9)))
		stripe.hand("disputes", `{"orderId":%q,"amount":40000,"state":"lost"}`, order)
		require.Equal(t, "refund_exceeds", a.giveBack(order, "a", 60001).with(t, http.StatusConflict).body.Code)
		is := a.shown(order)
		require.Equal(t, booking.Charged, is.Status)
		require.EqualValues(t, 60000, is.Refundable.Amount)
		taken := is.named(t, "dispute/du_")
		require.EqualValues(t, 40000, taken.Amount.Amount)
		require.Equal(t, []any{booking.Disputed, booking.EntryDone}, []any{taken.Reason, taken.State})
		require.Equal(t, booking.DisputeLost, is.Disputes[0].State)
		require.True(t, is.Disputes[0].EvidenceDueBy.After(time.Now()))
		a.giveBack(order, "b", 10000).with(t, http.StatusCreated)
		require.Equal(t, booking.Confirmed, a.page(order).Status)
		a.requireClean()

		a.decide(order, "cancel").with(t, http.StatusOK)
		is = a.shown(order)
		require.Equal(t, booking.Refunded, is.Status)
		require.EqualValues(t, 60000, is.Refunded.Amount, "the bank has the rest")
		require.EqualValues(t, 50000, is.named(t, order+"/charge/refund").Amount.Amount)
		require.Zero(t, is.Refundable.Amount)
		_, refunded := stripe.totals()
		require.EqualValues(t, 60000, refunded)
		a.requireClean()
	})
}

// TestDispute_CountsAgainstThePolicy: what the bank took counts as given back, and the
// policy keeps the less.
func TestDispute_CountsAgainstThePolicy(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		place := a.place(9, halfBack)
		little, much := a.stands(a.reserve(place)), a.stands(a.reserve(place))
		stripe.hand("disputes", `{"orderId":%q,"amount":20000,"state":"lost"}`, little)
		stripe.hand("disputes", `{"orderId":%q,"amount":80000,"state":"lost"}`, much)
		for order, want := range map[string]struct{ refunded, kept int64 }{little: {29000, 51000}, much: {0, 20000}} {
			a.decide(order, "cancel").with(t, http.StatusOK)
			is := a.shown(order)
			require.Equal(t, []int64{want.refunded, want.kept}, []int64{is.Refunded.Amount, is.Kept.Amount})
			require.Equal(t, want.kept, a.page(order).Settled.Kept.Amount)
		}
		a.requireClean()
	})
}

// TestRefunds_MadeUpForInTheDashboard: a refund by staff that the provider could not make,
// and that somebody makes in its dashboard, is done, once, and its order goes on.
func TestRefunds_MadeUpForInTheDashboard(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		order := a.stands(a.reserve(a.place(9)))
		stripe.turn(`{"refunds":"fail"}`)
		require.Equal(t, "failed", a.refundIn(a.giveBack(order, "a", 30000).with(t, http.StatusCreated)))
		a.eventually(func() bool { return a.page(order).NeedsAttention })
		require.Contains(t, a.shown(order).named(t, "refund/").Words, "failed at stripe")
		stripe.hand("refunds", `{"orderId":%q,"amount":30000}`, order)
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
