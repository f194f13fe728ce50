package contract_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// stayWithPolicy is a reservation from the evening of December 24 on, in Seoul.
func stayWithPolicy() contract.Lodging {
	in := sound()["lodging"].(contract.Lodging)
	in.Cancellation = &booking.CancellationPolicy{Tiers: []booking.Tier{
		{Before: new(booking.Duration(72 * time.Hour)), Percent: 100}, {Before: new(booking.Duration(24 * time.Hour)), Percent: 50},
	}}
	return in
}

// TestView_Quote: the view of an order has all that its quote depends on, also after it was
// encoded as JSON and decoded.
func TestView_Quote(t *testing.T) {
	t.Parallel()
	in := stayWithPolicy()
	require.NoError(t, in.Check())
	view := in.View()
	view.Status = booking.Confirmed
	text, err := json.Marshal(view)
	require.NoError(t, err)
	var read contract.View
	require.NoError(t, json.Unmarshal(text, &read))
	require.Equal(t, view, read)

	checkIn, amount := in.CheckInAt().UTC(), in.Amount.Amount
	quote := read.Quote(checkIn.Add(-73 * time.Hour))
	require.Equal(t, contract.Quote{
		Due:      booking.Due{Refund: amount, Tier: "before:72h", Until: checkIn.Add(-72 * time.Hour)},
		TimeZone: "Asia/Seoul",
		Later: []booking.DueLater{
			{After: checkIn.Add(-72 * time.Hour), Due: booking.Due{Refund: amount / 2, Keep: amount / 2, Tier: "before:24h", Until: checkIn.Add(-24 * time.Hour)}},
			{After: checkIn.Add(-24 * time.Hour), Due: booking.Due{Keep: amount, Tier: booking.TierNone}},
		},
	}, quote)
	require.Empty(t, sound()["lodging"].(contract.Lodging).View().Terms)
	require.Equal(t, contract.Quote{Due: booking.Due{Refund: amount, Tier: booking.TierAll}}, sound()["lodging"].(contract.Lodging).View().Quote(checkIn))
}

// TestView_AsQuoted: a cancel with another quote is refused with the current one.
func TestView_AsQuoted(t *testing.T) {
	t.Parallel()
	in := stayWithPolicy()
	view := in.View()
	view.Status = booking.Confirmed
	early := contract.Decision{At: in.CheckInAt().Add(-100 * time.Hour)}
	require.NoError(t, view.AsQuoted(early, view.Status), "it expects nothing")
	early.Expect = view.Quote(early.At).Quote()
	require.NoError(t, view.AsQuoted(early, view.Status))
	late := early
	late.At = in.CheckInAt().Add(-50 * time.Hour)
	require.ErrorIs(t, view.AsQuoted(late, view.Status), &booking.Error{Code: booking.QuoteChanged})
	for _, status := range []booking.Status{booking.Cancelling, booking.Cancelled} {
		require.NoError(t, view.AsQuoted(late, status), "that is decided already")
	}
}

// TestView_AsDecided: a cancel that is applied again after a reset is quoted by the status
// that the order had when the cancel was made, unless the order has reached a later one.
func TestView_AsDecided(t *testing.T) {
	t.Parallel()
	in := stayWithPolicy()
	view := in.View()
	made := contract.Decision{At: in.CheckInAt().Add(-50 * time.Hour), StatusWhenDecided: booking.Confirmed}
	confirmed := view
	confirmed.Status = booking.Confirmed
	made.Expect = confirmed.Quote(made.At).Quote()
	require.Equal(t, booking.Received, view.Status)
	require.NoError(t, view.AsQuoted(made, view.Status))
	for _, status := range []booking.Status{"", booking.Cancelling, booking.Cancelled, booking.Completed, booking.Received, booking.Delivering} {
		other := made
		other.StatusWhenDecided = status
		require.False(t, view.HadReachedLater(other), status)
		require.ErrorIs(t, view.AsQuoted(other, view.Status), &booking.Error{Code: booking.QuoteChanged}, status)
	}
	made.StatusWhenDecided = booking.Paid
	require.Equal(t, booking.Confirmed, confirmed.AsDecided(made).Status)
}

// TestView_FinalAmountsBy: an order with terms shows what was refunded and kept, and by which
// tier, unless an earlier decision holds.
func TestView_FinalAmountsBy(t *testing.T) {
	t.Parallel()
	view := stayWithPolicy().View()
	money := func(n int64) booking.Money { return booking.Money{Amount: n, Currency: view.Amount.Currency} }
	argument := booking.Charge{Keep: 30, Tier: "before:24h"}
	require.Equal(t, &booking.Settlement{Refunded: money(70), Kept: money(30), Tier: "before:24h"},
		view.FinalAmountsBy(booking.Undo{Acted: true, Refunded: 70, Kept: 30}, argument))
	require.Equal(t, &booking.Settlement{Refunded: money(100), Kept: money(0)},
		view.FinalAmountsBy(booking.Undo{Acted: true, Refunded: 100}, argument))
	require.Equal(t, &booking.Settlement{Refunded: money(70), Kept: money(30), Tier: "before:24h"},
		view.FinalAmountsBy(booking.Undo{Acted: true, Refunded: 20, RefundedInAll: 70, Kept: 30}, argument), "by the provider and otherwise")
	require.Nil(t, view.FinalAmountsBy(booking.Undo{}, argument), "nothing was charged")
	view.Terms = nil
	require.Nil(t, view.FinalAmountsBy(booking.Undo{Acted: true, Refunded: 100}, booking.Charge{}))
}

// TestView_PartialRefund: the message of a refund in part has the ledger's amount once it is
// known, and the expected amount until then.
func TestView_PartialRefund(t *testing.T) {
	t.Parallel()
	view := stayWithPolicy().View()
	in := func(amount int64) *booking.Money {
		return &booking.Money{Amount: amount, Currency: view.Amount.Currency}
	}
	require.Nil(t, view.PartialRefund(booking.Charge{}, 100))
	require.Equal(t, in(70), view.PartialRefund(booking.Charge{Keep: 30}, 70))
	view.FinalAmounts = view.FinalAmountsBy(booking.Undo{Acted: true, Refunded: 60, Kept: 40}, booking.Charge{})
	require.Equal(t, in(60), view.PartialRefund(booking.Charge{}, 100), "an earlier decision holds")
	view.FinalAmounts = view.FinalAmountsBy(booking.Undo{Acted: true, Refunded: 100}, booking.Charge{Keep: 30})
	require.Nil(t, view.PartialRefund(booking.Charge{Keep: 30}, 70))
}
