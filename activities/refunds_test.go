package activities_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
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
	require.Equal(t, []string{"charge o1/charge", "refund ch_1 as o1/charge/refund"}, provider.notes(), "given back once")
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

func TestRefundPayment_OfWhatWasNeverAskedFor(t *testing.T) {
	t.Parallel()
	provider := &till{}
	payments, c := newPayments(t, provider), newCharge("o1")
	undo, err := refund(payments, because(c, booking.ByCustomer))
	require.NoError(t, err)
	require.False(t, undo.Acted)
	got, err := charge(payments, c)
	require.NoError(t, err)
	require.Equal(t, undoneForThem, got, "a charge that comes late")
	require.Empty(t, provider.notes(), "the provider never hears of it")
	payment := onRecord(t, payments, "o1")
	require.Equal(t, booking.ChargePrevented, payment.Status)
	require.Equal(t, price, payment.Amount, "the record says what was not taken")
}

// Whether the money was taken is not known: the provider is asked first.
func TestRefundPayment_OfAnUnknownCharge(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		ref    string // of the charge as the provider knows it
		acted  bool
		status booking.PaymentStatus
		asked  []string
	}{
		"NotTaken": {"", false, booking.ChargePrevented, []string{"charge o1/charge", "void o1/charge"}},
		"Taken": {"ch_1", true, booking.Refunded,
			[]string{"charge o1/charge", "void o1/charge", "refund ch_1 as o1/charge/refund"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider := &till{
				charge: func(context.Context, booking.Charge) (string, error) { return "", errAway },
				void:   func(context.Context, booking.Charge) (string, error) { return tt.ref, nil },
			}
			payments, c := newPayments(t, provider), newCharge("o1")
			_, err := charge(payments, c)
			require.ErrorIs(t, err, errAway)
			for range 2 {
				undo, err := refund(payments, because(c, booking.ByCustomer))
				require.NoError(t, err)
				require.Equal(t, tt.acted, undo.Acted)
			}
			require.Equal(t, tt.asked, provider.notes())
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
		void:   func(context.Context, booking.Charge) (string, error) { return "", errAway },
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
	provider.void = func(context.Context, booking.Charge) (string, error) { return "ch_1", nil }
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

// The customer cancels while the provider is thinking.
func TestRefundPayment_WhileTheChargeIsInFlight(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		charged error  // what the flight comes back with
		ref     string // and what Void finds
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
					void: func(context.Context, booking.Charge) (string, error) { return tt.ref, nil },
				}
				payments, c := newPayments(t, provider), newCharge("o1")
				var outcome booking.Outcome
				var flight errgroup.Group
				flight.Go(func() (err error) {
					outcome, err = charge(payments, c)
					return err
				})
				synctest.Wait()
				require.Equal(t, []string{"charge o1/charge"}, provider.notes())

				undo, err := refund(payments, because(c, booking.ByCustomer))
				require.NoError(t, err)
				require.Equal(t, tt.acted, undo.Acted)

				close(answer)
				require.NoError(t, flight.Wait())
				require.Equal(t, undoneForThem, outcome, "the refund has the last word")
				require.Equal(t, tt.status, onRecord(t, payments, "o1").Status)
			})
		})
	}
}
