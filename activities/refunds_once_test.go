package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// pendingRequest is an attempt to undo o1, which keeps 15000. Its request is on its way to the
// provider while 10000 are refunded there by hand.
type pendingRequest struct {
	payments *activities.Payments
	*drawer
	arrives chan struct{}
	ended   chan booking.Undo
}

func newPendingRequest(t *testing.T) *pendingRequest {
	t.Helper()
	payments, d := paid(t)
	o := &pendingRequest{payments, d, make(chan struct{}), make(chan booking.Undo, 1)}
	requested, makes := make(chan struct{}), d.refund
	d.refund = func(key, ref string, amount booking.Money) error {
		if amount.Amount == 35000 {
			close(requested)
			<-o.arrives
		}
		return makes(key, ref, amount)
	}
	go func() {
		undo, _ := refund(payments, keeping(15000))
		o.ended <- undo
	}()
	<-requested
	d.byHand(10000)
	_, err := checkCharge(payments, "o1")
	require.NoError(t, err)
	return o
}

// TestRefundPayment_OneCall: an attempt that is made while another one of the process is
// at the provider requests nothing. It gets the result of the other.
func TestRefundPayment_OneCall(t *testing.T) {
	t.Parallel()
	o := newPendingRequest(t)
	_, err := do(durably, func(ctx context.Context) (booking.Undo, error) {
		ctx, stop := context.WithTimeout(ctx, activities.ReplyMargin+100*time.Millisecond)
		defer stop()
		return o.payments.RefundPayment(ctx, keeping(15000))
	})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	close(o.arrives)
	require.Equal(t, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 45000, Kept: 5000}, <-o.ended)
	require.Equal(t, []string{"charge o1/charge", "refund ch_1 as o1/charge/refund"}, o.notes())
}

// TestRefundPayment_OtherProcess: an attempt of another process does not request another
// amount either, while that request may still be carried out.
func TestRefundPayment_OtherProcess(t *testing.T) {
	t.Parallel()
	for name, lifetime := range map[string]time.Duration{"MayArrive": 0, "HasNotArrived": time.Nanosecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newPendingRequest(t)
			other := &activities.Payments{
				Service: served(), Ledger: o.payments.Ledger, Provider: o.payments.Provider, Gate: open{}, RequestLifetime: lifetime,
			}
			undo, err := refund(other, keeping(15000))
			if lifetime > 0 { // the request counts as lost
				require.NoError(t, err)
				require.Equal(t, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 35000, Kept: 15000}, undo)
				require.EqualValues(t, 25000, o.refundedUnder("o1/charge/refund"))
				close(o.arrives)
				return
			}
			require.ErrorContains(t, err, "an earlier request for 35000 may be carried out yet")
			close(o.arrives)
			<-o.ended
			undo, err = refund(other, keeping(15000))
			require.NoError(t, err)
			require.Equal(t, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 45000, Kept: 5000}, undo)
			require.EqualValues(t, 35000, o.refundedUnder("o1/charge/refund"), "it was made once")
		})
	}
}

// TestRefundPayment_RetriesAtOnce: a request that was not answered is repeated at once,
// and another amount is requested at once if the provider has refused the first.
func TestRefundPayment_RetriesAtOnce(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]error{
		"Same": errAway, "NothingDone": errCertain, "Refused": &activities.Owed{Words: "the balance is too low", NeedsPerson: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payments, d := paid(t)
			d.answers(first)
			_, _ = refund(payments, keeping(15000))
			d.answers(nil)
			if name != "Same" {
				d.byHand(10000)
			}
			undo, err := refund(payments, keeping(15000))
			require.NoError(t, err)
			require.Equal(t, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 35000, Kept: 15000}, undo)
		})
	}
}
