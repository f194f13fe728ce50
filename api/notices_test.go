package api

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// mailbox is a payment provider whose notices are text.
type mailbox struct{ err error }

func (m mailbox) Read(_ context.Context, body []byte, header http.Header) (booking.PaymentNotice, error) {
	return booking.PaymentNotice{ID: "evt_1", OrderID: "lodging-1", Ref: header.Get("Stripe-Signature"), What: string(body)}, m.err
}

const (
	noticesPath = "/v1/payments/notices"
	checkPath   = "/v1/payments/lodging-1/look"
)

// TestNotices_Accepted: the provider's adapter gets the body byte by byte as it was sent,
// since the signature covers the bytes.
func TestNotices_Accepted(t *testing.T) {
	t.Parallel()
	b := setup(t, authenticated, func(d *testDeps) { d.Notices = mailbox{} })
	var received booking.PaymentNotice
	b.book.notices = func(n booking.PaymentNotice) error { received = n; return nil }
	for _, body := range []string{`{"a": 1,  "a": null}`, `[]`, `no JSON`} {
		a := b.do("POST", noticesPath, body, "Stripe-Signature", "t=1,v1=5f")
		require.Equal(t, http.StatusNoContent, a.StatusCode, a.text)
		require.Equal(t, booking.PaymentNotice{ID: "evt_1", OrderID: "lodging-1", Ref: "t=1,v1=5f", What: body}, received)
	}
}

// TestNotices_NotAccepted: a forged notice gets a client error; for a notice that cannot
// be handled now, the provider has to send it again.
func TestNotices_NotAccepted(t *testing.T) {
	t.Parallel()
	for code, status := range map[booking.Code]int{booking.ForgedNotice: 400, booking.NoticesOff: 501, booking.Unavailable: 503} {
		b := setup(t, func(d *testDeps) { d.Notices = mailbox{booking.Errorf(code, "so it is")} })
		b.problem(b.do("POST", noticesPath, `{}`), status, code)
	}
	b := setup(t)
	b.problem(b.do("POST", noticesPath, `{}`), 501, booking.NoticesOff)
	b = setup(t, func(d *testDeps) { d.Notices = mailbox{} })
	b.book.notices = func(booking.PaymentNotice) error { return booking.Errorf(orders.TemporalUnavailable, "send it again") }
	b.problem(b.do("POST", noticesPath, `{}`), 503, orders.TemporalUnavailable)
	b = setup(t, func(d *testDeps) { d.Notices = mailbox{errors.New("a defect")} })
	b.problem(b.do("POST", noticesPath, `{}`), 500, internalError)
}

// TestCheckPayment: an operator has a payment compared with the provider; the answer says where
// the result will be.
func TestCheckPayment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.put(orderIn("lodging-1", booking.Confirmed, ""))
	var received booking.PaymentNotice
	b.book.notices = func(n booking.PaymentNotice) error { received = n; return nil }
	a := b.do("POST", checkPath, "")
	require.Equal(t, http.StatusAccepted, a.StatusCode, a.text)
	require.Equal(t, "/v1/payments/lodging-1", a.Header.Get("Location"))
	require.Equal(t, "lodging-1", received.OrderID)
	for code, status := range map[booking.Code]int{booking.NotFound: 404, booking.Unavailable: 503, orders.TemporalUnavailable: 503} {
		b.book.notices = func(booking.PaymentNotice) error { return booking.Errorf(code, "so it is") }
		b.problem(b.do("POST", checkPath, ""), status, code)
	}
}

// TestView_ShowsThatItIsDisputed: an order needs attention while its payment is
// disputed, even if its saga does not say so.
func TestView_ShowsThatItIsDisputed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := orderIn("lodging-1", booking.Completed, "")
	p.View.Placed = true
	for _, disputed := range []bool{true, false} {
		p.View.Disputed = disputed
		b.store.put(p)
		for _, path := range []string{"/v1/mypages/lodging-1", "/v1/lodging/reservations/lodging-1"} {
			require.Equal(t, disputed, decode[orderView](t, b.do("GET", path, "")).NeedsAttention, path)
		}
		list := decode[part[orderView]](t, b.do("GET", "/v1/mypages?customerId=alice", ""))
		require.Equal(t, disputed, list.Items[0].NeedsAttention)
	}
}
