package api

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

const (
	refunds    = "/v1/payments/lodging-1/refunds"
	resolution = "/v1/payments/lodging-1/resolution"
	refund     = `{"amount":{"amount":30000,"currency":"KRW"},"reason":"The heating\r\nwas out of order"}`
)

// paidOrder is an API with a paid order.
func paidOrder(t *testing.T, answer func(orders.Refund) (orders.Refunded, error)) *bundle {
	b := setup(t)
	b.store.put(orderIn("lodging-1", booking.Confirmed, ""))
	b.book.refunds = answer
	return b
}

// TestRefund_Answers: 201 for a new refund, 200 for a repeated request.
func TestRefund_Answers(t *testing.T) {
	t.Parallel()
	var received orders.Refund
	earlier := false
	b := paidOrder(t, func(r orders.Refund) (orders.Refunded, error) {
		received = r
		e := booking.Entry{Key: "refund/1", OrderID: r.OrderID, Kind: booking.RefundEntry, Amount: r.Amount, Reason: booking.Goodwill, State: booking.EntryPending, By: "1024", At: today}
		return orders.Refunded{Entry: e, Earlier: earlier}, nil
	})
	a := b.do("POST", refunds, refund, idempotencyHeader, "r-1")
	require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
	require.Equal(t, "/v1/payments/lodging-1", a.Header.Get("Location"))
	require.Equal(t, orders.Refund{
		OrderID: "lodging-1", Amount: booking.Money{Amount: 30000, Currency: "KRW"}, Note: "The heating\nwas out of order", Key: "r-1",
	}, received)
	is := decode[paymentEntry](t, a)
	require.Equal(t, booking.EntryPending, is.State)
	require.Equal(t, booking.Goodwill, is.Reason)
	require.Equal(t, "1024", is.By)
	earlier = true
	require.Equal(t, http.StatusOK, b.do("POST", refunds, refund, idempotencyHeader, "r-1").StatusCode)
}

// TestRefund_Invalid: each field at fault is named, and nothing is refunded.
func TestRefund_Invalid(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body, key string
		fields    []string
	}{
		"NoKey":    {refund, "", []string{idempotencyHeader}},
		"OddKey":   {refund, "é", []string{idempotencyHeader}},
		"NoBody":   {`{}`, "r-1", []string{"amount", "reason"}},
		"NoReason": {`{"amount":{"amount":1,"currency":"KRW"},"reason":""}`, "r-1", []string{"reason"}},
		"Nothing":  {`{"amount":{"amount":0,"currency":"KRW"},"reason":"cold"}`, "r-1", []string{"amount.amount"}},
		"Negative": {`{"amount":{"amount":-1,"currency":"KRW"},"reason":"cold"}`, "r-1", []string{"amount.amount"}},
		"Control":  {`{"amount":{"amount":1,"currency":"KRW"},"reason":"co\u0007ld"}`, "r-1", []string{"reason"}},
		"Currency": {`{"amount":{"amount":1,"currency":"won"},"reason":"cold"}`, "r-1", []string{"amount.currency"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := paidOrder(t, nil)
			var headers []string
			if test.key != "" {
				headers = []string{idempotencyHeader, test.key}
			}
			require.ElementsMatch(t, test.fields, fields(b.problem(b.do("POST", refunds, test.body, headers...), 422, booking.Invalid)))
		})
	}
}

// TestRefund_Refused: the code of a refusal is answered; for a key of another refund,
// the key is named.
func TestRefund_Refused(t *testing.T) {
	t.Parallel()
	for code, status := range map[booking.Code]int{
		booking.RefundExceeds: 409, booking.NotCharged: 409, booking.BeingCancelled: 409, orders.NotRunning: 409,
		booking.DecisionPending: 503, orders.DecisionsExhausted: 503, orders.Unreachable: 503, orders.TemporalUnavailable: 503,
	} {
		b := paidOrder(t, func(orders.Refund) (orders.Refunded, error) {
			return orders.Refunded{}, booking.Errorf(code, "70000 KRW are left of what was paid")
		})
		p := b.problem(b.do("POST", refunds, refund, idempotencyHeader, "r-1"), status, code)
		require.Contains(t, p.Detail, "70000 KRW", code)
	}
	b := paidOrder(t, func(orders.Refund) (orders.Refunded, error) {
		return orders.Refunded{}, booking.Errorf(orders.IdempotencyKeyReused, "was used for another refund")
	})
	p := b.problem(b.do("POST", refunds, refund, idempotencyHeader, "r-1"), 422, orders.IdempotencyKeyReused)
	require.Equal(t, []string{idempotencyHeader}, fields(p))
}

// TestResolution: the evidence reaches the order, whose view is the answer.
func TestResolution(t *testing.T) {
	t.Parallel()
	b := paidOrder(t, nil)
	var received orders.Decision
	b.book.decides = func(d orders.Decision) (orders.Outcome, error) {
		received = d
		p, err := b.store.Order(t.Context(), d.OrderID)
		return orders.Outcome{View: p.View, Done: true}, err
	}
	a := b.do("POST", resolution, `{"evidence":"bank transfer 42"}`)
	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	require.Equal(t, orders.Decision{OrderID: "lodging-1", Kind: booking.Lodging, Update: contract.ResolveUpdate, Note: "bank transfer 42"}, received)
	require.Equal(t, []string{"evidence"}, fields(b.problem(b.do("POST", resolution, `{"evidence":""}`), 422, booking.Invalid)))
	require.Equal(t, []string{"evidence"}, fields(b.problem(b.do("POST", resolution, `{}`), 422, booking.Invalid)))

	b.book.decides = func(orders.Decision) (orders.Outcome, error) {
		return orders.Outcome{}, booking.Errorf(booking.NothingOwed, "no refund of the order waits for a person")
	}
	b.problem(b.do("POST", resolution, `{"evidence":"bank transfer 42"}`), 409, booking.NothingOwed)
	b.book.decides = func(orders.Decision) (orders.Outcome, error) {
		return orders.Outcome{}, booking.Dispute{ID: "du_1"}.StillOpen()
	}
	b.problem(b.do("POST", resolution, `{"evidence":"bank transfer 42"}`), 409, booking.UnderDispute)
}
