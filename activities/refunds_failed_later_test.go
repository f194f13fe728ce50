package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// fails makes the first refund, which was done, fail.
func (d *drawer) fails(e booking.Entry) {
	d.mu.Lock()
	d.refunds[0].ID = e.Ref
	d.mu.Unlock()
	d.becomes(e.Ref, booking.EntryFailed)
}

// TestLookAgain_RefundFailsLater: a part that is done in the ledger and fails at the
// provider later has failed, with the provider's words, and is owed again.
func TestLookAgain_RefundFailsLater(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	_, err := refundPart(payments, goodwill("refund/1", 20000))
	require.NoError(t, err)
	e := onRecord(t, payments, "o1").Entries[0]
	require.Equal(t, booking.EntryDone, e.State)
	d.fails(e)
	for range 2 {
		got, err := checkCharge(payments, "o1")
		require.NoError(t, err)
		require.Equal(t, []string{"refund/1"}, got.Refunds)
		require.Len(t, got.Failed, 1)
		payment := onRecord(t, payments, "o1")
		require.Zero(t, payment.Refunded)
		require.Equal(t, price.Amount, payment.Refundable())
		is := payment.Entries[0]
		require.Equal(t, is, got.Failed[0])
		require.Equal(t, []any{booking.EntryFailed, "refund " + e.Ref + " of ch_1 is failed at stripe", e.Amount}, []any{is.State, is.Words, is.Amount})
	}
	resolved, err := resolve(payments, "transfer 4711")
	require.NoError(t, err)
	require.Len(t, resolved.Entries, 1)
	got, err := checkCharge(payments, "o1")
	require.NoError(t, err)
	require.Empty(t, got.Failed, "it is paid by hand, and stays so")
}

// followers records the orders whose payments are to be followed.
type followers struct{ orders []string }

func (f *followers) Follow(_ context.Context, orderID string) error {
	f.orders = append(f.orders, orderID)
	return nil
}

// TestRefundPart_MeetsAFailure: the failure of a done refund may be found when another
// refund is requested. The first one may no longer be followed, so its payment is followed
// from then on, once.
func TestRefundPart_MeetsAFailure(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	var f followers
	payments.Follower = &f
	_, err := refundPart(payments, goodwill("refund/1", 20000))
	require.NoError(t, err)
	d.fails(onRecord(t, payments, "o1").Entries[0])
	require.Empty(t, f.orders)
	for _, key := range []string{"refund/2", "refund/3"} {
		_, err = refundPart(payments, goodwill(key, 1000))
		require.NoError(t, err)
	}
	require.Equal(t, []string{"o1"}, f.orders)
	require.Equal(t, booking.EntryFailed, onRecord(t, payments, "o1").Entries[0].State)
}

// TestLookAgain_OwnRefundFailsLater: the same for the refund of a cancelled order. Its
// payment is to be refunded again until a person has done so.
func TestLookAgain_OwnRefundFailsLater(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	_, err := refund(payments, keeping(10000))
	require.NoError(t, err)
	payment := onRecord(t, payments, "o1")
	require.Equal(t, booking.Refunded, payment.Status)
	own, _ := payment.Entry(payment.RefundKey())
	d.fails(own)
	got, err := checkCharge(payments, "o1")
	require.NoError(t, err)
	require.Equal(t, booking.RefundPending, got.Status)
	require.Len(t, got.Failed, 1)
	require.Equal(t, own.Key, got.Failed[0].Key)
	require.EqualValues(t, 40000, got.Failed[0].Amount.Amount)

	d.answersTo(own.Key, &activities.Owed{Words: got.Failed[0].Words, NeedsPerson: true})
	undo, err := refund(payments, keeping(10000))
	require.NoError(t, err)
	require.Equal(t, got.Failed[0].Words, undo.Owed)
	require.Equal(t, booking.EntryFailed, onRecord(t, payments, "o1").Entries[0].State)
	_, err = resolve(payments, "transfer 4711")
	require.NoError(t, err)
	undo, err = refund(payments, keeping(10000))
	require.NoError(t, err)
	require.Empty(t, undo.Owed)
	payment = onRecord(t, payments, "o1")
	require.Equal(t, booking.Returned, payment.Status)
	require.EqualValues(t, 10000, payment.Kept)
	require.True(t, payment.Entries[0].ByHand)
}

// TestRefundPayment_APartFailsLaterBeforeItEnds: a done part reduces what is kept only if
// it is still done when the undo ends. If it fails before that, the policy's amount is
// kept.
func TestRefundPayment_APartFailsLaterBeforeItEnds(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	_, err := refundPart(payments, goodwill("refund/1", 25000))
	require.NoError(t, err)
	e := onRecord(t, payments, "o1").Entries[0]
	d.answersTo("o1/charge/refund", errAway)
	_, err = refund(payments, keeping(40000))
	require.ErrorContains(t, err, errAway.Error())
	payment := onRecord(t, payments, "o1")
	require.Equal(t, []int64{40000, 25000, 0}, []int64{payment.Kept, payment.KeptNow(), payment.Owed()})

	d.fails(e)
	d.answersTo("o1/refund/1", &activities.Owed{Words: "the account is closed", NeedsPerson: true})
	for range 2 {
		undo, err := refund(payments, keeping(40000))
		require.NoError(t, err)
		require.Equal(t, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 10000, Kept: 40000}, undo)
	}
	require.EqualValues(t, 10000, d.refundedUnder("o1/charge/refund"), "no more than the policy refunds")
}

// TestLookAgain_FailedBefore: a refund that failed before the one that was done is not
// reported, and neither is one that was replaced by hand.
func TestLookAgain_FailedBefore(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.refunds = append(d.refunds, activities.Refund{ID: "re_before", Key: "o1/refund/1", Amount: 20000, State: booking.EntryFailed})
	_, err := refundPart(payments, goodwill("refund/1", 20000))
	require.NoError(t, err)
	d.answersTo("o1/refund/2", &activities.Owed{Words: "failed", NeedsPerson: true})
	_, err = refundPart(payments, goodwill("refund/2", 5000))
	require.NoError(t, err)
	d.refunds = append(d.refunds, activities.Refund{ID: "re_failed", Key: "o1/refund/2", Amount: 5000, State: booking.EntryFailed})
	d.byHand(5000)
	for _, waited := range [][]string{{"refund/2"}, nil} {
		got, err := checkCharge(payments, "o1")
		require.NoError(t, err)
		require.Equal(t, booking.ChargeChecked{Status: booking.Charged, Refunds: waited}, got, "the waiting workflow is signalled once")
		require.EqualValues(t, 25000, onRecord(t, payments, "o1").Refunded)
	}
}

// TestLookAgain_MadeAfterAll: a refused part that a late request has carried out is done.
func TestLookAgain_MadeAfterAll(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.answersTo("o1/refund/1", &activities.Owed{Words: "charge_disputed", NeedsPerson: true})
	_, err := refundPart(payments, goodwill("refund/1", 20000))
	require.NoError(t, err)
	d.makes("o1/refund/1", 20000)
	for _, waited := range [][]string{{"refund/1"}, nil} {
		got, err := checkCharge(payments, "o1")
		require.NoError(t, err)
		require.Equal(t, booking.ChargeChecked{Status: booking.Charged, Refunds: waited}, got, "the waiting workflow is signalled once")
	}
	payment := onRecord(t, payments, "o1")
	require.EqualValues(t, 20000, payment.Refunded)
	require.Equal(t, booking.EntryDone, payment.Entries[0].State)
}

// TestLookAgain_ReturnedByAnEarlierBuild: a payment that an earlier build calls returned
// because a bank withdrew it counts once. That build has neither entries nor disputes.
func TestLookAgain_ReturnedByAnEarlierBuild(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]int64{"All": price.Amount, "Some": 20000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payments, d := paid(t)
			ledger := payments.Ledger
			_, err := ledger.BeginRefund(t.Context(), because(newCharge("o1"), booking.ByCustomer))
			require.NoError(t, err)
			_, err = ledger.EndRefund(t.Context(), "o1", booking.Returned, "ch_1", 0, "")
			require.NoError(t, err)
			d.dispute(lost, booking.DisputeLost, time.Time{})
			for range 2 {
				got, err := checkCharge(payments, "o1")
				require.NoError(t, err)
				require.Equal(t, booking.ChargeChecked{Status: booking.Returned, Lost: unchanged(onRecord(t, payments, "o1").Disputes)}, got)
				payment := onRecord(t, payments, "o1")
				require.Equal(t, price.Amount, payment.RefundedInAll())
				entry, has := payment.Entry(booking.KeyOfDispute("du_1"))
				require.True(t, has)
				require.Equal(t, lost, entry.Amount.Amount)
			}
		})
	}
}
