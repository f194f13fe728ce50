package e2e

import (
	"context"
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

// sandboxPayments runs the stand-in for Stripe, tells systems to pay there, and
// turns its switches.
func sandboxPayments(t *testing.T) (payThere func(*app.Options), turn func(switches string)) {
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
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	url := "http://" + listener.Addr().String()
	payThere = func(o *app.Options) {
		o.Config.Payments = config.Payments{Provider: config.PaymentsStripe, StripeURL: config.URL(url), StripeKey: "sk_test_e2e"}
	}
	turn = func(switches string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url+"/sandbox/payments", strings.NewReader(switches))
		require.NoError(t, err)
		w, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		w.Body.Close()
		require.Equal(t, http.StatusOK, w.StatusCode)
	}
	return payThere, turn
}

// TestStripe: orders are paid, declined, refunded and waited for through
// Stripe's API as they are in process, and its own books agree.
func TestStripe(t *testing.T) {
	t.Parallel()
	payThere, turn := sandboxPayments(t)
	a := bootAudited(t, impatient, payThere)
	place := a.place(9)
	in := func(order string, status booking.Status) {
		t.Helper()
		a.eventually(func() bool { return a.get("/v1/mypages/"+order).body.Status == status })
	}
	paid := a.stands(a.reserve(place))
	for _, method := range []string{"pm_card_chargeDeclined", "pm_card_authenticationRequired"} {
		declined := a.post(reservations, reservation(place, object{"paymentMethod": method}), "Idempotency-Key", method)
		if declined.status == http.StatusAccepted { // the machine was slower than the customer is patient
			in(declined.body.ID, booking.Cancelled)
			declined = a.post(reservations, reservation(place, object{"paymentMethod": method}), "Idempotency-Key", method)
		}
		require.Equal(t, "payment_declined", declined.with(t, http.StatusPaymentRequired).body.Code)
	}
	refunded := a.stands(a.reserve(place))
	a.carriedOut(func() answer { return a.decide(refunded, "cancel") })

	turn(`{"loseAnswers":true}`)
	lost := a.reserve(place).with(t, http.StatusAccepted).body.ID
	lostAndCancelled := a.reserve(place).with(t, http.StatusAccepted).body.ID
	a.takes(func() answer { return a.decide(lostAndCancelled, "cancel") })
	turn(`{"down":true}`)
	waits := a.reserve(place).with(t, http.StatusAccepted).body.ID
	never := a.reserve(place).with(t, http.StatusAccepted).body.ID
	a.takes(func() answer { return a.decide(never, "cancel") })
	turn(`{}`)

	for _, order := range []string{paid, lost, waits} {
		in(order, booking.Confirmed)
	}
	for _, order := range []string{refunded, lostAndCancelled, never} {
		in(order, booking.Cancelled)
	}
	require.Equal(t, 8, a.requireClean().Orders)
}
