package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// testPaymentConfirmations: charges that the customer has to confirm.
func testPaymentConfirmations(t *testing.T, fresh newURL) {
	payments := store.NewPayments(setup(t, fresh, "payments"))
	action := booking.NextAction{Type: booking.Redirect, URL: "https://bank.example/1", ExpiresAt: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}
	begin := func(t *testing.T, a booking.NextAction) booking.Charge {
		t.Helper()
		c := newCharge(t.Name())
		_, err := payments.BeginCharge(t.Context(), c)
		require.NoError(t, err)
		p, err := payments.RequireAction(t.Context(), c.OrderID, "pi_1", a)
		require.NoError(t, err)
		require.Equal(t, booking.ActionRequired, p.Status)
		return c
	}

	run(t, "Waits", func(t *testing.T) {
		c := begin(t, action)
		_, err := payments.RequireAction(t.Context(), c.OrderID, "pi_2", booking.NextAction{})
		require.NoError(t, err)
		again, err := payments.BeginCharge(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, "pi_1", again.ActionRef, "the first answer holds")
		require.Equal(t, &action, again.Action)
		require.Empty(t, again.Ref)
		require.False(t, again.WasCharged())
	})
	run(t, "WithoutAnEnd", func(t *testing.T) {
		c := begin(t, booking.NextAction{Type: booking.Redirect, URL: "https://bank.example/1"})
		p, err := payments.Payment(t.Context(), c.OrderID)
		require.NoError(t, err)
		require.Zero(t, p.Action.ExpiresAt)
	})
	run(t, "Decided", func(t *testing.T) {
		for answer, ref := range map[booking.PaymentStatus]string{booking.Charged: "pi_1", booking.Declined: ""} {
			run(t, string(answer), func(t *testing.T) {
				c := begin(t, action)
				p, err := payments.EndCharge(t.Context(), c.OrderID, answer, ref)
				require.NoError(t, err)
				require.Equal(t, []any{answer, ref}, []any{p.Status, p.Ref})
				require.Nil(t, p.Action)
				p, err = payments.RequireAction(t.Context(), c.OrderID, "pi_1", action)
				require.NoError(t, err)
				require.Equal(t, answer, p.Status, "it is decided")
			})
		}
	})
	run(t, "Undone", func(t *testing.T) {
		c := begin(t, action)
		undo := because(c, booking.ByCustomer)
		undo.Keep = 100
		p, err := payments.BeginRefund(t.Context(), undo)
		require.NoError(t, err)
		require.Equal(t, booking.RefundPending, p.Status)
		require.Zero(t, p.Kept, "nothing was charged")
		p, err = payments.EndCharge(t.Context(), c.OrderID, booking.Charged, "pi_1")
		require.NoError(t, err)
		require.Equal(t, booking.RefundPending, p.Status)
		require.NoError(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.ChargePrevented, "", 0, "")))
		require.NoError(t, payments.NoteCharge(t.Context(), c.OrderID, "pi_1"))
		p, err = payments.Payment(t.Context(), c.OrderID)
		require.NoError(t, err)
		require.Equal(t, []any{booking.RefundPending, "pi_1"}, []any{p.Status, p.Ref}, "it was confirmed all the same")
	})
	run(t, "DeclinedAndTakenAllTheSame", func(t *testing.T) {
		for name, a := range map[string]struct {
			toConfirm bool
			want      []any
		}{
			"ToConfirm": {true, []any{booking.RefundPending, "pi_1", booking.PaymentDeclined}},
			"AtOnce":    {false, []any{booking.Declined, "", booking.Reason("")}},
		} {
			run(t, name, func(t *testing.T) {
				c := newCharge(t.Name())
				_, err := payments.BeginCharge(t.Context(), c)
				require.NoError(t, err)
				if a.toConfirm {
					_, err = payments.RequireAction(t.Context(), c.OrderID, "pi_1", action)
					require.NoError(t, err)
				}
				require.NoError(t, errOf(payments.EndCharge(t.Context(), c.OrderID, booking.Declined, "")))
				for range 2 {
					require.NoError(t, payments.NoteCharge(t.Context(), c.OrderID, "pi_1"))
					p, err := payments.Payment(t.Context(), c.OrderID)
					require.NoError(t, err)
					require.Equal(t, a.want, []any{p.Status, p.Ref, p.Reason})
				}
			})
		}
	})
	run(t, "VoidedWithoutACustomer", func(t *testing.T) {
		c := newCharge(t.Name())
		_, err := payments.BeginRefund(t.Context(), because(c, booking.ByCustomer))
		require.NoError(t, err)
		require.NoError(t, payments.NoteCharge(t.Context(), c.OrderID, "pi_1"))
		p, err := payments.Payment(t.Context(), c.OrderID)
		require.NoError(t, err)
		require.Equal(t, booking.ChargePrevented, p.Status)
	})
}
