package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

func checkCharge(p *activities.Payments, orderID string) (booking.ChargeChecked, error) {
	return do(durably, func(ctx context.Context) (booking.ChargeChecked, error) {
		got, err := p.LookAgain(ctx, booking.ChargeCheck{OrderID: orderID})
		got.Disputes, got.Lost = unchanged(got.Disputes), unchanged(got.Lost)
		return got, err
	})
}

// dispute opens a dispute of the charge.
func (d *drawer) dispute(amount int64, state booking.DisputeState, due time.Time) booking.Dispute {
	d.mu.Lock()
	defer d.mu.Unlock()
	is := booking.Dispute{ID: "du_1", Amount: booking.Money{Amount: amount, Currency: price.Currency}, State: state, EvidenceDueBy: due}
	d.disputes = []booking.Dispute{is}
	return is
}

// TestLookAgain_RefundByHand: a refund made at the provider by hand is in the ledger at
// once, for an active order and for one that was refunded but for what is kept. The check
// requests no refund.
func TestLookAgain_RefundByHand(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	for range 2 {
		got, err := checkCharge(payments, "o1")
		require.NoError(t, err)
		require.Equal(t, booking.ChargeChecked{Status: booking.Charged}, got)
	}
	d.byHand(15000)
	for range 3 { // a notice that comes twice, or late
		got, err := checkCharge(payments, "o1")
		require.NoError(t, err)
		require.Equal(t, booking.ChargeChecked{Status: booking.Charged}, got)
	}
	payment := onRecord(t, payments, "o1")
	require.Len(t, payment.Entries, 1)
	require.Equal(t, booking.AtProvider, payment.Entries[0].Reason)
	require.EqualValues(t, 15000, payment.Refunded)
	require.NotContains(t, d.notes(), "refund ch_1 as o1/charge/refund")

	_, err := refund(payments, keeping(20000))
	require.NoError(t, err)
	d.byHand(20000)
	got, err := checkCharge(payments, "o1")
	require.NoError(t, err)
	require.Equal(t, booking.ChargeChecked{Status: booking.Refunded}, got)
	payment = onRecord(t, payments, "o1")
	require.Len(t, payment.Entries, 3)
	require.Equal(t, []int64{price.Amount, 20000}, []int64{payment.Refunded, payment.Kept})
}

// TestLookAgain_RefundOfNothing: a refund of amount 0 at the provider is not an entry.
func TestLookAgain_RefundOfNothing(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.byHand(0)
	_, err := checkCharge(payments, "o1")
	require.NoError(t, err)
	require.Empty(t, onRecord(t, payments, "o1").Entries)
}

// TestLookAgain_Disputes: an open dispute is reported with its deadline; a lost one is an
// entry, a won one is not.
func TestLookAgain_Disputes(t *testing.T) {
	t.Parallel()
	for _, end := range []booking.DisputeState{booking.DisputeLost, booking.DisputeWon} {
		t.Run(string(end), func(t *testing.T) {
			t.Parallel()
			payments, d := paid(t)
			due := time.Now().Add(7 * 24 * time.Hour).UTC().Truncate(time.Second)
			open := d.dispute(20000, booking.DisputeOpen, due)
			for range 2 {
				got, err := checkCharge(payments, "o1")
				require.NoError(t, err)
				require.Equal(t, booking.ChargeChecked{Status: booking.Charged, Disputes: []booking.Dispute{open}}, got)
			}
			sooner := d.dispute(20000, booking.DisputeOpen, due.Add(-24*time.Hour))
			got, err := checkCharge(payments, "o1")
			require.NoError(t, err)
			require.Equal(t, []booking.Dispute{sooner}, got.Disputes, "a deadline may change")

			ended := d.dispute(20000, end, due)
			want := booking.ChargeChecked{Status: booking.Charged}
			if end == booking.DisputeLost {
				want.Lost = []booking.Dispute{ended}
			}
			for range 2 {
				got, err := checkCharge(payments, "o1")
				require.NoError(t, err)
				require.Equal(t, want, got)
			}
			payment := onRecord(t, payments, "o1")
			require.Equal(t, []booking.Dispute{ended}, unchanged(payment.Disputes))
			require.Zero(t, payment.Refunded, "a bank's is no refund of the provider's")
			if end == booking.DisputeWon {
				require.Empty(t, payment.Entries)
				return
			}
			require.Len(t, payment.Entries, 1)
			require.Equal(t, []string{"dispute/du_1", "dispute"}, []string{payment.Entries[0].Key, string(payment.Entries[0].Reason)})
			require.EqualValues(t, 30000, payment.Refundable())
		})
	}
}

// TestLookAgain_PendingRefunds: the keys of refunds that are not done are reported, so
// that they are requested again. The check requests no refund.
func TestLookAgain_PendingRefunds(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.answersTo("o1/refund/1", &activities.Owed{Words: "pending"})
	_, err := refundPart(payments, goodwill("refund/1", 10000))
	require.NoError(t, err)
	d.answersTo("o1/refund/2", &activities.Owed{Words: "failed", NeedsPerson: true})
	_, err = refundPart(payments, goodwill("refund/2", 10000))
	require.NoError(t, err)
	d.answersTo("", nil)
	_, err = refundPart(payments, goodwill("refund/3", 5000))
	require.NoError(t, err)
	notes := d.notes()
	got, err := checkCharge(payments, "o1")
	require.NoError(t, err)
	require.Equal(t, booking.Charged, got.Status)
	require.ElementsMatch(t, []string{"refund/1", "refund/2"}, got.Refunds)
	require.Equal(t, notes, d.notes())
}

// TestLookAgain_NothingToCheck: the provider is not called for an order that is unknown or
// was not charged.
func TestLookAgain_NothingToCheck(t *testing.T) {
	t.Parallel()
	d := newDrawer()
	payments := newPayments(t, &d.till)
	calls := 0
	d.retrieve = func(ref string) (activities.ChargeState, error) {
		calls++
		return d.seen(ref), nil
	}
	got, err := checkCharge(payments, "unknown")
	require.NoError(t, err)
	require.Zero(t, got)
	_, err = payments.Ledger.DeferCharge(t.Context(), newCharge("o1"))
	require.NoError(t, err)
	for _, status := range []booking.PaymentStatus{booking.ChargeDeferred, booking.ChargePrevented} {
		got, err = checkCharge(payments, "o1")
		require.NoError(t, err)
		require.Equal(t, booking.ChargeChecked{Status: status}, got)
		_, err = payments.Ledger.BeginRefund(t.Context(), because(newCharge("o1"), booking.ByCustomer))
		require.NoError(t, err)
	}
	require.Zero(t, calls)
}

// TestLookAgain_ProviderAway: the check is retried; where only a person can find out, the
// answer is what the ledger knows.
func TestLookAgain_ProviderAway(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	open := d.dispute(20000, booking.DisputeOpen, time.Time{})
	_, err := checkCharge(payments, "o1")
	require.NoError(t, err)
	d.retrieve = func(string) (activities.ChargeState, error) { return activities.ChargeState{}, errAway }
	_, err = checkCharge(payments, "o1")
	require.ErrorIs(t, err, errAway)
	d.retrieve = func(string) (activities.ChargeState, error) {
		return activities.ChargeState{}, &activities.Owed{Words: "no such payment_intent", NeedsPerson: true}
	}
	got, err := checkCharge(payments, "o1")
	require.NoError(t, err)
	require.Equal(t, booking.ChargeChecked{Status: booking.Charged, Disputes: []booking.Dispute{open}}, got)
}

// unchanged returns the disputes without the time of their last change.
func unchanged(disputes []booking.Dispute) []booking.Dispute {
	for i := range disputes {
		disputes[i].Changed = time.Time{}
	}
	return disputes
}
