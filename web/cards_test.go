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
	mu       sync.Mutex
	cards    []booking.KeptMethod
	err      error
	requests int
}

func (w *wallet) Keeps() bool { return true }

func (w *wallet) List(context.Context, string) ([]booking.KeptMethod, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests++
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

	typed := b.submit(offered, "/meals/menu-bibimbap", "method", "pm_2Def", "keep", "yes", "show", "price")
	require.Contains(t, typed.words(), "Visa ···· 4242", "the cards stay when the price is shown")
	require.Equal(t, "pm_2Def", typed.form(t, "/meals/menu-bibimbap").Get("method"))
	require.Equal(t, "yes", typed.form(t, "/meals/menu-bibimbap").Get("keep"))

	kept.err = errors.New("away")
	require.Contains(t, b.get("/meals/menu-bibimbap?quantity=2").words(), "A test card that pays", "also without the kept cards")
}

// TestCards_Refused: a form that was refused offers all kept cards again, and the sent one if the
// payment provider is away. A form that is accepted does not ask the provider for them.
func TestCards_Refused(t *testing.T) {
	t.Parallel()
	kept := newWallet()
	s := newSite(t, func(d *web.Deps) { d.KeptMethods = kept })
	s.furnish()
	s.book.quote = s.quotes
	s.book.place = func(a orders.Attempt) (orders.Outcome, error) {
		return orders.Outcome{OrderID: a.OrderID}, booking.Errorf(booking.PriceChanged, "")
	}
	s.book.change = func(orders.Change) (orders.Outcome, error) {
		return orders.Outcome{}, booking.Errorf(booking.QuoteChanged, "")
	}
	b := s.as("alice", booking.English)
	change := "/orders/" + stayID + "/change"
	for path, query := range map[string]string{
		"/meals/menu-bibimbap": "", "/drinks/drink-latte": "", "/cleaning": "",
		"/rooms/place-seaside": "?checkIn=" + arrival.String() + "&checkOut=" + leaving.String() + "&rooms=1",
		change:                 "?checkIn=" + arrival.String() + "&checkOut=" + leaving.AddDays(1).String() + "&rooms=1",
	} {
		offered := b.get(path + query)
		fields := []string{"method", "pm_2Def", "address", "12 Sejong-daero", "tel", "02-123-4567", "location", "here"}
		kept.requests = 0
		refused := b.submit(offered, path, fields...)
		require.Equal(t, http.StatusConflict, refused.status, path)
		require.Contains(t, refused.words(), "Visa ···· 4242", path)
		require.Equal(t, "pm_2Def", refused.form(t, path).Get("method"))
		require.Equal(t, 1, kept.requests)

		kept.err = errors.New("away")
		away := b.submit(offered, path, fields...)
		require.Contains(t, away.words(), "The kept card", path)
		require.Equal(t, "pm_2Def", away.form(t, path).Get("method"))
		kept.err = nil
	}
	offered := b.get("/drinks/drink-latte")
	s.book.place, kept.requests = s.accept, 0
	require.Contains(t, b.submit(offered, "/drinks/drink-latte", "method", "pm_1Abc").url.Path, "/orders/cafe-")
	require.Zero(t, kept.requests)
}

// TestCards_OnlyToPay: only forms that pay request the kept cards from the payment
// provider.
func TestCards_OnlyToPay(t *testing.T) {
	t.Parallel()
	kept := newWallet()
	s := newSite(t, func(d *web.Deps) { d.KeptMethods = kept })
	s.furnish()
	s.book.quote = s.quotes
	change := "/orders/" + stayID + "/change"
	dearer := change + "?checkIn=" + arrival.String() + "&checkOut=" + leaving.AddDays(1).String() + "&rooms=1"
	cheaper := change + "?checkIn=" + arrival.String() + "&checkOut=" + arrival.AddDays(1).String() + "&rooms=1"
	for account, paths := range map[string]map[string]int{
		"alice": {
			"/rooms/place-seaside": 1, "/meals/menu-bibimbap": 1, "/drinks/drink-latte": 1, "/cleaning": 1, dearer: 1,
			"/rooms": 0, "/meals": 0, "/drinks": 0, "/orders/" + stayID: 0, change: 0, cheaper: 0,
		},
		"bora": {"/desk/places/place-seaside": 0, "/desk/places/place-seaside/stock": 0, "/desk/earnings": 0, "/orders/" + stayID + "/refund": 0},
	} {
		b := s.as(account, booking.English)
		for path, times := range paths {
			kept.requests = 0
			b.get(path)
			require.Equal(t, times, kept.requests, path)
		}
	}
}
