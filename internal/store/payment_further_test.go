package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// testFurtherCharges: won is 50000.
func testFurtherCharges(t *testing.T, fresh newURL) {
	payments := store.NewPayments(setup(t, fresh, "payments"))
	charged := func(t *testing.T) (first, further booking.Charge) {
		t.Helper()
		first = newCharge(t.Name())
		_, err := payments.BeginCharge(t.Context(), first)
		require.NoError(t, err)
		_, err = payments.EndCharge(t.Context(), first.OrderID, booking.Charged, "ch_1")
		require.NoError(t, err)
		further = booking.Charge{
			Key: booking.ChangeKey(first.OrderID, "1"), OrderID: first.OrderID, Method: first.Method, By: "1024",
			Amount: booking.Money{Amount: 30000, Currency: won.Currency},
		}
		return first, further
	}
	read := func(t *testing.T, c booking.Charge) booking.Payment {
		t.Helper()
		p, err := payments.Payment(t.Context(), c.OrderID)
		require.NoError(t, err)
		return p
	}

	run(t, "Charged", func(t *testing.T) {
		first, c := charged(t)
		for range 2 {
			begun, err := payments.BeginFurther(t.Context(), c)
			require.NoError(t, err)
			require.Equal(t, booking.ChargePending, begun.Status)
			require.Equal(t, c, begun.Charge)
		}
		require.Equal(t, won, read(t, c).Amount, "it is not known to be charged")
		for _, answer := range []booking.PaymentStatus{booking.Charged, booking.Declined} {
			ended, err := payments.EndFurther(t.Context(), c, answer, "ch_2")
			require.NoError(t, err)
			require.Equal(t, booking.Charged, ended.Status, "the first answer holds")
		}
		p := read(t, c)
		require.EqualValues(t, 80000, p.Amount.Amount)
		require.Equal(t, []string{"ch_1", "ch_2"}, p.Refs())
		require.Equal(t, won, p.FirstCharge())
		require.EqualValues(t, 80000, p.Refundable())

		_, err := payments.BeginRefund(t.Context(), because(first, booking.ByCustomer))
		require.NoError(t, err)
		require.NoError(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.Refunded, p.Ref, 80000, "re_1")))
		require.EqualValues(t, 80000, read(t, c).Refunded)
	})

	run(t, "NotTaken", func(t *testing.T) {
		_, c := charged(t)
		_, err := payments.BeginFurther(t.Context(), c)
		require.NoError(t, err)
		ended, err := payments.EndFurther(t.Context(), c, booking.Declined, "")
		require.NoError(t, err)
		require.Equal(t, booking.Declined, ended.Status)
		require.Equal(t, won, read(t, c).Amount)
	})

	run(t, "Prevented", func(t *testing.T) {
		first, c := charged(t)
		prevented, err := payments.PreventFurther(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, booking.ChargePrevented, prevented.Status)
		begun, err := payments.BeginFurther(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, booking.ChargePrevented, begun.Status, "it comes too late")

		_, err = payments.BeginRefund(t.Context(), because(first, booking.ByCustomer))
		require.NoError(t, err)
		c.Key = booking.ChangeKey(c.OrderID, "2")
		begun, err = payments.BeginFurther(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, booking.ChargePrevented, begun.Status, "the order is being undone")
		_, err = payments.BeginEntry(t.Context(), booking.Entry{
			Key: booking.ChangeRefundKey(c.OrderID, "2"), OrderID: c.OrderID, Amount: c.Amount, Reason: booking.Changed,
		})
		require.ErrorIs(t, err, &booking.Error{Code: booking.NotCharged}, "the undo refunds it")
	})

	run(t, "TakenAfterTheUndoBegan", func(t *testing.T) {
		first, c := charged(t)
		_, err := payments.BeginFurther(t.Context(), c)
		require.NoError(t, err)
		keeping := because(first, booking.ByCustomer)
		keeping.Keep, keeping.Tier = 20000, "before:24h"
		p, err := payments.BeginRefund(t.Context(), keeping)
		require.NoError(t, err)
		require.EqualValues(t, 30000, p.Owed())
		require.Len(t, p.Further, 1)
		_, err = payments.EndFurther(t.Context(), c, booking.Charged, "ch_2")
		require.NoError(t, err)
		p = read(t, c)
		own, _ := p.Entry(p.RefundKey())
		require.EqualValues(t, 60000, own.Amount.Amount)
		require.EqualValues(t, 60000, p.Owed())
	})
}
