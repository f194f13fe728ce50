package e2e

import (
	"net/http"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// confirmingBranches are the branches in which the customer has to confirm the payment.
var confirmingBranches = map[string]branch{
	"lodging_confirm_by_notice":     {confirmedByNotice, booking.ByCustomer},
	"lodging_confirm_by_return":     {confirmedByReturn, booking.ByCustomer},
	"lodging_confirm_timed_out":     {notConfirmed, booking.PaymentNotConfirmed},
	"lodging_confirm_declined":      {confirmDeclined, booking.PaymentDeclined},
	"lodging_confirm_cancelled":     {confirmCancelled, booking.ByCustomer},
	"lodging_confirm_sold_out":      {confirmSoldOut, booking.SoldOut},
	"lodging_confirm_provider_away": {confirmProviderAway, booking.ByCustomer},
	"lodging_confirm_pay_later":     {confirmPaidLater, booking.ByCustomer},
	"lodging_confirm_pay_now":       {confirmPaidNow, booking.ByCustomer},
	"lodging_confirm_pay_now_not":   {notConfirmedNow, booking.ByCustomer},
	"food_confirm":                  {mealConfirmed, booking.ByCustomer},
	"food_confirm_declined":         {mealConfirmDeclined, booking.PaymentDeclined},
	"food_confirm_later":            {mealConfirmLater, booking.ByCustomer},
	"cafe_confirm":                  {cupConfirmed, booking.ByCustomer},
	"cafe_confirm_later":            {cupConfirmLater, booking.ByCustomer},
	"cleaning_confirm":              {visitConfirmed, booking.ByCustomer},
	"cleaning_confirm_later":        {visitConfirmLater, booking.ByCustomer},
}

// toConfirm is a card whose charges the customer has to confirm.
const toConfirm = "pm_card_authenticationRequired"

var byToConfirm = object{"paymentMethod": toConfirm}

// mustConfirm sets the same card in an order that is started without the API.
func mustConfirm(o *contract.Order) {
	o.PaymentMethod, o.ReturnTo = toConfirm, "http://localhost/orders/"+o.OrderID+"/paid"
}

// unconfirmed is the id of an order that waits for its customer.
func (s *system) unconfirmed(a answer) string {
	s.Helper()
	a = a.with(s, http.StatusAccepted)
	s.shows(a.body.ID, booking.AwaitingPayment)
	return a.body.ID
}

// customer sends the customer's decision on the provider's page.
func (s *system) customer(order, state string) {
	s.Helper()
	s.post("/sandbox/payments/confirmations", object{"orderId": order, "state": state}).with(s, http.StatusOK)
}

// returnsFromProvider is the customer's return from the provider.
func (s *system) returnsFromProvider(order string) answer {
	s.Helper()
	return s.post("/v1/payments/"+order+"/return", nil)
}

func (s *system) cancelledStay(order string) string {
	s.Helper()
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	return order
}

func confirmedByNotice(s *system) string {
	order := s.unconfirmed(s.reserve(s.place(9), byToConfirm))
	s.customer(order, "approve")
	s.shows(order, booking.Confirmed)
	return s.cancelledStay(order)
}

// confirmedByReturn: the customer returns once before the payment is confirmed.
func confirmedByReturn(s *system) string {
	s.sandbox(object{"notices": object{"lost": true}})
	order := s.unconfirmed(s.reserve(s.place(9), byToConfirm))
	s.returnsFromProvider(order).with(s, http.StatusAccepted)
	s.customer(order, "approve")
	s.eventually(func() bool { s.returnsFromProvider(order); return s.page(order).Status == booking.Confirmed })
	s.sandbox(object{})
	return s.cancelledStay(order)
}

func notConfirmed(s *system) string {
	s.sandbox(object{"confirmWithin": "3s"})
	return s.refusedOrder(s.reserve(s.place(9), byToConfirm))
}

func confirmDeclined(s *system) string {
	order := s.unconfirmed(s.reserve(s.place(9), byToConfirm))
	s.customer(order, "refuse")
	return order
}

func confirmCancelled(s *system) string {
	return s.cancelledStay(s.unconfirmed(s.reserve(s.place(9), byToConfirm)))
}

func confirmSoldOut(s *system) string {
	return s.refusedOrder(s.reserve(s.place(0), byToConfirm))
}

// confirmProviderAway: the provider is away when the customer returns.
func confirmProviderAway(s *system) string {
	s.sandbox(object{"notices": object{"lost": true}})
	order := s.unconfirmed(s.reserve(s.place(9), byToConfirm))
	s.customer(order, "approve")
	s.sandbox(object{"down": true, "notices": object{"lost": true}})
	s.returnsFromProvider(order).with(s, http.StatusAccepted)
	s.sandbox(object{})
	s.shows(order, booking.Confirmed)
	return s.cancelledStay(order)
}

func confirmPaidLater(s *system) string {
	s.openBreaker()
	order := s.reserve(s.place(9), byToConfirm).with(s, http.StatusAccepted).body.ID
	s.shows(order, booking.PaymentPending)
	s.sandbox(object{})
	s.shows(order, booking.AwaitingPayment)
	return s.cancelledStay(order)
}

func (s *system) toConfirmNow() string {
	s.Helper()
	return s.chargedNow(booking.AwaitingPayment, mustConfirm)
}

func confirmPaidNow(s *system) string {
	order := s.toConfirmNow()
	s.customer(order, "approve")
	s.shows(order, booking.Confirmed)
	return s.cancelledStay(order)
}

func notConfirmedNow(s *system) string { return s.cancelledStay(s.toConfirmNow()) }

func mealConfirmed(s *system) string {
	order := s.run(contract.FoodWorkflow, s.newMeal(mustConfirm))
	s.shows(order, booking.AwaitingPayment)
	s.customer(order, "approve")
	s.shows(order, booking.Delivering)
	s.cancels(order)
	return order
}

func mealConfirmDeclined(s *system) string {
	order := s.run(contract.FoodWorkflow, s.newMeal(mustConfirm))
	s.shows(order, booking.AwaitingPayment)
	s.customer(order, "refuse")
	return order
}

// confirmLater makes a deferred order whose charge has to be confirmed once it is made. It is
// cancelled.
func (s *system) confirmLater(workflow string, in interface{ View() contract.View }) string {
	s.Helper()
	s.sandbox(object{"down": true})
	order := s.run(workflow, in)
	s.shows(order, booking.PaymentPending)
	s.sandbox(object{})
	s.shows(order, booking.AwaitingPayment)
	require.Empty(s, s.update(order, contract.CancelUpdate))
	return order
}

func mealConfirmLater(s *system) string {
	return s.confirmLater(contract.FoodWorkflow, s.newMeal(mustConfirm))
}

func cupConfirmed(s *system) string {
	order := s.run(contract.CafeWorkflow, s.newCup(9, mustConfirm))
	s.shows(order, booking.AwaitingPayment)
	s.customer(order, "approve")
	s.shows(order, booking.InProduction)
	require.Empty(s, s.update(order, contract.CancelUpdate))
	return order
}

func cupConfirmLater(s *system) string {
	return s.confirmLater(contract.CafeWorkflow, s.newCup(9, mustConfirm))
}

func visitConfirmed(s *system) string {
	order := s.unconfirmed(s.call(byToConfirm))
	s.customer(order, "approve")
	s.shows(order, booking.Calling)
	s.carriedOut(func() answer { return s.decideAt(calls+"/"+order, "cancel") })
	return order
}

func visitConfirmLater(s *system) string {
	s.sandbox(object{"down": true})
	order := s.call(byToConfirm).with(s, http.StatusAccepted).body.ID
	s.shows(order, booking.PaymentPending)
	s.sandbox(object{})
	s.shows(order, booking.AwaitingPayment)
	s.carriedOut(func() answer { return s.decideAt(calls+"/"+order, "cancel") })
	return order
}

// noticesOfAConfirmation: a notice reports that the order's customer has confirmed.
func noticesOfAConfirmation(s *system) (id, runID string) {
	order := s.unconfirmed(s.reserve(s.place(9), byToConfirm))
	s.customer(order, "approve")
	s.shows(order, booking.Confirmed)
	id = contract.NoticesWorkflowID(order)
	s.completes(id)
	return id, ""
}
