package e2e

import (
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestFood_Menus: a shop registers menus, and customers list them.
//
// Row F1.
func TestFood_Menus(t *testing.T) {
	t.Parallel()
	s := boot(t)
	rice := s.post(menus, object{"name": "Bibimbap", "ownerId": "sara", "price": object{"amount": 9000, "currency": "KRW"}}).with(t, http.StatusCreated)
	require.Equal(t, menus+"/"+rice.body.ID, rice.header.Get("Location"))
	noodles := s.menu(object{"name": "냉면"})
	require.ElementsMatch(t, []string{rice.body.ID, noodles}, s.listed(menus))
	require.ElementsMatch(t, []string{rice.body.ID, noodles}, each(s.walk(menus+"?", 1), "id"))
	require.JSONEq(t, string(rice.raw), string(s.get(rice.header.Get("Location")).with(t, http.StatusOK).raw))
	s.get(menus+"/menu-unknown").with(t, http.StatusNotFound)
	s.order("menu-unknown").with(t, http.StatusUnprocessableEntity)
}

// TestFood_OrderMustBePaid: an order that is not paid is never accepted.
//
// Row F2.
func TestFood_OrderMustBePaid(t *testing.T) {
	t.Parallel()
	s := boot(t, withCouriers)
	menu := s.menu()
	declined := s.order(menu, object{"paymentMethod": "pm_card_chargeDeclined"}).with(t, http.StatusPaymentRequired)
	require.Equal(t, "payment_declined", declined.body.Code)
	order := declined.body.Order.ID
	require.Empty(t, s.listed("/v1/mypages?customerId=alice"))
	require.Empty(t, s.listed("/v1/orders?ownerId=bora"))
	require.Empty(t, s.listed(deliveries))
	require.Empty(t, s.messagesAbout(order), "the shop gets no message")
	require.Equal(t, booking.PaymentDeclined, s.page(order).Reason)
	require.Equal(t, booking.Status(booking.JobCancelled), s.get(deliveries+"/"+order).with(t, http.StatusOK).body.Status)
	charged, _ := s.atProvider()
	require.Zero(t, charged)

	paid := s.order(menu).with(t, http.StatusCreated)
	require.Equal(t, foodOrders+"/"+paid.body.ID, paid.header.Get("Location"))
	require.EqualValues(t, 18000, paid.body.Amount.Amount)
	s.requireCharged(paid.body.ID, 18000)
}

// TestFood_FromOrderToDoor: an order starts its delivery by itself, and the courier
// completes it.
//
// Rows F2, F3, F4.
func TestFood_FromOrderToDoor(t *testing.T) {
	t.Parallel()
	eachStorageWith(t, withCouriers, func(t *testing.T, s *system) {
		order := s.order(s.menu()).with(t, http.StatusCreated).body
		v := s.becomes(order.ID, booking.Delivering)
		require.Equal(t, booking.JobStarted, v.Delivery.Status)
		require.Contains(t, statuses(v.View), booking.Paid)
		onTheWay := s.get(deliveries+"?status=started").with(t, http.StatusOK).body.Items
		require.Len(t, onTheWay, 1)
		require.Equal(t, order.ID, onTheWay[0]["orderId"])
		require.NotContains(t, onTheWay[0], "address")
		require.Equal(t, []string{"order_placed"}, s.messagesAbout(order.ID))

		delivered := s.decideAt(deliveries+"/"+order.ID, "complete").with(t, http.StatusOK).body
		require.Equal(t, booking.Delivered, delivered.Status)
		s.becomes(order.ID, booking.Delivered)
		require.Equal(t, delivered.View, s.page(order.ID).View)
		require.Equal(t, booking.Status(booking.JobDelivered), s.get(deliveries+"/"+order.ID).body.Status)
		require.Empty(t, s.get(deliveries+"?status=started").body.Items)
		require.Equal(t, "배달완료", s.get("/v1/mypages/"+order.ID, "Accept-Language", "ko").body.StatusLabel)
		s.requireEvents(order.ID, "OrderPlaced", "PaymentApproved", "DeliveryStarted", "DeliveryCompleted")
		s.requireCharged(order.ID, 18000)
	})
}

// TestFood_CourierNeverComes: the order needs attention, wherever that is shown, until
// the courier comes after all.
//
// Row F4.
func TestFood_CourierNeverComes(t *testing.T) {
	t.Parallel()
	s := boot(t, func(o *app.Options) { o.Config.Orders.DeliverWithin = time.Second })
	order := s.order(s.menu()).with(t, http.StatusCreated).body.ID
	marked := func() []string { return s.search("NeedsAttention = true") }
	s.eventually(func() bool { return len(marked()) == 1 })
	require.Equal(t, []string{order}, marked())
	s.eventually(func() bool { return s.page(order).NeedsAttention })
	v := s.page(order)
	require.Equal(t, booking.Delivering, v.Status)
	require.Regexp(t, `yeyak_orders_marked_for_attention_total{[^}]*kind="food"[^}]*} 1\n`, string(s.get("/metrics").raw))

	v = s.decideAt(deliveries+"/"+order, "complete").with(t, http.StatusOK).body
	require.Equal(t, booking.Delivered, v.Status)
	require.False(t, v.NeedsAttention)
	require.False(t, s.becomes(order, booking.Delivered).NeedsAttention)
	s.eventually(func() bool { return len(marked()) == 0 })
}

// TestFood_Cancel: the delivery is cancelled with the order.
//
// Row F5.
func TestFood_Cancel(t *testing.T) {
	t.Parallel()
	eachStorageWith(t, withCouriers, func(t *testing.T, s *system) {
		order := s.order(s.menu()).with(t, http.StatusCreated).body.ID
		s.becomes(order, booking.Delivering)
		v := s.post(foodOrders+"/"+order+"/cancel", object{"reason": "not hungry any more"}).with(t, http.StatusOK).body
		s.requireCalledOff(order)
		require.Contains(t, notes(v.View), "not hungry any more")
		require.Equal(t, "주문취소", s.get("/v1/mypages/"+order, "Accept-Language", "ko").body.StatusLabel)
		require.Equal(t, []string{"order_placed", "order_cancelled"}, s.messagesAbout(order))
		s.requireEvents(order, "OrderPlaced", "PaymentApproved", "DeliveryStarted", "DeliveryCanceled", "PaymentCancelApproved", "OrderCanceled")
		require.Equal(t, "already_cancelled", s.decideAt(foodOrders+"/"+order, "cancel").with(t, http.StatusConflict).body.Code)
		require.Equal(t, "already_cancelled", s.decideAt(deliveries+"/"+order, "complete").with(t, http.StatusConflict).body.Code)
	})
}

// requireCalledOff checks that an order of food was cancelled by its customer, with its
// delivery, and its price refunded.
func (s *system) requireCalledOff(order string) {
	s.Helper()
	v := s.becomes(order, booking.Cancelled)
	require.Equal(s, booking.ByCustomer, v.Reason)
	require.Equal(s, booking.JobCancelled, v.Delivery.Status)
	require.Equal(s, booking.Status(booking.JobCancelled), s.get(deliveries+"/"+order).with(s, http.StatusOK).body.Status)
	s.requireRefunded(order, 18000)
}

// TestFood_TooLateToCancel: a delivered order stays so.
//
// Row F6.
func TestFood_TooLateToCancel(t *testing.T) {
	t.Parallel()
	s := boot(t, withCouriers)
	order := s.order(s.menu()).with(t, http.StatusCreated).body.ID
	s.becomes(order, booking.Delivering)
	s.decideAt(deliveries+"/"+order, "complete").with(t, http.StatusOK)
	require.Equal(t, "already_delivered", s.decideAt(foodOrders+"/"+order, "cancel").with(t, http.StatusConflict).body.Code)
	require.Equal(t, "already_delivered", s.decideAt(deliveries+"/"+order, "complete").with(t, http.StatusConflict).body.Code)
	s.becomes(order, booking.Delivered)
	s.requireCharged(order, 18000)
}

// TestFood_CourierAndCustomerAtOnce: one of them is first, and the order, its delivery
// and the money agree on it.
//
// Row F6.
func TestFood_CourierAndCustomerAtOnce(t *testing.T) {
	t.Parallel()
	s := boot(t, withCouriers)
	menu := s.menu()
	for range 10 {
		order := s.order(menu).with(t, http.StatusCreated).body.ID
		s.becomes(order, booking.Delivering)
		attempts := 0 // of the courier
		both := s.atOnce(2, func(i int) answer {
			if i == 0 {
				return s.retries(func() answer { return s.decideAt(foodOrders+"/"+order, "cancel") })
			}
			return s.retries(func() answer { attempts++; return s.decideAt(deliveries+"/"+order, "complete") })
		})
		if both[0].status == http.StatusOK {
			require.Equal(t, http.StatusConflict, both[1].status, "%s", both[1].raw)
			s.requireCalledOff(order)
			continue
		}
		require.Equal(t, http.StatusConflict, both[0].status, "%s", both[0].raw)
		if attempts == 1 {
			require.Equal(t, http.StatusOK, both[1].status, "%s", both[1].raw)
		}
		require.Equal(t, booking.Status(booking.JobDelivered), s.get(deliveries+"/"+order).body.Status)
		s.requireCharged(order, 18000)
	}
}

// TestFood_NotCancelledWithoutDelivery: while the delivery service does not answer, the order
// stays, with its delivery and its price.
//
// Row F7.
func TestFood_NotCancelledWithoutDelivery(t *testing.T) {
	t.Parallel()
	eachWayToBeAway(t, contract.FulfilmentQueue, func(t *testing.T, s *system, delivery service) {
		menu := s.menu()
		order := s.order(menu).with(t, http.StatusCreated).body.ID
		before := s.becomes(order, booking.Delivering)
		cancel := func(order string) answer { return s.decideAt(foodOrders+"/"+order, "cancel") }

		delivery.stop()
		s.requireUnchanged(cancel(order), before)
		waiting := s.order(menu).with(t, http.StatusCreated).body
		s.requireUnchanged(cancel(waiting.ID), waiting)

		delivery.start()
		s.isAt(deliveries+"/"+order, booking.JobStarted)
		for _, order := range []string{order, waiting.ID} {
			require.Equal(t, booking.Cancelled, s.succeeds(func() answer { return cancel(order) }).body.Status)
			s.requireCalledOff(order)
		}
		charged, refunded := s.atProvider()
		require.EqualValues(t, 36000, charged)
		require.EqualValues(t, 36000, refunded)
	}, withCouriers)
}

// requireUnchanged checks that the cancellation of an order of food was refused and
// changed nothing.
func (s *system) requireUnchanged(refused answer, before body) {
	s.Helper()
	refused.with(s, http.StatusServiceUnavailable)
	require.Equal(s, "delivery_unavailable", refused.body.Code)
	require.NotEmpty(s, refused.header.Get("Retry-After"))
	after := s.page(before.ID)
	require.Equal(s, before.Status, after.Status)
	require.Equal(s, before.Delivery, after.Delivery)
	require.Equal(s, statuses(before.View), statuses(after.View))
	s.requireCharged(before.ID, 18000)
}

// TestFood_AcceptedWithoutDelivery: orders are accepted while the delivery is away, and
// delivered afterwards.
//
// Row F8.
func TestFood_AcceptedWithoutDelivery(t *testing.T) {
	t.Parallel()
	eachWayToBeAway(t, contract.FulfilmentQueue, func(t *testing.T, s *system, delivery service) {
		menu := s.menu()
		delivery.stop()
		var orders []string
		for range 5 {
			a := s.order(menu).with(t, http.StatusCreated)
			require.Equal(t, booking.Paid, a.body.Status)
			require.Equal(t, booking.JobWaiting, a.body.Delivery.Status)
			s.requireCharged(a.body.ID, 18000)
			s.eventually(func() bool { return slices.Equal([]string{"order_placed"}, s.messagesAbout(a.body.ID)) }) // the shop can cook
			orders = append(orders, a.body.ID)
		}
		if delivery.readable {
			require.Equal(t, booking.Status(booking.JobWaiting), s.get(deliveries+"/"+orders[0]).with(t, http.StatusOK).body.Status)
			require.Empty(t, s.listed(deliveries))
		}
		delivery.start()
		for _, order := range orders {
			require.Equal(t, booking.JobStarted, s.becomes(order, booking.Delivering).Delivery.Status)
			s.isAt(deliveries+"/"+order, booking.JobStarted)
		}
		s.decideAt(deliveries+"/"+orders[0], "complete").with(t, http.StatusOK)
	}, withCouriers)
}

// TestFood_MypageOfItsOwn: the customer's view joins order, menu and delivery, and is
// on another engine. It can be read while everything else is away.
//
// Row F9.
func TestFood_MypageOfItsOwn(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t)
	s := boot(t, withCouriers, func(o *app.Options) {
		o.Config.Databases.Front = config.URL(cluster.New(t))
		o.Config.Databases.Mypage = config.URL("sqlite://" + filepath.Join(t.TempDir(), "mypage.db"))
	})
	order := s.order(s.menu()).with(t, http.StatusCreated).body.ID
	s.becomes(order, booking.Delivering)
	require.NoError(t, cluster.Stop())
	s.get(deliveries).with(t, http.StatusServiceUnavailable)
	s.get(menus).with(t, http.StatusServiceUnavailable)

	for _, v := range []body{s.page(order), s.get(foodOrders+"/"+order).with(t, http.StatusOK).body} {
		require.Equal(t, booking.Delivering, v.Status)
		require.Equal(t, "Bibimbap", v.Item.Name)
		require.Equal(t, "bora", v.OwnerID)
		require.EqualValues(t, 18000, v.Amount.Amount)
		require.Equal(t, &contract.Delivery{Status: booking.JobStarted, Address: "12 Sejong-daero, Seoul"}, v.Delivery)
	}
	require.Equal(t, []string{order}, s.listed("/v1/mypages?customerId=alice&status=delivering"))
	require.Equal(t, []string{order}, s.listed("/v1/orders?ownerId=bora&kind=food"))

	require.NoError(t, cluster.Start())
	s.succeeds(func() answer { return s.decideAt(foodOrders+"/"+order, "cancel") })
	s.requireCalledOff(order)
}
