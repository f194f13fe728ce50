package booking_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// TestPayment_HadNothingLeft: a goodwill refund of the whole charge leaves nothing to
// refund for a cheaper change, even if a dearer change is charged afterwards.
func TestPayment_HadNothingLeft(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2026, 11, 29, 12, minute, 0, 0, time.UTC) }
	won := func(amount int64) booking.Money { return booking.Money{Amount: amount, Currency: "KRW"} }
	paid := func(goodwill int64) booking.Payment {
		return booking.Payment{
			Charge: booking.Charge{Amount: won(140000)}, Status: booking.Charged,
			Entries: []booking.Entry{
				{Kind: booking.RefundEntry, State: booking.EntryDone, Amount: won(goodwill), At: at(1)},
				{Kind: booking.RefundEntry, State: booking.EntryDone, Amount: won(20000), Reason: booking.Changed, At: at(2)},
				{Kind: booking.RefundEntry, State: booking.EntryFailed, Amount: won(50000), At: at(2)},
			},
			Further: []booking.FurtherCharge{
				{Charge: booking.Charge{Amount: won(40000)}, Status: booking.Charged, At: at(3)},
				{Charge: booking.Charge{Amount: won(90000)}, Status: booking.Declined, At: at(4)},
			},
		}
	}
	require.True(t, paid(80000).HadNothingLeft())
	require.EqualValues(t, 40000, paid(80000).Refundable())
	require.False(t, paid(79999).HadNothingLeft())
}

// TestPayment_HadNothingLeft_RefundedOtherwise: a change refunds all that goodwill has left. That
// refund fails, since the provider has refunded a part of it by itself, and is not made again.
func TestPayment_HadNothingLeft_RefundedOtherwise(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2026, 11, 29, 12, minute, 0, 0, time.UTC) }
	won := func(amount int64) booking.Money { return booking.Money{Amount: amount, Currency: "KRW"} }
	p := booking.Payment{
		Charge: booking.Charge{Amount: won(100000)}, Status: booking.Charged,
		Entries: []booking.Entry{
			{Kind: booking.RefundEntry, State: booking.EntryDone, Amount: won(92567), Reason: booking.Goodwill, At: at(1)},
			{Kind: booking.RefundEntry, State: booking.EntryDone, Amount: won(2973), Reason: booking.AtProvider, ByHand: true, At: at(2)},
			{Kind: booking.RefundEntry, State: booking.EntryFailed, Words: "4460 KRW are left of the charge at the provider", Amount: won(7433), Reason: booking.Changed, At: at(3)},
		},
	}
	require.False(t, p.HadNothingLeft(), "the refund may still be made")
	p.Entries[2].Words = booking.RefundedOtherwise
	require.True(t, p.HadNothingLeft())
}
