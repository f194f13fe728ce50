package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// short returns an order whose cancellation kept 10000 and whose partial refund has failed
// since, after others had refunded 15000: of the part's 20000, 15000 are left and 5000 are
// owed.
func short(t *testing.T) (*activities.Payments, *drawer, booking.Entry) {
	t.Helper()
	payments, d := paid(t)
	part := goodwill("refund/1", 20000)
	_, err := refundPart(payments, part)
	require.NoError(t, err)
	done, _ := onRecord(t, payments, "o1").Entry("refund/1")
	undo, err := refund(payments, keeping(10000))
	require.NoError(t, err)
	require.EqualValues(t, 40000, undo.Refunded)
	d.refunds[1].ID = "re_of_the_undo"
	d.fails(done)
	d.byHand(15000)
	got, err := checkCharge(payments, "o1")
	require.NoError(t, err)
	require.Len(t, got.Failed, 1, "something is owed of it")
	part.State, part.Words = booking.EntryFailed, got.Failed[0].Words
	return payments, d, part
}

// TestRefundPart_OfWhatIsLeftOfIt: a part for which not enough is left is made for what the
// cancelled order owes, once.
func TestRefundPart_OfWhatIsLeftOfIt(t *testing.T) {
	t.Parallel()
	payments, d, part := short(t)
	for range 2 {
		repaid, err := refundPart(payments, part)
		require.NoError(t, err)
		require.Empty(t, repaid.Refused)
		require.Equal(t, booking.EntryDone, repaid.Entry.State)
		require.EqualValues(t, 5000, repaid.Entry.Amount.Amount)
	}
	require.EqualValues(t, 10000, d.seen("ch_1").Left)
	payment := onRecord(t, payments, "o1")
	require.Equal(t, []int64{40000, 40000, 10000}, []int64{payment.Refunded, payment.RefundedInAll(), payment.Kept})
}

// TestRefundPart_OfNothingThatIsLeft: a part of which nothing is owed is refused with
// RefundExceeds.
func TestRefundPart_OfNothingThatIsLeft(t *testing.T) {
	t.Parallel()
	payments, d, part := short(t)
	d.byHand(5000)
	repaid, err := refundPart(payments, part)
	require.NoError(t, err)
	require.Equal(t, booking.RefundExceeds, repaid.Refused)
	require.Equal(t, booking.RefundedOtherwise, repaid.Entry.Words)
	require.EqualValues(t, 40000, onRecord(t, payments, "o1").RefundedInAll())
}

// TestResolveByHand_OfWhatIsLeftOfAPart: that smaller amount is paid by hand, too.
func TestResolveByHand_OfWhatIsLeftOfAPart(t *testing.T) {
	t.Parallel()
	payments, _, _ := short(t)
	for range 2 {
		resolved, err := resolve(payments, "transfer 7")
		require.NoError(t, err)
		require.Len(t, resolved.Entries, 1)
		require.EqualValues(t, 5000, resolved.Entries[0].Amount.Amount)
	}
	require.EqualValues(t, 40000, onRecord(t, payments, "o1").RefundedInAll())
}

// TestRefundPayment_PaidByHandWhileAPartWasPending: the amount paid by hand excludes the
// pending part. If that fails, and others have refunded some of it, the remainder is refunded.
func TestRefundPayment_PaidByHandWhileAPartWasPending(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.answers(&activities.Owed{Words: "refund re_0 is pending"})
	_, err := refundPart(payments, goodwill("refund/1", 20000))
	require.NoError(t, err)
	d.makes("o1/refund/1", 20000)
	d.becomes("re_0", booking.EntryPending)
	d.answers(&activities.Owed{Words: "the account is closed", NeedsPerson: true})
	undo, err := refund(payments, keeping(10000))
	require.NoError(t, err)
	require.NotEmpty(t, undo.Owed)
	resolved, err := resolve(payments, "transfer 7")
	require.NoError(t, err)
	require.Len(t, resolved.Entries, 1)
	require.EqualValues(t, 20000, resolved.Entries[0].Amount.Amount)

	d.becomes("re_0", booking.EntryFailed)
	d.byHand(15000)
	d.answersTo("o1/refund/1", &activities.Owed{Words: "it has failed", NeedsPerson: true})
	d.answers(nil)
	undo, err = refund(payments, keeping(10000))
	require.NoError(t, err)
	require.NotEmpty(t, undo.Owed)
	d.answersTo("o1/refund/1", nil)
	for range 5 {
		undo, err = refund(payments, keeping(10000))
		require.NoError(t, err)
	}
	require.Empty(t, undo.Owed)
	payment := onRecord(t, payments, "o1")
	require.Equal(t, booking.Returned, payment.Status)
	require.Equal(t, []int64{40000, 10000}, []int64{payment.RefundedInAll(), payment.Kept})
}

// TestLookAgain_RefundedOtherwise: a part with the words RefundedOtherwise was replaced by other
// refunds. If one of these fails, that one is made again, and not the part.
func TestLookAgain_RefundedOtherwise(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.answers(&activities.Owed{Words: "the account is closed", NeedsPerson: true})
	part := goodwill("refund/1", 30000)
	repaid, err := refundPart(payments, part)
	require.NoError(t, err)
	require.Equal(t, booking.EntryFailed, repaid.Entry.State)
	d.answers(nil)
	_, err = refundPart(payments, goodwill("refund/2", 35000))
	require.NoError(t, err)
	part.State, part.Words = booking.EntryFailed, repaid.Entry.Words
	repaid, err = refundPart(payments, part)
	require.NoError(t, err)
	require.Equal(t, booking.RefundExceeds, repaid.Refused)

	done, _ := onRecord(t, payments, "o1").Entry("refund/2")
	d.fails(done)
	got, err := checkCharge(payments, "o1")
	require.NoError(t, err)
	require.Len(t, got.Failed, 1)
	require.Equal(t, "refund/2", got.Failed[0].Key)
	repaid, err = refundPart(payments, part)
	require.NoError(t, err)
	require.Equal(t, booking.RefundExceeds, repaid.Refused, "also when its request is repeated")
	repaid, err = refundPart(payments, got.Failed[0])
	require.NoError(t, err)
	require.Equal(t, []any{booking.EntryDone, int64(35000)}, []any{repaid.Entry.State, repaid.Entry.Amount.Amount})
}

// TestLookAgain_OfWhatTheUndoOwes: a part may be made after the undo's own refund has
// failed. The remainder of that refund is still owed, and followed.
func TestLookAgain_OfWhatTheUndoOwes(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.answers(&activities.Owed{Words: "the account is closed", NeedsPerson: true})
	part := goodwill("refund/1", 20000)
	repaid, err := refundPart(payments, part)
	require.NoError(t, err)
	d.answers(nil)
	_, err = refund(payments, because(newCharge("o1"), booking.ByCustomer))
	require.NoError(t, err)
	own, _ := onRecord(t, payments, "o1").Entry("o1/charge/refund")
	d.fails(own)
	_, err = checkCharge(payments, "o1")
	require.NoError(t, err)
	part.State, part.Words = booking.EntryFailed, repaid.Entry.Words
	repaid, err = refundPart(payments, part)
	require.NoError(t, err)
	require.Equal(t, booking.EntryDone, repaid.Entry.State)

	got, err := checkCharge(payments, "o1")
	require.NoError(t, err)
	require.Len(t, got.Failed, 1)
	require.Equal(t, own.Key, got.Failed[0].Key)
	require.EqualValues(t, 30000, got.Failed[0].Amount.Amount)
	_, err = refund(payments, because(newCharge("o1"), booking.ByCustomer))
	require.NoError(t, err)
	payment := onRecord(t, payments, "o1")
	require.Equal(t, booking.Refunded, payment.Status)
	require.Equal(t, price.Amount, payment.RefundedInAll())
}
