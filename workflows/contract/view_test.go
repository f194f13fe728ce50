package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestView_Since: refused decisions do not change since when an order has its status.
func TestView_Since(t *testing.T) {
	t.Parallel()
	v := contract.View{Status: booking.Cancelling, History: []contract.Entry{
		{Status: booking.Received, At: noon}, {Status: booking.Cancelling, At: noon.Add(time.Minute)},
		{Status: booking.Cancelling, At: noon.Add(time.Hour), Refused: booking.BeingCancelled, Decision: contract.ConfirmUpdate, DecidedAt: noon},
	}}
	require.Equal(t, noon.Add(time.Minute), v.Since())
	require.Equal(t, noon.Add(time.Minute), v.CancellingSince())
	v.Status = booking.Cancelled
	require.Zero(t, v.CancellingSince())
	require.Zero(t, contract.View{}.Since())
}

// TestView_WithRefused: a decision that was not carried out shows the status that the order
// had at that time.
func TestView_WithRefused(t *testing.T) {
	t.Parallel()
	at := func(minutes int, s booking.Status) contract.Entry {
		return contract.Entry{Status: s, At: noon.Add(time.Duration(minutes) * time.Minute)}
	}
	refused := func(minutes int, s booking.Status) contract.Entry {
		e := at(minutes, s)
		e.Refused, e.Decision, e.DecidedAt = booking.BeingCancelled, contract.ConfirmUpdate, noon
		return e
	}
	v := contract.View{Kind: booking.Lodging, History: []contract.Entry{at(0, booking.Received), at(2, booking.Cancelling), at(9, booking.Cancelled)}}
	got := v.WithRefused([]contract.Entry{refused(3, ""), refused(1, booking.Confirmed), refused(10, booking.Received)})
	require.Equal(t, []contract.Entry{
		at(0, booking.Received), refused(1, booking.Received), at(2, booking.Cancelling), refused(3, booking.Cancelling),
		at(9, booking.Cancelled), refused(10, booking.Cancelled),
	}, got.History)
	require.Len(t, v.History, 3, "the view that it is made from is as it was")
}
