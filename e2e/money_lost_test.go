package e2e

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
)

// between is a proxy between the application and the sandbox for Stripe.
type between struct {
	stripeSandbox
	proxy http.Handler

	mu    sync.Mutex
	form  func(url.Values) // changes requests
	loses bool             // drops answers to charges
	says  func(r *http.Request, answer *httptest.ResponseRecorder)
	order string // of the last charge
}

func bootBetween(t *testing.T) *between {
	t.Helper()
	b := &between{stripeSandbox: sandboxPayments(t)}
	to, err := url.Parse(b.url)
	require.NoError(t, err)
	b.proxy = httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(b)
	atEnd(t, server.Close)
	b.url = server.URL
	return b
}

// does changes its behaviour.
func (b *between) does(change func(*between)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.form, b.loses, b.says = nil, false, nil
	change(b)
}

func (b *between) lastOrder() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.order
}

// ServeHTTP implements http.Handler.
func (b *between) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	isCharge := r.Method == http.MethodPost && r.URL.Path == "/v1/payment_intents"
	loses, says := b.charge(r, isCharge)
	answer := &httptest.ResponseRecorder{Body: &bytes.Buffer{}, Code: http.StatusOK}
	b.proxy.ServeHTTP(answer, r)
	if loses && isCharge {
		panic(http.ErrAbortHandler)
	}
	if says != nil {
		says(r, answer)
	}
	for name, values := range answer.Header() {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// charge changes the request of a charge. It returns what is to be done with the answer.
func (b *between) charge(r *http.Request, isCharge bool) (loses bool, says func(*http.Request, *httptest.ResponseRecorder)) {
	var form url.Values
	if isCharge {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if form, err = url.ParseQuery(string(body)); err != nil {
			panic(err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if isCharge {
		b.order = form.Get("metadata[order_id]")
		if b.form != nil {
			b.form(form)
		}
		reworded := form.Encode()
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(reworded)), int64(len(reworded))
	}
	return b.loses, b.says
}

func neverSlow(o *app.Options) { o.Config.Overload.Breaker.Slow = time.Minute }

// TestMoney_ChargeOfAnotherRelease: another release charged USh 4,000 instead of 400,000,
// and its answer was lost. The charge is found and refunded; the order is not paid by
// it.
func TestMoney_ChargeOfAnotherRelease(t *testing.T) {
	t.Parallel()
	stripe := bootBetween(t)
	a := bootAudited(t, stripe.pay, shortBudget, neverSlow)
	place := a.place(9, object{"price": object{"amount": 200_000, "currency": "UGX"}})
	stripe.turn(`{"searchLag":"1h"}`)
	stripe.does(func(b *between) { b.form, b.loses = func(form url.Values) { form.Set("amount", "400000") }, true })
	order := a.reserve(place).with(t, http.StatusAccepted).body.ID
	a.eventually(func() bool { return stripe.lastOrder() == order })
	stripe.does(func(*between) {})
	require.Equal(t, booking.PaymentUnavailable, a.becomes(order, booking.Cancelled).Reason)
	a.requireUndone(order, place, 9, booking.PaymentUnavailable)
	charged, refunded := stripe.totals()
	require.Equal(t, []int64{400_000, 400_000}, []int64{charged, refunded}, "exactly the charge is refunded")
	a.requireClean()
}

// TestMoney_AmountRefused: a charge that the provider refuses for its amount is not the
// customer's card: the order is refused, nothing of it is left, and the breaker stays closed.
func TestMoney_AmountRefused(t *testing.T) {
	t.Parallel()
	stripe := bootBetween(t)
	a := bootAudited(t, stripe.pay, firstFailureBreaker, neverSlow)
	place := a.place(9)
	stripe.does(func(b *between) { b.form = func(form url.Values) { form.Set("amount", "799") } }) // too small at its rates
	for range 2 {
		refused := a.reserve(place).with(t, http.StatusServiceUnavailable)
		require.Equal(t, "payment_unavailable", refused.body.Code)
		require.NotEmpty(t, refused.header.Get("Retry-After"))
		require.Equal(t, booking.PaymentUnavailable, a.becomes(stripe.lastOrder(), booking.Cancelled).Reason)
		require.Equal(t, []int{9, 9}, a.remaining(place))
	}
	stripe.does(func(*between) {})
	order := a.accepted(a.reserve(place))
	stripe.does(func(b *between) { b.form = func(form url.Values) { form.Set("amount", "799") } })
	no := a.move(order, "k", object{"rooms": 2}).with(t, http.StatusServiceUnavailable)
	require.Equal(t, "payment_unavailable", no.body.Code)
	a.finished(order)
	require.Equal(t, []int{8, 8}, a.remaining(place))
	charged, refunded := stripe.totals()
	require.Equal(t, []int64{100_000, 0}, []int64{charged, refunded})
	a.requireClean()
}

// TestMoney_PermanentErrorAfterACharge: after a permanent error the order needs
// attention, and other orders are paid.
func TestMoney_PermanentErrorAfterACharge(t *testing.T) {
	t.Parallel()
	stripe := bootBetween(t)
	a := bootAudited(t, stripe.pay, shortBudget, firstFailureBreaker, neverSlow)
	place := a.place(9)
	stripe.does(func(b *between) {
		b.says = func(r *http.Request, answer *httptest.ResponseRecorder) {
			switch {
			case r.Method == http.MethodPost && r.URL.Path == "/v1/payment_intents":
				said := strings.ReplaceAll(answer.Body.String(), `"status":"succeeded"`, `"status":"processing"`)
				answer.Body = bytes.NewBufferString(said)
			case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v1/payment_intents/pi_"):
				answer.Code = http.StatusNotFound
				answer.Body = bytes.NewBufferString(`{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such payment_intent"}}`)
			}
		}
	})
	var lost []string
	for range 2 {
		if got := a.reserve(place); got.status != http.StatusAccepted { // the customer's wait was longer than the machine needed
			require.Equal(t, "payment_unavailable", got.with(t, http.StatusServiceUnavailable).body.Code)
		}
		a.eventually(func() bool { order := stripe.lastOrder(); return order != "" && !slices.Contains(lost, order) })
		lost = append(lost, stripe.lastOrder())
	}
	for _, order := range lost {
		a.eventually(func() bool { return a.get("/v1/mypages/" + order).body.NeedsAttention })
		require.Equal(t, booking.Cancelling, a.page(order).Status)
	}
	stripe.does(func(*between) {})
	a.accepted(a.reserve(place))
	for _, order := range lost {
		a.becomes(order, booking.Cancelled)
	}
	charged, refunded := stripe.totals()
	require.Equal(t, []int64{3 * 100000, 2 * 100000}, []int64{charged, refunded})
	a.requireClean()
}

// TestMoney_SavedFailure: the provider repeats a saved server error of a charge. The
// order ends when it is cancelled, without a charge.
func TestMoney_SavedFailure(t *testing.T) {
	t.Parallel()
	stripe := sandboxPayments(t)
	a := bootAudited(t, stripe.pay, shortBudget, neverSlow)
	place := a.place(9)
	stripe.turn(`{"broken":true,"searchLag":"1h"}`)
	order := a.reserve(place).with(t, http.StatusAccepted).body.ID
	a.eventually(func() bool { return a.attempts(order, "ChargePayment") > 1 })
	stripe.turn(`{"searchLag":"1h"}`)
	a.carriedOut(func() answer { return a.decide(order, "cancel") })
	a.becomes(order, booking.Cancelled)
	charged, _ := stripe.totals()
	require.Zero(t, charged)
	a.requireClean()
}

// TestMoney_RefundThatIsRefused: the order needs attention until the balance suffices.
func TestMoney_RefundThatIsRefused(t *testing.T) {
	t.Parallel()
	stripe := sandboxPayments(t)
	a := bootAudited(t, stripe.pay, func(o *app.Options) { o.Config.Orders.AttentionAfter = time.Hour })
	place := a.place(9)
	order := a.reserve(place).with(t, http.StatusCreated).body.ID
	stripe.turn(`{"refunds":"refuse"}`)
	a.cancelling(order)
	a.eventually(func() bool { return a.get("/v1/mypages/" + order).body.NeedsAttention })
	a.eventually(func() bool { return a.attempts(order, "RefundPayment") > 1 })
	stripe.turn(`{}`)
	a.becomes(order, booking.Cancelled)
	require.False(t, a.get("/v1/mypages/"+order).body.NeedsAttention)
	a.requireUndone(order, place, 9, booking.ByCustomer)
	charged, refunded := stripe.totals()
	require.Equal(t, charged, refunded)
	a.requireClean()
}
