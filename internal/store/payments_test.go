package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

func newCharge(orderID string) booking.Charge {
	return booking.Charge{Key: orderID + "/charge", OrderID: orderID, Amount: won, Method: "pm_card_visa"}
}

// because is the charge with the reason of its undo.
func because(c booking.Charge, reason booking.Reason) booking.Charge {
	c.Reason = reason
	return c
}

// errOf is the error of a call whose payment is not needed.
func errOf(_ booking.Payment, err error) error { return err }

func testPayments(t *testing.T, fresh newURL) {
	payments := store.NewPayments(setup(t, fresh, "payments"))

	begin := func(t *testing.T) booking.Charge {
		t.Helper()
		c := newCharge(t.Name())
		p, err := payments.BeginCharge(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, booking.ChargePending, p.Status)
		return c
	}

	run(t, "Charged", func(t *testing.T) {
		c := begin(t)
		p, err := payments.EndCharge(t.Context(), c.OrderID, booking.Charged, "ch_1")
		require.NoError(t, err)
		require.Equal(t, booking.Charged, p.Status)

		p, err = payments.EndCharge(t.Context(), c.OrderID, booking.Declined, "")
		require.NoError(t, err)
		require.Equal(t, booking.Charged, p.Status, "the first answer holds")

		p, err = payments.BeginCharge(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, booking.Charged, p.Status)

		read, err := payments.Payment(t.Context(), c.OrderID)
		require.NoError(t, err)
		require.Equal(t, p, read)
		require.Equal(t, c, read.Charge)
		require.Equal(t, "ch_1", read.Ref)
		require.Equal(t, time.UTC, read.At.Location())
		require.WithinDuration(t, time.Now(), read.At, time.Minute)
	})

	run(t, "Deferred", func(t *testing.T) {
		c := newCharge(t.Name())
		for range 2 {
			p, err := payments.DeferCharge(t.Context(), c)
			require.NoError(t, err)
			require.Equal(t, booking.ChargeDeferred, p.Status)
		}
		_, err := payments.EndCharge(t.Context(), c.OrderID, booking.Charged, "ch_1")
		require.NoError(t, err)
		read, err := payments.Payment(t.Context(), c.OrderID)
		require.NoError(t, err)
		require.Equal(t, booking.ChargeDeferred, read.Status, "no provider was called: there is no answer")

		p, err := payments.BeginCharge(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, booking.ChargePending, p.Status, "its turn has come")
		p, err = payments.DeferCharge(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, booking.ChargePending, p.Status, "the provider was called")
	})

	run(t, "DeferredAndTakenBack", func(t *testing.T) {
		c := newCharge(t.Name())
		_, err := payments.DeferCharge(t.Context(), c)
		require.NoError(t, err)
		p, err := payments.BeginRefund(t.Context(), because(c, booking.ByCustomer))
		require.NoError(t, err)
		require.Equal(t, booking.ChargePrevented, p.Status, "the provider knows nothing of it")
		require.Equal(t, booking.ByCustomer, p.Reason)
		for _, again := range []func() (booking.Payment, error){
			func() (booking.Payment, error) { return payments.BeginCharge(t.Context(), c) },
			func() (booking.Payment, error) { return payments.DeferCharge(t.Context(), c) },
		} {
			p, err := again()
			require.NoError(t, err)
			require.Equal(t, booking.ChargePrevented, p.Status)
			require.Equal(t, booking.ByCustomer, p.Reason)
		}
	})

	run(t, "Outlook", func(t *testing.T) {
		payments := store.NewPayments(setup(t, fresh, "payments")) // without other tests' payments
		before, shut, err := payments.Outlook(t.Context())
		require.NoError(t, err)
		require.Zero(t, before)
		require.True(t, shut.IsZero(), shut)
		c := newCharge(t.Name())
		_, err = payments.DeferCharge(t.Context(), c)
		require.NoError(t, err)
		until := time.Now().Add(time.Minute).UTC().Truncate(time.Microsecond)
		require.NoError(t, payments.Shut(t.Context(), "a", until))
		require.NoError(t, payments.Shut(t.Context(), "b", until.Add(-time.Second)))
		deferred, shut, err := payments.Outlook(t.Context())
		require.NoError(t, err)
		require.Equal(t, before+1, deferred)
		require.Equal(t, until, shut, "the longest one counts")

		_, err = payments.BeginCharge(t.Context(), c)
		require.NoError(t, err)
		deferred, _, err = payments.Outlook(t.Context())
		require.NoError(t, err)
		require.Equal(t, before+1, deferred, "it is requested, and may have to wait on")
		_, err = payments.EndCharge(t.Context(), c.OrderID, booking.Charged, "ch_1")
		require.NoError(t, err)
		_, err = payments.DeferCharge(t.Context(), c)
		require.NoError(t, err)
		require.NoError(t, payments.Shut(t.Context(), "a", time.Now().Add(-time.Second)))
		deferred, shut, err = payments.Outlook(t.Context())
		require.NoError(t, err)
		require.Equal(t, before, deferred)
		require.Equal(t, until.Add(-time.Second), shut)
	})

	run(t, "NotFound", func(t *testing.T) {
		_, err := payments.Payment(t.Context(), t.Name())
		requireCode(t, booking.NotFound, err)
		_, err = payments.EndCharge(t.Context(), t.Name(), booking.Charged, "ch_1")
		requireCode(t, booking.NotFound, err)
		requireCode(t, booking.NotFound, errOf(payments.EndRefund(t.Context(), t.Name(), booking.Refunded, "", 0, "")))
	})

	run(t, "Refunded", func(t *testing.T) {
		c := begin(t)
		_, err := payments.EndCharge(t.Context(), c.OrderID, booking.Charged, "ch_1")
		require.NoError(t, err)
		require.Error(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.Refunded, "ch_1", won.Amount, "")), "not begun")

		for range 2 {
			p, err := payments.BeginRefund(t.Context(), because(c, booking.ByCustomer))
			require.NoError(t, err)
			require.Equal(t, booking.RefundPending, p.Status)
			require.Equal(t, "ch_1", p.Ref)
			require.Equal(t, because(c, booking.ByCustomer), p.Charge)
		}
		for range 2 {
			require.NoError(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.Refunded, "ch_1", won.Amount, "")))
		}
		require.Error(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.ChargePrevented, "", 0, "")))
		p, err := payments.BeginRefund(t.Context(), because(c, booking.ByCustomer))
		require.NoError(t, err)
		require.Equal(t, booking.Refunded, p.Status)
		require.Equal(t, won.Amount, p.Refunded)
	})

	run(t, "RefundOfAnUnknownOutcome", func(t *testing.T) {
		c := begin(t)
		p, err := payments.BeginRefund(t.Context(), because(c, booking.ByCustomer))
		require.NoError(t, err)
		require.Equal(t, booking.RefundPending, p.Status)

		p, err = payments.EndCharge(t.Context(), c.OrderID, booking.Charged, "ch_1")
		require.NoError(t, err)
		require.Equal(t, booking.RefundPending, p.Status, "a late answer changes nothing")

		require.NoError(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.ChargePrevented, "", 0, "")))
		p, err = payments.BeginCharge(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, booking.ChargePrevented, p.Status)
	})

	run(t, "RefundBeforeCharge", func(t *testing.T) {
		c := newCharge(t.Name())
		for _, reason := range []booking.Reason{booking.SoldOut, booking.ByCustomer} {
			p, err := payments.BeginRefund(t.Context(), because(c, reason))
			require.NoError(t, err)
			require.Equal(t, booking.ChargePrevented, p.Status)
			require.Equal(t, because(c, booking.SoldOut), p.Charge, "what was never charged is on record; the first reason stays")
		}
		p, err := payments.BeginCharge(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, booking.ChargePrevented, p.Status)
		require.Equal(t, because(c, booking.SoldOut), p.Charge)
		require.Zero(t, p.Refunded)
	})

	run(t, "Declined", func(t *testing.T) {
		c := begin(t)
		_, err := payments.EndCharge(t.Context(), c.OrderID, booking.Declined, "")
		require.NoError(t, err)
		p, err := payments.BeginRefund(t.Context(), because(c, booking.ByCustomer))
		require.NoError(t, err)
		require.Equal(t, booking.Declined, p.Status)
		require.Empty(t, p.Reason)
	})

	run(t, "NeverMoreThanCharged", func(t *testing.T) {
		c := begin(t)
		_, err := payments.BeginRefund(t.Context(), because(c, booking.ByCustomer))
		require.NoError(t, err)
		require.Error(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.Refunded, "ch_1", won.Amount+1, "")))
	})

	run(t, "ChargeAndRefundRace", func(t *testing.T) {
		for round := range 10 {
			c := newCharge(key(t.Name(), round))
			together(t, 8, func(i int) (booking.PaymentStatus, error) {
				if i%2 == 0 {
					p, err := payments.BeginRefund(t.Context(), because(c, booking.ByCustomer))
					return p.Status, err
				}
				p, err := payments.BeginCharge(t.Context(), c)
				if err != nil || p.Status != booking.ChargePending {
					return p.Status, err
				}
				p, err = payments.EndCharge(t.Context(), c.OrderID, booking.Charged, "ch_1")
				return p.Status, err
			})
			p, err := payments.Payment(t.Context(), c.OrderID)
			require.NoError(t, err)
			require.Contains(t, []booking.PaymentStatus{booking.RefundPending, booking.ChargePrevented}, p.Status,
				"a refund was requested: it is owed, or nothing was charged")
		}
	})
}
