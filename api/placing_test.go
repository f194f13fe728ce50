package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

func (b *bundle) reserve(headers ...string) answer {
	return b.do("POST", reservationsPath, reservation, headers...)
}

// renamed is the input with another order id.
func renamed(in contract.Input, id string) contract.Input {
	switch in := in.(type) {
	case contract.Lodging:
		in.OrderID = id
		return in
	case contract.Food:
		in.OrderID = id
		return in
	case contract.Cafe:
		in.OrderID = id
		return in
	case contract.Cleaning:
		in.OrderID = id
		return in
	default:
		panic("an unknown business")
	}
}

func TestPlaceOrder_Decided(t *testing.T) {
	t.Parallel()
	for _, status := range []booking.Status{booking.Confirmed, booking.AwaitingOwner} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.decides(status, "")
			a := b.reserve("Accept-Language", "fr, ko;q=0.8, en;q=0.5")
			require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
			require.Equal(t, "application/json", a.Header.Get("Content-Type"))
			require.Equal(t, "ko", a.Header.Get("Content-Language"))
			require.Equal(t, "Accept-Language", a.Header.Get("Vary"))
			require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
			v := decode[map[string]any](t, a)
			require.Equal(t, "/v1/lodging/reservations/"+v["id"].(string), a.Header.Get("Location"))
			require.Equal(t, string(status), v["status"])
			require.Equal(t, status.Label(booking.Lodging, booking.Korean), v["statusLabel"])
			require.Equal(t, "2026-12-24", v["checkIn"])
			require.Equal(t, "예약처리", v["history"].([]any)[0].(map[string]any)["statusLabel"])
			for _, hidden := range []string{"$schema", "language", "Language", "Stay", "View"} {
				require.NotContains(t, v, hidden)
			}
		})
	}
	for reason, status := range map[booking.Reason]int{
		booking.PaymentDeclined: 402, booking.SoldOut: 409, booking.RejectedByOwner: 409,
		booking.OwnerTimeout: 409, booking.TooLate: 409, booking.ByCustomer: 409, booking.ByOperator: 409,
	} {
		t.Run(string(reason), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.decides(booking.Cancelled, reason)
			a := b.reserve("Accept-Language", "ko")
			p := b.problem(a, status, orders.CodeOf(reason))
			require.Equal(t, booking.Cancelled, p.Order.Status)
			require.Equal(t, reason, p.Order.Reason)
			require.Equal(t, "예약취소", p.Order.StatusLabel)
			require.Equal(t, "/v1/lodging/reservations/"+p.Order.ID, a.Header.Get("Location"))
			require.Equal(t, "ko", a.Header.Get("Content-Language"))
		})
	}
}

func TestPlaceOrder_Undecided(t *testing.T) {
	t.Parallel()
	for _, status := range []booking.Status{booking.Received, booking.PaymentPending} {
		b := setup(t)
		b.undecided(status)
		a := b.reserve()
		require.Equal(t, http.StatusAccepted, a.StatusCode, a.text)
		v := decode[orderView](t, a)
		require.Equal(t, status, v.Status)
		require.Equal(t, "/v1/lodging/reservations/"+v.ID, a.Header.Get("Location"))
	}
}

func TestPlaceOrder_PaymentFollows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	until := today.Add(time.Hour)
	b.undecided(booking.PaymentPending)
	pending := b.book.places
	b.book.places = func(id string, p orders.Placement) (orders.Outcome, error) {
		out, err := pending(id, p)
		out.View.PaymentDeferred = &contract.Deferral{Until: until}
		return out, err
	}
	a := b.reserve()
	require.Equal(t, 202, a.StatusCode, a.text)
	require.Equal(t, until, decode[contract.View](t, a).PaymentDeferred.Until)
}

func TestPlaceOrder_TemporalAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.notPlaced(booking.Errorf(orders.TemporalUnavailable, "orders cannot be worked on at the moment"))
	a := b.reserve()
	b.problem(a, 503, orders.TemporalUnavailable)
	require.Equal(t, "2", a.Header.Get("Retry-After"))
	require.Empty(t, a.Header.Get("Location"))

	b.notPlaced(context.DeadlineExceeded)
	b.problem(b.reserve(), 503, booking.Unavailable)

	b.notPlaced(errors.New("secret"))
	a = b.reserve()
	b.problem(a, 500, internalError)
	require.NotContains(t, a.text, "secret")
}

// Retry-After is in whole seconds.
func TestPlaceOrder_RetryAfter(t *testing.T) {
	t.Parallel()
	for wait, after := range map[time.Duration]string{time.Second: "1", 3200 * time.Millisecond: "4", 90 * time.Minute: "5400"} {
		b := setup(t)
		b.notPlaced(booking.Errorf(orders.CodeOf(booking.PaymentUnavailable), "out of order").RetryIn(wait))
		a := b.reserve()
		b.problem(a, 503, orders.CodeOf(booking.PaymentUnavailable))
		require.Equal(t, after, a.Header.Get("Retry-After"))
	}
}

func TestPlaceCall_TooManyWaiting(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.notPlaced(booking.Errorf(orders.TooManyCallsWaiting, "2 calls wait for a cleaner already").RetryIn(time.Minute))
	a := b.do("POST", callsPath, call, "Idempotency-Key", "k1")
	p := b.problem(a, 503, orders.TooManyCallsWaiting)
	require.Nil(t, p.Order)
	require.Equal(t, "60", a.Header.Get("Retry-After"))
	b.problem(b.do("POST", callsPath, strings.Replace(call, "4567", "x", 1)), 422, booking.Invalid)
}

func TestIdempotencyKey_Reused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.notPlaced(booking.Errorf(orders.IdempotencyKeyReused, "this key was used for another request"))
	a := b.reserve("Idempotency-Key", "k1")
	require.Equal(t, []string{"Idempotency-Key"}, fields(b.problem(a, 422, orders.IdempotencyKeyReused)))
}

// The field at fault is named also if the fault is found only while the order is
// placed: for a repeat that turns out to be a new order.
func TestIdempotencyKey_FaultsFoundLate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.notPlaced(booking.Faulty([]booking.Fault{
		{Field: "menuId", Words: "there is no such drink"}, {Field: "a", Words: "is 5% too much"},
	}))
	p := b.problem(b.do("POST", cafeOrdersPath, cups, "Idempotency-Key", "k1"), 422, booking.Invalid)
	require.Equal(t, []fieldError{{"a", "is 5% too much"}, {"menuId", "there is no such drink"}}, p.Errors)
	require.Equal(t, "at fault: a, menuId", p.Detail)
}

// A repeated request has the same hash however it is written; another request has
// another hash.
func TestIdempotencyKey_RequestHash(t *testing.T) {
	t.Parallel()
	hashKey := ownHashKey()
	placed := func(body, key string) orders.Placement {
		b := setup(t, func(d *testDeps) { d.HashKey = hashKey })
		b.decides(booking.Confirmed, "")
		a := b.do("POST", reservationsPath, body, "Idempotency-Key", key)
		require.Equal(t, 201, a.StatusCode, a.text)
		return b.placed()
	}
	first := placed(reservation, "k1")
	require.Equal(t, "k1", first.Key)
	require.Regexp(t, `^hmac:[A-Za-z0-9_-]{43}$`, first.RequestHash)
	spaced := strings.ReplaceAll(reservation, ",", " ,\n ")
	reordered := strings.Replace(spaced, "{", `{"paymentMethod":"pm_card_visa",`, 1)
	for _, body := range []string{spaced, reordered, strings.Replace(reservation, `"rooms":1`, `"rooms":1.0`, 1)} {
		require.Equal(t, first, placed(body, "k1"))
	}
	require.NotEqual(t, first.RequestHash, placed(strings.Replace(reservation, `"rooms":1`, `"rooms":2`, 1), "k1").RequestHash)
	require.NotEqual(t, first.RequestHash, placed(strings.Replace(reservation, "alice", "bob", 1), "k1").RequestHash)
	require.Equal(t, "34ded04a44b01b0d715ec65c596ca085fe823111e405dcc086c320bdfb39afc3", first.PlainHash, "orders of earlier builds keep this one")
	hashKey = ownHashKey()
	otherKey := placed(reservation, "k1")
	require.NotEqual(t, first.RequestHash, otherKey.RequestHash, "without the key the hash does not reveal the request")
	require.Equal(t, first.PlainHash, otherKey.PlainHash)
}

// TestIdempotencyKey_WithoutHashKey: while the key of the hashes cannot be read, a
// request with an Idempotency-Key is refused, and one without is placed.
func TestIdempotencyKey_WithoutHashKey(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *testDeps) {
		d.HashKey = func(context.Context) ([]byte, error) { return nil, errAway }
	})
	b.decides(booking.Confirmed, "")
	for _, business := range businesses() {
		b.problem(b.do("POST", business.orders, business.body, "Idempotency-Key", "k1"), 503, booking.Unavailable)
	}
	require.Empty(t, b.book.prepared)
	require.Equal(t, http.StatusCreated, b.reserve().StatusCode)
}

// A repeated request is answered even if its item does not exist any more.
func TestIdempotencyKey_RepeatReadsNoCatalogue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.put(orderIn(orders.KeyedID(booking.Lodging, "alice", "k1", 0), booking.Confirmed, ""))
	delete(b.store.places, "place-seaside")
	b.decides(booking.Confirmed, "")
	require.Equal(t, http.StatusCreated, b.reserve("Idempotency-Key", "k1").StatusCode)
	b.problem(b.reserve("Idempotency-Key", "k2"), 422, booking.Invalid)
}
