package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// testCustomersOfCharges: a charge names the customer that the provider knew when it began, in
// every repetition.
func testCustomersOfCharges(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "payments")
	payments, customers := store.NewPayments(db), store.NewPaymentCustomers(db)
	keep := func(t *testing.T, customer, ref string) {
		t.Helper()
		_, err := customers.KeepCustomer(t.Context(), customer, ref)
		require.NoError(t, err)
	}
	of := func(t *testing.T, customer string) booking.Charge {
		t.Helper()
		c := newCharge(t.Name())
		c.Customer, c.KeepsMethod = customer, true
		return c
	}
	begin := func(t *testing.T, c booking.Charge, ref string) {
		t.Helper()
		begun, err := payments.BeginCharge(t.Context(), c)
		require.NoError(t, err)
		c.CustomerRef = ref
		require.Equal(t, c, begun.Charge)
		if begun.Status == booking.Charged {
			return
		}
		undone, err := payments.Payment(t.Context(), c.OrderID)
		require.NoError(t, err)
		require.Equal(t, ref, undone.CustomerRef)
	}

	run(t, "Named", func(t *testing.T) {
		c := of(t, t.Name())
		keep(t, c.Customer, "cus_1")
		begin(t, c, "cus_1")
		later := c
		later.Customer, later.KeepsMethod = "", false // a request of another build
		begun, err := payments.BeginCharge(t.Context(), later)
		require.NoError(t, err)
		require.True(t, begun.KeepsMethod)
		require.Equal(t, c.Customer, begun.Customer)
	})

	run(t, "CreatedLater", func(t *testing.T) {
		c := of(t, t.Name())
		begin(t, c, "")
		keep(t, c.Customer, "cus_1")
		begin(t, c, "")
	})

	run(t, "Deferred", func(t *testing.T) {
		c := of(t, t.Name())
		_, err := payments.DeferCharge(t.Context(), c)
		require.NoError(t, err)
		keep(t, c.Customer, "cus_1")
		begin(t, c, "cus_1")
	})

	run(t, "Forgotten", func(t *testing.T) {
		c := of(t, t.Name())
		keep(t, c.Customer, "cus_1")
		begin(t, c, "cus_1")
		require.NoError(t, customers.ForgetCustomer(t.Context(), c.Customer, "cus_1"))
		begin(t, c, "")
		keep(t, c.Customer, "cus_2")
		begin(t, c, "")
	})

	run(t, "Further", func(t *testing.T) {
		c := of(t, t.Name())
		keep(t, c.Customer, "cus_1")
		begin(t, c, "cus_1")
		_, err := payments.EndCharge(t.Context(), c.OrderID, booking.Charged, "ch_1")
		require.NoError(t, err)
		more := c
		more.Key = booking.ChangeKey(c.OrderID, "1")
		for _, ref := range []string{"cus_1", ""} {
			further, err := payments.BeginFurther(t.Context(), more)
			require.NoError(t, err)
			more.CustomerRef = ref
			require.Equal(t, more, further.Charge)
			require.NoError(t, customers.ForgetCustomer(t.Context(), c.Customer, "cus_1"))
		}
	})
}
