package payments_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
)

// till is a payment provider with a customer who decides.
type till struct {
	activities.PaymentProvider
	// decide makes the customer's decision about a charge, and returns their return.
	decide func(t *testing.T, is *activities.ActionRequired, approve bool) booking.PaymentReturn
	totals func(t *testing.T) (charged, refunded int64)
	// needsReturn means that we make the charge, with the data of the customer's return.
	needsReturn bool
}

// tills are all kinds of providers that the port has to fit: two that make the charge once the
// customer has approved, and one that makes it at our request.
func tills(t *testing.T) map[string]func(t *testing.T) till {
	t.Helper()
	return map[string]func(t *testing.T) till{"Stripe": stripeTill, "Sandbox": sandboxTill, "Window": windowTill}
}

func stripeTill(t *testing.T) till {
	t.Helper()
	p := newCounter(t)
	return till{p.Stripe, decideOnPage, func(t *testing.T) (charged, refunded int64) {
		t.Helper()
		charged, refunded, err := p.intents.Totals(t.Context())
		require.NoError(t, err)
		return charged, refunded
	}, false}
}

func sandboxTill(t *testing.T) till {
	t.Helper()
	s, memory := newSandbox(t)
	return till{s, decideOnPage, func(t *testing.T) (charged, refunded int64) {
		t.Helper()
		charged, refunded, err := memory.Totals(t.Context())
		require.NoError(t, err)
		return charged, refunded
	}, false}
}

// newSandbox is the sandbox in process, with its pages.
func newSandbox(t *testing.T) (*payments.Sandbox, payments.Memory) {
	t.Helper()
	memory := newCharges(t)
	s := payments.NewSandbox(memory)
	t.Cleanup(s.Close)
	router := gin.New()
	s.Switchboard(router)
	s.Pages(router)
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	s.PagesAt = server.URL
	return s, memory
}

const shop = "https://shop.example/orders/o1?lang=ko"

// newConfirmed is a charge whose customer is present to confirm it.
func newConfirmed(method string) booking.Charge {
	c := newCharge(method)
	c.ReturnTo, c.Customer, c.KeepsMethod = shop, "1024", true
	return c
}

const threeDSecure = "pm_card_threeDSecure2Required"

// requireAction requires that the charge waits for its customer.
func requireAction(t *testing.T, ref string, err error) *activities.ActionRequired {
	t.Helper()
	is, ok := errors.AsType[*activities.ActionRequired](err)
	require.True(t, ok, "%v", err)
	require.Empty(t, ref)
	require.NotEmpty(t, is.Ref)
	return is
}

// decideOnPage decides on a sandbox's page like a browser, and returns the customer's return.
func decideOnPage(t *testing.T, is *activities.ActionRequired, approve bool) booking.PaymentReturn {
	t.Helper()
	decision := map[bool]string{true: "approve", false: "refuse"}[approve]
	status, location := submit(t, is.Action.URL, decision)
	require.Equal(t, http.StatusSeeOther, status)
	returned, err := url.Parse(location)
	require.NoError(t, err)
	require.Equal(t, "shop.example", returned.Host)
	require.Equal(t, "ko", returned.Query().Get("lang"), "what the shop's address had stays")
	return booking.PaymentReturn{PaymentKey: returned.Query().Get("payment_intent")}
}

// submit sends the page's form, and does not follow its redirect.
func submit(t *testing.T, page, decision string) (status int, location string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page, strings.NewReader(url.Values{"decision": {decision}}.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	return answer.StatusCode, answer.Header.Get("Location")
}

// TestConfirming: a charge that needs confirmation has the same steps at every provider.
func TestConfirming(t *testing.T) {
	t.Parallel()
	for name, newTill := range tills(t) {
		for part, test := range map[string]func(*testing.T, till){
			"Approved": approved, "ReturnLost": returnLost, "ReturnForged": returnForged, "Refused": refusedByCustomer,
			"VoidedBefore": voidedBefore, "VoidedAfter": voidedAfter, "CustomerAbsent": customerAbsent, "TwoTabs": twoTabs,
		} {
			t.Run(name+"/"+part, func(t *testing.T) {
				t.Parallel()
				test(t, newTill(t))
			})
		}
	}
}

func (p till) requireTotals(t *testing.T, charged, refunded int64) {
	t.Helper()
	gotCharged, gotRefunded := p.totals(t)
	require.Equal(t, []int64{charged, refunded}, []int64{gotCharged, gotRefunded})
}

func approved(t *testing.T, p till) {
	t.Helper()
	c := newConfirmed(threeDSecure)
	ref, err := p.Charge(t.Context(), c)
	is := requireAction(t, ref, err)
	require.Equal(t, booking.Redirect, is.Action.Type)
	require.NotEmpty(t, is.Action.URL)
	ref, err = p.Charge(t.Context(), c)
	require.Equal(t, is, requireAction(t, ref, err), "requested again, it is the same")
	ref, err = p.Confirm(t.Context(), c, is.Ref, booking.PaymentReturn{})
	require.Equal(t, is.Ref, requireAction(t, ref, err).Ref, "nothing is confirmed yet")
	p.requireTotals(t, 0, 0)

	returned := p.decide(t, is, true)
	returned.Amount = price.Amount
	chargeRef, err := p.Confirm(t.Context(), c, is.Ref, returned)
	require.NoError(t, err)
	require.NotEmpty(t, chargeRef)
	for range 2 {
		again, err := p.Confirm(t.Context(), c, is.Ref, returned)
		require.NoError(t, err)
		require.Equal(t, chargeRef, again)
	}
	again, err := p.Charge(t.Context(), c)
	require.NoError(t, err, "the answer is its present state")
	require.Equal(t, chargeRef, again)
	p.requireTotals(t, price.Amount, 0)

	seen, err := p.Retrieve(t.Context(), chargeRef)
	require.NoError(t, err)
	require.Equal(t, price, seen.Charged)
	_, err = p.Refund(t.Context(), "o1/charge/refund", seen, price)
	require.NoError(t, err)
	p.requireTotals(t, price.Amount, price.Amount)
}

func returnLost(t *testing.T, p till) {
	t.Helper()
	c := newConfirmed(threeDSecure)
	ref, err := p.Charge(t.Context(), c)
	is := requireAction(t, ref, err)
	p.decide(t, is, true)
	ref, err = p.Confirm(t.Context(), c, is.Ref, booking.PaymentReturn{})
	if p.needsReturn {
		requireAction(t, ref, err)
		p.requireTotals(t, 0, 0)
		return
	}
	require.NoError(t, err)
	p.requireTotals(t, price.Amount, 0)
}

// returnForged: the data of a browser's return are not trusted.
func returnForged(t *testing.T, p till) {
	t.Helper()
	c := newConfirmed(threeDSecure)
	ref, err := p.Charge(t.Context(), c)
	is := requireAction(t, ref, err)
	forged := booking.PaymentReturn{PaymentKey: "pi_other", Amount: 1}
	ref, err = p.Confirm(t.Context(), c, is.Ref, forged)
	requireAction(t, ref, err)
	p.requireTotals(t, 0, 0)
	returned := p.decide(t, is, true)
	if !p.needsReturn {
		returned = forged
	}
	returned.Amount = 1
	_, err = p.Confirm(t.Context(), c, is.Ref, returned)
	require.NoError(t, err)
	p.requireTotals(t, price.Amount, 0)
}

func refusedByCustomer(t *testing.T, p till) {
	t.Helper()
	c := newConfirmed(threeDSecure)
	ref, err := p.Charge(t.Context(), c)
	is := requireAction(t, ref, err)
	returned := p.decide(t, is, false)
	for range 2 {
		_, err = p.Confirm(t.Context(), c, is.Ref, returned)
		require.ErrorIs(t, err, activities.ErrDeclined)
	}
	refs, err := p.Void(t.Context(), c)
	require.NoError(t, err)
	require.Empty(t, refs)
	p.requireTotals(t, 0, 0)
}

// voidedBefore: a customer who approves after the charge was voided pays nothing.
func voidedBefore(t *testing.T, p till) {
	t.Helper()
	c := newConfirmed(threeDSecure)
	ref, err := p.Charge(t.Context(), c)
	is := requireAction(t, ref, err)
	for range 2 {
		refs, err := p.Void(t.Context(), c)
		require.NoError(t, err)
		require.Empty(t, refs)
	}
	returned := p.decide(t, is, true)
	_, err = p.Confirm(t.Context(), c, is.Ref, returned)
	require.True(t, errors.Is(err, activities.ErrDeclined) || errors.Is(err, activities.ErrVoided), "%v", err)
	p.requireTotals(t, 0, 0)
}

// voidedAfter: a customer who approved just before is refunded.
func voidedAfter(t *testing.T, p till) {
	t.Helper()
	c := newConfirmed(threeDSecure)
	ref, err := p.Charge(t.Context(), c)
	is := requireAction(t, ref, err)
	returned := p.decide(t, is, true)
	chargeRef, err := p.Confirm(t.Context(), c, is.Ref, returned)
	require.NoError(t, err)
	refs, err := p.Void(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, []string{chargeRef}, refs)
	seen, err := p.Retrieve(t.Context(), chargeRef)
	require.NoError(t, err)
	_, err = p.Refund(t.Context(), "o1/charge/refund", seen, price)
	require.NoError(t, err)
	p.requireTotals(t, price.Amount, price.Amount)
}

func customerAbsent(t *testing.T, p till) {
	t.Helper()
	_, err := p.Charge(t.Context(), newCharge(threeDSecure))
	require.ErrorIs(t, err, activities.ErrDeclined)
	p.requireTotals(t, 0, 0)
}

// twoTabs: the first decision counts.
func twoTabs(t *testing.T, p till) {
	t.Helper()
	c := newConfirmed(threeDSecure)
	ref, err := p.Charge(t.Context(), c)
	is := requireAction(t, ref, err)
	first := p.decide(t, is, true)
	p.decide(t, is, false)
	p.decide(t, is, true)
	_, err = p.Confirm(t.Context(), c, is.Ref, first)
	require.NoError(t, err)
	p.requireTotals(t, price.Amount, 0)
}
