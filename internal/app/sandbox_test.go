package app

import (
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/payments"
)

// runSandbox runs the command until stop is called.
func runSandbox(t *testing.T, cfg config.SandboxPayments) (p *payments.Stripe, url string, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- RunSandboxPayments(ctx, cfg, zap.NewNop(), listener) }()
	url = "http://" + listener.Addr().String()
	p = payments.NewStripe(payments.StripeOptions{URL: url, Key: "sk_test_1", Log: zap.NewNop()})
	return p, url, func() {
		t.Helper()
		cancel()
		require.NoError(t, <-ended)
	}
}

func TestRunSandboxPayments_RemembersWhenItIsStartedAgain(t *testing.T) {
	t.Parallel()
	cfg := config.SandboxPayments{
		Process: config.Process{ShutdownGrace: 5 * time.Second}, Data: config.Data{Dir: t.TempDir()}, RefusePercent: 100,
	}
	c := booking.Charge{Key: "o1/charge", OrderID: "o1", Amount: booking.Money{Amount: 5000, Currency: "KRW"}, Method: "pm_card_visa"}
	p, url, stop := runSandbox(t, cfg)
	_, err := p.Charge(t.Context(), c)
	require.ErrorContains(t, err, "declined")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+payments.SwitchboardPath, nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	answer.Body.Close()
	require.Equal(t, http.StatusOK, answer.StatusCode)
	stop()
	require.FileExists(t, filepath.Join(cfg.Data.Dir, "sandbox-payments.db"))

	cfg.RefusePercent = 0
	p, _, stop = runSandbox(t, cfg)
	_, err = p.Charge(t.Context(), c)
	require.ErrorContains(t, err, "declined", "it was decided under that key")
	for charge, err := range p.Charges(t.Context()) {
		require.NoError(t, err)
		require.Equal(t, "o1", charge.OrderID)
		require.Zero(t, charge.Charged)
	}
	stop()
}

// TestRunSandboxPayments_OfAnotherSite: a page of another site cannot use a server on
// loopback, neither by a host name for this machine nor by a body that a browser sends
// without a preflight.
func TestRunSandboxPayments_OfAnotherSite(t *testing.T) {
	t.Parallel()
	cfg := config.SandboxPayments{Process: config.Process{ShutdownGrace: 5 * time.Second}, Data: config.Data{Dir: t.TempDir()}}
	_, url, stop := runSandbox(t, cfg)
	call := func(method, path, host, mediaType string) int {
		r, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(`{"down":true}`))
		require.NoError(t, err)
		r.Host = host
		r.Header.Set("Content-Type", mediaType)
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		answer.Body.Close()
		return answer.StatusCode
	}
	const json = "application/json"
	for _, host := range []string{"evil.example", "evil.example:8091", "127.0.0.1.evil.example"} {
		require.Equal(t, http.StatusMisdirectedRequest, call(http.MethodPut, payments.SwitchboardPath, host, json), host)
		require.Equal(t, http.StatusMisdirectedRequest, call(http.MethodGet, payments.SwitchboardPath, host, json), host)
		require.Equal(t, http.StatusMisdirectedRequest, call(http.MethodPost, "/v1/payment_intents", host, json), host)
	}
	for _, mediaType := range []string{"", "text/plain", "application/x-www-form-urlencoded"} {
		require.Equal(t, http.StatusUnsupportedMediaType, call(http.MethodPut, payments.SwitchboardPath, "localhost", mediaType), mediaType)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+payments.SwitchboardPath, nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Contains(t, string(body), `"down":false`, "nothing was switched")
	require.Equal(t, http.StatusOK, call(http.MethodPut, payments.SwitchboardPath, "localhost:8091", json))
	stop()
}

func TestApp_Provider(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		cfg    config.Payments
		stripe bool
	}{
		"ByDefault":         {config.Payments{Provider: config.PaymentsAuto}, false},
		"WithKey":           {config.Payments{Provider: config.PaymentsAuto, StripeKey: "sk_1"}, true},
		"Asked":             {config.Payments{Provider: config.PaymentsStripe, StripeKey: "sk_1"}, true},
		"SandboxInSpiteOf":  {config.Payments{Provider: config.PaymentsSandbox, StripeKey: "sk_1"}, false},
		"NothingConfigured": {config.Payments{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := provider(Options{Config: config.Config{Payments: tt.cfg}, Log: zap.NewNop()}, nil, &payments.Sandbox{})
			require.NoError(t, err)
			_, stripe := p.PaymentProvider.(*payments.Stripe)
			require.Equal(t, tt.stripe, stripe)
		})
	}
}
