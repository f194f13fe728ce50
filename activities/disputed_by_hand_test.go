package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

var disputed = &activities.Owed{Words: "charge_disputed", NeedsPerson: true}

// TestResolveByHand_WhileADisputeIsOpen: a refund is not paid by hand while the bank may
// withdraw the same money. Once the dispute is decided, what is still owed is refunded
// once.
func TestResolveByHand_WhileADisputeIsOpen(t *testing.T) {
	t.Parallel()
	due := time.Date(2026, time.December, 6, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		of       int64
		is       booking.DisputeState
		provider error
		owes     int64 // by hand, in the end
		refunded int64 // by the provider
	}{
		"Won":       {50000, booking.DisputeWon, nil, 0, 50000},
		"Lost":      {50000, booking.DisputeLost, activities.ErrReturned, 0, 0},
		"LostSome":  {20000, booking.DisputeLost, disputed, 30000, 0},
		"LostBlind": {20000, booking.DisputeLost, disputed, 30000, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payments, d := paid(t)
			d.dispute(c.of, booking.DisputeOpen, due)
			d.answers(disputed)
			undo, err := refund(payments, newCharge("o1"))
			require.NoError(t, err)
			require.Equal(t, "charge_disputed", undo.Owed)
			if name == "LostBlind" {
				d.retrieve = func(string) (activities.ChargeState, error) { return activities.ChargeState{}, errAway }
			}
			is, err := resolve(payments, "transfer 7")
			require.NoError(t, err)
			require.Equal(t, booking.UnderDispute, is.Refused)
			require.Contains(t, is.Words, "dispute du_1 over")
			require.Contains(t, is.Words, "evidence is accepted until 2026-12-06T12:00:00Z")
			require.Zero(t, onRecord(t, payments, "o1").RefundedInAll())

			d.retrieve = func(ref string) (activities.ChargeState, error) { return d.seen(ref), nil }
			d.dispute(c.of, c.is, due)
			d.answers(c.provider)
			if c.owes > 0 {
				is, err = resolve(payments, "transfer 7")
				require.NoError(t, err)
				require.Len(t, is.Entries, 1)
				require.Equal(t, c.owes, is.Entries[0].Amount.Amount)
			}
			_, err = refund(payments, newCharge("o1"))
			require.NoError(t, err)
			payment := onRecord(t, payments, "o1")
			require.Equal(t, c.refunded, payment.Refunded)
			require.Equal(t, price.Amount, payment.RefundedInAll(), "each part of it once")
		})
	}
}

// TestResolveByHand_OfAPartThatIsDisputed: the same for a goodwill refund. A dispute whose
// deadline has long passed blocks no refund of a charge that the provider cannot report.
func TestResolveByHand_OfAPartThatIsDisputed(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.dispute(20000, booking.DisputeOpen, time.Now().Add(-50*24*time.Hour))
	d.answers(disputed)
	part, err := refundPart(payments, goodwill("refund/1", 10000))
	require.NoError(t, err)
	require.Equal(t, booking.EntryFailed, part.Entry.State)
	d.retrieve = func(string) (activities.ChargeState, error) { return activities.ChargeState{}, errAway }
	is, err := resolve(payments, "transfer 7")
	require.NoError(t, err)
	require.Equal(t, booking.UnderDispute, is.Refused)

	d.retrieve = func(ref string) (activities.ChargeState, error) { return d.seen(ref), nil }
	d.dispute(20000, booking.DisputeOpen, time.Now().Add(-121*24*time.Hour))
	is, err = resolve(payments, "transfer 7")
	require.NoError(t, err)
	require.Equal(t, booking.UnderDispute, is.Refused, "the provider says that it is open")
	d.retrieve = func(string) (activities.ChargeState, error) { return activities.ChargeState{}, errAway }
	for range 2 {
		is, err = resolve(payments, "transfer 7")
		require.NoError(t, err)
		require.Len(t, is.Entries, 1)
	}
}
