package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// TestLookAgain_APartFailsLaterThatWasTheWholeRefund: the failed part is reported although
// the undo has refunded nothing itself and has no entry.
func TestLookAgain_APartFailsLaterThatWasTheWholeRefund(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	_, err := refundPart(payments, goodwill("refund/1", 45000))
	require.NoError(t, err)
	_, err = refund(payments, keeping(40000))
	require.NoError(t, err)
	payment := onRecord(t, payments, "o1")
	require.Equal(t, booking.Refunded, payment.Status)
	require.Len(t, payment.Entries, 1)
	d.fails(payment.Entries[0])
	for range 2 {
		got, err := checkCharge(payments, "o1")
		require.NoError(t, err)
		require.Len(t, got.Failed, 1)
		require.Equal(t, "refund/1", got.Failed[0].Key)
		payment = onRecord(t, payments, "o1")
		require.Equal(t, []int64{0, 0, 45000}, []int64{payment.Refunded, payment.RefundedInAll(), payment.RefundsNow(got.Failed[0])})
	}
}

// TestResolveByHand_OfARefundThatNothingFollows: the undo's own refund may fail later and
// be paid by hand before the payment is followed. It is then reported until the undo has
// ended once more.
func TestResolveByHand_OfARefundThatNothingFollows(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	_, err := refund(payments, keeping(10000))
	require.NoError(t, err)
	d.fails(onRecord(t, payments, "o1").Entries[0])
	resolved, err := resolve(payments, "transfer 4711")
	require.NoError(t, err)
	require.Len(t, resolved.Entries, 1)
	require.EqualValues(t, 40000, resolved.Entries[0].Amount.Amount)

	for range 2 {
		got, err := checkCharge(payments, "o1")
		require.NoError(t, err)
		require.Len(t, got.Failed, 1)
		entry := got.Failed[0]
		require.Equal(t, []any{"o1/charge/refund", booking.EntryFailed, ""}, []any{entry.Key, entry.State, entry.Ref}, "without the evidence")
	}
	undo, err := refund(payments, keeping(10000))
	require.NoError(t, err)
	require.Empty(t, undo.Owed)
	got, err := checkCharge(payments, "o1")
	require.NoError(t, err)
	require.Equal(t, booking.ChargeChecked{Status: booking.Returned}, got)
}

// TestResolveByHand_OfWhatWasMadeAndHasFailed: an amount of the undo's own refund does not
// count once it has failed, even if the provider does not answer when it is paid by hand.
func TestResolveByHand_OfWhatWasMadeAndHasFailed(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.byHandIs(1, booking.EntryFailed) // so that the next one is re_1, as the till says
	d.answersTo("o1/refund/1", &activities.Owed{Words: "refund re_9 is pending"})
	_, err := refundPart(payments, goodwill("refund/1", 20000))
	require.NoError(t, err)
	_, err = refund(payments, newCharge("o1"))
	require.NoError(t, err)
	require.EqualValues(t, 30000, d.refundedUnder("o1/charge/refund"), "it is noted while the part is under way")
	d.answersTo("", nil)
	_, err = refundPart(payments, goodwill("refund/1", 20000))
	require.NoError(t, err)
	_, err = refund(payments, newCharge("o1"))
	require.NoError(t, err)

	require.Equal(t, booking.Refunded, onRecord(t, payments, "o1").Status)
	d.becomes("re_1", booking.EntryFailed)
	_, err = checkCharge(payments, "o1")
	require.NoError(t, err)
	d.retrieve = func(string) (activities.ChargeState, error) { return activities.ChargeState{}, errAway }
	resolved, err := resolve(payments, "transfer 4711")
	require.NoError(t, err)
	require.Len(t, resolved.Entries, 1)
	require.EqualValues(t, 30000, resolved.Entries[0].Amount.Amount)
	require.Equal(t, price.Amount, onRecord(t, payments, "o1").RefundedInAll())
}

// TestResolveByHand_BesideAPartOfWhatItOwes: a part that was made while the undo's own
// refund could not be reduces the amount to pay by hand. The refunds never exceed what was
// paid.
func TestResolveByHand_BesideAPartOfWhatItOwes(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.answersTo("o1/charge/refund", &activities.Owed{Words: "the account is closed", NeedsPerson: true})
	_, err := refund(payments, keeping(10000))
	require.NoError(t, err)
	_, err = refundPart(payments, goodwill("refund/1", 30000))
	require.NoError(t, err)
	require.EqualValues(t, 20000, onRecord(t, payments, "o1").Owed())
	resolved, err := resolve(payments, "transfer 4711")
	require.NoError(t, err)
	require.Len(t, resolved.Entries, 1)
	require.EqualValues(t, 20000, resolved.Entries[0].Amount.Amount)
	require.Equal(t, price.Amount, onRecord(t, payments, "o1").RefundedInAll())
}

// TestLookAgain_WhatCountedBesideARefundByHandFails: an amount that the provider had
// refunded counts beside what a person has paid. Once it fails, it no longer counts.
func TestLookAgain_WhatCountedBesideARefundByHandFails(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.answersTo("o1/charge/refund", &activities.Owed{Words: "the account is closed", NeedsPerson: true})
	_, err := refund(payments, newCharge("o1"))
	require.NoError(t, err)
	d.makes("o1/charge/refund", 20000)
	_, err = resolve(payments, "transfer 4711")
	require.NoError(t, err)
	_, err = refund(payments, newCharge("o1"))
	require.NoError(t, err)
	payment := onRecord(t, payments, "o1")
	require.Equal(t, []any{booking.Returned, price.Amount}, []any{payment.Status, payment.RefundedInAll()})

	d.becomes("re_0", booking.EntryFailed)
	for range 2 {
		_, err = checkCharge(payments, "o1")
		require.NoError(t, err)
		payment = onRecord(t, payments, "o1")
		require.Equal(t, []int64{0, 30000, 20000}, []int64{payment.Refunded, payment.RefundedInAll(), payment.Refundable()})
	}
}
