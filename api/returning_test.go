package api

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// TestReturn: the payment provider's values in a customer's return are passed to the
// order, and the order answered.
func TestReturn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	row := orderIn("lodging-1", booking.AwaitingPayment, "")
	v := row.View
	v.NextAction, v.ExpiresAt = &booking.NextAction{Type: booking.Redirect, URL: "https://bank.example/1"}, today.Add(time.Hour)
	row.View = v
	b.store.put(row)
	var received []booking.PaymentReturn
	b.book.returns = func(id string, returned booking.PaymentReturn) (orders.Outcome, error) {
		require.Equal(t, "lodging-1", id)
		received = append(received, returned)
		return orders.Outcome{View: v}, nil
	}
	const path = "/v1/payments/lodging-1/return"
	a := b.do("POST", path, "")
	require.Equal(t, http.StatusAccepted, a.StatusCode, a.text)
	shown := decode[orderView](t, a)
	require.Equal(t, v.NextAction, shown.NextAction)
	require.Equal(t, v.ExpiresAt, shown.ExpiresAt)
	require.Equal(t, http.StatusAccepted, b.do("POST", path, `{"paymentKey":"pk_1","amount":100}`).StatusCode)
	require.Equal(t, []booking.PaymentReturn{{}, {PaymentKey: "pk_1", Amount: 100}}, received)
	for _, wrong := range []string{`{"amount":-1}`, `{"paymentKey":""}`, `{"orderId":"lodging-2"}`} {
		b.problem(b.do("POST", path, wrong), 422, booking.Invalid)
	}
	require.Nil(t, language("en").show(v, booking.ReaderOwner).NextAction, "any holder of the address may confirm")
	require.Nil(t, language("en").list(v).NextAction)
}
