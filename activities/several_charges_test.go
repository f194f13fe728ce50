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

// chargedTwice is an order of 50000 with a change of 30000, of which one charge was not answered
// and was made twice: the order's own, or the change's.
func chargedTwice(t *testing.T, change bool) (*activities.Payments, *purse, booking.Charge, booking.Charge) {
	t.Helper()
	p, provider, first, further := changed(t)
	if !change {
		p, provider, first = newPayments(t, &till{}), newPurse(), newCharge(t.Name())
		p.Provider = provider
		provider.nextError = errAway
		_, err := charge(p, first)
		require.ErrorContains(t, err, errAway.Error())
	} else {
		provider.nextError = errAway
		_, err := chargeFurther(p, further)
		require.ErrorContains(t, err, errAway.Error())
	}
	provider.twice = true
	return p, provider, first, further
}

// TestVoid_OfAChargeThatWasMadeTwice: one charge is kept, and the other one is refunded in full, once,
// also if the change, its undo, or a check after the order's end finds it.
func TestVoid_OfAChargeThatWasMadeTwice(t *testing.T) {
	t.Parallel()
	t.Run("Change", func(t *testing.T) {
		t.Parallel()
		p, provider, first, further := chargedTwice(t, true)
		spare := refOf(further.Key + "*")
		provider.refusals = map[string]error{spare: errAway}
		_, err := settleFurther(p, further)
		require.ErrorContains(t, err, errAway.Error())
		require.Equal(t, price, onRecord(t, p, first.OrderID).Amount, "it is open until the spare one is refunded")
		provider.refusals = nil
		for range 2 {
			outcome, err := settleFurther(p, further)
			require.NoError(t, err)
			require.Equal(t, done, outcome)
			require.EqualValues(t, 80000, provider.left())
		}
		payment := onRecord(t, p, first.OrderID)
		require.EqualValues(t, 80000, payment.Amount.Amount)
		require.Equal(t, []string{refOf(first.Key), refOf(further.Key)}, payment.Refs())
		undo, err := refund(p, because(first, booking.ByCustomer))
		require.NoError(t, err)
		require.EqualValues(t, 80000, undo.Refunded)
		require.Zero(t, provider.left())
	})
	t.Run("ChangeWhoseFirstChargeIsRefunded", func(t *testing.T) {
		t.Parallel()
		p, provider, first, further := chargedTwice(t, true)
		provider.refunds["in the dashboard"] = activities.Refund{ID: "re", Amount: 30000, State: booking.EntryDone}
		provider.ofRef["in the dashboard"] = refOf(further.Key)
		outcome, err := settleFurther(p, further)
		require.NoError(t, err)
		require.Equal(t, done, outcome)
		require.Equal(t, []string{refOf(first.Key), refOf(further.Key + "*")}, onRecord(t, p, first.OrderID).Refs())
		require.Empty(t, provider.requested)
	})
	t.Run("ChangeWhoseSecondChargeCannotBeRefunded", func(t *testing.T) {
		t.Parallel()
		p, provider, first, further := chargedTwice(t, true)
		provider.refusals = map[string]error{refOf(further.Key + "*"): &activities.Owed{Words: "card is closed", NeedsPerson: true}}
		outcome, err := settleFurther(p, further)
		require.NoError(t, err, "the audit reports it")
		require.Equal(t, done, outcome)
		undo, err := refund(p, because(first, booking.ByCustomer))
		require.NoError(t, err)
		require.EqualValues(t, 80000, undo.Refunded)
		require.EqualValues(t, 30000, provider.left())
	})
	t.Run("Undo", func(t *testing.T) {
		t.Parallel()
		p, provider, first, _ := chargedTwice(t, true)
		undo, err := refund(p, because(first, booking.ByCustomer))
		require.NoError(t, err)
		require.EqualValues(t, 80000, undo.Refunded)
		require.Zero(t, provider.left())
	})
	t.Run("PaidByHand", func(t *testing.T) {
		t.Parallel()
		p, provider, first, _ := chargedTwice(t, false)
		provider.voidError = noSuchIntent
		undo, err := refund(p, because(first, booking.ByCustomer))
		require.NoError(t, err)
		require.True(t, undo.NeedsPerson)
		require.Equal(t, price.Amount, paysByHand(t, p, first.OrderID))
		_, err = refund(p, because(first, booking.ByCustomer))
		require.NoError(t, err)
		provider.voidError = nil
		for range 2 {
			_, err = checkCharge(p, first.OrderID)
			require.NoError(t, err)
			require.Equal(t, price.Amount, provider.left(), "a person has paid for the other one")
		}
		require.Equal(t, refOf(first.Key), onRecord(t, p, first.OrderID).Ref)
	})
	t.Run("Late", func(t *testing.T) {
		t.Parallel()
		provider := &till{}
		p, c := toConfirm(t, provider)
		_, err := refund(p, because(c, booking.PaymentNotConfirmed))
		require.NoError(t, err)
		provider.void = func(context.Context, booking.Charge) ([]string, error) { return []string{"pi_1", "pi_2"}, nil }
		got, err := checkCharge(p, c.OrderID)
		require.NoError(t, err)
		require.Equal(t, booking.Refunded, got.Status)
		require.Subset(t, provider.notes(), []string{"refund pi_1 as o1/charge/refund", "refund pi_2 as o1/charge/refund of pi_2"})
	})
}
