package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

var action = booking.NextAction{
	Type: booking.Redirect, URL: "https://bank.example/1", ExpiresAt: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
}

// toConfirm is a charge that the customer has to confirm.
func toConfirm(t *testing.T, provider *till) (*activities.Payments, booking.Charge) {
	t.Helper()
	provider.charge = func(context.Context, booking.Charge) (string, error) {
		return "", &activities.ActionRequired{Ref: "pi_1", Action: action}
	}
	payments, c := newPayments(t, provider), newCharge("o1")
	for range 2 {
		got, err := charge(payments, c)
		require.NoError(t, err)
		require.Equal(t, booking.Outcome{Result: booking.Unconfirmed, Action: &action}, got)
	}
	require.Equal(t, []string{"charge o1/charge"}, provider.notes(), "it is requested once")
	return payments, c
}

func confirmPayment(p *activities.Payments, c booking.Charge, back ...booking.PaymentReturn) (booking.Outcome, error) {
	with := booking.PaymentConfirmation{Charge: c}
	for _, b := range back {
		with.Back = b
	}
	return do(durably, func(ctx context.Context) (booking.Outcome, error) { return p.ConfirmPayment(ctx, with) })
}

func TestConfirmPayment(t *testing.T) {
	t.Parallel()
	voided := booking.Outcome{Result: booking.Undone, Reason: booking.PaymentUnavailable}
	for name, tt := range map[string]struct {
		ref    string
		err    error
		want   booking.Outcome
		status booking.PaymentStatus
	}{
		"Taken": {ref: "pi_1", want: done, status: booking.Charged},
		"Declined": {
			err:  activities.ErrDeclined,
			want: booking.Outcome{Result: booking.Refused, Reason: booking.PaymentDeclined, WasUnconfirmed: true}, status: booking.Declined,
		},
		"NotYet": {
			err:  &activities.ActionRequired{Ref: "pi_1", Action: action},
			want: booking.Outcome{Result: booking.Unconfirmed, Action: &action}, status: booking.ActionRequired,
		},
		"Undecided": {
			err: &activities.ActionRequired{Ref: "pi_1"}, want: booking.Outcome{Result: booking.Unconfirmed}, status: booking.ActionRequired,
		},
		"OtherAmount": {err: activities.ErrOtherAmount, want: voided, status: booking.ChargePrevented},
		"Voided":      {err: activities.ErrVoided, want: voided, status: booking.ChargePrevented},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider := &till{}
			var received booking.PaymentReturn
			provider.confirm = func(ref string, back booking.PaymentReturn) (string, error) {
				require.Equal(t, "pi_1", ref)
				received = back
				return tt.ref, tt.err
			}
			payments, c := toConfirm(t, provider)
			back := booking.PaymentReturn{PaymentKey: "key", Amount: 5}
			for range 2 {
				got, err := confirmPayment(payments, c, back)
				require.NoError(t, err)
				require.Equal(t, tt.want, got)
			}
			require.Equal(t, back, received)
			require.Equal(t, tt.status, onRecord(t, payments, "o1").Status)
		})
	}
	t.Run("Away", func(t *testing.T) {
		t.Parallel()
		provider := &till{confirm: func(string, booking.PaymentReturn) (string, error) { return "", errAway }}
		payments, c := toConfirm(t, provider)
		_, err := confirmPayment(payments, c)
		require.ErrorIs(t, err, errAway)
		require.Equal(t, booking.ActionRequired, onRecord(t, payments, "o1").Status)
	})
}

// TestConfirmPayment_AfterTheUndo: a payment that is being undone is not confirmed any
// more.
func TestConfirmPayment_AfterTheUndo(t *testing.T) {
	t.Parallel()
	provider := &till{}
	payments, c := toConfirm(t, provider)
	undo, err := refund(payments, because(c, booking.ByCustomer))
	require.NoError(t, err)
	require.False(t, undo.Acted)
	require.Equal(t, booking.ChargePrevented, onRecord(t, payments, "o1").Status)
	got, err := confirmPayment(payments, c)
	require.NoError(t, err)
	require.Equal(t, undoneForThem, got)
	require.NotContains(t, provider.notes(), "confirm pi_1")
}

// TestRefund_VoidsInTheFormOfTheCharge: a provider recognizes a repeated request by all its
// fields, and the ledger does not store those that say that the customer is present.
func TestRefund_VoidsInTheFormOfTheCharge(t *testing.T) {
	t.Parallel()
	provider := &till{}
	var voided booking.Charge
	provider.void = func(_ context.Context, c booking.Charge) ([]string, error) {
		voided = c
		return nil, nil
	}
	provider.charge = func(context.Context, booking.Charge) (string, error) {
		return "", &activities.ActionRequired{Ref: "pi_1", Action: action}
	}
	payments, c := newPayments(t, provider), newCharge("o1")
	c.ReturnTo, c.Customer, c.KeepsMethod = "https://shop.example/orders/o1/paid", "1024", true
	_, err := charge(payments, c)
	require.NoError(t, err)
	undo := because(c, booking.ByCustomer)
	undo.Customer, undo.KeepsMethod = "1025", false
	_, err = refund(payments, undo)
	require.NoError(t, err)
	require.Equal(t, []string{c.ReturnTo, c.Customer}, []string{voided.ReturnTo, voided.Customer})
	require.True(t, voided.KeepsMethod)
}

// TestLookAgain_ConfirmedTooLate: a payment that the customer confirmed although it was
// voided is refunded, once.
func TestLookAgain_ConfirmedTooLate(t *testing.T) {
	t.Parallel()
	provider := &till{}
	payments, c := toConfirm(t, provider)
	_, err := refund(payments, because(c, booking.PaymentNotConfirmed))
	require.NoError(t, err)
	provider.void = func(context.Context, booking.Charge) ([]string, error) { return []string{"pi_1"}, nil }
	check := func() (booking.ChargeChecked, error) {
		return do(durably, func(ctx context.Context) (booking.ChargeChecked, error) {
			return payments.LookAgain(ctx, booking.ChargeCheck{OrderID: "o1", Confirms: true})
		})
	}
	for range 2 {
		got, err := check()
		require.NoError(t, err)
		require.Equal(t, &c.Amount, got.Refunded)
		is := onRecord(t, payments, "o1")
		require.Equal(t, booking.Refunded, is.Status)
		require.Equal(t, c.Amount.Amount, is.Refunded)
	}
}

// TestLookAgain_ChargedAfterItWasRefused: a charge that the provider makes although it had
// been refused is refunded, once, and is not a charge of the order.
func TestLookAgain_ChargedAfterItWasRefused(t *testing.T) {
	t.Parallel()
	provider := &till{confirm: func(string, booking.PaymentReturn) (string, error) { return "", activities.ErrDeclined }}
	payments, c := toConfirm(t, provider)
	got, err := confirmPayment(payments, c)
	require.NoError(t, err)
	require.Equal(t, booking.Outcome{Result: booking.Refused, Reason: booking.PaymentDeclined, WasUnconfirmed: true}, got)
	_, err = checkCharge(payments, "o1")
	require.NoError(t, err)
	require.Equal(t, booking.Declined, onRecord(t, payments, "o1").Status, "nothing was charged")
	provider.void = func(context.Context, booking.Charge) ([]string, error) { return []string{"pi_1"}, nil }
	for range 2 {
		_, err = checkCharge(payments, "o1")
		require.NoError(t, err)
		is := onRecord(t, payments, "o1")
		require.Equal(t, []any{booking.Refunded, booking.PaymentDeclined}, []any{is.Status, is.Reason})
		require.Equal(t, c.Amount.Amount, is.Refunded)
	}
	got, err = confirmPayment(payments, c)
	require.NoError(t, err)
	require.Equal(t, booking.Outcome{Result: booking.Undone, Reason: booking.PaymentDeclined}, got)
}

// TestLookAgain_ConfirmedTooLateAndNotRefunded: a refund that has failed or is pending is
// reported, so that it is followed. If the provider does not answer, the repeated check
// starts the refund.
func TestLookAgain_ConfirmedTooLateAndNotRefunded(t *testing.T) {
	t.Parallel()
	late := func(t *testing.T, said error) (*activities.Payments, *till) {
		t.Helper()
		provider := &till{}
		payments, c := toConfirm(t, provider)
		_, err := refund(payments, because(c, booking.PaymentNotConfirmed))
		require.NoError(t, err)
		provider.void = func(context.Context, booking.Charge) ([]string, error) { return []string{"pi_1"}, nil }
		provider.refund = func(string, string, booking.Money) error { return said }
		return payments, provider
	}
	for name, said := range map[string]*activities.Owed{
		"Failed": {Words: "the account is closed", NeedsPerson: true}, "Pending": {Words: "it is pending"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payments, provider := late(t, said)
			got, err := checkCharge(payments, "o1")
			require.NoError(t, err)
			require.Equal(t, booking.RefundPending, got.Status)
			require.Len(t, got.Failed, 1)
			is := got.Failed[0]
			require.Equal(t, []any{"o1/charge/refund", booking.EntryFailed, said.Words, price}, []any{is.Key, is.State, is.Words, is.Amount})

			provider.refund = nil
			undo, err := refund(payments, because(newCharge("o1"), booking.PaymentNotConfirmed))
			require.NoError(t, err)
			require.Equal(t, booking.Refunded, undo.Payment, "what follows it makes it")
		})
	}
	t.Run("Away", func(t *testing.T) {
		t.Parallel()
		payments, provider := late(t, errAway)
		_, err := checkCharge(payments, "o1")
		require.ErrorIs(t, err, errAway)
		provider.refund = nil
		got, err := checkCharge(payments, "o1")
		require.NoError(t, err)
		require.Equal(t, booking.Refunded, got.Status)
		require.Equal(t, price.Amount, onRecord(t, payments, "o1").Refunded)
	})
}

// TestLookAgain_Unconfirmed: a check with Confirms reports that the payment is to be
// confirmed.
func TestLookAgain_Unconfirmed(t *testing.T) {
	t.Parallel()
	payments, _ := toConfirm(t, &till{})
	for _, confirms := range []bool{true, false} {
		checked, err := do(durably, func(ctx context.Context) (booking.ChargeChecked, error) {
			return payments.LookAgain(ctx, booking.ChargeCheck{OrderID: "o1", Confirms: confirms})
		})
		require.NoError(t, err)
		require.Equal(t, confirms, checked.Unconfirmed)
	}
}
