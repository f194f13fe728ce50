package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
)

// TestPolicy_AVoidKeepsNothing: an order whose charge was unknown when its customer cancelled it
// keeps nothing under any policy.
func TestPolicy_AVoidKeepsNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on, shortBudget)
		place := a.place(9, object{"cancellation": object{"tiers": []object{{"before": "0s", "percent": 0}}, "fee": 1000}})
		stripe.turn(`{"loseAnswers":true}`)
		lost := a.reserve(place).with(t, http.StatusAccepted).body.ID
		a.becomes(lost, booking.PaymentPending)
		a.acceptsPending(func() answer { return a.decide(lost, "cancel") })
		stripe.turn(`{"down":true}`)
		never := a.reserve(place).with(t, http.StatusAccepted).body.ID
		a.becomes(never, booking.PaymentPending)
		a.acceptsPending(func() answer { return a.decide(never, "cancel") })
		stripe.turn(`{}`)
		for _, order := range []string{lost, never} {
			a.becomes(order, booking.Cancelled)
			is := a.shown(order)
			require.Zero(t, is.Kept.Amount)
			require.Contains(t, []booking.PaymentStatus{booking.Refunded, booking.ChargePrevented}, is.Status)
		}
		charged, refunded := stripe.totals()
		require.Equal(t, charged, refunded)
		a.requireClean()
	})
}

// TestPolicy_OurFailuresRefundEverything: food that could not be handed over in time
// is refunded, though its policy refunds nothing.
func TestPolicy_OurFailuresRefundEverything(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		a := bootAudited(t, on, func(o *app.Options) {
			o.Config.Overload.Policy, o.Config.Orders.HandOverWithin = config.OverloadReject, 15*time.Second
		})
		menu := a.menu(object{"cancellation": object{"tiers": []object{{"status": "paid", "percent": 0}}, "fee": 1000}})
		a.outages.deliveries.begin(errAway)
		order := a.retries(func() answer { return a.order(menu) }).body.ID
		a.becomes(order, booking.Cancelling)
		a.outages.deliveries.end()
		v := a.becomes(order, booking.Cancelled)
		require.Equal(t, booking.TooLate, v.Reason)
		require.Zero(t, v.FinalAmounts.Kept.Amount)
		_, amount, refunded := a.payment(order)
		require.Equal(t, amount, refunded)
		a.requireClean()
	})
}

// TestPolicy_AfterAReset: the decided amount is in the ledger, and is the same again
// when the order is reset to its beginning.
func TestPolicy_AfterAReset(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		order := a.accepted(a.reserve(a.place(9, halfRefunded)))
		first := a.decide(order, "cancel").with(t, http.StatusOK).body
		a.ended(order)
		before := a.shown(order)
		a.reset(order)
		again := a.ended(order)
		require.Equal(t, first.FinalAmounts.Kept, again.FinalAmounts.Kept)
		require.Equal(t, first.FinalAmounts.Refunded, again.FinalAmounts.Refunded)
		require.Equal(t, before.Entries, a.shown(order).Entries)
		_, refunded := stripe.totals()
		require.EqualValues(t, 49000, refunded)
		a.requireClean()
	})
}

// TestPolicy_RefundInPartIsShown: a partly kept payment is not described as refunded
// in full, in either language.
func TestPolicy_RefundInPartIsShown(t *testing.T) {
	t.Parallel()
	s := boot(t, onSQLite)
	kept, whole := s.accepted(s.reserve(s.place(9, halfRefunded))), s.accepted(s.reserve(s.place(9)))
	for order, want := range map[string][2]string{kept: {"refunded in part", "일부환불"}, whole: {"refunded", "결제취소"}} {
		s.decide(order, "cancel").with(t, http.StatusOK)
		for i, language := range []string{"en", "ko"} {
			var p struct{ StatusLabel string }
			s.get("/v1/payments/"+order, "Accept-Language", language).with(t, http.StatusOK).into(t, &p)
			require.Equal(t, want[i], p.StatusLabel)
		}
	}
}
