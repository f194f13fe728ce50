package payments_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
)

// TestSandbox_FailsAfterDone: a done refund fails on command. The money is left again, and the
// refund is not repeated under its key.
func TestSandbox_FailsAfterDone(t *testing.T) {
	t.Parallel()
	s := payments.NewSandbox(newCharges(t))
	t.Cleanup(s.Close)
	ref, err := s.Charge(t.Context(), newCharge("pm_card_visa"))
	require.NoError(t, err)
	refund := func(amount int64) error {
		seen, err := s.Retrieve(t.Context(), ref)
		require.NoError(t, err)
		_, err = s.Refund(t.Context(), "o1/charge/refund", seen, booking.Money{Amount: amount, Currency: price.Currency})
		return err
	}
	require.NoError(t, refund(20000))
	hands{t, s}.do("failures", `{"orderId":"o1"}`, http.StatusOK)
	hands{t, s}.do("failures", `{"orderId":"o1"}`, http.StatusNotFound)
	seen, err := s.Retrieve(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, price.Amount, seen.Left)
	r, failed := seen.Has("o1/charge/refund", booking.EntryFailed)
	require.True(t, failed)
	require.EqualValues(t, 20000, r.Amount)
	requireOwed(t, refund(20000), true, "refund o1/charge/refund of "+ref+" is failed in the sandbox")
}
