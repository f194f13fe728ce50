package payments_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
)

// A provider of the other shape, like Toss Payments: the customer authenticates in a window, which
// is opened with an order id and an amount, and returns with a payment key. The charge is made
// when we confirm with key, order id and amount.

// windowPayment is a payment at that provider.
type windowPayment struct {
	PaymentKey    string `json:"paymentKey"`
	OrderID       string `json:"orderId"`
	Amount        int64  `json:"totalAmount"`
	Status        string `json:"status"` // IN_PROGRESS, DONE, ABORTED or EXPIRED
	BalanceAmount int64  `json:"balanceAmount"`
	cancels       map[string]int64
	authenticated time.Time
}

// windowServer is the provider's side.
type windowServer struct {
	mu       sync.Mutex
	now      func() time.Time
	payments map[string]*windowPayment // by order id
}

// confirmIn is how long an authenticated payment can be confirmed.
const confirmIn = 10 * time.Minute

func (s *windowServer) find(orderID string) *windowPayment {
	p := s.payments[orderID]
	if p != nil && p.Status == "IN_PROGRESS" && s.now().Sub(p.authenticated) > confirmIn {
		p.Status = "EXPIRED"
	}
	return p
}

// authenticate is the customer's action in the window.
func (s *windowServer) authenticate(orderID string, amount int64, approve bool) booking.PaymentReturn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.payments[orderID] == nil {
		status := map[bool]string{true: "IN_PROGRESS", false: "ABORTED"}[approve]
		s.payments[orderID] = &windowPayment{
			PaymentKey: "key of " + orderID, OrderID: orderID, Amount: amount, Status: status, cancels: map[string]int64{}, authenticated: s.now(),
		}
	}
	p := s.payments[orderID]
	return booking.PaymentReturn{PaymentKey: p.PaymentKey, Amount: p.Amount}
}

func (s *windowServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var in struct {
		PaymentKey, OrderID string
		Amount              int64
	}
	_ = json.NewDecoder(r.Body).Decode(&in) // a GET has no body
	p := s.find(in.OrderID)
	switch {
	case r.Method == http.MethodGet: // a payment without a decision cannot be retrieved
		if p = s.find(r.URL.Query().Get("orderId")); p != nil && p.Status == "IN_PROGRESS" {
			p = nil
		}
	case p == nil || p.PaymentKey != in.PaymentKey:
		p = nil
	case r.URL.Path == "/confirm" && (p.Amount != in.Amount || p.Status != "IN_PROGRESS" && p.Status != "DONE"):
		http.Error(w, `{"code":"INVALID_REQUEST"}`, http.StatusBadRequest)
		return
	case r.URL.Path == "/confirm" && p.Status == "IN_PROGRESS":
		p.Status, p.BalanceAmount = "DONE", p.Amount
	case r.URL.Path == "/cancel" && p.cancels[r.Header.Get("Idempotency-Key")] == 0:
		p.cancels[r.Header.Get("Idempotency-Key")] = in.Amount
		p.BalanceAmount -= in.Amount
	}
	if p == nil {
		http.Error(w, `{"code":"NOT_FOUND_PAYMENT"}`, http.StatusNotFound)
		return
	}
	_ = json.NewEncoder(w).Encode(p) // fails if the caller has hung up
}

// window is our side: the one file that such a provider needs.
type window struct {
	payments.Terms
	url   string
	now   func() time.Time
	voids voids
}

// voids are the charges that we have voided: the provider does not know a payment before its
// authentication, so it cannot be cancelled there.
type voids struct{ sync.Map }

var (
	errNoPayment = errors.New("there is no such payment")
	errRefused   = errors.New("it cannot be confirmed so")
)

func (w *window) call(ctx context.Context, method, path, key string, in any) (out windowPayment, err error) {
	body, _ := json.Marshal(in) // of strings and numbers
	r, err := http.NewRequestWithContext(ctx, method, w.url+path, bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	r.Header.Set("Idempotency-Key", key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return out, err
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
		return out, json.NewDecoder(answer.Body).Decode(&out)
	case http.StatusNotFound:
		return out, errNoPayment
	case http.StatusBadRequest:
		return out, errRefused
	default:
		return out, errors.New(answer.Status)
	}
}

func (w *window) find(ctx context.Context, c booking.Charge) (windowPayment, error) {
	return w.call(ctx, http.MethodGet, "/payment?orderId="+c.Key, "", nil)
}

// Charge implements activities.PaymentProvider.
func (w *window) Charge(ctx context.Context, c booking.Charge) (string, error) {
	if c.ReturnTo == "" {
		return "", activities.ErrDeclined // no customer is present who could open a window
	}
	return w.Confirm(ctx, c, c.Key, booking.PaymentReturn{})
}

// Confirm implements activities.PaymentProvider.
func (w *window) Confirm(ctx context.Context, c booking.Charge, ref string, returned booking.PaymentReturn) (string, error) {
	if _, voided := w.voids.Load(c.Key); voided {
		return "", activities.ErrVoided
	}
	if returned.PaymentKey != "" { // the amount is ours: the provider compares it
		in := map[string]any{"paymentKey": returned.PaymentKey, "orderId": c.Key, "amount": c.Amount.Amount}
		is, err := w.call(ctx, http.MethodPost, "/confirm", c.Key, in)
		if err == nil {
			return is.PaymentKey, nil
		}
		if !errors.Is(err, errNoPayment) && !errors.Is(err, errRefused) {
			return "", err
		}
	}
	switch is, err := w.find(ctx, c); {
	case errors.Is(err, errNoPayment):
		return "", &activities.ActionRequired{Ref: ref, Action: booking.NextAction{
			Type: booking.Redirect, URL: "https://window.example/" + c.Key, ExpiresAt: w.now().Add(30 * time.Minute),
		}}
	case err != nil:
		return "", err
	case is.Status != "DONE":
		return "", activities.ErrDeclined
	case is.Amount != c.Amount.Amount:
		return "", activities.ErrOtherAmount
	default:
		return is.PaymentKey, nil
	}
}

// Void implements activities.PaymentProvider.
func (w *window) Void(ctx context.Context, c booking.Charge) ([]string, error) {
	w.voids.Store(c.Key, nil)
	is, err := w.find(ctx, c)
	if errors.Is(err, errNoPayment) || err == nil && is.Status != "DONE" {
		return nil, nil
	}
	return []string{is.PaymentKey}, err
}

// Retrieve implements activities.PaymentProvider.
func (w *window) Retrieve(ctx context.Context, ref string) (activities.ChargeState, error) {
	is, err := w.find(ctx, booking.Charge{Key: ref[len("key of "):]})
	return activities.ChargeState{Ref: ref, Charged: booking.Money{Amount: is.Amount, Currency: "KRW"}, Left: is.BalanceAmount}, err
}

// Refund implements activities.PaymentProvider.
func (w *window) Refund(ctx context.Context, key string, seen activities.ChargeState, amount booking.Money) (string, error) {
	in := map[string]any{"paymentKey": seen.Ref, "orderId": seen.Ref[len("key of "):], "amount": amount.Amount}
	_, err := w.call(ctx, http.MethodPost, "/cancel", key, in)
	return key, err
}

var _ activities.PaymentProvider = (*window)(nil)

// newWindow is the provider, and the server that it uses.
func newWindow(t *testing.T, now func() time.Time) (*window, *windowServer) {
	t.Helper()
	side := &windowServer{now: now, payments: map[string]*windowPayment{}}
	server := httptest.NewServer(side)
	t.Cleanup(server.Close)
	return &window{url: server.URL, now: now}, side
}

func windowTill(t *testing.T) till {
	t.Helper()
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	p, side := newWindow(t, func() time.Time { return at })
	return till{
		p, func(_ *testing.T, is *activities.ActionRequired, approve bool) booking.PaymentReturn {
			return side.authenticate(is.Ref, price.Amount, approve)
		},
		func(*testing.T) (charged, refunded int64) {
			side.mu.Lock()
			defer side.mu.Unlock()
			for _, is := range side.payments {
				if is.Status == "DONE" {
					charged, refunded = charged+is.Amount, refunded+is.Amount-is.BalanceAmount
				}
			}
			return charged, refunded
		}, true,
	}
}

// TestWindow_OfAnotherAmount: the customer's browser opened the window with another amount. That
// is never confirmed.
func TestWindow_OfAnotherAmount(t *testing.T) {
	t.Parallel()
	p, side := newWindow(t, time.Now)
	c := newConfirmed("window")
	returned := side.authenticate(c.Key, 1, true)
	for _, returned := range []booking.PaymentReturn{returned, {}, {PaymentKey: returned.PaymentKey, Amount: price.Amount}} {
		ref, err := p.Confirm(t.Context(), c, c.Key, returned)
		requireAction(t, ref, err)
	}
	require.Equal(t, "IN_PROGRESS", side.payments[c.Key].Status)
}

// TestWindow_ConfirmedTooLate: nothing is charged after the provider's ten minutes.
func TestWindow_ConfirmedTooLate(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	p, side := newWindow(t, func() time.Time { return at })
	c := newConfirmed("window")
	returned := side.authenticate(c.Key, price.Amount, true)
	at = at.Add(confirmIn + time.Second)
	_, err := p.Confirm(t.Context(), c, c.Key, returned)
	require.ErrorIs(t, err, activities.ErrDeclined)
	require.Equal(t, "EXPIRED", side.payments[c.Key].Status)
}
