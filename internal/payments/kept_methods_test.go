package payments_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
)

// keeping is a counter at which customers keep cards.
type keeping struct {
	counter
	payments.KeptMethods
	known *customers
}

func newKeeping(t *testing.T) keeping {
	t.Helper()
	p, known := newCounter(t), newCustomers()
	p.Stripe = dialWith(t, p.wire, known).Stripe
	return keeping{p, payments.KeptMethods{Customers: known, Keeper: p.Stripe, Log: zap.NewNop()}, known}
}

// pays charges an order of a customer. The ledger would find the customer's id at Stripe.
func (k keeping) pays(t *testing.T, id, customer, method string, keeps bool) error {
	t.Helper()
	c := newCharge(method)
	c.Key, c.OrderID, c.Customer, c.CustomerRef, c.KeepsMethod = id+"/charge", id, customer, k.known.refs[customer], keeps
	_, err := k.Charge(t.Context(), c)
	return err
}

// cardsOf are the ids of a customer's kept cards.
func (k keeping) cardsOf(t *testing.T, customer string) (ids []string) {
	t.Helper()
	kept, err := k.List(t.Context(), customer)
	require.NoError(t, err)
	for _, m := range kept {
		ids = append(ids, m.ID)
	}
	return ids
}

func TestKeptMethods(t *testing.T) {
	t.Parallel()
	k := newKeeping(t)
	require.NoError(t, k.pays(t, "o1", "1024", "pm_1Abc", true))
	require.NoError(t, k.pays(t, "o2", "1024", "pm_1Def", false))
	require.NoError(t, k.pays(t, "o3", "1024", "pm_card_mastercard", true))
	require.NoError(t, k.pays(t, "o4", "1025", "pm_1Ghi", true))
	kept, err := k.List(t.Context(), "1024")
	require.NoError(t, err)
	require.Len(t, kept, 2)
	require.Regexp(t, "^pm_", kept[0].ID)
	year := time.Now().UTC().Year() + 3
	require.Equal(t, booking.KeptMethod{ID: kept[0].ID, Type: "card", Brand: "mastercard", Last4: "4444", ExpMonth: 12, ExpYear: year}, kept[0], "the newest is first")
	require.Equal(t, booking.KeptMethod{ID: "pm_1Abc", Type: "card", Brand: "visa", Last4: "4242", ExpMonth: 12, ExpYear: year}, kept[1])
	require.NoError(t, k.pays(t, "o5", "1024", kept[0].ID, false))
	require.Equal(t, []string{"pm_1Ghi"}, k.cardsOf(t, "1025"))

	for _, id := range []string{"pm_1Ghi", "pm_1Def", "pm_none", "../customers/cus_1", ""} {
		require.ErrorIs(t, k.Remove(t.Context(), "1024", id), &booking.Error{Code: booking.NotFound}, id)
	}
	require.NoError(t, k.Remove(t.Context(), "1024", "pm_1Abc"))
	require.ErrorIs(t, k.Remove(t.Context(), "1024", "pm_1Abc"), &booking.Error{Code: booking.NotFound}, "it is removed")
	require.Equal(t, []string{kept[0].ID}, k.cardsOf(t, "1024"))
	require.Equal(t, []string{"pm_1Ghi"}, k.cardsOf(t, "1025"))
	require.ErrorIs(t, k.pays(t, "o6", "1024", "pm_1Abc", false), activities.ErrDeclined)
	require.ErrorIs(t, k.pays(t, "o7", "1024", "pm_1Abc", true), activities.ErrDeclined, "it cannot be kept again")
}

// TestKeptMethods_WithoutCustomer: no request is sent for a customer without an id at the provider.
func TestKeptMethods_WithoutCustomer(t *testing.T) {
	t.Parallel()
	known := newCustomers()
	p := dialWith(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("it was called") }), known)
	for name, k := range map[string]payments.KeptMethods{
		"Never":      {Customers: known, Keeper: p.Stripe},
		"KeepsNone":  {Customers: known},
		"Unprepared": {},
	} {
		kept, err := k.List(t.Context(), "1024")
		require.NoError(t, err, name)
		require.Empty(t, kept, name)
		require.ErrorIs(t, k.Remove(t.Context(), "1024", "pm_1"), &booking.Error{Code: booking.NotFound}, name)
	}
}

// TestKeptMethods_Away: the caller has to retry later.
func TestKeptMethods_Away(t *testing.T) {
	t.Parallel()
	k := newKeeping(t)
	require.NoError(t, k.pays(t, "o1", "1024", "pm_1Abc", true))
	k.sandbox.Behave(payments.Behaviour{Down: true})
	_, err := k.List(t.Context(), "1024")
	for _, err := range []error{err, k.Remove(t.Context(), "1024", "pm_1Abc")} {
		refused, ok := errors.AsType[*booking.Error](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, booking.Unavailable, refused.Code)
		require.Positive(t, refused.After)
	}
	k.sandbox.Behave(payments.Behaviour{})
	require.Equal(t, []string{"pm_1Abc"}, k.cardsOf(t, "1024"))
}

// TestKeptMethods_DeletedCustomer: a customer whose id was deleted at Stripe has no cards there.
func TestKeptMethods_DeletedCustomer(t *testing.T) {
	t.Parallel()
	k := newKeeping(t)
	k.known.refs["1024"] = "cus_deleted"
	require.Empty(t, k.cardsOf(t, "1024"))
	require.ErrorIs(t, k.Remove(t.Context(), "1024", "pm_1Abc"), &booking.Error{Code: booking.NotFound})
}

// forgetful fails to store the first customer, as a process that ends before.
type forgetful struct {
	*customers
	failed bool
	made   []string
}

func (f *forgetful) KeepCustomer(ctx context.Context, id, ref string) (string, error) {
	f.made = append(f.made, ref)
	if !f.failed {
		f.failed = true
		return "", errors.New("the process ends")
	}
	return f.customers.KeepCustomer(ctx, id, ref)
}

// TestStripe_OneCustomer: a crash between the creation of the customer and the charge makes no
// second customer.
func TestStripe_OneCustomer(t *testing.T) {
	t.Parallel()
	p, known := newCounter(t), &forgetful{customers: newCustomers()}
	p.Stripe = dialWith(t, p.sandbox.Handler(), known).Stripe
	_, err := p.Charge(t.Context(), newConfirmed("pm_1Abc"))
	require.Error(t, err)
	p.requireTotals(t, 0, 0)
	for range 2 {
		_, err = p.Charge(t.Context(), newConfirmed("pm_1Abc"))
		require.NoError(t, err)
	}
	require.Len(t, known.made, 2)
	require.Equal(t, known.made[0], known.made[1])
	p.requireTotals(t, price.Amount, 0)
}
