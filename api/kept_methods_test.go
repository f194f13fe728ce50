package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// wallets are the kept payment methods of customers. It never changes.
type wallets map[string][]booking.KeptMethod

func (w wallets) List(_ context.Context, customer string) ([]booking.KeptMethod, error) {
	return w[customer], nil
}

func (w wallets) Remove(_ context.Context, customer, id string) error {
	if slices.ContainsFunc(w[customer], func(m booking.KeptMethod) bool { return m.ID == id }) {
		return nil
	}
	return booking.Errorf(booking.NotFound, "no such payment method is kept")
}

// closedWallets are a provider that does not answer.
type closedWallets struct{}

func (closedWallets) List(context.Context, string) ([]booking.KeptMethod, error) {
	return nil, booking.Errorf(booking.Unavailable, "the payment provider does not answer").RetryIn(5 * time.Second)
}

func (c closedWallets) Remove(ctx context.Context, customer, _ string) error {
	_, err := c.List(ctx, customer)
	return err
}

const methodsPath = "/v1/payment-methods"

func TestKeptMethods(t *testing.T) {
	t.Parallel()
	kept := wallets{
		alice.ID: {{ID: "pm_2", Type: "card", Brand: "visa", Last4: "4242", ExpMonth: 12, ExpYear: 2029}, {ID: "pm_1", Type: "kakao_pay"}},
		"minho":  {{ID: "pm_3", Type: "card"}},
	}
	b := setup(t, authenticated, func(d *testDeps) { d.KeptMethods = kept })
	a := b.do("GET", methodsPath, "", "Authorization", "Bearer a.l.ice")
	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	require.JSONEq(t, `{"items":[{"id":"pm_2","type":"card","brand":"visa","last4":"4242","expMonth":12,"expYear":2029},{"id":"pm_1","type":"kakao_pay"}]}`, a.text)
	b.problem(b.do("GET", methodsPath+"?customerId=minho", "", "Authorization", "Bearer a.l.ice"), 403, booking.NotAllowed)
	b.problem(b.do("DELETE", methodsPath+"/pm_3", "", "Authorization", "Bearer a.l.ice"), 404, booking.NotFound)
	require.Equal(t, http.StatusNoContent, b.do("DELETE", methodsPath+"/pm_1", "", "Authorization", "Bearer a.l.ice").StatusCode)

	b = setup(t)
	b.problem(b.do("GET", methodsPath, ""), 422, booking.Invalid)
	require.JSONEq(t, `{"items":[]}`, b.do("GET", methodsPath+"?customerId=alice", "").text)
	b.problem(b.do("DELETE", methodsPath+"/pm_1?customerId=alice", ""), 404, booking.NotFound)

	b = setup(t, func(d *testDeps) { d.KeptMethods = closedWallets{} })
	for _, a := range []answer{b.do("GET", methodsPath+"?customerId=alice", ""), b.do("DELETE", methodsPath+"/pm_1?customerId=alice", "")} {
		b.problem(a, 503, booking.Unavailable)
		require.Equal(t, "5", a.Header.Get("Retry-After"))
	}
}

// TestKeepPaymentMethod: the consent reaches the order, and is false unless it is in the request.
func TestKeepPaymentMethod(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.book.places = func(string, orders.Placement) (orders.Outcome, error) {
		return orders.Outcome{}, booking.Errorf(booking.NotOnSale, "it is not sold")
	}
	for path, body := range map[string]string{
		"/v1/lodging/reservations": reservation, "/v1/food/orders": meal, "/v1/cafe/orders": cups, "/v1/cleaning/calls": call,
	} {
		for consent, keeps := range map[string]bool{"": false, `"keepPaymentMethod":false,`: false, `"keepPaymentMethod":true,`: true} {
			clear(b.book.prepared)
			b.do("POST", path, "{"+consent+body[1:])
			prepared := slices.Collect(maps.Values(b.book.prepared))
			require.Len(t, prepared, 1, path)
			require.Equal(t, keeps, prepared[0].KeepsMethod, path)
		}
	}
	for _, path := range []string{"/v1/lodging/reservations/lodging-1/change", "/v1/cafe/orders/cafe-1/change"} {
		body := `{"rooms":2,"keepPaymentMethod":true}`
		if path[4] == 'c' {
			body = `{"quantity":2,"keepPaymentMethod":true}`
		}
		p := b.problem(b.do("POST", path, body, idempotencyHeader, "k"), 422, booking.Invalid)
		require.Equal(t, []string{"keepPaymentMethod"}, fields(p))
	}
}
