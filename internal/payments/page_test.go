package payments_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
)

// seen is a page as a browser gets it after a redirect from another site.
func seen(t *testing.T, page string) (status int, header http.Header, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, nil)
	require.NoError(t, err)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, answer.Header, string(text)
}

// waiting is a charge that waits for its customer.
func waiting(t *testing.T, p activities.PaymentProvider) *activities.ActionRequired {
	t.Helper()
	ref, err := p.Charge(t.Context(), newConfirmed(threeDSecure))
	return requireAction(t, ref, err)
}

// TestPage: it needs no script, loads nothing, allows no frame, and shows the amount. Its form
// may redirect to the shop only.
func TestPage(t *testing.T) {
	t.Parallel()
	for name, newTill := range tills(t) {
		if name == "Window" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newTill(t)
			is := waiting(t, p)
			status, header, body := seen(t, is.Action.URL)
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, "text/html; charset=utf-8", header.Get("Content-Type"))
			require.Equal(t, "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' https://shop.example; frame-ancestors 'none'; base-uri 'none'",
				header.Get("Content-Security-Policy"))
			require.Equal(t, "no-store", header.Get("Cache-Control"))
			require.NotContains(t, body, "<script")
			for _, part := range []string{
				`<html lang="en">`, "<title>", "<main>", "<h1>", "50000 KRW", `name="decision" value="approve"`, `name="decision" value="refuse"`,
			} {
				require.Contains(t, body, part)
			}

			status, _ = submit(t, is.Action.URL, "perhaps")
			require.Equal(t, http.StatusUnprocessableEntity, status)
			other := strings.TrimSuffix(is.Action.URL, is.Ref) + "pi_0"
			status, _ = submit(t, other, "approve")
			require.Equal(t, http.StatusNotFound, status)
			status, _, _ = seen(t, other)
			require.Equal(t, http.StatusNotFound, status)
			p.requireTotals(t, 0, 0)

			_, to := submit(t, is.Action.URL, "approve")
			require.Contains(t, to, "redirect_status=succeeded")
			_, _, body = seen(t, is.Action.URL)
			require.NotContains(t, body, "<form")
			require.Contains(t, body, `<p role="status">This payment was made.</p>`)
			require.Contains(t, body, "https://shop.example/orders/o1?")
		})
	}
}

// TestPage_AfterItWasCancelled: the page says that nothing is charged any more.
func TestPage_AfterItWasCancelled(t *testing.T) {
	t.Parallel()
	p := sandboxTill(t)
	is := waiting(t, p)
	_, err := p.Void(t.Context(), newConfirmed(threeDSecure))
	require.NoError(t, err)
	_, _, body := seen(t, is.Action.URL)
	require.Contains(t, body, "This payment can no longer be made. Nothing was charged.")
	_, to := submit(t, is.Action.URL, "approve")
	require.Contains(t, to, "redirect_status=failed")
	p.requireTotals(t, 0, 0)
}

// TestPage_LeadsNowhereElse: the page does not redirect to a value that is no URL of a page.
func TestPage_LeadsNowhereElse(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"javascript:alert(1)", "data:text/html,x", "/relative", "%zz", "https://shop.example;script-src/*"} {
		p := sandboxTill(t)
		c := newConfirmed(threeDSecure)
		c.ReturnTo = to
		ref, err := p.Charge(t.Context(), c)
		is := requireAction(t, ref, err)
		_, header, body := seen(t, is.Action.URL)
		require.Contains(t, header.Get("Content-Security-Policy"), "form-action 'self'; frame-ancestors", to)
		require.NotContains(t, body, "alert")
		_, led := submit(t, is.Action.URL, "refuse")
		require.NotRegexp(t, "^(javascript|data):", led)
	}
}

// TestSandbox_ConfirmedTooLate: after the time limit the customer pays nothing. The charge is
// not declined, since nothing refused it.
func TestSandbox_ConfirmedTooLate(t *testing.T) {
	t.Parallel()
	s, memory := newSandbox(t)
	s.Behave(payments.Behaviour{ConfirmWithin: time.Nanosecond})
	is := waiting(t, s)
	require.WithinDuration(t, time.Now(), is.Action.ExpiresAt, time.Minute)
	_, _, body := seen(t, is.Action.URL)
	require.Contains(t, body, "This payment can no longer be made.")
	submit(t, is.Action.URL, "approve")
	ref, err := s.Confirm(t.Context(), newConfirmed(threeDSecure), is.Ref, booking.PaymentReturn{})
	requireAction(t, ref, err)
	charged, _, err := memory.Totals(t.Context())
	require.NoError(t, err)
	require.Zero(t, charged)

	h := hands{t, s}
	h.do("confirmations", `{"orderId":"o1","state":"late"}`, http.StatusOK)
	refs, err := s.Void(t.Context(), newConfirmed(threeDSecure))
	require.NoError(t, err)
	require.Len(t, refs, 1, "charged all the same, it is found")
}

// TestSandbox_ConfirmedByHand: with another amount than the charge's.
func TestSandbox_ConfirmedByHand(t *testing.T) {
	t.Parallel()
	s, memory := newSandbox(t)
	delivered := make(chan booking.PaymentNotice, 10)
	s.Notify = func(_ context.Context, n booking.PaymentNotice) error { delivered <- n; return nil }
	is := waiting(t, s)
	h := hands{t, s}
	h.do("confirmations", `{"orderId":"o2"}`, http.StatusNotFound)
	h.do("confirmations", `{"orderId":"o1","state":"maybe"}`, http.StatusUnprocessableEntity)
	h.do("confirmations", `{"orderId":"o1","state":"approve","amount":100}`, http.StatusOK)
	n := <-delivered
	require.Equal(t, []string{"payment_intent.succeeded", "o1"}, []string{n.What, n.OrderID})
	_, err := s.Confirm(t.Context(), newConfirmed(threeDSecure), is.Ref, booking.PaymentReturn{Amount: price.Amount})
	require.ErrorIs(t, err, activities.ErrOtherAmount)
	h.do("notices", `{"orderId":"lodging-0"}`, http.StatusOK)
	require.Equal(t, "lodging-0", (<-delivered).OrderID, "there need not be such an order")
	charged, _, err := memory.Totals(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 100, charged)
}

// TestServer_SendsNoticesOfConfirmations: of the customer's decision, and of a cancellation.
func TestServer_SendsNoticesOfConfirmations(t *testing.T) {
	t.Parallel()
	p, h, _ := chargedStandIn(t)
	h.set(t, p, "", "")
	for id, what := range map[string]string{
		"o2": "payment_intent.succeeded", "o3": "payment_intent.payment_failed", "o4": "payment_intent.canceled",
	} {
		c := newConfirmed(threeDSecure)
		c.Key, c.OrderID = booking.ChargeKey(id), id
		ref, err := p.Charge(t.Context(), c)
		is := requireAction(t, ref, err)
		switch id {
		case "o2":
			p.hand(t, "confirmations", `{"orderId":"o2"}`, http.StatusOK)
		case "o3":
			p.hand(t, "confirmations", `{"orderId":"o3","state":"refuse"}`, http.StatusOK)
		default:
			_, err = p.Void(t.Context(), c)
			require.NoError(t, err)
		}
		h.requireNext(t, what, id, is.Ref)
	}
	require.Empty(t, h.received)
	p.hand(t, "confirmations", `{"orderId":"o2","state":"refuse"}`, http.StatusOK)
	require.Empty(t, h.received, "it is decided on")

	p.hand(t, "notices", `{"orderId":"o2"}`, http.StatusOK)
	require.Equal(t, "o2", h.next(t).OrderID)
	p.hand(t, "notices", `{"orderId":"lodging-0","what":"payment_intent.payment_failed"}`, http.StatusOK)
	got := h.next(t)
	require.Equal(t, []string{"lodging-0", "payment_intent.payment_failed"}, []string{got.OrderID, got.What})
}

// TestServer_SignsWithBothSecrets while one replaces the other.
func TestServer_SignsWithBothSecrets(t *testing.T) {
	t.Parallel()
	p, h, ref := chargedStandIn(t)
	p.sandbox.Behave(payments.Behaviour{Notices: payments.Notices{URL: h.url, Secret: oldSecret + "," + newSecret}})
	p.hand(t, "refunds", `{"orderId":"o1","amount":1}`, http.StatusOK)
	h.requireNext(t, "charge.refunded", "o1", ref)
	p.sandbox.Behave(payments.Behaviour{Notices: payments.Notices{URL: h.url, Secret: oldSecret}})
	p.hand(t, "refunds", `{"orderId":"o1","amount":1}`, http.StatusOK)
	require.ErrorIs(t, (<-h.received).err, &booking.Error{Code: booking.ForgedNotice}, "it is not known here")
}
