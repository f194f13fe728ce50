package payments_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
)

// says sends the same answer to every request.
func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// byPath answers each request with its answer, and requires that all are used.
func byPath(t *testing.T, answers map[string]http.HandlerFunc) http.Handler {
	t.Helper()
	used := make(chan string, 100)
	t.Cleanup(func() {
		close(used)
		seen := map[string]bool{}
		for path := range used {
			seen[path] = true
		}
		require.Len(t, seen, len(answers), "requested: %v", seen)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.Method + " " + r.URL.Path
		used <- path
		if answer := answers[path]; answer != nil {
			answer(w, r)
			return
		}
		http.NotFound(w, r)
	})
}

// requireUnknown requires that the outcome of every request stays unknown.
func requireUnknown(t *testing.T, p client) (errs []error) {
	t.Helper()
	_, err := p.Charge(t.Context(), newCharge("pm_card_visa"))
	errs = append(errs, err)
	_, err = p.Void(t.Context(), newCharge("pm_card_visa"))
	errs = append(errs, err, p.Refund(t.Context(), "k", "pi_1", price))
	for _, err := range errs {
		require.Error(t, err)
		require.NotErrorIs(t, err, activities.ErrDeclined)
		require.NotErrorIs(t, err, activities.ErrVoided)
		require.NotErrorIs(t, err, booking.ErrNothingDone)
		var owed *activities.Owed
		require.NotErrorAs(t, err, &owed)
		require.NotContains(t, err.Error(), "s3cret")
	}
	return errs
}

func TestStripe_WhatIsNoAnswer(t *testing.T) {
	t.Parallel()
	const secret = `"client_secret":"pi_1_secret_s3cret"`
	cut := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"id":"pi_1","status":"succeeded",`+secret)
		panic(http.ErrAbortHandler)
	}
	for name, answer := range map[string]http.HandlerFunc{
		"Empty":             says(200, ""),
		"Null":              says(200, "null"),
		"Nothing":           says(200, "{}"),
		"List":              says(200, "[]"),
		"Half":              says(200, `{"id":"pi_1","status":"succeeded",`+secret),
		"HTML":              says(200, "<html>s3cret</html>"),
		"StrangeStatus":     says(200, `{"id":"pi_1","status":"confused",`+secret+`}`),
		"NoID":              says(200, `{"status":"succeeded"}`),
		"Cut":               cut,
		"HungUp":            func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"Broken":            says(500, `{"error":{"type":"api_error","message":"sorry","payment_intent":{"id":"pi_1",`+secret+`}}}`),
		"BrokenInHTML":      says(502, "<html>s3cret</html>"),
		"NotAnError":        says(500, `{"s3cret":1}`),
		"SameAtTheSameTime": says(409, `{"error":{"type":"idempotency_error","code":"idempotency_key_in_use","message":"wait"}}`),
		"Locked":            says(409, `{"error":{"type":"invalid_request_error","code":"lock_timeout","message":"wait"}}`),
		"OthersAreAway":     says(424, `{"error":{"type":"invalid_request_error","message":"they are"}}`),
		"OutOfOrder":        says(400, `{"error":{"type":"api_error","message":"sorry"}}`),
		"WrongAddress":      says(404, "<html>not here</html>"),
		"NoAccess":          says(403, `{"error":{"type":"invalid_request_error","message":"sk_s3cret"}}`),
		"KeyOfNoOne":        says(401, `{"error":{"type":"invalid_request_error","message":"sk_s3cret"}}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireUnknown(t, dial(t, answer))
		})
	}
}

func TestStripe_Busy(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		least  time.Duration
		most   time.Duration
	}{
		"Seconds":   {says(429, `{"error":{"code":"rate_limit"}}`, "Retry-After", "7"), 7 * time.Second, 7 * time.Second},
		"Date":      {says(429, "", "Retry-After", time.Now().Add(40*time.Second).UTC().Format(http.TimeFormat)), time.Second, 40 * time.Second},
		"Past":      {says(429, "", "Retry-After", "Mon, 02 Jan 2006 15:04:05 GMT"), 0, 0},
		"Unsaid":    {says(429, "slow down"), 0, 0},
		"Negative":  {says(429, "", "Retry-After", "-5"), 0, 0},
		"Nonsense":  {says(429, "", "Retry-After", "soon"), 0, 0},
		"ForDays":   {says(429, "", "Retry-After", "99999999999"), 0, time.Minute},
		"NotThere":  {says(503, "<html>", "Retry-After", "2"), 2 * time.Second, 2 * time.Second},
		"TooLarge":  {says(429, strings.Repeat("x", 1<<20), "Retry-After", "3"), 3 * time.Second, 3 * time.Second},
		"TwoHours":  {says(429, "", "Retry-After", "7200"), time.Minute, time.Minute},
		"Fractions": {says(429, "", "Retry-After", "1.5"), 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, err := range requireUnknown(t, dial(t, tt.answer)) {
				var busy *payments.Busy
				require.ErrorAs(t, err, &busy)
				require.GreaterOrEqual(t, busy.RetryAfter(), tt.least)
				require.LessOrEqual(t, busy.RetryAfter(), tt.most)
			}
		})
	}
}

func TestStripe_TimeOut(t *testing.T) {
	t.Parallel()
	released := make(chan struct{})
	p := dial(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-released }))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := p.Charge(ctx, newCharge("pm_card_visa"))
	close(released)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotContains(t, err.Error(), "http://", "an address that differs each time is useless")
}

func TestStripe_NoServer(t *testing.T) {
	t.Parallel()
	stopped := httptest.NewServer(nil)
	stopped.Close()
	requireUnknown(t, client{payments.NewStripe(payments.StripeOptions{URL: stopped.URL, Key: secretKey, Log: zap.NewNop()})})
}

func TestStripe_KeyRefusedIsLogged(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(payments.NewServer(newIntents(t)).Handler())
	t.Cleanup(server.Close)
	core, logs := observer.New(zap.ErrorLevel)
	p := client{payments.NewStripe(payments.StripeOptions{URL: server.URL, Key: "s3cret", Log: zap.New(core)})}
	_, err := p.Charge(t.Context(), newCharge("pm_card_visa"))
	require.ErrorContains(t, err, "STRIPE_SECRET_KEY")
	require.NotErrorIs(t, err, activities.ErrDeclined)
	require.Len(t, logs.All(), 1)
	require.NotContains(t, fmt.Sprint(err, logs.All()[0]), "s3cret")
}

func intentIn(status string) string {
	return fmt.Sprintf(`{"id":"pi_1","status":%q,"amount":50000,"currency":"krw","metadata":{"key":"o1/charge"}}`, status)
}

// TestStripe_AnIntentThatIsNotDecidedAtOnce is followed to its outcome.
func TestStripe_AnIntentThatIsNotDecidedAtOnce(t *testing.T) {
	t.Parallel()
	const create, show, cancel = "POST /v1/payment_intents", "GET /v1/payment_intents/pi_1", "POST /v1/payment_intents/pi_1/cancel"
	unexpected := func(status string) http.HandlerFunc {
		return says(400, fmt.Sprintf(`{"error":{"type":"invalid_request_error","code":"payment_intent_unexpected_state","payment_intent":%s}}`, intentIn(status)))
	}
	for name, tt := range map[string]struct {
		answers map[string]http.HandlerFunc
		ref     string
		err     error
	}{
		"ThreeDSecure": {map[string]http.HandlerFunc{
			create: says(200, intentIn("requires_action")), cancel: says(200, intentIn("canceled")),
		}, "", activities.ErrDeclined},
		"ThreeDSecureAgain": {map[string]http.HandlerFunc{
			create: says(200, intentIn("requires_action")), cancel: unexpected("canceled"),
		}, "", activities.ErrDeclined},
		"DoneMeanwhile": {map[string]http.HandlerFunc{
			create: says(200, intentIn("requires_action")), cancel: unexpected("succeeded"),
		}, "pi_1", nil},
		"Processed": {map[string]http.HandlerFunc{
			create: says(200, intentIn("processing")), show: says(200, intentIn("succeeded")),
		}, "pi_1", nil},
		"ProcessedInVain": {map[string]http.HandlerFunc{
			create: says(200, intentIn("processing")), show: says(200, intentIn("requires_payment_method")),
		}, "", activities.ErrDeclined},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ref, err := dial(t, byPath(t, tt.answers)).Charge(t.Context(), newCharge("pm_card_visa"))
			require.ErrorIs(t, err, tt.err)
			require.Equal(t, tt.ref, ref)
		})
	}

	p := dial(t, byPath(t, map[string]http.HandlerFunc{
		create: says(200, intentIn("processing")), show: says(200, intentIn("processing")),
	}))
	_, err := p.Charge(t.Context(), newCharge("pm_card_visa"))
	require.ErrorContains(t, err, "still being processed")
	require.NotErrorIs(t, err, activities.ErrDeclined)
}

// TestStripe_Requests pins the requests under a charge's key: a release that changes them would
// be refused the charges that an earlier release has begun.
func TestStripe_Requests(t *testing.T) {
	t.Parallel()
	var form, key string
	p := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			panic(err)
		}
		form, key = r.PostForm.Encode(), r.Header.Get("Idempotency-Key")
		says(500, `{"error":{"type":"api_error"}}`)(w, r)
	}))
	const (
		methods  = "amount=50000&automatic_payment_methods%5Ballow_redirects%5D=never&automatic_payment_methods%5Benabled%5D=true"
		metadata = "&currency=krw&metadata%5Bkey%5D=o1%2Fcharge&metadata%5Border_id%5D=o1"
	)
	_, err := p.Charge(t.Context(), newCharge("pm_card_visa"))
	require.Error(t, err)
	require.Equal(t, methods+"&confirm=true"+metadata+"&off_session=true&payment_method=pm_card_visa", form)
	require.Equal(t, "o1/charge", key)
	_, err = p.Void(t.Context(), newCharge("pm_card_visa"))
	require.Error(t, err)
	require.Equal(t, methods+metadata, form)
	require.Equal(t, "o1/charge", key)
}

// TestStripe_ForGood: an answer that never changes is a refusal of a charge, and nothing was
// charged. It is the customer's only if it is not about the amount. For any other request it needs
// a person.
func TestStripe_ForGood(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		refused error
		answer  http.HandlerFunc
	}{
		"UsedBefore":   {activities.ErrDeclined, says(400, `{"error":{"type":"invalid_request_error","message":"may not be used again"}}`)},
		"NoSuchMethod": {activities.ErrDeclined, says(400, `{"error":{"type":"invalid_request_error","code":"resource_missing","param":"payment_method","message":"No such PaymentMethod"}}`)},
		"OurMistake":   {activities.ErrDeclined, says(400, `{"error":{"type":"invalid_request_error","param":"off_session","message":"no"}}`)},
		"Failed":       {activities.ErrDeclined, says(402, `{"error":{"type":"invalid_request_error","message":"no"}}`)},
		"Card":         {activities.ErrDeclined, says(402, `{"error":{"type":"card_error","code":"card_declined","message":"no"}}`)},
		"Missing":      {activities.ErrDeclined, says(404, `{"error":{"type":"invalid_request_error","code":"resource_missing","message":"no"}}`)},
		"TooSmall":     {activities.ErrAmountRefused, says(400, `{"error":{"type":"invalid_request_error","code":"amount_too_small","message":"no"}}`)},
		"TooLarge":     {activities.ErrAmountRefused, says(400, `{"error":{"type":"invalid_request_error","code":"amount_too_large","message":"no"}}`)},
		"Amount":       {activities.ErrAmountRefused, says(400, `{"error":{"type":"invalid_request_error","param":"amount","message":"no"}}`)},
		"Currency":     {activities.ErrAmountRefused, says(400, `{"error":{"type":"invalid_request_error","param":"currency","message":"no"}}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := dial(t, byPath(t, map[string]http.HandlerFunc{
				"POST /v1/payment_intents": tt.answer, "GET /v1/payment_intents/pi_1": tt.answer,
				"GET /v1/payment_intents/search": says(200, `{"object":"search_result","data":[]}`),
				"GET /v1/payment_intents":        says(200, `{"object":"list","data":[]}`),
			}))
			for range 2 {
				_, err := p.Charge(t.Context(), newCharge("pm_1"))
				require.ErrorIs(t, err, tt.refused)
				refs, err := p.Void(t.Context(), newCharge("pm_1"))
				require.NoError(t, err)
				require.Empty(t, refs)
			}
			requireOwed(t, p.Refund(t.Context(), "k", "pi_1", price), true, "stripe answered 40")
		})
	}
	for path, answers := range map[string]map[string]http.HandlerFunc{
		"Search": {
			"GET /v1/payment_intents/search": says(400, `{"error":{"type":"invalid_request_error","message":"not in your region"}}`),
			"GET /v1/payment_intents":        says(400, `{"error":{"type":"invalid_request_error","message":"nor is this in your region"}}`),
		},
		"Cancel": {
			"GET /v1/payment_intents/search":       says(200, `{"object":"search_result","data":[]}`),
			"POST /v1/payment_intents/pi_1/cancel": says(404, `{"error":{"type":"invalid_request_error","message":"not in your region"}}`),
		},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			answers["POST /v1/payment_intents"] = says(200, intentIn("requires_payment_method"))
			_, err := dial(t, byPath(t, answers)).Void(t.Context(), newCharge("pm_card_visa"))
			requireOwed(t, err, true, "in your region")
		})
	}
}

// requireOwed requires that money is known to be owed, with these words.
func requireOwed(t *testing.T, err error, needsPerson bool, words string) {
	t.Helper()
	var owed *activities.Owed
	require.ErrorAs(t, err, &owed)
	require.Contains(t, owed.Words, words)
	require.Equal(t, needsPerson, owed.NeedsPerson, owed.Words)
}

func TestBusy_InWords(t *testing.T) {
	t.Parallel()
	_, err := dial(t, says(429, "", "Retry-After", "3")).Charge(t.Context(), newCharge("pm_card_visa"))
	require.EqualError(t, err, "payment provider is busy for 3s")
	_, err = dial(t, says(429, "")).Charge(t.Context(), newCharge("pm_card_visa"))
	require.EqualError(t, err, "payment provider is busy")
}

// TestStripe_SaysForPeople: errors of the provider have words for people, the same each time.
func TestStripe_SaysForPeople(t *testing.T) {
	t.Parallel()
	for words, answer := range map[string]http.HandlerFunc{
		"payment provider is busy":                                          says(429, "", "Retry-After", "3"),
		"stripe answered 500 api_error: sorry":                              says(500, `{"error":{"type":"api_error","message":"sorry"}}`, "Request-Id", "req_1"),
		"stripe answered 401: it refuses our secret key, or what it may do": says(401, `{"error":{"type":"invalid_request_error","message":"sk_s3cret"}}`),
	} {
		_, err := dial(t, answer).Void(t.Context(), newCharge("pm_card_visa"))
		var said interface {
			error
			Said() string
		}
		require.ErrorAs(t, err, &said)
		require.Equal(t, words, said.Said())
	}
}
