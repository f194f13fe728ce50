package activities_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

func TestRefundPayment_OfACharge(t *testing.T) {
	t.Parallel()
	var paid []booking.Money
	provider := &till{refund: func(_, _ string, amount booking.Money) error {
		paid = append(paid, amount)
		return nil
	}}
	payments, c := newPayments(t, provider), because(newCharge("o1"), booking.ByCustomer)
	_, err := charge(payments, newCharge("o1"))
	require.NoError(t, err)
	for range 3 {
		undo, err := refund(payments, c)
		require.NoError(t, err)
		require.True(t, undo.Acted)
	}
	require.Equal(t, []string{"charge o1/charge", "refund ch_1 as o1/charge/refund"}, provider.notes(), "refunded once")
	require.Equal(t, []booking.Money{price}, paid)
	payment := onRecord(t, payments, "o1")
	require.Equal(t, booking.Refunded, payment.Status)
	require.Equal(t, price.Amount, payment.Refunded)

	got, err := charge(payments, newCharge("o1"))
	require.NoError(t, err)
	require.Equal(t, undoneForThem, got, "what was undone stays so")
}

func TestRefundPayment_OfWhatWasDeclined(t *testing.T) {
	t.Parallel()
	provider := &till{charge: func(context.Context, booking.Charge) (string, error) { return "", activities.ErrDeclined }}
	payments := newPayments(t, provider)
	_, err := charge(payments, newCharge("o1"))
	require.NoError(t, err)
	undo, err := refund(payments, because(newCharge("o1"), booking.ByCustomer))
	require.NoError(t, err)
	require.False(t, undo.Acted)
	require.Equal(t, []string{"charge o1/charge"}, provider.notes())
}

func TestRefundPayment_OfWhatWasNeverRequested(t *testing.T) {
	t.Parallel()
	provider := &till{}
	payments, c := newPayments(t, provider), newCharge("o1")
	undo, err := refund(payments, because(c, booking.ByCustomer))
	require.NoError(t, err)
	require.False(t, undo.Acted)
	got, err := charge(payments, c)
	require.NoError(t, err)
	require.Equal(t, undoneForThem, got, "a charge that comes late")
	require.Empty(t, provider.notes(), "the provider gets no request")
	payment := onRecord(t, payments, "o1")
	require.Equal(t, booking.ChargePrevented, payment.Status)
	require.Equal(t, price, payment.Amount, "the record has the amount that was not charged")
}

// If it is not known whether the charge was made, the provider is called first.
func TestRefundPayment_OfAnUnknownCharge(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		ref    string // of the charge as the provider knows it
		acted  bool
		status booking.PaymentStatus
		calls  []string
	}{
		"NotCharged": {"", false, booking.ChargePrevented, []string{"charge o1/charge", "void o1/charge"}},
		"Charged": {"ch_1", true, booking.Refunded,
			[]string{"charge o1/charge", "void o1/charge", "refund ch_1 as o1/charge/refund"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider := &till{
				charge: func(context.Context, booking.Charge) (string, error) { return "", errAway },
				void:   func(context.Context, booking.Charge) ([]string, error) { return some(tt.ref), nil },
			}
			payments, c := newPayments(t, provider), newCharge("o1")
			_, err := charge(payments, c)
			require.ErrorIs(t, err, errAway)
			for range 2 {
				undo, err := refund(payments, because(c, booking.ByCustomer))
				require.NoError(t, err)
				require.Equal(t, tt.acted, undo.Acted)
			}
			require.Equal(t, tt.calls, provider.notes())
			require.Equal(t, tt.status, onRecord(t, payments, "o1").Status)
			got, err := charge(payments, c)
			require.NoError(t, err)
			require.Equal(t, undoneForThem, got)
		})
	}
}

func TestRefundPayment_IsOwedUntilItIsDone(t *testing.T) {
	t.Parallel()
	provider := &till{
		charge: func(context.Context, booking.Charge) (string, error) { return "", errAway },
		void:   func(context.Context, booking.Charge) ([]string, error) { return nil, errAway },
		refund: func(string, string, booking.Money) error { return errAway },
	}
	payments, c := newPayments(t, provider), because(newCharge("o1"), booking.ByCustomer)
	_, err := charge(payments, newCharge("o1"))
	require.ErrorIs(t, err, errAway)

	owed := func() {
		t.Helper()
		_, err := refund(payments, c)
		require.ErrorIs(t, err, errAway)
		require.Equal(t, booking.RefundPending, onRecord(t, payments, "o1").Status)
	}
	owed()
	provider.void = func(context.Context, booking.Charge) ([]string, error) { return []string{"ch_1"}, nil }
	owed()
	provider.refund = nil
	undo, err := refund(payments, c)
	require.NoError(t, err)
	require.True(t, undo.Acted)
	require.Equal(t, []string{
		"charge o1/charge", "void o1/charge",
		"void o1/charge", "refund ch_1 as o1/charge/refund",
		"void o1/charge", "refund ch_1 as o1/charge/refund",
	}, provider.notes(), "each time with the same keys")
}

// The customer cancels while the provider processes the charge.
func TestRefundPayment_WhileTheChargeIsPending(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		charged error  // the result of the running charge
		ref     string // the reference that Void finds
		acted   bool
		status  booking.PaymentStatus
	}{
		"VoidComesFirst":   {activities.ErrVoided, "", false, booking.ChargePrevented},
		"ChargeComesFirst": {nil, "ch_1", true, booking.Refunded},
		"Declined":         {activities.ErrDeclined, "", false, booking.ChargePrevented},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				answer := make(chan struct{})
				provider := &till{
					charge: func(context.Context, booking.Charge) (string, error) {
						<-answer
						return tt.ref, tt.charged
					},
					void: func(context.Context, booking.Charge) ([]string, error) { return some(tt.ref), nil },
				}
				payments, c := newPayments(t, provider), newCharge("o1")
				var outcome booking.Outcome
				var charging errgroup.Group
				charging.Go(func() (err error) {
					outcome, err = charge(payments, c)
					return err
				})
				synctest.Wait()
				require.Equal(t, []string{"charge o1/charge"}, provider.notes())

				undo, err := refund(payments, because(c, booking.ByCustomer))
				require.NoError(t, err)
				require.Equal(t, tt.acted, undo.Acted)

				close(answer)
				require.NoError(t, charging.Wait())
				require.Equal(t, undoneForThem, outcome, "the refund decides")
				require.Equal(t, tt.status, onRecord(t, payments, "o1").Status)
			})
		})
	}
}

func some(ref string) []string {
	if ref == "" {
		return nil
	}
	return []string{ref}
}

// TestRefundPayment_FollowsWhatIsOwed: the ledger has Refunded only after the provider has
// confirmed it. A state that the saga knows is requested again, one that it does not know
// is reported.
func TestRefundPayment_FollowsWhatIsOwed(t *testing.T) {
	t.Parallel()
	pending, failed := &activities.Owed{Words: "pending"}, &activities.Owed{Words: "failed", NeedsPerson: true}
	says := error(pending)
	provider := &till{refund: func(string, string, booking.Money) error { return says }}
	payments, c := newPayments(t, provider), because(newCharge("o1"), booking.ByCustomer)
	_, err := charge(payments, newCharge("o1"))
	require.NoError(t, err)

	undo, err := refund(payments, c)
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Owed: "pending"}, undo)
	c.Owed = "pending"
	_, err = refund(payments, c)
	require.ErrorContains(t, err, "pending")
	var again *temporal.ApplicationError
	require.ErrorAs(t, err, &again)
	require.GreaterOrEqual(t, again.NextRetryDelay(), time.Second)
	says = failed
	undo, err = refund(payments, c)
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Owed: "failed", NeedsPerson: true, Due: price.Amount}, undo)
	require.Equal(t, booking.RefundPending, onRecord(t, payments, "o1").Status)

	says, c.Owed = nil, "failed"
	undo, err = refund(payments, c)
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: price.Amount}, undo)
	require.Equal(t, booking.Refunded, onRecord(t, payments, "o1").Status)
}

// TestRefundPayment_OfWhatWasRefundedOtherwise: the payment is Returned and not Refunded.
func TestRefundPayment_OfWhatWasRefundedOtherwise(t *testing.T) {
	t.Parallel()
	provider := &till{refund: func(string, string, booking.Money) error { return activities.ErrReturned }}
	payments, c := newPayments(t, provider), because(newCharge("o1"), booking.ByCustomer)
	_, err := charge(payments, newCharge("o1"))
	require.NoError(t, err)
	for range 2 {
		undo, err := refund(payments, c)
		require.NoError(t, err)
		require.Equal(t, booking.Undo{Acted: true, Payment: booking.Returned, RefundedInAll: price.Amount}, undo, "the customer has it again")
	}
	require.Len(t, provider.notes(), 2, "requested once")
	payment := onRecord(t, payments, "o1")
	require.Equal(t, booking.Returned, payment.Status)
	require.Zero(t, payment.Refunded)
}

// TestRefundPayment_OfWhatWasChargedTwice: each of the charges is refunded, also if one is
// still owed.
func TestRefundPayment_OfWhatWasChargedTwice(t *testing.T) {
	t.Parallel()
	owed := true
	provider := &till{
		charge: func(context.Context, booking.Charge) (string, error) { return "", errAway },
		void:   func(context.Context, booking.Charge) ([]string, error) { return []string{"ch_1", "ch_2"}, nil },
		refund: func(_, ref string, _ booking.Money) error {
			if owed && ref == "ch_1" {
				return &activities.Owed{Words: "pending"}
			}
			return nil
		},
	}
	payments, c := newPayments(t, provider), because(newCharge("o1"), booking.ByCustomer)
	_, err := charge(payments, newCharge("o1"))
	require.ErrorIs(t, err, errAway)
	undo, err := refund(payments, c)
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Owed: "pending"}, undo)
	require.Equal(t, booking.RefundPending, onRecord(t, payments, "o1").Status)
	owed = false
	undo, err = refund(payments, c)
	require.NoError(t, err)
	require.True(t, undo.Acted)
	require.Equal(t, []string{
		"charge o1/charge", "void o1/charge", "refund ch_1 as o1/charge/refund", "refund ch_2 as o1/charge/refund",
		"void o1/charge", "refund ch_1 as o1/charge/refund", "refund ch_2 as o1/charge/refund",
	}, provider.notes())
	require.Equal(t, booking.Refunded, onRecord(t, payments, "o1").Status)
}

// TestChargePayment_TooLateLeavesWhatIsOwedToTheUndo: the order compensates, and its own
// undo follows the refund.
func TestChargePayment_TooLateLeavesWhatIsOwedToTheUndo(t *testing.T) {
	t.Parallel()
	provider := &till{
		charge: func(context.Context, booking.Charge) (string, error) { return "", errAway },
		void:   func(context.Context, booking.Charge) ([]string, error) { return []string{"ch_1"}, nil },
		refund: func(string, string, booking.Money) error { return &activities.Owed{Words: "pending"} },
	}
	payments, c := newPayments(t, provider), newCharge("o1")
	_, err := charge(payments, c)
	require.ErrorIs(t, err, errAway)
	c.Late, c.Reason = true, booking.TooLate
	outcome, err := charge(payments, c)
	require.NoError(t, err)
	require.Equal(t, booking.Outcome{Result: booking.Undone, Reason: booking.TooLate}, outcome)
	require.Equal(t, booking.RefundPending, onRecord(t, payments, "o1").Status)
}
