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

// TestPayment_RefundsNow_OfAChange: the provider has refunded a part of what a change was to
// refund. The change refunds the rest, once no other refund can take or leave any of it.
func TestPayment_RefundsNow_OfAChange(t *testing.T) {
	t.Parallel()
	won := func(amount int64) booking.Money { return booking.Money{Amount: amount, Currency: "KRW"} }
	refund := func(state booking.EntryState, reason booking.EntryReason, amount int64) booking.Entry {
		return booking.Entry{Key: string(reason), Kind: booking.RefundEntry, State: state, Reason: reason, Amount: won(amount)}
	}
	failed := refund(booking.EntryFailed, booking.Changed, 7433)
	for name, c := range map[string]struct {
		others []booking.Entry
		failed booking.Entry
		now    int64
		room   bool
	}{
		"All":      {nil, failed, 7433, true},
		"TheRest":  {[]booking.Entry{refund(booking.EntryDone, booking.AtProvider, 2973)}, failed, 4460, true},
		"Nothing":  {[]booking.Entry{refund(booking.EntryDone, booking.AtProvider, 7433)}, failed, 0, false},
		"Later":    {[]booking.Entry{refund(booking.EntryPending, booking.AtProvider, 2973)}, failed, 0, true},
		"Goodwill": {[]booking.Entry{refund(booking.EntryDone, booking.AtProvider, 2973)}, refund(booking.EntryFailed, booking.Goodwill, 7433), 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := refund(booking.EntryDone, booking.Goodwill, 92567)
			before.Key = "before"
			p := booking.Payment{
				Charge: booking.Charge{Amount: won(100000)}, Status: booking.Charged,
				Entries: append(append([]booking.Entry{before}, c.others...), c.failed),
			}
			require.Equal(t, c.now, p.RefundsNow(c.failed))
			require.Equal(t, c.room, p.HasRoom(c.failed))
		})
	}
}
