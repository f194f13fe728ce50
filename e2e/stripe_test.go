package e2e

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
)

// stripeSandbox is the sandbox for Stripe.
type stripeSandbox struct {
	testing.TB
	url string
}

// sandboxPayments runs the sandbox for Stripe.
func sandboxPayments(t *testing.T) stripeSandbox {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() {
		ended <- app.RunSandboxPayments(ctx, config.SandboxPayments{
			Process: config.Process{ShutdownGrace: 5 * time.Second}, Data: config.Data{Dir: t.TempDir()},
		}, zap.NewNop(), listener)
	}()
	atEnd(t, func() {
		stop()
		require.NoError(t, receive(t, ended, "the end of the sandbox"))
	})
	return stripeSandbox{t, "http://" + listener.Addr().String()}
}

// pay makes it a system's payment provider.
func (p stripeSandbox) pay(o *app.Options) {
	o.Config.Payments = config.Payments{Provider: config.PaymentsStripe, StripeURL: config.URL(p.url), StripeKey: "sk_test_e2e"}
}

// turn sets the sandbox's switches.
func (p stripeSandbox) turn(switches string) {
	p.Helper()
	p.send(http.MethodPut, "/sandbox/payments", switches, nil)
}

// send sends a request to the sandbox, as its dashboard does.
func (p stripeSandbox) send(method, path, body string, into any) {
	p.Helper()
	r, err := http.NewRequestWithContext(p.Context(), method, p.url+path, strings.NewReader(body))
	require.NoError(p, err)
	r.Header.Set("Authorization", "Bearer sk_test_dashboard")
	switch method {
	case http.MethodPost:
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	case http.MethodPut:
		r.Header.Set("Content-Type", "application/json")
	}
	w, err := http.DefaultClient.Do(r)
	require.NoError(p, err)
	defer w.Body.Close()
	require.Equal(p, http.StatusOK, w.StatusCode)
	if into != nil {
		require.NoError(p, json.NewDecoder(w.Body).Decode(into))
	}
}

// intent is the id of the intent by which an order was charged.
func (p stripeSandbox) intent(order string) string {
	p.Helper()
	var list struct {
		Data []struct {
			ID       string
			Metadata map[string]string
		}
	}
	p.send(http.MethodGet, "/v1/payment_intents?limit=100", "", &list)
	for _, i := range list.Data {
		if i.Metadata["order_id"] == order {
			return i.ID
		}
	}
	require.Fail(p, "no intent was requested", order)
	return ""
}

// totals are all charges and refunds there, in Stripe's units.
func (p stripeSandbox) totals() (charged, refunded int64) {
	p.Helper()
	var is struct{ Charged, Refunded int64 }
	p.send(http.MethodGet, "/sandbox/payments", "", &is)
	return is.Charged, is.Refunded
}

// TestStripe: orders are paid, declined and refunded through Stripe's API as in
// process, and its own books agree.
func TestStripe(t *testing.T) {
	t.Parallel()
	stripe := sandboxPayments(t)
	a, turn := bootAudited(t, shortBudget, stripe.pay), stripe.turn
	place := a.place(9)
	in := func(order string, status booking.Status) {
		t.Helper()
		a.eventually(func() bool { return a.get("/v1/mypages/"+order).body.Status == status })
	}
	paid := a.accepted(a.reserve(place))
	for _, method := range []string{"pm_card_chargeDeclined", "pm_card_chargeDeclinedExpiredCard"} {
		declined := a.post(reservations, reservation(place, object{"paymentMethod": method}), "Idempotency-Key", method)
		if declined.status == http.StatusAccepted { // the machine was slower than the customer's wait
			in(declined.body.ID, booking.Cancelled)
			declined = a.post(reservations, reservation(place, object{"paymentMethod": method}), "Idempotency-Key", method)
		}
		require.Equal(t, "payment_declined", declined.with(t, http.StatusPaymentRequired).body.Code)
	}
	refunded := a.accepted(a.reserve(place))
	a.carriedOut(func() answer { return a.decide(refunded, "cancel") })

	turn(`{"loseAnswers":true}`)
	lost := a.reserve(place).with(t, http.StatusAccepted).body.ID
	lostAndCancelled := a.reserve(place).with(t, http.StatusAccepted).body.ID
	a.acceptsPending(func() answer { return a.decide(lostAndCancelled, "cancel") })
	turn(`{"down":true}`)
	waits := a.reserve(place).with(t, http.StatusAccepted).body.ID
	never := a.reserve(place).with(t, http.StatusAccepted).body.ID
	a.acceptsPending(func() answer { return a.decide(never, "cancel") })
	turn(`{}`)

	for _, order := range []string{paid, lost, waits} {
		in(order, booking.Confirmed)
	}
	for _, order := range []string{refunded, lostAndCancelled, never} {
		in(order, booking.Cancelled)
	}
	require.Equal(t, 8, a.requireClean().Orders)
}
