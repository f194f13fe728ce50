package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/internal/store"
)

func testSandboxConfirmations(t *testing.T, fresh newURL) {
	sandbox := store.NewSandbox(setup(t, fresh, "sandbox"))
	until := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	charge := func(t *testing.T) booking.Charge {
		t.Helper()
		c := newCharge(t.Name())
		c.ReturnTo = "https://shop.example/"
		got, err := sandbox.Charge(t.Context(), c, payments.Record{Status: booking.ActionRequired, Token: "for " + c.Key, ExpiresAt: until})
		require.NoError(t, err)
		require.Equal(t, payments.Record{Status: booking.ActionRequired, Amount: won, Token: "for " + c.Key, ExpiresAt: until}, got)
		return c
	}

	run(t, "Approved", func(t *testing.T) {
		c := charge(t)
		is, err := sandbox.LastConfirmation(t.Context(), c.OrderID)
		require.NoError(t, err)
		require.Equal(t, payments.Confirmation{
			Token: "for " + c.Key, OrderID: c.OrderID, ReturnTo: c.ReturnTo, Amount: won, Status: booking.ActionRequired, ExpiresAt: until,
		}, is)
		for _, want := range []bool{true, false} {
			open, err := sandbox.Decide(t.Context(), is.Token, payments.Decision{Approved: true, Amount: 7})
			require.NoError(t, err)
			require.Equal(t, want, open)
		}
		is, err = sandbox.Confirmation(t.Context(), is.Token)
		require.NoError(t, err)
		require.Equal(t, booking.Charged, is.Status)
		for range 2 {
			stored, err := sandbox.Void(t.Context(), c)
			require.NoError(t, err)
			require.Equal(t, booking.Charged, stored.Status)
			seen, err := sandbox.Retrieve(t.Context(), stored.Ref)
			require.NoError(t, err)
			require.EqualValues(t, 7, seen.Charged.Amount)
		}
	})

	run(t, "Voided", func(t *testing.T) {
		c := charge(t)
		stored, err := sandbox.Void(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, booking.ChargePrevented, stored.Status)
		open, err := sandbox.Decide(t.Context(), "for "+c.Key, payments.Decision{Approved: true})
		require.NoError(t, err)
		require.False(t, open)
		open, err = sandbox.Decide(t.Context(), "for "+c.Key, payments.Decision{Approved: true, Late: true})
		require.NoError(t, err)
		require.True(t, open)
	})

	run(t, "AtOnce", func(t *testing.T) {
		c := charge(t)
		approved := together(t, 8, func(i int) (bool, error) {
			if i%2 == 0 {
				open, err := sandbox.Decide(t.Context(), "for "+c.Key, payments.Decision{Approved: true})
				return open, err
			}
			_, err := sandbox.Void(t.Context(), c)
			return false, err
		})
		wins := 0
		for _, won := range approved {
			if won {
				wins++
			}
		}
		is, err := sandbox.Confirmation(t.Context(), "for "+c.Key)
		require.NoError(t, err)
		require.Equal(t, map[bool]int{true: 1, false: 0}[is.Status == booking.Charged], wins, is.Status)
	})

	run(t, "Unknown", func(t *testing.T) {
		for _, token := range []string{"", "unknown"} {
			_, err := sandbox.Confirmation(t.Context(), token)
			requireCode(t, booking.NotFound, err)
			_, err = sandbox.LastConfirmation(t.Context(), token)
			requireCode(t, booking.NotFound, err)
		}
	})
}

func testIntentsConfirmed(t *testing.T, fresh newURL) {
	sandbox := store.NewSandboxIntents(setup(t, fresh, "sandbox"))
	create := func(t *testing.T, id, method, customer string, keeps bool) {
		t.Helper()
		_, used, err := sandbox.Create(t.Context(), payments.Intent{
			Key: id, ID: id, Request: "amount=5", Amount: won, Metadata: map[string]string{"order_id": "order of " + id}, Method: method,
			Answered: "requires_action", Status: "requires_action", ReturnTo: "https://shop.example/", Customer: customer, Keeps: keeps,
		}, false)
		require.NoError(t, err)
		require.False(t, used)
	}
	approve := func(t *testing.T, id string) string {
		t.Helper()
		_, err := sandbox.Decide(t.Context(), id, payments.Decision{Approved: true}, true)
		require.NoError(t, err)
		i, err := sandbox.Intent(t.Context(), id)
		require.NoError(t, err)
		return i.Status
	}

	run(t, "MethodOfACustomer", func(t *testing.T) {
		for id, customer := range map[string]string{"pi_1": "cus_1", "pi_2": "cus_1", "pi_3": "cus_2", "pi_4": ""} {
			create(t, id, "pm_1", customer, true)
		}
		for _, tt := range [][2]string{
			{"pi_1", "succeeded"}, {"pi_2", "succeeded"}, {"pi_3", "requires_payment_method"}, {"pi_4", "requires_payment_method"},
		} {
			require.Equal(t, tt[1], approve(t, tt[0]), tt[0])
		}
		is, err := sandbox.Confirmed(t.Context(), "order of pi_3")
		require.NoError(t, err)
		require.Equal(t, []string{"pi_3", "card_declined", "cus_2"}, []string{is.ID, is.Refusal, is.Customer})
		_, err = sandbox.Confirmed(t.Context(), "unknown")
		requireCode(t, booking.NotFound, err)
	})

	run(t, "MethodWithoutCustomer", func(t *testing.T) {
		create(t, "pi_5", "pm_2", "cus_1", false)
		create(t, "pi_6", "pm_2", "cus_1", true)
		require.Equal(t, "succeeded", approve(t, "pi_5"))
		require.Equal(t, "requires_payment_method", approve(t, "pi_6"))
	})

	run(t, "DecidedOnce", func(t *testing.T) {
		create(t, "pi_7", "pm_card", "", false)
		for i, want := range []bool{true, false} {
			open, err := sandbox.Decide(t.Context(), "pi_7", payments.Decision{Approved: i == 0, Amount: 7}, false)
			require.NoError(t, err)
			require.Equal(t, want, open)
		}
		i, err := sandbox.Intent(t.Context(), "pi_7")
		require.NoError(t, err)
		require.Equal(t, []any{"succeeded", int64(7)}, []any{i.Status, i.Amount.Amount})
		open, err := sandbox.Decide(t.Context(), "pi_7", payments.Decision{Approved: true, Late: true}, false)
		require.NoError(t, err)
		require.False(t, open, "it is charged already")
		_, err = sandbox.Decide(t.Context(), "unknown", payments.Decision{}, false)
		requireCode(t, booking.NotFound, err)
	})

	run(t, "Customers", func(t *testing.T) {
		for _, id := range []string{"cus_1", "cus_2"} {
			stored, err := sandbox.CreateCustomer(t.Context(), payments.Customer{Key: "k", ID: id, Metadata: map[string]string{"customer": "1024"}})
			require.NoError(t, err)
			require.Equal(t, "cus_1", stored.ID)
		}
		for id, want := range map[string]bool{"cus_1": true, "cus_2": false} {
			has, err := sandbox.HasCustomer(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, want, has)
		}
	})
}

func testPaymentCustomers(t *testing.T, fresh newURL) {
	customers := store.NewPaymentCustomers(setup(t, fresh, "payments"))
	requireKept := func(t *testing.T, ref, before string) {
		t.Helper()
		gotRef, gotBefore, err := customers.Customer(t.Context(), "1024")
		require.NoError(t, err)
		require.Equal(t, []string{ref, before}, []string{gotRef, gotBefore})
	}
	requireKept(t, "", "")
	kept := together(t, 6, func(i int) (string, error) {
		return customers.KeepCustomer(t.Context(), "1024", "cus_"+string(rune('a'+i)))
	})
	for _, ref := range kept {
		require.Equal(t, kept[0], ref, "one is stored")
	}
	requireKept(t, kept[0], "")
	require.NoError(t, customers.ForgetCustomer(t.Context(), "1024", "cus_other"))
	requireKept(t, kept[0], "")
	require.NoError(t, customers.ForgetCustomer(t.Context(), "1024", kept[0]))
	requireKept(t, "", kept[0])
	stored, err := customers.KeepCustomer(t.Context(), "1024", "cus_new")
	require.NoError(t, err)
	require.Equal(t, "cus_new", stored)
	requireKept(t, "cus_new", kept[0])
}
