package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
)

// TestMove_RefundFailsLater: a change's refund fails at the provider after it was done,
// during the stay and after it. It is followed until the customer has it.
//
// Row L13.
func TestMove_RefundFailsLater(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootNoticed(t, stripe, on)
		place := a.place(9, fromMidnight)
		running := a.accepted(a.reserve(place))
		ended := a.accepted(a.reserve(place, object{"checkIn": dawn.day, "checkOut": dawn.day.AddDays(3)}))
		a.move(running, "shorter", object{"checkOut": inDays(11)}).with(t, http.StatusOK)
		a.move(ended, "shorter", object{"checkOut": dawn.day.AddDays(2)}).with(t, http.StatusOK)
		for _, order := range []string{running, ended} {
			a.eventually(func() bool { return a.shown(order).Refunded.Amount > 0 })
		}
		a.decide(ended, "complete").with(t, http.StatusOK)
		a.finished(ended)
		a.requireClean()
		for _, order := range []string{running, ended} {
			stripe.byHand("failures", `{"orderId":%q}`, order)
			a.eventually(func() bool { return a.page(order).NeedsAttention })
			a.eventually(func() bool { return a.shown(order).named(t, order+"/change/").State == booking.EntryFailed })
			a.paysByHand(order)
			a.eventually(func() bool { return !a.page(order).NeedsAttention })
			require.True(t, a.shown(order).named(t, order+"/change/").ByHand)
		}
		a.requireClean()
	})
}

// TestMove_MeetsOtherRefunds: staff refund something before and after a change, a bank
// refunds all of it, guests leave early or do not come: the books agree after each.
//
// Row L13.
func TestMove_MeetsOtherRefunds(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootNoticed(t, stripe, on)
		place := a.place(9, fromMidnight, object{"cancellation": object{"tiers": halfWithinWeek, "noShowPercent": 20, "earlyDeparturePercent": 100}})
		order := a.accepted(a.reserve(place))
		a.refundOf(order, "a", 30000)
		a.move(order, "longer", object{"checkOut": inDays(13)}).with(t, http.StatusOK)
		a.requireClean()
		a.refundOf(order, "b", 20000)
		a.move(order, "shorter", object{"checkOut": inDays(11)}).with(t, http.StatusOK)
		a.eventually(func() bool { return a.shown(order).Refundable.Amount == 0 })
		a.requireClean()
		a.move(order, "longer again", object{"checkOut": inDays(12)}).with(t, http.StatusOK)
		stripe.byHand("disputes", `{"orderId":%q,"state":"lost"}`, order)
		a.eventually(func() bool { return len(a.shown(order).Disputes) > 0 })
		a.move(order, "other days", object{"checkIn": inDays(20), "checkOut": inDays(23)}).with(t, http.StatusOK)
		a.requireClean()
		a.decide(order, "cancel").with(t, http.StatusOK)
		a.finished(order)
		a.requireClean()

		for _, decision := range []string{"complete", "no-show"} {
			order := a.accepted(a.reserve(place, object{"checkIn": dawn.day, "checkOut": dawn.day.AddDays(1)}))
			a.move(order, "longer", object{"checkOut": dawn.day.AddDays(4)}).with(t, http.StatusOK)
			a.decide(order, decision).with(t, http.StatusOK)
			a.finished(order)
			require.EqualValues(t, 200_000, a.shown(order).Amount.Amount)
			a.requireClean()
		}
	})
}
