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
