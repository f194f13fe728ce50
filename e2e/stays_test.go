package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/workflows/contract"
)

// forStays refunds 30 percent of a no-show, and half the price of nights that are
// released.
var forStays = object{"cancellation": object{
	"tiers": []object{{"before": "72h", "percent": 100}}, "noShowPercent": 30, "earlyDeparturePercent": 50,
}}

// begun is a reservation whose check-in has begun, for some nights.
func (s *system) begun(place string, nights int) answer {
	s.Helper()
	return s.reserve(place, object{"checkIn": dawn.day, "checkOut": dawn.day.AddDays(nights)})
}

// TestNoShow: the owner reports a no-show. The policy keeps its part, the customer is
// notified, and the remaining nights are sold again.
//
// Row L12.
func TestNoShow(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		place := a.place(1, fromMidnight, forStays)
		order := a.accepted(a.begun(place, 4))
		later := a.accepted(a.reserve(a.place(1, forStays)))
		require.Equal(t, "sold_out", a.begun(place, 4).with(t, http.StatusConflict).body.Code)
		noShow := func(order string, body any) answer { return a.post(reservations+"/"+order+"/no-show", body) }
		require.Equal(t, "not_checked_in", noShow(later, nil).with(t, http.StatusConflict).body.Code)
		require.Equal(t, booking.Confirmed, a.becomes(later, booking.Confirmed).Status)

		v := noShow(order, object{"note": "called twice"}).with(t, http.StatusOK).body
		require.Equal(t, booking.NoShow, v.Reason)
		require.EqualValues(t, 140_000, v.FinalAmounts.Kept.Amount)
		require.EqualValues(t, 60_000, v.FinalAmounts.Refunded.Amount)
		require.Contains(t, notes(v.View), "called twice")
		status, _, refunded := a.payment(order)
		require.Equal(t, []any{string(booking.Refunded), int64(60_000)}, []any{status, refunded})
		require.Equal(t, "already_cancelled", noShow(order, nil).with(t, http.StatusConflict).body.Code)
		a.eventually(func() bool { return len(a.messagesTo("alice", order)) == 1 })
		a.accepted(a.begun(place, 4))

		plain := a.place(1, fromMidnight)
		all := a.accepted(a.begun(plain, 2))
		require.Equal(t, booking.NoShow, noShow(all, nil).with(t, http.StatusOK).body.Reason)
		_, amount, refunded := a.payment(all)
		require.Equal(t, amount, refunded, "without a policy everything is refunded")
		a.requireClean()
	})
}

// TestEarlyDeparture_Refunds: guests who leave early are refunded what the policy
// gives for the released nights, once, whatever happens to the order afterwards.
//
// Row L12.
func TestEarlyDeparture_Refunds(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		place := a.place(1, fromMidnight, forStays)
		order := a.accepted(a.begun(place, 4))
		v := a.decide(order, "complete").with(t, http.StatusOK).body
		require.Equal(t, &booking.Nights{From: dawn.day.AddDays(1), To: dawn.day.AddDays(4)}, v.FreedNights())
		a.ended(order)
		made := a.entries(order)
		require.Len(t, made, 1)
		require.Equal(t, contract.EarlyKey(order), made[0].Key)
		require.EqualValues(t, 75_000, made[0].Amount.Amount, "half of three nights")
		require.Equal(t, string(booking.EntryDone), made[0].State)
		status, _, refunded := a.payment(order)
		require.Equal(t, []any{string(booking.Charged), int64(75_000)}, []any{status, refunded})
		a.eventually(func() bool { return len(a.messagesTo("alice", order)) == 1 })
		a.awaitEvent(order, "PaymentRefunded")
		next := a.reserve(place, object{"checkIn": dawn.day.AddDays(1), "checkOut": dawn.day.AddDays(4)})
		a.accepted(next)

		a.reset(order)
		a.ended(order)
		require.Len(t, a.entries(order), 1)
		_, refunded = stripe.totals()
		require.EqualValues(t, 75_000, refunded, "it is refunded once")
		a.requireClean()
	})
}
