package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
)

// refill requests another quantity of an order of drinks with a key.
func (s *system) refill(order, key string, quantity int, more ...object) answer {
	s.Helper()
	return s.post(cafeOrders+"/"+order+"/change", with(object{"quantity": quantity}, more), "Idempotency-Key", key)
}

func (s *system) quoteRefill(order string, quantity int) (q moveQuote) {
	s.Helper()
	s.get(fmt.Sprintf("%s/%s/change?quantity=%d", cafeOrders, order, quantity)).with(s, http.StatusOK).into(s, &q)
	return q
}

// inTheMaking is the quantity of the order's production.
func (s *system) inTheMaking(order string) int {
	s.Helper()
	var job struct{ Quantity int }
	s.get(productions+"/"+order).with(s, http.StatusOK).into(s, &job)
	return job.Quantity
}

// TestRefill: a customer changes the quantity of drinks, and pays or is refunded
// exactly the difference.
//
// Row K8.
func TestRefill(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		drink := a.drink(5, object{"date": inDays(3)})
		order := a.accepted(a.orderCup(drink, object{"quantity": 2}))
		a.becomes(order, booking.InProduction)
		etag := a.get(cafeOrders+"/"+order).with(t, http.StatusOK).header.Get("ETag")
		require.NotEmpty(t, etag)
		q := a.quoteRefill(order, 4)
		require.EqualValues(t, 9000, q.Charge.Amount)
		require.EqualValues(t, 18000, q.Amount.Amount)
		require.True(t, q.Available)
		require.False(t, a.quoteRefill(order, 6).Available)
		for range 2 { // the second one repeats the first
			v := a.refill(order, "more", 4, object{"expect": q.Quote}).with(t, http.StatusOK).body
			require.Equal(t, 4, v.Quantity)
			require.EqualValues(t, 18000, v.Amount.Amount)
		}
		require.Equal(t, 1, a.cups(drink))
		require.Equal(t, 4, a.inTheMaking(order))
		charged, _ := stripe.totals()
		require.EqualValues(t, 18000, charged, "the difference is charged once")
		a.requireClean()

		for code, refused := range map[string]answer{
			"not_changeable": a.refill(order, "same", 4).with(t, http.StatusConflict),
			"quote_changed":  a.refill(order, "otherwise", 5, object{"expect": "-1/KRW"}).with(t, http.StatusConflict),
			"sold_out":       a.refill(order, "too many", 6).with(t, http.StatusConflict),
			"version_changed": a.post(cafeOrders+"/"+order+"/change", object{"quantity": 3}, "Idempotency-Key", "old", "If-Match", etag).
				with(t, http.StatusPreconditionFailed),
			"idempotency_key_reused": a.refill(order, "more", 3).with(t, http.StatusUnprocessableEntity),
			"not_found":              a.move(order, "a stay", longer).with(t, http.StatusNotFound),
		} {
			require.Equal(t, code, refused.body.Code)
		}
		require.Equal(t, 1, a.cups(drink))
		a.requireClean()

		v := a.refill(order, "fewer", 1).with(t, http.StatusOK).body
		require.EqualValues(t, 4500, v.Amount.Amount)
		a.eventually(func() bool { _, refunded := stripe.totals(); return refunded == 13500 })
		require.Equal(t, 4, a.cups(drink))
		require.Equal(t, 1, a.inTheMaking(order))
		a.requireEvents(order, "OrderPlaced", "PaymentApproved", "ProductionStarted", "OrderChanged", "OrderChangeRefused", "OrderChanged", "PaymentRefunded")
		a.requireClean()

		a.decideAt(cafeOrders+"/"+order, "cancel").with(t, http.StatusOK)
		charged, refunded := stripe.totals()
		require.Equal(t, charged, refunded)
		require.Equal(t, 5, a.cups(drink))
		a.requireClean()
	})
}

// TestRefill_ManyAtOnce: 20 customers change their quantities of a drink of which there
// are few. It is never oversold, no difference is charged twice, and each order is
// either changed or unchanged.
//
// Row K8.
func TestRefill_ManyAtOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		const customers, cups = 20, 45
		stripe := sandboxPayments(t)
		a := bootAudited(t, shortBudget, stripe.pay, on)
		drink := a.drink(cups, object{"date": inDays(3)})
		orders := make([]string, customers)
		for i := range orders {
			orders[i] = a.accepted(a.orderCup(drink, object{"quantity": 2}))
			a.becomes(orders[i], booking.InProduction)
		}
		views := a.changedAtOnce(stripe, orders, func(i int, order string) answer { return a.refill(order, "change", []int{1, 3, 5}[i%3]) })
		sold := 0
		for i, v := range views {
			require.Contains(t, []int{2, []int{1, 3, 5}[i%3]}, v.Quantity)
			require.EqualValues(t, v.Quantity*4500, v.Amount.Amount)
			require.Equal(t, v.Quantity, a.inTheMaking(v.ID))
			sold += v.Quantity
		}
		require.Equal(t, cups-sold, a.cups(drink))
		a.requireClean()
	})
}

// TestRefill_Food: the quantity of food cannot be changed, and the answer says why.
//
// Row F11.
func TestRefill_Food(t *testing.T) {
	t.Parallel()
	s := boot(t)
	order := s.accepted(s.order(s.menu()))
	path := foodOrders + "/" + order + "/change"
	for _, a := range []answer{s.get(path + "?quantity=3"), s.post(path, object{"quantity": 3}, "Idempotency-Key", "a")} {
		require.Equal(t, "not_changeable", a.with(t, http.StatusConflict).body.Code)
		require.Contains(t, string(a.raw), "cancel the order and place another one")
	}
	s.decideAt(foodOrders+"/"+order, "cancel").with(t, http.StatusOK)
	s.becomes(order, booking.Cancelled)
	require.Equal(t, "already_cancelled", s.get(path+"?quantity=3").with(t, http.StatusConflict).body.Code)
}
