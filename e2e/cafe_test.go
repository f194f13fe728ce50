package e2e

import (
	"net/http"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestCafe_Drinks: the owner registers a drink with its day and how many cups
// there are.
//
// Row K1.
func TestCafe_Drinks(t *testing.T) {
	t.Parallel()
	s := boot(t)
	latte := s.post(drinks, object{
		"name": "바닐라 라떼", "ownerId": "cora", "price": object{"amount": 5000, "currency": "KRW"}, "date": inDays(3), "count": 7,
	}).with(t, http.StatusCreated)
	require.Equal(t, drinks+"/"+latte.body.ID, latte.header.Get("Location"))
	require.JSONEq(t, string(latte.raw), string(s.get(latte.header.Get("Location")).with(t, http.StatusOK).raw))
	var shown struct {
		Name, Date, Status string
		Count, Remaining   int
	}
	latte.into(t, &shown)
	require.Equal(t, inDays(3).String(), shown.Date)
	require.Equal(t, "on_sale", shown.Status)
	require.Equal(t, 7, shown.Count)
	require.Equal(t, 7, shown.Remaining)
	other := s.drink(1)
	require.ElementsMatch(t, []string{latte.body.ID, other}, s.listed(drinks))
	s.get(drinks+"/drink-unknown").with(t, http.StatusNotFound)
	s.orderCup("drink-unknown").with(t, http.StatusUnprocessableEntity)
}

// TestCafe_FromOrderToCounter: the cups are held at once, and the kitchen
// makes them.
//
// Rows K2, K3.
func TestCafe_FromOrderToCounter(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		drink := s.drink(5)
		a := s.orderCup(drink, object{"quantity": 2}).with(t, http.StatusCreated)
		order := a.body.ID
		require.Equal(t, cafeOrders+"/"+order, a.header.Get("Location"))
		require.Equal(t, 3, s.cups(drink))
		v := s.becomes(order, booking.InProduction)
		require.Equal(t, &contract.Production{Status: booking.JobStarted, Date: inDays(1).String()}, v.Production)
		inTheKitchen := s.get(productions+"?status=started&menuId="+drink).with(t, http.StatusOK).body.Items
		require.Len(t, inTheKitchen, 1)
		require.Equal(t, order, inTheKitchen[0]["orderId"])
		require.EqualValues(t, 2, inTheKitchen[0]["quantity"])

		v = s.decideAt(productions+"/"+order, "complete").with(t, http.StatusOK).body
		require.Equal(t, booking.Completed, v.Status)
		s.becomes(order, booking.Completed)
		require.Equal(t, v.View, s.page(order).View)
		require.Equal(t, booking.Status(booking.JobCompleted), s.get(productions+"/"+order).body.Status)
		require.Equal(t, "already_completed", s.decideAt(cafeOrders+"/"+order, "cancel").with(t, http.StatusConflict).body.Code)
		require.Equal(t, "제조완료", s.get("/v1/mypages/"+order, "Accept-Language", "ko").body.StatusLabel)
		s.requireEvents(order, "OrderPlaced", "PaymentApproved", "ProductionStarted", "ProductionCompleted")
		s.requireCharged(order, 9000)
		require.Equal(t, 3, s.cups(drink), "a drink that was made is not restocked")
	})
}

// TestCafe_SoldOut: an order for a sold-out drink is not charged.
//
// Row K2.
func TestCafe_SoldOut(t *testing.T) {
	t.Parallel()
	s := boot(t)
	drink := s.drink(1)
	first := s.orderCup(drink).with(t, http.StatusCreated).body.ID
	a := s.orderCup(drink).with(t, http.StatusConflict)
	require.Equal(t, "sold_out", a.body.Code)
	require.Contains(t, a.body.Detail, "Nothing was charged")
	order := a.body.Order.ID
	require.Equal(t, booking.SoldOut, s.becomes(order, booking.Cancelled).Reason)
	s.requireNeverCharged(order)
	require.Equal(t, []string{first}, s.listed("/v1/orders?ownerId=bora"))
	require.Equal(t, []string{first}, s.listed("/v1/mypages?customerId=alice"), "the order was never placed")
	charged, refunded := s.atProvider()
	require.EqualValues(t, 4500, charged)
	require.Zero(t, refunded)
	require.Zero(t, s.cups(drink))
}

// TestCafe_Declined: the cups of an order whose payment is declined are released.
//
// Row K2.
func TestCafe_Declined(t *testing.T) {
	t.Parallel()
	s := boot(t)
	drink := s.drink(1)
	a := s.orderCup(drink, object{"paymentMethod": "pm_card_chargeDeclined"}).with(t, http.StatusPaymentRequired)
	require.Equal(t, "payment_declined", a.body.Code)
	s.eventually(func() bool { return s.cups(drink) == 1 && len(s.listed("/v1/mypages?customerId=alice")) == 0 })
}

// TestCafe_FiftyAtOnceForFiveCups: exactly five orders are accepted, and no other is
// charged.
//
// Row K2.
func TestCafe_FiftyAtOnceForFiveCups(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		drink := s.drink(5)
		accepted := 0
		order := func(i int) answer { // under this load the café may take too long to say whether it has the drink
			return s.retries(func() answer { return s.post(cafeOrders, cup(drink), "Idempotency-Key", strconv.Itoa(i)) })
		}
		for _, a := range s.atOnce(50, order) {
			if a.status == http.StatusCreated {
				accepted++
				s.requireCharged(a.body.ID, 4500)
				continue
			}
			a = a.with(t, http.StatusConflict)
			require.Equal(t, "sold_out", a.body.Code)
			s.requireNeverCharged(a.body.Order.ID)
		}
		require.Equal(t, 5, accepted)
		require.Zero(t, s.cups(drink))
		charged, refunded := s.atProvider()
		require.EqualValues(t, 5*4500, charged)
		require.Zero(t, refunded)
	})
}

// TestCafe_RefusedWithoutStock: while the café does not answer, no order is accepted or
// charged, and the refusal does not use up the key.
//
// Row K2.
func TestCafe_RefusedWithoutStock(t *testing.T) {
	t.Parallel()
	eachWayToBeAway(t, contract.InventoryQueue, func(t *testing.T, s *system, cafe service) {
		drink := s.drink(5)
		first := s.orderCup(drink).with(t, http.StatusCreated).body.ID
		order := func() answer { return s.post(cafeOrders, cup(drink), "Idempotency-Key", "k") }
		cafe.stop()
		var refused []string
		for range 3 {
			a := order().with(t, http.StatusServiceUnavailable)
			require.Equal(t, "cafe_unavailable", a.body.Code)
			require.NotEmpty(t, a.header.Get("Retry-After"))
			require.NotContains(t, refused, a.body.Order.ID, "it is a new order each time")
			refused = append(refused, a.body.Order.ID)
			s.requireNeverCharged(a.body.Order.ID)
		}
		charged, _ := s.atProvider()
		require.EqualValues(t, 4500, charged)

		cafe.start()
		accepted := s.made(order).with(t, http.StatusCreated)
		require.JSONEq(t, string(accepted.raw), string(order().with(t, http.StatusCreated).raw))
		for _, order := range refused {
			require.Equal(t, booking.CafeUnavailable, s.becomes(order, booking.Cancelled).Reason)
			s.requireNeverCharged(order)
		}
		s.eventually(func() bool { return len(s.listed("/v1/mypages?customerId=alice")) == 2 })
		require.ElementsMatch(t, []string{first, accepted.body.ID}, s.listed("/v1/mypages?customerId=alice"), "the others were never placed")
		require.Equal(t, 3, s.cups(drink))
		charged, refunded := s.atProvider()
		require.EqualValues(t, 9000, charged)
		require.Zero(t, refunded)
	})
}

// TestCafe_AcceptedWithoutProduction: orders are accepted while the kitchen is away, and
// made afterwards.
//
// Row K3.
func TestCafe_AcceptedWithoutProduction(t *testing.T) {
	t.Parallel()
	eachWayToBeAway(t, contract.FulfilmentQueue, func(t *testing.T, s *system, kitchen service) {
		drink := s.drink(5)
		kitchen.stop()
		var orders []string
		for range 3 {
			a := s.orderCup(drink).with(t, http.StatusCreated)
			require.Equal(t, booking.Paid, a.body.Status)
			require.Equal(t, booking.JobWaiting, a.body.Production.Status)
			s.requireCharged(a.body.ID, 4500)
			orders = append(orders, a.body.ID)
		}
		require.Equal(t, 2, s.cups(drink))
		if kitchen.readable {
			require.Empty(t, s.get(productions).with(t, http.StatusOK).body.Items)
			require.Equal(t, booking.Status(booking.JobWaiting), s.get(productions+"/"+orders[0]).with(t, http.StatusOK).body.Status)
		}
		kitchen.start()
		for _, order := range orders {
			require.Equal(t, booking.JobStarted, s.becomes(order, booking.InProduction).Production.Status)
			s.isAt(productions+"/"+order, booking.JobStarted)
		}
	})
}

// TestCafe_Cancel: the cup is released, the production cancelled, and the money
// refunded.
//
// Row K4.
func TestCafe_Cancel(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		drink := s.drink(2)
		order := s.orderCup(drink).with(t, http.StatusCreated).body.ID
		s.becomes(order, booking.InProduction)
		v := s.decideAt(cafeOrders+"/"+order, "cancel").with(t, http.StatusOK).body
		require.Equal(t, booking.Cancelled, v.Status)
		require.Equal(t, booking.ByCustomer, v.Reason)
		require.Equal(t, booking.JobCancelled, v.Production.Status)
		production := s.get(productions+"/"+order).with(t, http.StatusOK).body
		require.Equal(t, booking.Status(booking.JobCancelled), production.Status)
		require.Equal(t, booking.ByCustomer, production.Reason)
		require.Equal(t, 2, s.cups(drink))
		s.requireRefunded(order, 4500)
		s.becomes(order, booking.Cancelled)
		require.Equal(t, "주문취소", s.get("/v1/mypages/"+order, "Accept-Language", "ko").body.StatusLabel)
		s.requireEvents(order, "OrderPlaced", "PaymentApproved", "ProductionStarted", "ProductionCanceled", "PaymentCancelApproved", "OrderCanceled")
		require.Equal(t, "already_cancelled", s.decideAt(productions+"/"+order, "complete").with(t, http.StatusConflict).body.Code)
	})
}

// TestCafe_CancelWithoutProduction: the cup is released and the money refunded while the
// kitchen is away, which shows the cancellation once it is back.
//
// Row K4.
func TestCafe_CancelWithoutProduction(t *testing.T) {
	t.Parallel()
	eachWayToBeAway(t, contract.FulfilmentQueue, func(t *testing.T, s *system, kitchen service) {
		drink := s.drink(5)
		made := s.accepted(s.orderCup(drink))
		s.becomes(made, booking.InProduction)
		kitchen.stop()
		unmade := s.accepted(s.orderCup(drink))
		require.Equal(t, 3, s.cups(drink))
		for _, order := range []string{made, unmade} {
			s.acceptsPending(func() answer { return s.decideAt(cafeOrders+"/"+order, "cancel") })
			s.becomes(order, booking.Cancelling)
			s.requireRefunded(order, 4500)
		}
		s.eventually(func() bool { return s.cups(drink) == 5 }) // no undo waits for another one
		if kitchen.readable {
			require.Equal(t, booking.Status(booking.JobStarted), s.get(productions+"/"+made).with(t, http.StatusOK).body.Status)
		}
		kitchen.start()
		for _, order := range []string{made, unmade} {
			v := s.becomes(order, booking.Cancelled)
			require.Equal(t, booking.JobCancelled, v.Production.Status)
			require.Equal(t, booking.ByCustomer, s.isAt(productions+"/"+order, booking.JobCancelled).Reason)
		}
	}, shortBudget)
}

// TestCafe_MypageOfItsOwn: status and history are in a database of their own, on
// another engine, and can be read while everything else is away.
//
// Row K6.
func TestCafe_MypageOfItsOwn(t *testing.T) {
	t.Parallel()
	s := boot(t, onSQLite, func(o *app.Options) { o.Config.Databases.Mypage = config.URL(pgtest.New(t)) })
	order := s.orderCup(s.drink(1)).with(t, http.StatusCreated).body.ID
	s.becomes(order, booking.InProduction)
	s.decideAt(cafeOrders+"/"+order, "cancel").with(t, http.StatusOK)
	s.requireHistoryOfACup(order)

	cluster := pgtest.NewCluster(t)
	s = boot(t, func(o *app.Options) {
		o.Config.Databases.Front = config.URL(cluster.New(t))
		o.Config.Databases.Mypage = config.URL("sqlite://" + filepath.Join(t.TempDir(), "mypage.db"))
	})
	order = s.orderCup(s.drink(1)).with(t, http.StatusCreated).body.ID
	s.becomes(order, booking.InProduction)
	s.decideAt(cafeOrders+"/"+order, "cancel").with(t, http.StatusOK)
	require.NoError(t, cluster.Stop())
	s.get(productions+"/"+order).with(t, http.StatusServiceUnavailable)
	s.requireHistoryOfACup(order)
}

// requireHistoryOfACup checks the page of an order of a drink that was
// cancelled while it was being made.
func (s *system) requireHistoryOfACup(order string) {
	s.Helper()
	v := s.becomes(order, booking.Cancelled)
	require.Equal(s, []booking.Status{
		booking.Received, booking.Paid, booking.InProduction, booking.Cancelling, booking.Cancelled,
	}, withoutPending(statuses(v.View)))
	require.Equal(s, "Iced Americano", v.Item.Name)
	require.Equal(s, booking.JobCancelled, v.Production.Status)
	require.Equal(s, []string{order}, s.listed("/v1/mypages?customerId=alice&kind=cafe&status=cancelled"))
	require.Equal(s, []string{"주문접수", "주문완료", "제조중", "취소중", "주문취소"}, s.course(order))
}
