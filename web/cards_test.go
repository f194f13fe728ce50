package web_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/web"
	"github.com/yeyak/yeyak/workflows/contract"
)

// wallet is the kept cards of the one customer of a test.
type wallet struct {
	mu    sync.Mutex
	cards []booking.KeptMethod
	err   error
}

func (w *wallet) Keeps() bool { return true }

func (w *wallet) List(context.Context, string) ([]booking.KeptMethod, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.cards), w.err
}

func (w *wallet) Remove(_ context.Context, _, id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := slices.IndexFunc(w.cards, func(m booking.KeptMethod) bool { return m.ID == id })
	if n < 0 {
		return booking.Errorf(booking.NotFound, "no such card")
	}
	w.cards = slices.Delete(w.cards, n, n+1)
	return nil
}

func newWallet() *wallet {
	return &wallet{cards: []booking.KeptMethod{
		{ID: "pm_1Abc", Type: "card", Brand: "visa", Last4: "4242", ExpMonth: 7, ExpYear: 2031}, {ID: "pm_2Def", Type: "card", Brand: "bc", Last4: "0001"},
	}}
}

// TestCards_List: a customer sees the kept cards, and removes one.
func TestCards_List(t *testing.T) {
	t.Parallel()
	kept := newWallet()
	s := newSite(t, func(d *web.Deps) { d.KeptMethods = kept })
	b := s.as("alice", booking.English)
	listed := b.get("/cards")
	require.Equal(t, http.StatusOK, listed.status)
	require.Contains(t, listed.words(), "Visa ···· 4242")
	require.Contains(t, listed.words(), "valid until 07/2031")
	require.Contains(t, listed.words(), "bc ···· 0001")
	for range 2 { // in two tabs
		after := b.submit(listed, "/cards/pm_1Abc/remove")
		require.Equal(t, "/cards", after.url.Path)
		require.NotContains(t, after.words(), "4242")
		require.Contains(t, after.words(), "0001")
	}
	require.Contains(t, s.as("alice", booking.Korean).get("/cards").words(), "내 카드")
	kept.err = booking.Errorf(booking.Unavailable, "away").RetryIn(5e9)
	require.Equal(t, http.StatusServiceUnavailable, b.get("/cards").status)

	other := newSite(t)
	other.furnish()
	without := other.as("alice", booking.English)
	require.NotContains(t, without.get("/orders").words(), "My cards")
	require.NotContains(t, without.get("/meals/menu-bibimbap").words(), "Keep this card")
}

// TestCards_Order: a form offers the kept cards, and a checkbox to keep another one.
func TestCards_Order(t *testing.T) {
	t.Parallel()
	kept := newWallet()
	s := newSite(t, func(d *web.Deps) { d.KeptMethods = kept })
	s.furnish()
	var inputs []contract.Order
	s.book.place = func(a orders.Attempt) (orders.Outcome, error) {
		v := contract.Food{Order: order(a.OrderID, "alice", 18000), Menu: bibimbap, Quantity: 2, Address: "x"}.View()
		s.keep(v)
		return orders.Outcome{View: v, Done: true, OrderID: v.ID}, nil
	}
	s.book.prepared = func(p orders.Placement) {
		inputs = append(inputs, contract.Order{PaymentMethod: p.PaymentMethod, KeepsMethod: p.KeepsMethod})
	}
	b := s.as("alice", booking.English)
	offered := b.get("/meals/menu-bibimbap?quantity=2")
	require.Contains(t, offered.words(), "Visa ···· 4242")
	require.Contains(t, offered.words(), "Keep this card for the next order")
	require.Contains(t, offered.words(), "My cards")
	paid := func(more ...string) contract.Order {
		t.Helper()
		offered := b.get("/meals/menu-bibimbap?quantity=2")
		a := b.submit(offered, "/meals/menu-bibimbap", append([]string{"address", "12 Sejong-daero"}, more...)...)
		require.Contains(t, a.url.Path, "/orders/food-")
		return inputs[len(inputs)-1]
	}
	require.Equal(t, contract.Order{PaymentMethod: "pm_1Abc"}, paid("method", "pm_1Abc"))
	require.Equal(t, contract.Order{PaymentMethod: "pm_card_visa", KeepsMethod: true}, paid("method", "pm_card_visa", "keep", "yes"))
	require.Equal(t, contract.Order{PaymentMethod: "pm_2Def"}, paid("method", "pm_2Def"))

	kept.err = errors.New("away")
	require.Contains(t, b.get("/meals/menu-bibimbap?quantity=2").words(), "A test card that pays", "also without the kept cards")
}
