package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
)

// TestMoney_MethodThatPaysOnce: its second use is declined, which does not count for
// the breaker, and leaves nothing to undo.
func TestMoney_MethodThatPaysOnce(t *testing.T) {
	t.Parallel()
	stripe := sandboxPayments(t)
	a := bootAudited(t, stripe.pay, firstFailureBreaker, func(o *app.Options) { o.Config.Overload.Breaker.Slow = time.Minute })
	place := a.place(9)
	a.reserve(place, object{"paymentMethod": "pm_1Once"}).with(t, http.StatusCreated)
	for range 3 {
		refused := a.reserve(place, object{"paymentMethod": "pm_1Once"}).with(t, http.StatusPaymentRequired)
		require.Equal(t, "payment_declined", refused.body.Code)
		require.Equal(t, booking.Cancelled, refused.body.Order.Status)
		a.reserve(place).with(t, http.StatusCreated)
	}
	charged, refunded := stripe.totals()
	require.Equal(t, []int64{4 * 100000, 0}, []int64{charged, refunded})
	a.requireClean()
}

// TestMoney_Units: an amount is sent and returned in the provider's unit, and is the
// same in the provider's books and in ours.
func TestMoney_Units(t *testing.T) {
	t.Parallel()
	stripe := sandboxPayments(t)
	a := bootAudited(t, stripe.pay)
	place := a.place(9, object{"price": object{"amount": 20000, "currency": "UGX"}})
	order := a.reserve(place).with(t, http.StatusCreated).body
	require.Equal(t, booking.Money{Amount: 40000, Currency: "UGX"}, order.Amount)
	charged, _ := stripe.totals()
	require.EqualValues(t, 4_000_000, charged, "with two digits, which are always 0")
	a.requireClean()
	a.decide(order.ID, "cancel").with(t, http.StatusOK)
	_, refunded := stripe.totals()
	require.EqualValues(t, 4_000_000, refunded)
	a.requireClean()
}

// TestMoney_PricesThatCannotBePaid: they are refused where they are set, so that no
// customer's charge is declined.
func TestMoney_PricesThatCannotBePaid(t *testing.T) {
	t.Parallel()
	s := boot(t)
	for _, tt := range []struct {
		currency string
		amount   int64
		field    string
	}{
		{"KRV", 50000, "price.currency"}, {"ABC", 50000, "price.currency"}, {"BTC", 50000, "price.currency"},
		{"CLF", 50000, "price.currency"}, {"KWD", 5124, "price.amount"}, {"EUR", 49, "price.amount"},
		{"KRW", 100_000_000, "price.amount"}, {"UGX", 1_000_000, "price.amount"},
	} {
		price := object{"price": object{"currency": tt.currency, "amount": tt.amount}}
		for path, body := range map[string]object{
			"/v1/lodging/places": {"name": "Inn", "ownerId": "bora", "confirmation": "auto"},
			menus:                {"name": "Soup", "ownerId": "bora"},
			drinks:               {"name": "Tea", "ownerId": "bora", "date": inDays(1), "count": 1},
			calls:                visit(),
		} {
			refused := s.post(path, with(body, []object{price})).with(t, http.StatusUnprocessableEntity)
			require.Len(t, refused.body.Errors, 1)
			require.Equal(t, tt.field, refused.body.Errors[0].Field)
		}
	}
	menu := s.menu(object{"price": object{"currency": "KRW", "amount": 99_999_999}})
	refused := s.order(menu).with(t, http.StatusUnprocessableEntity)
	require.Equal(t, "quantity", refused.body.Errors[0].Field, "two of it are more than can be charged")
}

// TestMoney_ForNothing: an order without a price is accepted at once, without a charge,
// in any state of the provider.
func TestMoney_ForNothing(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]string{"ProviderUp": "{}", "ProviderDown": `{"down":true}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stripe := sandboxPayments(t)
			a := bootAudited(t, stripe.pay)
			a.cleaner("Min-jun")
			stripe.turn(switches)
			stay := a.reserve(a.place(9, free)).with(t, http.StatusCreated).body.ID
			food := a.order(a.menu(free)).with(t, http.StatusCreated).body.ID
			drink := a.orderCup(a.drink(9, free)).with(t, http.StatusCreated).body.ID
			call := a.call(free).with(t, http.StatusCreated).body.ID
			orders := map[string][]string{
				stay:  {"ReservationPlaced", "ReservationConfirmed", "ReservationStatusChanged confirmed", "ReservationCancelConfirmed", "ReservationCanceled"},
				food:  {"OrderPlaced", "DeliveryStarted", "DeliveryCanceled", "OrderCanceled"},
				drink: {"OrderPlaced", "ProductionStarted", "ProductionCanceled", "OrderCanceled"},
				call:  {"CallPlaced", "CleanerAssigned", "AssignmentCanceled", "CallCanceled"},
			}
			a.becomes(call, booking.Assigned)
			stripe.turn("{}") // for the audit
			a.requireClean()
			stripe.turn(switches)
			a.decide(stay, "cancel").with(t, http.StatusOK)
			a.decideAt(foodOrders+"/"+food, "cancel").with(t, http.StatusOK)
			a.decideAt(cafeOrders+"/"+drink, "cancel").with(t, http.StatusOK)
			a.decideAt(calls+"/"+call, "cancel").with(t, http.StatusOK)
			for order, events := range orders {
				a.get("/v1/payments/"+order).with(t, http.StatusNotFound)
				a.requireEvents(order, events...)
			}
			stripe.turn("{}")
			charged, _ := stripe.totals()
			require.Zero(t, charged)
			a.requireClean()
		})
	}
}

// cancelling cancels an order that cannot be refunded yet.
func (a *audited) cancelling(order string) {
	a.Helper()
	quick := a.withDefaultBudget()
	quick.acceptsPending(func() answer { return quick.decide(order, "cancel") })
	a.eventually(func() bool {
		status, _, refunded := a.payment(order)
		require.Zero(a, refunded)
		return status == "refunding"
	})
	require.NotContains(a, a.events(order), "PaymentCancelApproved")
}

// TestMoney_RefundThatIsPending: nothing shows it as refunded before the provider does.
func TestMoney_RefundThatIsPending(t *testing.T) {
	t.Parallel()
	stripe := sandboxPayments(t)
	a := bootAudited(t, stripe.pay)
	place := a.place(9)
	order := a.reserve(place).with(t, http.StatusCreated).body.ID
	stripe.turn(`{"refunds":"wait"}`)
	a.cancelling(order)
	require.False(t, a.get("/v1/mypages/"+order).body.NeedsAttention)
	a.eventually(func() bool { return a.attempts(order, "RefundPayment") > 1 })
	a.becomes(order, booking.Cancelling)
	stripe.turn(`{}`)
	a.becomes(order, booking.Cancelled)
	a.requireUndone(order, place, 9, booking.ByCustomer)
	a.requireClean()
}

// TestMoney_PartRefundedByHand: the remaining amount is refunded, once.
func TestMoney_PartRefundedByHand(t *testing.T) {
	t.Parallel()
	stripe := sandboxPayments(t)
	a := bootAudited(t, stripe.pay)
	place := a.place(9)
	for _, amount := range []string{"&amount=30000", ""} {
		order := a.reserve(place).with(t, http.StatusCreated).body.ID
		stripe.send(http.MethodPost, "/v1/refunds", "payment_intent="+stripe.intent(order)+amount, nil)
		a.decide(order, "cancel").with(t, http.StatusOK)
		a.requireUndone(order, place, 9, booking.ByCustomer)
	}
	charged, refunded := stripe.totals()
	require.Equal(t, charged, refunded)
	a.requireClean()
}

// TestMoney_WhatNeedsAPerson: after a failed refund the order needs attention, and ends once the
// refund was paid by hand. A lost dispute ends the payment.
func TestMoney_WhatNeedsAPerson(t *testing.T) {
	t.Parallel()
	stripe := sandboxPayments(t)
	a := bootAudited(t, stripe.pay, func(o *app.Options) { o.Config.Orders.AttentionAfter = time.Hour })
	place := a.place(9)
	order := a.reserve(place).with(t, http.StatusCreated).body.ID
	disputed := a.reserve(place, object{"paymentMethod": "pm_card_createDispute"}).with(t, http.StatusCreated).body.ID
	stripe.turn(`{"refunds":"fail"}`)
	for _, o := range []string{order, disputed} {
		a.cancelling(o)
		a.eventually(func() bool { return a.get("/v1/mypages/" + o).body.NeedsAttention })
	}
	stripe.turn(`{"disputes":"lost"}`)
	stripe.send(http.MethodPost, "/v1/refunds", "payment_intent="+stripe.intent(order), nil)
	for o, status := range map[string]string{order: "refunded", disputed: "returned"} {
		a.becomes(o, booking.Cancelled)
		a.eventually(func() bool { return !a.get("/v1/mypages/" + o).body.NeedsAttention })
		is, _, _ := a.payment(o)
		require.Equal(t, status, is)
	}
	a.requireClean()
}
