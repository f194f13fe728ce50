package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
)

// refunds requests a refund of a part of an order.
func (p person) refunds(order, key string, amount int64, status int) body {
	p.Helper()
	in := object{"amount": object{"amount": amount, "currency": "KRW"}, "reason": "It was cold"}
	return p.request(http.MethodPost, "/v1/payments/"+order+"/refunds", in,
		"Authorization", "Bearer "+p.token, "Idempotency-Key", key).with(p, status).body
}

// TestAuthorize_Money: an owner's staff refunds some of a payment, and an operator
// records what was paid by hand; no other caller can do either, or learns of an order
// that it may not read. Both actions name their callers.
func TestAuthorize_Money(t *testing.T) {
	t.Parallel()
	s := boot(t, onSQLite)
	alice, minho := s.person("alice", booking.CustomerRole), s.person("minho", booking.CustomerRole)
	bora, cora := s.person("bora", booking.OwnerRole), s.person("cora", booking.OwnerRole)
	olga := s.person("olga", booking.OperatorRole)
	menu := bora.posts(menus, object{"name": "Bibimbap", "price": object{"amount": 9000, "currency": "KRW"}}, http.StatusCreated)
	order := alice.posts(foodOrders, object{"menuId": menu.ID, "quantity": 1, "address": "12 Sejong-daero"}, http.StatusCreated).ID
	s.becomes(order, booking.Delivering)
	payment := "/v1/payments/" + order

	alice.refunds(order, "a", 1000, http.StatusForbidden)
	minho.refunds(order, "a", 1000, http.StatusNotFound)
	cora.refunds(order, "a", 1000, http.StatusNotFound)
	bora.refunds(order, "a", 1000, http.StatusCreated)
	olga.refunds(order, "a", 1000, http.StatusCreated)
	bora.refunds(order, "a", 1000, http.StatusOK)

	for scope, status := range map[booking.Scope]int{booking.AnyOrder: http.StatusForbidden, booking.AnyRefund: http.StatusCreated} {
		key, text := identity.NewKey(string(scope), []booking.Scope{scope}, "", time.Now(), time.Hour)
		s.onKeys(func(all identity.Keys) error { return all.AddKey(t.Context(), key) })
		program := olga
		program.token = text
		program.refunds(order, "a", 500, status)
	}

	evidence := object{"evidence": "bank transfer 42"}
	s.sandbox(object{"refunds": "fail"})
	bora.refunds(order, "b", 2000, http.StatusCreated)
	s.eventually(func() bool { return s.page(order).NeedsAttention })
	alice.posts(payment+"/resolution", evidence, http.StatusForbidden)
	bora.posts(payment+"/resolution", evidence, http.StatusForbidden)
	minho.posts(payment+"/resolution", evidence, http.StatusNotFound)
	var resolved answer
	s.eventually(func() bool { // while the provider is being called, the request must be repeated
		resolved = s.request(http.MethodPost, payment+"/resolution", evidence, "Authorization", "Bearer "+olga.token)
		return resolved.status != http.StatusServiceUnavailable
	})
	resolved.with(t, http.StatusOK)
	s.sandbox(object{})

	by := map[string]int{}
	for _, e := range s.entries(order) {
		require.Equal(t, string(booking.EntryDone), e.State)
		by[e.By]++
	}
	require.Equal(t, []int{1, 2, 4}, []int{by[bora.id], by[olga.id], len(s.entries(order))}, "and one by a program")
	require.EqualValues(t, 9000-4500, s.shown(order).Refundable.Amount)
	minho.gets(payment, http.StatusNotFound)
	alice.gets(payment, http.StatusOK)
	alice.gets(foodOrders+"/"+order+"/cancellation", http.StatusOK)
	minho.gets(foodOrders+"/"+order+"/cancellation", http.StatusNotFound)
	bora.gets(foodOrders+"/"+order+"/cancellation", http.StatusForbidden)
}
