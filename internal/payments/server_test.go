package payments_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/internal/store"
)

// post sends a form, with headers as pairs.
func post(ctx context.Context, h http.Handler, path, form string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+secretKey)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const visa = "amount=5000&currency=krw&confirm=true&payment_method=pm_card_visa"

// failure is the error in an answer.
func failure(t *testing.T, w *httptest.ResponseRecorder) (said struct{ Type, Code, Param, Message string }) {
	t.Helper()
	var body struct {
		Error *struct{ Type, Code, Param, Message string }
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body), w.Body)
	require.NotNil(t, body.Error, w.Body)
	require.NotEmpty(t, body.Error.Message)
	return *body.Error
}

func TestServer_Keys(t *testing.T) {
	t.Parallel()
	h := payments.NewServer(newIntents(t)).Handler()
	first := post(t.Context(), h, "/v1/payment_intents", visa, "Idempotency-Key", "k")
	require.Equal(t, http.StatusOK, first.Code, first.Body)
	require.Empty(t, first.Header().Get("Idempotent-Replayed"))
	again := post(t.Context(), h, "/v1/payment_intents", visa, "Idempotency-Key", "k")
	require.Equal(t, first.Body.String(), again.Body.String())
	require.Equal(t, "true", again.Header().Get("Idempotent-Replayed"))

	other := post(t.Context(), h, "/v1/payment_intents", visa+"&metadata[a]=b", "Idempotency-Key", "k")
	require.Equal(t, http.StatusBadRequest, other.Code)
	require.Equal(t, "idempotency_error", failure(t, other).Type)

	for range 2 {
		unkeyed := post(t.Context(), h, "/v1/payment_intents", visa)
		require.Equal(t, http.StatusOK, unkeyed.Code)
		require.NotEqual(t, first.Body.String(), unkeyed.Body.String())
	}
}

// gate is a store that delays a creation until it is opened.
type gate struct {
	*store.SandboxIntents
	came, open chan struct{}
}

func (g gate) Create(ctx context.Context, i payments.Intent, once bool) (payments.Intent, bool, error) {
	g.came <- struct{}{}
	<-g.open
	return g.SandboxIntents.Create(ctx, i, once)
}

// TestServer_AtTheSameTime: requests under a key run one at a time, and are carried out although
// the caller has hung up.
func TestServer_AtTheSameTime(t *testing.T) {
	t.Parallel()
	g := gate{newIntents(t), make(chan struct{}), make(chan struct{})}
	h := payments.NewServer(g).Handler()
	ctx, hangUp := context.WithCancel(t.Context())
	first := make(chan *httptest.ResponseRecorder)
	go func() { first <- post(ctx, h, "/v1/payment_intents", visa, "Idempotency-Key", "k") }()
	<-g.came
	second := post(t.Context(), h, "/v1/payment_intents", visa, "Idempotency-Key", "k")
	require.Equal(t, http.StatusConflict, second.Code)
	require.Equal(t, "idempotency_key_in_use", failure(t, second).Code)
	hangUp()
	close(g.open)
	require.Equal(t, http.StatusOK, (<-first).Code)
}

func TestServer_BeyondCapacity(t *testing.T) {
	t.Parallel()
	g := gate{newIntents(t), make(chan struct{}), make(chan struct{})}
	server := payments.NewServer(g)
	server.Behave(payments.Behaviour{Capacity: 1})
	h := server.Handler()
	first := make(chan *httptest.ResponseRecorder)
	go func() { first <- post(t.Context(), h, "/v1/payment_intents", visa, "Idempotency-Key", "k1") }()
	<-g.came
	second := post(t.Context(), h, "/v1/payment_intents", visa, "Idempotency-Key", "k2")
	require.Equal(t, http.StatusTooManyRequests, second.Code)
	require.Equal(t, "1", second.Header().Get("Retry-After"))
	require.Equal(t, "rate_limit", failure(t, second).Code)
	close(g.open)
	require.Equal(t, http.StatusOK, (<-first).Code)
}

func TestServer_Refusals(t *testing.T) {
	t.Parallel()
	h := payments.NewServer(newIntents(t)).Handler()
	for name, tt := range map[string]struct {
		path, form, code, param string
		status                  int
	}{
		"NoAmount":      {"/v1/payment_intents", "currency=krw", "parameter_invalid_integer", "amount", 400},
		"NoMethod":      {"/v1/payment_intents", "amount=5000&currency=krw&confirm=true", "parameter_missing", "payment_method", 400},
		"NoCurrency":    {"/v1/payment_intents", "amount=5000", "", "currency", 400},
		"NoForm":        {"/v1/payment_intents", "%zz", "", "", 400},
		"TooLarge":      {"/v1/payment_intents", strings.Repeat("x", 65<<10), "", "", 413},
		"NoSuchIntent":  {"/v1/payment_intents/pi_0/cancel", "", "resource_missing", "intent", 404},
		"NothingToGive": {"/v1/refunds", "payment_intent=pi_0", "resource_missing", "intent", 404},
		"NoSuchThing":   {"/v1/payouts", "", "", "", 404},
		"NoCustomer":    {"/v1/payment_intents", visa + "&customer=cus_0", "resource_missing", "customer", 400},
		"NoWayBack":     {"/v1/payment_intents", visa + "&automatic_payment_methods[enabled]=true", "", "return_url", 400},
		"KeptUnseen":    {"/v1/payment_intents", visa + "&off_session=true&setup_future_usage=off_session", "", "setup_future_usage", 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := post(t.Context(), h, tt.path, tt.form)
			require.Equal(t, tt.status, w.Code, w.Body)
			said := failure(t, w)
			require.Equal(t, "invalid_request_error", said.Type)
			require.Equal(t, []string{tt.code, tt.param}, []string{said.Code, said.Param})
		})
	}
	require.Equal(t, http.StatusUnauthorized, post(t.Context(), h, "/v1/refunds", "", "Authorization", "Bearer x").Code)

	declined := post(t.Context(), h, "/v1/payment_intents", "amount=5000&currency=krw&confirm=true&payment_method=pm_card_authenticationRequired")
	require.Equal(t, http.StatusOK, declined.Code)
	require.Contains(t, declined.Body.String(), `"requires_action"`)
}

// TestServer_Bounds: like the provider, it refuses an amount that is too large, too small or not a
// multiple of what the currency can be charged in, and accepts the bounds themselves.
func TestServer_Bounds(t *testing.T) {
	t.Parallel()
	h := payments.NewServer(newIntents(t)).Handler()
	for amount, code := range map[string]string{
		"99999999&currency=krw": "", "100000000&currency=krw": "amount_too_large", "800&currency=krw": "", "799&currency=krw": "amount_too_small",
		"999999999999&currency=idr": "", "1000000000000&currency=idr": "amount_too_large",
		"50&currency=eur": "", "49&currency=eur": "amount_too_small", "17500&currency=huf": "", "17499&currency=huf": "amount_too_small",
		"200000&currency=ugx": "", "2000000&currency=ugx": "", "200050&currency=ugx": "multiple", "200001&currency=ugx": "multiple", "199900&currency=ugx": "amount_too_small",
		"5120&currency=kwd": "", "5124&currency=kwd": "multiple", "190&currency=kwd": "amount_too_small",
	} {
		w := post(t.Context(), h, "/v1/payment_intents", "confirm=true&payment_method=pm_card_visa&amount="+amount)
		if code == "" {
			require.Equal(t, http.StatusOK, w.Code, amount)
			continue
		}
		require.Equal(t, http.StatusBadRequest, w.Code, amount)
		says := failure(t, w)
		require.Equal(t, "amount", says.Param, amount)
		require.Equal(t, strings.TrimPrefix(code, "multiple"), says.Code, "%s: the provider has no code for multiples", amount)
	}
}

// TestServer_IsSwitchedWhileItRuns, and keeps the earlier charges.
func TestServer_IsSwitchedWhileItRuns(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	set := func(switches string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, payments.SwitchboardPath, strings.NewReader(switches))
		r.Header.Set("Content-Type", "application/json")
		p.sandbox.Handler().ServeHTTP(w, r)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
	}
	set(`{"refusePercent":100}`)
	_, err := p.Charge(t.Context(), newCharge("pm_card_visa"))
	require.ErrorIs(t, err, activities.ErrDeclined)
	set(`{"down":true}`)
	_, err = p.Charge(t.Context(), newCharge("pm_card_visa"))
	require.NotErrorIs(t, err, activities.ErrDeclined)
	set(`{}`)
	_, err = p.Charge(t.Context(), newCharge("pm_card_visa"))
	require.ErrorIs(t, err, activities.ErrDeclined)
}
