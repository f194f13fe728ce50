package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestView_Since: an order has had its status since it came to that, whatever was
// refused after that.
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
