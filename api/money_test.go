package api

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// fussy is a payment provider that charges only won, in tens, up to 1000.
type fussy struct{}

func (fussy) Currency(code string) error {
	if code != "KRW" {
		return errors.New(code + " is not accepted")
	}
	return nil
}

func (fussy) Amount(m booking.Money) error {
	if m.Amount%10 != 0 || m.Amount > 1000 {
		return fmt.Errorf("%d is not accepted", m.Amount)
	}
	return nil
}

func (fussy) Part(m booking.Money) booking.Money {
	m.Amount = (m.Amount + 9) / 10 * 10
	return m
}

// TestRefund_OfWhatTheProviderCannotRefund: an amount that the provider cannot refund
// is refused, and the field named.
func TestRefund_OfWhatTheProviderCannotRefund(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *testDeps) { d.Terms = fussy{} })
	p := b.problem(b.do("POST", refunds, `{"amount":{"amount":155,"currency":"KRW"},"reason":"sorry"}`, idempotencyHeader, "r-1"), 422, booking.Invalid)
	require.Equal(t, []string{"amount.amount"}, fields(p), p)
	require.Contains(t, p.Errors[0].Message, "the next amount that it can is 160")
}

// TestPrices_ThatCannotBePaid: a price that cannot be charged is refused where it is
// set, and the field named.
func TestPrices_ThatCannotBePaid(t *testing.T) {
	t.Parallel()
	requests := map[string]struct{ method, path, body string }{
		"Place":       {"POST", placesPath, `{"name":"Inn","ownerId":"o","confirmation":"auto","price":%s}`},
		"PlaceChange": {"PATCH", placesPath + "/" + seaside().ID, `{"price":%s}`},
		"Menu":        {"POST", menusPath, `{"name":"Soup","ownerId":"o","price":%s}`},
		"MenuChange":  {"PATCH", menusPath + "/" + bibimbap().ID, `{"price":%s}`},
		"DrinkChange": {"PATCH", drinksPath + "/" + latte().ID, `{"price":%s}`},
		"Drink":       {"POST", drinksPath, `{"name":"Tea","ownerId":"o","date":"2026-11-21","count":1,"price":%s}`},
		"Call":        {"POST", callsPath, `{"customerId":"a","tel":"02-123-4567","location":"here","price":%s}`},
	}
	for name, r := range requests {
		for price, field := range map[string]string{
			`{"amount":10,"currency":"KRV"}`:   "price.currency",
			`{"amount":10,"currency":"ABC"}`:   "price.currency",
			`{"amount":0,"currency":"BTC"}`:    "price.currency",
			`{"amount":10,"currency":"CLF"}`:   "price.currency",
			`{"amount":11,"currency":"KRW"}`:   "price.amount",
			`{"amount":1010,"currency":"KRW"}`: "price.amount",
		} {
			t.Run(name+"/"+price, func(t *testing.T) {
				t.Parallel()
				b := setup(t, func(d *testDeps) { d.Terms = fussy{} })
				p := b.problem(b.do(r.method, r.path, fmt.Sprintf(r.body, price)), 422, booking.Invalid)
				require.Equal(t, []string{field}, fields(p), p)
				require.Equal(t, seaside(), b.store.places[seaside().ID])
				require.Equal(t, bibimbap(), b.store.menus[bibimbap().ID])
				require.Equal(t, latte(), b.store.drinks[latte().ID])
			})
		}
	}
}

// TestPrices_AsAWhole: a quantity whose total cannot be charged is refused at the
// quantity. A total of 0 has no limits.
func TestPrices_AsAWhole(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *testDeps) { d.Terms = fussy{} })
	feast, gold := bibimbap(), latte()
	feast.Price, gold.Price = booking.Money{Amount: 600, Currency: "KRW"}, booking.Money{Amount: 600, Currency: "KRW"}
	b.store.menus[feast.ID], b.store.drinks[gold.ID] = feast, gold
	for path, body := range map[string]string{foodOrdersPath: meal, cafeOrdersPath: cups} {
		p := b.problem(b.do("POST", path, body), 422, booking.Invalid)
		require.Equal(t, []string{"quantity"}, fields(p))
		require.Contains(t, p.Errors[0].Message, "00 is not accepted")
	}
	a := b.do("POST", menusPath, `{"name":"Soup","ownerId":"o","price":{"amount":0,"currency":"KRW"}}`)
	require.Equal(t, 201, a.StatusCode, a.text)
}
