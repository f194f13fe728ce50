package payments_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// mockProgram is Stripe's own stand-in. It checks requests against Stripe's description of its
// API, and answers with examples.
const mockProgram = "../../bin/stripe-mock"

// startMock starts it on a socket of its own, and returns a proxy to it that records its
// answers.
func startMock(t *testing.T) (http.Handler, *answers) {
	t.Helper()
	require.FileExists(t, mockProgram, "make bin/stripe-mock builds it")
	folder, err := os.MkdirTemp("", "mock") //nolint:usetesting // t.TempDir can be too long for a socket
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(folder)) })
	socket := filepath.Join(folder, "s")
	cmd := exec.Command(mockProgram, "-http-unix", socket)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait() // it was killed
	})
	dialer := net.Dialer{}
	require.Eventually(t, func() bool {
		conn, err := dialer.DialContext(t.Context(), "unix", socket)
		if err == nil {
			conn.Close()
		}
		return err == nil
	}, 20*time.Second, 10*time.Millisecond)

	noted := &answers{}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "stripe-mock"})
	proxy.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "unix", socket)
	}}
	proxy.ModifyResponse = noted.note
	return proxy, noted
}

// answers are requests with the statuses of their answers.
type answers struct{ all []string }

func (a *answers) note(r *http.Response) error {
	a.all = append(a.all, r.Request.Method+" "+r.Request.URL.Path+" "+strconv.Itoa(r.StatusCode))
	return nil
}

// TestStripe_ShapeOfRequests: Stripe's own description of its API allows all our requests. The
// answers are examples without meaning.
func TestStripe_ShapeOfRequests(t *testing.T) {
	t.Parallel()
	mock, noted := startMock(t)
	p := dial(t, mock)
	_, _ = p.Charge(t.Context(), newCharge("pm_card_visa"))
	_, _ = p.Void(t.Context(), newCharge("pm_card_visa"))
	for c, err := range p.Charges(t.Context()) {
		require.NoError(t, err)
		require.NotEmpty(t, c)
		break
	}
	require.Subset(t, noted.all, []string{
		"POST /v1/payment_intents 200", "GET /v1/payment_intents/search 200", "GET /v1/payment_intents 200",
	})
	for _, answer := range noted.all {
		require.Regexp(t, " 200$", answer)
	}
}

// TestStripe_ShapeOfConfirming: the same for a charge whose customer is present to confirm it, and
// for the customer who keeps the card.
func TestStripe_ShapeOfConfirming(t *testing.T) {
	t.Parallel()
	mock, noted := startMock(t)
	p := dialWith(t, mock, newCustomers())
	_, _ = p.Charge(t.Context(), newConfirmed("pm_card_visa"))
	_, _ = p.Confirm(t.Context(), newConfirmed("pm_card_visa"), "pi_1", booking.PaymentReturn{})
	require.Equal(t, []string{
		"POST /v1/customers 200", "POST /v1/payment_intents 200", "GET /v1/payment_intents/pi_1 200",
	}, noted.all[:min(3, len(noted.all))])
	for _, answer := range noted.all {
		require.Regexp(t, " 200$", answer)
	}
}

// TestStripe_ShapeOfKeptMethods: the same for the list of kept cards, and for the end of one.
func TestStripe_ShapeOfKeptMethods(t *testing.T) {
	t.Parallel()
	mock, noted := startMock(t)
	p := dial(t, mock)
	kept, err := p.Methods(t.Context(), "cus_1")
	require.NoError(t, err)
	require.NotEmpty(t, kept)
	require.NotEmpty(t, kept[0].ID)
	require.NotEmpty(t, kept[0].Type)
	require.NoError(t, p.RemoveMethod(t.Context(), "cus_1", "pm_1"))
	require.Equal(t, []string{
		"GET /v1/customers/cus_1/payment_methods 200", "GET /v1/customers/cus_1/payment_methods/pm_1 200",
		"POST /v1/payment_methods/pm_1/detach 200",
	}, noted.all)
}

// TestStripe_ShapeOfOtherRequests is for requests that no example leads to, and for one that the
// description does not allow: the mock refuses it.
func TestStripe_ShapeOfOtherRequests(t *testing.T) {
	t.Parallel()
	mock, noted := startMock(t)
	p := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		mock.ServeHTTP(answer, r)
		status := map[string]string{
			"POST /v1/payment_intents": "processing", "GET /v1/payment_intents/pi_1": "requires_action",
			"POST /v1/payment_intents/pi_1/cancel": "canceled",
		}[r.Method+" "+r.URL.Path]
		says(answer.Code, intentIn(status))(w, r)
	}))
	_, err := p.Charge(t.Context(), newCharge("pm_card_visa"))
	require.ErrorContains(t, err, "declined")
	require.Equal(t, []string{
		"POST /v1/payment_intents 200", "GET /v1/payment_intents/pi_1 200", "POST /v1/payment_intents/pi_1/cancel 200",
	}, noted.all)

	noted.all = nil
	disputed := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		mock.ServeHTTP(answer, r)
		if r.URL.Path == "/v1/payment_intents/pi_1" {
			says(answer.Code, strings.Replace(chargeAs(0, true, ""), `"data"`, `"has_more":true,"data"`, 1))(w, r)
			return
		}
		says(answer.Code, answer.Body.String())(w, r)
	}))
	_ = disputed.Refund(t.Context(), "k", "pi_1", price)
	require.Equal(t, []string{
		"GET /v1/payment_intents/pi_1 200", "GET /v1/refunds 200", "GET /v1/disputes 200", "POST /v1/refunds 200",
	}, noted.all)

	noted.all = nil
	sorry := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		mock.ServeHTTP(answer, r)
		switch r.Method + " " + r.URL.Path {
		case "POST /v1/payment_intents", "POST /v1/refunds":
			says(500, `{"error":{"type":"api_error"}}`, "Idempotent-Replayed", "true")(w, r)
		case "GET /v1/payment_intents/pi_1":
			says(answer.Code, chargeAs(0, false, ""))(w, r)
		case "GET /v1/payment_intents/search":
			says(answer.Code, `{"object":"search_result","data":[]}`)(w, r)
		default:
			says(answer.Code, answer.Body.String())(w, r)
		}
	}))
	lost := newCharge("pm_card_visa")
	lost.Since = time.Now()
	_, _ = sorry.Charge(t.Context(), lost)
	_ = sorry.Refund(t.Context(), "k", "pi_1", price)
	require.Equal(t, []string{
		"POST /v1/payment_intents 200", "GET /v1/payment_intents/search 200", "GET /v1/payment_intents 200",
		"GET /v1/payment_intents/pi_1 200", "POST /v1/refunds 200", "GET /v1/payment_intents/pi_1 200", "POST /v1/payment_intents/pi_1 200",
	}, noted.all)

	refused := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/payment_intents", strings.NewReader("amount=1000&currency=krw&amuont=1"))
	r.Header.Set("Authorization", "Bearer "+secretKey)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	mock.ServeHTTP(refused, r)
	require.Equal(t, http.StatusBadRequest, refused.Code, refused.Body)
	require.Contains(t, refused.Body.String(), "additional properties")
}

// TestStripe_ShapeOfARefundInPart: Stripe's own description allows a refund of a part of a charge,
// labelled with our key, and a further one under the same key. The amount and the sum of the
// earlier refunds distinguish the requests.
func TestStripe_ShapeOfARefundInPart(t *testing.T) {
	t.Parallel()
	mock, noted := startMock(t)
	var forms []url.Values
	var keys []string
	p := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		mock.ServeHTTP(answer, r)
		switch {
		case r.URL.Path == "/v1/refunds":
			form, _ := url.ParseQuery(string(body))
			forms, keys = append(forms, form), append(keys, r.Header.Get("Idempotency-Key"))
			says(answer.Code, `{"id":"re_1","status":"succeeded","amount":`+form.Get("amount")+`,"currency":"krw"}`)(w, r)
		case len(forms) > 0:
			says(answer.Code, chargeAs(20000, false, "", `{"id":"re_1","status":"succeeded","amount":20000,"metadata":{"key":"o1/refund/1"}}`))(w, r)
		default:
			says(answer.Code, chargeAs(0, false, ""))(w, r)
		}
	}))
	for _, all := range []int64{20000, 30000} {
		_, err := p.part(t, "o1/refund/1", "pi_1", all)
		require.NoError(t, err)
	}
	require.Equal(t, []string{
		"GET /v1/payment_intents/pi_1 200", "POST /v1/refunds 200", "GET /v1/payment_intents/pi_1 200", "POST /v1/refunds 200",
	}, noted.all)
	form := func(amount string) url.Values {
		return url.Values{"amount": {amount}, "payment_intent": {"pi_1"}, "metadata[key]": {"o1/refund/1"}}
	}
	require.Equal(t, []url.Values{form("20000"), form("10000")}, forms)
	require.Equal(t, []string{"o1/refund/1/pi_1/20000", "o1/refund/1/pi_1/10000/after/20000"}, keys)
}
