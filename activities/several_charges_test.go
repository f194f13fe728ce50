package activities_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// partOfTwo is a paid order of 50000 whose change cost 30000 more, and a refund of 40000 of which
// the provider has made what the change's charge had left: 30000. It refuses the remainder.
func partOfTwo(t *testing.T) (*activities.Payments, *purse, booking.Charge, booking.Entry) {
	t.Helper()
	p, provider, first, further := changed(t)
	_, err := chargeFurther(p, further)
	require.NoError(t, err)
	provider.refusals = map[string]error{refOf(first.Key): &activities.Owed{Words: "card is closed", NeedsPerson: true}}
	part := goodwill("refund/1", 40000)
	part.OrderID = first.OrderID
	repaid, err := refundPart(p, part)
	require.NoError(t, err)
	require.Equal(t, booking.EntryFailed, repaid.Entry.State)
	require.EqualValues(t, 50000, provider.left())
	return p, provider, first, part
}

// TestResolveByHand_OfAPartMadeInPart: what the provider has made of it is not paid again, also if
// the provider does not answer at the time.
func TestResolveByHand_OfAPartMadeInPart(t *testing.T) {
	t.Parallel()
	for name, blind := range map[string]bool{"seen": false, "not seen": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, provider, first, part := partOfTwo(t)
			if blind {
				provider.unseen = errAway
			}
			require.EqualValues(t, 10000, paysByHand(t, p, first.OrderID))
			provider.unseen = nil
			for range 2 {
				_, err := checkCharge(p, first.OrderID)
				require.NoError(t, err)
				repaid, err := refundPart(p, part)
				require.NoError(t, err)
				require.Equal(t, booking.EntryDone, repaid.Entry.State)
			}
			payment := onRecord(t, p, first.OrderID)
			require.EqualValues(t, 40000, payment.RefundedInAll())
			require.EqualValues(t, 30000, payment.Refunded)
			require.EqualValues(t, 50000, provider.left())
		})
	}
}

// TestResolveByHand_OfAnUndoBesideAPartMadeInPart: the undo that a person pays for owes less by
// what the provider has made of the part.
func TestResolveByHand_OfAnUndoBesideAPartMadeInPart(t *testing.T) {
	t.Parallel()
	for name, blind := range map[string]bool{"seen": false, "not seen": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, provider, first, part := partOfTwo(t)
			undo, err := refund(p, because(first, booking.ByCustomer))
			require.NoError(t, err)
			require.True(t, undo.NeedsPerson)
			if blind {
				provider.unseen = errAway
			}
			require.EqualValues(t, 50000, paysByHand(t, p, first.OrderID))
			provider.unseen, provider.refusals = nil, nil
			for range 2 {
				_, err = refund(p, because(first, booking.ByCustomer))
				require.NoError(t, err)
				repaid, err := refundPart(p, part)
				require.NoError(t, err)
				require.Equal(t, booking.RefundExceeds, repaid.Refused)
			}
			payment := onRecord(t, p, first.OrderID)
			require.EqualValues(t, 80000, payment.RefundedInAll())
			require.EqualValues(t, 50000, provider.left(), "which a person has paid")
		})
	}
}

// TestRefundPayment_KeepsBesideAPartMadeInPart: what the provider has made of a part that has failed
// counts. The remainder comes out of what is kept, like all goodwill.
func TestRefundPayment_KeepsBesideAPartMadeInPart(t *testing.T) {
	t.Parallel()
	p, provider, first, part := partOfTwo(t)
	provider.refusals = nil
	keeping := because(first, booking.ByCustomer)
	keeping.Keep, keeping.Tier = 25000, "before:24h"
	undo, err := refund(p, keeping)
	require.NoError(t, err)
	require.EqualValues(t, 25000, undo.Kept)
	require.EqualValues(t, 25000, provider.left())
	repaid, err := refundPart(p, part)
	require.NoError(t, err)
	require.Equal(t, booking.EntryDone, repaid.Entry.State)
	payment := onRecord(t, p, first.OrderID)
	require.EqualValues(t, 65000, payment.RefundedInAll())
	require.EqualValues(t, 65000, payment.Refunded)
	require.EqualValues(t, 15000, provider.left())
}

// TestResolveByHand_OfAPartThatFailsLaterInPart: one of its refunds has failed since. What the
// other has refunded counts while the provider does not answer.
func TestResolveByHand_OfAPartThatFailsLaterInPart(t *testing.T) {
	t.Parallel()
	for name, blind := range map[string]bool{"seen": false, "not seen": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, provider, first, further := changed(t)
			_, err := chargeFurther(p, further)
			require.NoError(t, err)
			part := goodwill("refund/1", 40000)
			part.OrderID = first.OrderID
			_, err = refundPart(p, part)
			require.NoError(t, err)
			provider.fails(first.OrderID + "/refund/1")
			checked, err := do(durably, func(ctx context.Context) (booking.ChargeChecked, error) {
				return p.LookAgain(ctx, booking.ChargeCheck{OrderID: first.OrderID})
			})
			require.NoError(t, err)
			require.Len(t, checked.Failed, 1)
			if blind {
				provider.unseen = errAway
			}
			require.EqualValues(t, 10000, paysByHand(t, p, first.OrderID))
			require.EqualValues(t, 40000, onRecord(t, p, first.OrderID).RefundedInAll())
		})
	}
}
