package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

var noSuchIntent = &activities.Owed{Words: "no such intent", NeedsPerson: true}

// unknownChange is a cancelled order whose change was charged 30000 without an answer. The
// provider does not report that charge, so the undo needs a person.
func unknownChange(t *testing.T) (*activities.Payments, *purse, booking.Charge) {
	t.Helper()
	p, provider, first, further := changed(t)
	provider.nextError = errAway
	_, err := chargeFurther(p, further)
	require.ErrorContains(t, err, errAway.Error())
	provider.voidError = noSuchIntent
	undo, err := refund(p, because(first, booking.ByCustomer))
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Owed: noSuchIntent.Words, NeedsPerson: true, Due: price.Amount}, undo)
	return p, provider, first
}

// paysByHand resolves the order by hand and returns the amount that is recorded as paid.
func paysByHand(t *testing.T, p *activities.Payments, orderID string) int64 {
	t.Helper()
	is, err := do(durably, func(ctx context.Context) (booking.Resolved, error) {
		return p.ResolveByHand(ctx, booking.Resolution{OrderID: orderID, Evidence: "transfer 7", By: "1"})
	})
	require.NoError(t, err)
	require.Len(t, is.Entries, 1)
	return is.Entries[0].Amount.Amount
}

// TestResolveByHand_WithWhatAChangeWasCharged: charges that are known by then are included.
func TestResolveByHand_WithWhatAChangeWasCharged(t *testing.T) {
	t.Parallel()
	p, provider, first := unknownChange(t)
	provider.voidError = nil
	require.EqualValues(t, 80000, paysByHand(t, p, first.OrderID))
	undo, err := refund(p, because(first, booking.ByCustomer))
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Acted: true, Payment: booking.Returned, RefundedInAll: 80000, Further: 30000}, undo)
	require.Empty(t, provider.requested)
}

// TestRefundPayment_OfAChangeThatIsKnownAfterAPersonHasPaid: the remainder is refunded at the
// provider, once.
func TestRefundPayment_OfAChangeThatIsKnownAfterAPersonHasPaid(t *testing.T) {
	t.Parallel()
	p, provider, first := unknownChange(t)
	require.EqualValues(t, 50000, paysByHand(t, p, first.OrderID))
	provider.voidError = errAway
	notYetDue := because(first, booking.ByCustomer)
	notYetDue.AttentionAfter = booking.Duration(time.Hour)
	_, err := refund(p, notYetDue)
	require.ErrorIs(t, err, errAway, "the provider may answer yet")
	provider.voidError = nil
	for range 2 {
		undo, err := refund(p, notYetDue)
		require.NoError(t, err)
		require.Equal(t, booking.Undo{Acted: true, Payment: booking.Returned, Refunded: 30000, RefundedInAll: 80000, Further: 30000}, undo)
	}
	payment := onRecord(t, p, first.OrderID)
	require.EqualValues(t, 80000, payment.Amount.Amount)
	require.EqualValues(t, 50000, provider.left(), "which a person has paid")
	_, err = checkCharge(p, first.OrderID)
	require.NoError(t, err)
	require.Equal(t, payment, onRecord(t, p, first.OrderID))
}

// TestLookAgain_EndsAChangeOfAnOrderThatHasEnded: after a person has paid by hand, an order
// ends although the outcome of a change's charge is unknown. A later check refunds it.
func TestLookAgain_EndsAChangeOfAnOrderThatHasEnded(t *testing.T) {
	t.Parallel()
	for name, charged := range map[string]bool{"charged": true, "not charged": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, provider, first := unknownChange(t)
			if !charged {
				delete(provider.charges, booking.ChangeKey(first.OrderID, "1"))
			}
			require.EqualValues(t, 50000, paysByHand(t, p, first.OrderID))
			undo, err := refund(p, because(first, booking.ByCustomer))
			require.NoError(t, err)
			require.Equal(t, booking.Undo{Acted: true, Payment: booking.Returned, RefundedInAll: 50000}, undo)
			require.True(t, onRecord(t, p, first.OrderID).Further[0].Pending())
			provider.voidError = nil
			for range 2 {
				_, err = checkCharge(p, first.OrderID)
				require.NoError(t, err)
			}
			payment := onRecord(t, p, first.OrderID)
			require.False(t, payment.Further[0].Pending())
			require.Equal(t, booking.Returned, payment.Status)
			require.Equal(t, payment.Amount.Amount, payment.RefundedInAll())
			require.EqualValues(t, 50000, provider.left(), "which a person has paid")
		})
	}
}

// TestSettleFurther_AfterAPersonHasPaidTheUndo: a saga learns that its change was charged only
// after the undo has ended. SettleFurther has to refund it, because nothing else does.
func TestSettleFurther_AfterAPersonHasPaidTheUndo(t *testing.T) {
	t.Parallel()
	p, provider, first := unknownChange(t)
	require.EqualValues(t, 50000, paysByHand(t, p, first.OrderID))
	_, err := refund(p, because(first, booking.ByCustomer))
	require.NoError(t, err)
	further := onRecord(t, p, first.OrderID).Further[0]
	require.True(t, further.Pending())
	provider.voidError = nil
	outcome, err := settleFurther(p, further.Charge)
	require.NoError(t, err)
	require.Equal(t, booking.Done, outcome.Result)
	payment := onRecord(t, p, first.OrderID)
	require.Equal(t, booking.Returned, payment.Status)
	require.EqualValues(t, 80000, payment.RefundedInAll())
	require.EqualValues(t, 50000, provider.left(), "which a person has paid")
}
