package activities_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// spoken is a provider's error that has words for people.
type spoken struct{ error }

func (spoken) Said() string { return "our key is revoked" }

// silent returns a service with order o1, whose charge has met an error: it is not known
// whether it was made, and the provider does not answer. The undo waits for timeout.
func silent(t *testing.T, timeout time.Duration) (*activities.Payments, *drawer, booking.Charge) {
	t.Helper()
	d := newDrawer()
	d.charge = func(context.Context, booking.Charge) (string, error) { return "", errAway }
	d.voids(nil, errAway)
	payments, c := newPayments(t, &d.till), because(newCharge("o1"), booking.ByCustomer)
	_, err := charge(payments, newCharge("o1"))
	require.ErrorIs(t, err, errAway)
	c.AttentionAfter = booking.Duration(timeout)
	return payments, d, c
}

// voids sets the answer to Void.
func (d *drawer) voids(refs []string, err error) {
	d.void = func(context.Context, booking.Charge) ([]string, error) { return refs, err }
}

// TestResolveByHand_OfAnUnknownChargeWhoseRefundIsPending: a charge that was unknown when
// its undo began is retrieved before it is paid by hand.
func TestResolveByHand_OfAnUnknownChargeWhoseRefundIsPending(t *testing.T) {
	t.Parallel()
	payments, d, c := silent(t, time.Hour)
	d.voids([]string{"ch_1"}, nil)
	d.answers(&activities.Owed{Words: "refund re_0 is pending, for more than 10 days", NeedsPerson: true})
	undo, err := refund(payments, c)
	require.NoError(t, err)
	require.True(t, undo.NeedsPerson)
	d.makes("o1/charge/refund", price.Amount)
	d.becomes("re_0", booking.EntryPending)
	resolved, err := resolve(payments, "transfer 7")
	require.NoError(t, err)
	require.Equal(t, booking.StillPending, resolved.Refused)
}

// TestRefund_OfAChargeThatTheProviderIsSilentOf: the undo needs a person when it has met
// only errors for long enough, and reports so in the provider's words, once.
func TestRefund_OfAChargeThatTheProviderIsSilentOf(t *testing.T) {
	t.Parallel()
	payments, _, c := silent(t, time.Hour)
	_, err := refund(payments, c)
	require.ErrorIs(t, err, errAway)
	require.Empty(t, onRecord(t, payments, "o1").Entries)

	for words, failed := range map[string]error{
		"the payment provider does not answer": errAway, "our key is revoked": spoken{errAway},
	} {
		payments, d, c := silent(t, time.Nanosecond)
		d.voids(nil, failed)
		undo, err := refund(payments, c)
		require.NoError(t, err)
		require.Equal(t, booking.Undo{Owed: words, NeedsPerson: true, Due: price.Amount}, undo)
		e := onRecord(t, payments, "o1").Entries[0]
		require.Equal(t, []any{booking.EntryFailed, words, price}, []any{e.State, e.Words, e.Amount})
		c.Owed = words
		d.voids(nil, errors.New("something else"))
		_, err = refund(payments, c)
		require.ErrorContains(t, err, words, "which is nothing new")
		d.voids(nil, &activities.Owed{Words: "no such intent", NeedsPerson: true})
		undo, err = refund(payments, c)
		require.NoError(t, err)
		require.Equal(t, "no such intent", undo.Owed)
		d.voids(nil, nil)
		undo, err = refund(payments, c)
		require.NoError(t, err)
		require.Equal(t, booking.Undo{}, undo)
		payment := onRecord(t, payments, "o1")
		require.Equal(t, booking.ChargePrevented, payment.Status)
		require.Empty(t, payment.Entries)
	}
}

// TestResolveByHand_OfAnUnknownCharge: a person may record how an unknown charge was paid
// back, before or after the order learns that it needs a person. The provider may know the
// charge by then, or later; a check adds it to the ledger.
func TestResolveByHand_OfAnUnknownCharge(t *testing.T) {
	t.Parallel()
	unanswered := booking.Resolution{OrderID: "o1", Evidence: "transfer 7", By: "1", Unanswered: []string{"o1/charge/refund"}}
	byHand := func(p *activities.Payments) (booking.Resolved, error) {
		return do(durably, func(ctx context.Context) (booking.Resolved, error) { return p.ResolveByHand(ctx, unanswered) })
	}
	t.Run("Late", func(t *testing.T) {
		t.Parallel()
		payments, d, c := silent(t, 0)
		_, err := refund(payments, c)
		require.ErrorIs(t, err, errAway)
		is, err := resolve(payments, "transfer 7")
		require.NoError(t, err)
		require.Equal(t, booking.DecisionPending, is.Refused, "the provider may answer yet")
		for range 2 {
			is, err = byHand(payments)
			require.NoError(t, err)
			require.Len(t, is.Entries, 1)
			require.Equal(t, price, is.Entries[0].Amount)
			d.voids(nil, nil)
		}
		d.voids(nil, errAway)
		undo, err := refund(payments, c)
		require.NoError(t, err)
		require.Equal(t, booking.Undo{Acted: true, Payment: booking.Returned, RefundedInAll: price.Amount}, undo)
		payment := onRecord(t, payments, "o1")
		require.Equal(t, []any{booking.Returned, ""}, []any{payment.Status, payment.Ref})

		_, err = checkCharge(payments, "o1")
		require.ErrorIs(t, err, errAway)
		d.voids([]string{"ch_1"}, nil)
		for range 2 {
			_, err = checkCharge(payments, "o1")
			require.NoError(t, err)
			payment = onRecord(t, payments, "o1")
			require.Equal(t, []any{booking.Returned, "ch_1"}, []any{payment.Status, payment.Ref})
			require.Equal(t, price.Amount, payment.RefundedInAll())
		}
		d.byHand(1000)
		_, err = checkCharge(payments, "o1")
		require.NoError(t, err)
		require.EqualValues(t, 1000, onRecord(t, payments, "o1").Refunded, "it is known as any other")
		require.Zero(t, d.refundedUnder("o1/charge/refund"))
	})
	t.Run("NotTakenAsIsKnownNow", func(t *testing.T) {
		t.Parallel()
		payments, d, c := silent(t, time.Nanosecond)
		_, err := refund(payments, c)
		require.NoError(t, err)
		d.voids(nil, nil)
		is, err := byHand(payments)
		require.NoError(t, err)
		require.Equal(t, booking.NothingOwed, is.Refused)
		undo, err := refund(payments, c)
		require.NoError(t, err)
		require.Equal(t, booking.Undo{}, undo)
	})
	t.Run("TakenAsIsKnownNow", func(t *testing.T) {
		t.Parallel()
		payments, d, c := silent(t, time.Nanosecond)
		_, err := refund(payments, c)
		require.NoError(t, err)
		d.voids([]string{"ch_1"}, nil)
		_, err = byHand(payments)
		require.NoError(t, err)
		_, err = refund(payments, c)
		require.NoError(t, err)
		payment := onRecord(t, payments, "o1")
		require.Equal(t, []any{booking.Returned, "ch_1"}, []any{payment.Status, payment.Ref})
		require.Zero(t, d.refundedUnder("o1/charge/refund"), "the customer has it by hand")
	})
}
