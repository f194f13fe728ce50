package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// remove deletes a drink from the menu.
func (s *system) remove(drink string) {
	s.Helper()
	a := s.request(http.MethodDelete, drinks+"/"+drink, nil).with(s, http.StatusAccepted)
	require.Equal(s, drinks+"/"+drink, a.header.Get("Location"))
}

// removed waits until a deleted drink has no holds, and returns what happened to its
// orders.
func (s *system) removed(drink string) (progress booking.DrinkDeletion) {
	s.Helper()
	s.within(3*waitLimit, func() bool { // there may be hundreds of orders
		status, found := s.deletion(drink)
		progress = found
		return status == "deleted"
	})
	return progress
}

// within is eventually with a longer limit. It runs in the test's own goroutine: a
// failed requirement in `what` ends the test with its own message.
func (s *system) within(limit time.Duration, what func() bool) {
	s.Helper()
	for end := time.Now().Add(limit); !what(); time.Sleep(100 * time.Millisecond) {
		require.True(s, time.Now().Before(end), "not seen within %v", limit)
	}
}

// requireForceCancelled checks that an order was cancelled because its drink is no
// longer sold.
func (s *system) requireForceCancelled(order string) {
	s.Helper()
	v := s.becomes(order, booking.Cancelled)
	require.Equal(s, booking.MenuDeleted, v.Reason)
	s.requireRefunded(order, v.Amount.Amount)
	production := s.get(productions+"/"+order).with(s, http.StatusOK).body
	require.Equal(s, booking.Status(booking.JobCancelled), production.Status)
	require.Equal(s, booking.MenuDeleted, production.Reason)
}

// TestDrinkDeletion_CancelsOpenOrders: the owner deletes a drink. Its open orders are
// cancelled, and ended ones stay as they are.
//
// Row K5.
func TestDrinkDeletion_CancelsOpenOrders(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		drink, kept := s.drink(10), s.drink(10)
		other := s.orderCup(kept).with(t, http.StatusCreated).body.ID
		var orders []string
		for range 6 {
			order := s.orderCup(drink).with(t, http.StatusCreated).body.ID
			s.becomes(order, booking.InProduction)
			orders = append(orders, order)
		}
		served, cancelled, open := orders[:2], orders[2], orders[3:]
		for _, order := range served {
			s.decideAt(productions+"/"+order, "complete").with(t, http.StatusOK)
		}
		s.decideAt(cafeOrders+"/"+cancelled, "cancel").with(t, http.StatusOK)

		s.remove(drink)
		require.Equal(t, booking.DrinkDeletion{Orders: 5, Cancelled: 3, Ended: 2, Done: true}, s.removed(drink))
		for _, order := range open {
			s.requireForceCancelled(order)
			var production struct{ ReasonLabel string }
			s.get(productions+"/"+order, "Accept-Language", "ko").into(t, &production)
			require.Equal(t, "강제취소", production.ReasonLabel)
		}
		s.requireEvents(open[0], "OrderPlaced", "PaymentApproved", "ProductionStarted", "ProductionCanceled", "PaymentCancelApproved", "OrderCanceled")
		for _, order := range served {
			require.Equal(t, booking.Completed, s.page(order).Status)
			s.requireCharged(order, 4500)
		}
		require.Equal(t, booking.ByCustomer, s.page(cancelled).Reason)
		require.Equal(t, booking.InProduction, s.becomes(other, booking.InProduction).Status, "of another drink")

		require.Equal(t, []string{kept}, s.listed(drinks))
		require.Equal(t, "menu_deleted", s.orderCup(drink).with(t, http.StatusConflict).body.Code)
		s.remove(drink) // a repetition changes nothing
		require.Equal(t, booking.DrinkDeletion{Orders: 5, Cancelled: 3, Ended: 2, Done: true}, s.removed(drink))
		s.request(http.MethodDelete, drinks+"/drink-unknown", nil).with(t, http.StatusNotFound)
		charged, refunded := s.atProvider()
		require.EqualValues(t, 7*4500, charged)
		require.EqualValues(t, 4*4500, refunded)
	})
}

// TestDrinkDeletion_WhileOrdersComeIn: no concurrent order stays open: it is refused,
// or cancelled with the others. Ten customers order until they are refused.
//
// Row K5.
func TestDrinkDeletion_WhileOrdersComeIn(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		const customers = 10
		drink := s.drink(100_000)
		placed := make([][]string, customers)
		var once sync.Once
		busy := make(chan struct{}) // closed when the first customer has ordered three times
		for i, a := range s.atOnce(customers+1, func(i int) (last answer) {
			if i == customers {
				receive(t, busy, "a customer with three orders")
				return s.request(http.MethodDelete, drinks+"/"+drink, nil)
			}
			for {
				if len(placed[i]) == 3 {
					once.Do(func() { close(busy) })
				}
				key := fmt.Sprintf("k-%d-%d", i, len(placed[i]))
				last = s.retries(func() answer { return s.post(cafeOrders, cup(drink), "Idempotency-Key", key) })
				if last.status != http.StatusCreated {
					return last
				}
				placed[i] = append(placed[i], last.body.ID)
			}
		}) {
			if i == customers {
				a.with(t, http.StatusAccepted)
				continue
			}
			require.Equal(t, "menu_deleted", a.with(t, http.StatusConflict).body.Code)
		}
		orders := slices.Concat(placed...)
		progress := s.removed(drink)
		t.Logf("%d orders were placed: %+v", len(orders), progress)
		require.NotEmpty(t, orders)
		for _, order := range orders {
			s.requireForceCancelled(order)
		}
		require.Empty(t, s.get(productions+"?status=started&menuId="+drink).with(t, http.StatusOK).body.Items)
		for _, order := range s.walk("/v1/mypages?customerId=alice", 200) {
			require.Equal(t, string(booking.Cancelled), order["status"])
		}
		require.Equal(t, 100_000, s.cups(drink))
		charged, refunded := s.atProvider()
		require.GreaterOrEqual(t, charged, int64(len(orders)*4500))
		require.LessOrEqual(t, charged, int64((len(orders)+customers)*4500), "each customer's refused order may have been charged, too")
		require.Equal(t, charged, refunded)
	})
}

// TestDrinkDeletion_WithoutProduction: a kitchen that is away delays no refunds and no
// releases. It shows the cancellations once it is back.
//
// Row K5.
func TestDrinkDeletion_WithoutProduction(t *testing.T) {
	t.Parallel()
	eachWayToBeAway(t, contract.FulfilmentQueue, func(t *testing.T, s *system, kitchen service) {
		drink := s.drink(10)
		var orders []string
		for range 3 {
			orders = append(orders, s.orderCup(drink).with(t, http.StatusCreated).body.ID)
			s.becomes(orders[len(orders)-1], booking.InProduction)
		}
		kitchen.stop()
		s.remove(drink)
		for _, order := range orders {
			s.eventually(func() bool { status, _, _ := s.payment(order); return status == "refunded" })
			s.becomes(order, booking.Cancelling)
		}
		s.eventually(func() bool { return s.cups(drink) == 10 }) // no undo waits for another one
		status, progress := s.deletion(drink)
		require.Equal(t, "deleting", status, "the kitchen has no cancellation yet")
		require.Zero(t, progress.Cancelled)
		kitchen.start()
		s.removed(drink)
		for _, order := range orders {
			s.requireForceCancelled(order)
		}
	})
}

// TestDrinkDeletion_StoppedInTheMiddle: the deleting process is stopped, and another
// one continues.
//
// Row K5.
func TestDrinkDeletion_StoppedInTheMiddle(t *testing.T) {
	t.Parallel()
	o := options(t)
	onPostgreSQL(t, &o)
	s := start(t, o)
	drink := s.drink(300)
	orders := s.orderCups(drink, 250)
	s.remove(drink)
	s.within(3*waitLimit, func() bool { _, p := s.deletion(drink); return p.Cancelled > 0 })
	_, before := s.deletion(drink)
	stop(s, s.app)
	require.False(t, before.Done, "it was in the middle")
	s = start(t, o)
	require.Equal(t, booking.DrinkDeletion{Orders: 250, Cancelled: 250, Done: true}, s.removed(drink))
	for _, order := range orders {
		s.requireForceCancelled(order)
	}
	require.Equal(t, 300, s.cups(drink))
}

// TestDrinkDeletion_KilledInTheMiddle: the process dies while it cancels one of the
// orders, and another one continues.
//
// Row K5.
func TestDrinkDeletion_KilledInTheMiddle(t *testing.T) {
	t.Parallel()
	s, revive := bootMortal(t, "release "+string(booking.MenuDeleted))
	drink := s.drink(50)
	orders := s.orderCups(drink, 40)
	_, _ = s.send(http.MethodDelete, drinks+"/"+drink, nil) // it may die before it answers
	s = revive()
	require.Equal(t, 40, s.removed(drink).Orders)
	for _, order := range orders {
		s.requireForceCancelled(order)
	}
	require.Equal(t, 50, s.cups(drink))
	charged, refunded := s.atProvider()
	require.EqualValues(t, 40*4500, charged)
	require.EqualValues(t, 40*4500, refunded)
}

// orderCups orders a drink n times, on up to ten connections, and repeats undecided
// ones under their keys.
func (s *system) orderCups(drink string, n int) []string {
	s.Helper()
	orders := make([]string, n)
	var next atomic.Int64
	s.atOnce(min(n, 10), func(int) (last answer) {
		for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
			s.eventually(func() bool { // 202: it is not decided yet, and a repeat finds it
				last = s.post(cafeOrders, cup(drink), "Idempotency-Key", fmt.Sprint(drink, i))
				return last.status != http.StatusAccepted && last.status != http.StatusServiceUnavailable
			})
			orders[i] = last.with(s, http.StatusCreated).body.ID
		}
		return last
	})
	return orders
}

// TestDrinkDeletion_ManyOrders: all open orders of a drink are cancelled, however many,
// and the API keeps answering. YEYAK_FULL=1 makes them five thousand, and measures; it
// needs the machine for itself.
//
// Row K5.
func TestDrinkDeletion_ManyOrders(t *testing.T) {
	n := 500
	if os.Getenv("YEYAK_FULL") == "1" {
		n = 5000
	} else {
		t.Parallel()
	}
	s := boot(t)
	drink, place := s.drink(n), s.place(1000)
	began := time.Now()
	orders := s.orderCups(drink, n)
	t.Logf("%d orders placed in %v", n, time.Since(began).Round(time.Millisecond))

	began = time.Now()
	s.remove(drink)
	reading := s.meanwhile(func() answer { return s.get("/v1/mypages/" + orders[n/2]) }, http.StatusOK)
	listing := s.meanwhile(func() answer { return s.get("/v1/orders?ownerId=bora&limit=20") }, http.StatusOK)
	placing := s.meanwhile(func() answer { return s.reserve(place, object{"customerId": "bob"}) },
		http.StatusCreated, http.StatusAccepted) // after the reply budget, on a busy machine
	s.within(8*time.Minute, func() bool { status, _ := s.deletion(drink); return status == "deleted" })
	t.Logf("deleted after %v; meanwhile", time.Since(began).Round(time.Millisecond))
	t.Logf("GET an order:       %s", reading())
	t.Logf("GET a list:         %s", listing())
	t.Logf("POST a reservation: %s", placing())

	_, progress := s.deletion(drink)
	require.Equal(t, booking.DrinkDeletion{Orders: n, Cancelled: n, Done: true}, progress)
	s.eventually(func() bool {
		return len(s.walk("/v1/mypages?customerId=alice&status=cancelled", 200)) == n
	})
	for _, production := range s.walk(productions+"?menuId="+drink, 200) {
		require.Equal(t, string(booking.JobCancelled), production["status"])
		require.Equal(t, string(booking.MenuDeleted), production["reason"])
	}
	require.Equal(t, n, s.cups(drink))
	for _, order := range []string{orders[0], orders[n/2], orders[n-1]} {
		s.requireForceCancelled(order)
	}
}

// meanwhile repeats a request in the background; end stops it and returns the
// durations.
func (s *system) meanwhile(request func() answer, want ...int) (end func() timings) {
	s.Helper()
	ctx, cancel := context.WithCancel(s.Context())
	var (
		all      timings
		requests sync.WaitGroup
	)
	requests.Go(func() {
		for ctx.Err() == nil {
			began := time.Now()
			a := request()
			all = append(all, time.Since(began))
			if !slices.Contains(want, a.status) {
				s.Errorf("answered %d: %s", a.status, a.raw)
			}
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	})
	return func() timings {
		cancel()
		requests.Wait()
		return all
	}
}

type timings []time.Duration

// String is the median, the 99th percentile, and the maximum.
func (t timings) String() string {
	if len(t) == 0 {
		return "never"
	}
	sorted := slices.Sorted(slices.Values(t))
	at := func(share float64) time.Duration {
		return sorted[int(share*float64(len(sorted)-1))].Round(100 * time.Microsecond)
	}
	return fmt.Sprintf("%d times, p50 %v, p99 %v, max %v", len(t), at(0.5), at(0.99), at(1))
}
