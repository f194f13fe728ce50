package e2e

import (
	"net/http"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/workflows/contract"
)

// touchy is a breaker that the first failure opens.
func touchy(o *app.Options) { o.Config.Overload.Breaker.MinCalls = 1 }

// keepAway makes the provider fail until it is kept from.
func (s *system) keepAway() {
	s.Helper()
	s.sandbox(object{"down": true})
	s.reserve(s.place(9)).with(s, http.StatusAccepted)
}

// deferredAfterAll is tried, fails, and is deferred when it is tried again.
func deferredAfterAll(s *system) string {
	s.sandbox(object{"down": true})
	order := s.reserve(s.place(9)).with(s, http.StatusAccepted).body.ID
	return s.takenLater(order)
}

func deferredInPlace(s *system) string {
	s.keepAway()
	return s.takenLater(s.reserve(s.place(9)).with(s, http.StatusAccepted).body.ID)
}

// takenLater brings a deferred order to its payment, and then to its end.
func (s *system) takenLater(order string) string {
	s.Helper()
	s.sandbox(object{})
	s.shows(order, booking.Confirmed)
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	return order
}

func deferredAndCancelled(s *system) string {
	s.keepAway()
	order := s.reserve(s.place(9)).with(s, http.StatusAccepted).body.ID
	s.decide(order, "cancel")
	s.sandbox(object{}) // it may have been asked, to see whether it is back
	return order
}

func deferredAndDeclined(s *system) string {
	s.keepAway()
	order := s.reserve(s.place(9), object{"paymentMethod": "pm_card_chargeDeclined"}).with(s, http.StatusAccepted).body.ID
	s.sandbox(object{})
	return order
}

func deferredTooLate(s *system) string {
	in := s.endingSoon()
	s.keepAway()
	in.Policy.PayWithin = booking.Duration(time.Hour)
	return s.givesUp(in)
}

// givesUp lets an order wait for its payment until it is given up. The provider
// has to be back then: it may have been asked, to see whether it is.
func (s *system) givesUp(in contract.Lodging) string {
	s.Helper()
	s.startAt(in)
	s.eventually(func() bool {
		status := s.get("/v1/mypages/" + in.OrderID).body.Status
		return status == booking.Cancelling || status == booking.Cancelled
	})
	s.sandbox(object{})
	return in.OrderID
}

func deferredTooLong(s *system) string {
	in := s.confirmed("-impatient", 5*time.Second)
	s.keepAway()
	return s.givesUp(in)
}

// confirmed is the input of another order like one that is confirmed.
func (s *system) confirmed(suffix string, payWithin time.Duration) contract.Lodging {
	s.Helper()
	in := s.startedLike(s.stands(s.reserve(s.place(9))))
	in.OrderID += suffix
	in.Policy.PayWithin = booking.Duration(payWithin)
	return in
}

func paidNow(s *system) string {
	in := s.confirmed("-now", 0)
	s.startAt(in)
	s.shows(in.OrderID, booking.Confirmed)
	s.carriedOut(func() answer { return s.decide(in.OrderID, "cancel") })
	return in.OrderID
}

func notPaidNow(s *system) string {
	in := s.confirmed("-now", 0)
	s.sandbox(object{"down": true})
	s.startAt(in)
	s.shows(in.OrderID, booking.Cancelling)
	s.sandbox(object{})
	return in.OrderID
}

// notPaidNowButCancelled is cancelled while it is asked once more.
func notPaidNowButCancelled(s *system) string {
	for { // that takes some seconds, in which a busy machine may not come to cancel it
		in := s.confirmed("-now", 0)
		s.sandbox(object{"latency": "1m"})
		s.startAt(in)
		s.eventually(func() bool {
			return s.attempts(in.OrderID, "ChargePayment") > 0 || s.get("/v1/mypages/"+in.OrderID).body.Status == booking.Cancelling
		})
		require.NoError(s, s.temporal.CancelWorkflow(s.Context(), in.OrderID, ""))
		s.sandbox(object{})
		if s.ended(in.OrderID).Reason == booking.ByOperator {
			return in.OrderID
		}
	}
}

func notPaidNowUnstarted(s *system) string {
	in := s.confirmed("-now", 0)
	_, err := s.temporal.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{
		ID: in.OrderID, TaskQueue: contract.SagasQueue, StartDelay: time.Hour,
	}, contract.LodgingWorkflow, in)
	require.NoError(s, err)
	require.NoError(s, s.temporal.CancelWorkflow(s.Context(), in.OrderID, ""))
	return in.OrderID
}

func visitDeferred(s *system) string {
	s.keepAway()
	order := s.call(object{"price": object{"amount": 30000, "currency": "KRW"}}).with(s, http.StatusAccepted).body.ID
	s.sandbox(object{})
	s.shows(order, booking.Calling)
	s.carriedOut(func() answer { return s.decideAt(calls+"/"+order, "cancel") })
	return order
}

// refundFollowed is cancelled while refunds are pending, which then fail.
func refundFollowed(s *system) string {
	order := s.reserve(s.place(9)).with(s, http.StatusCreated).body.ID
	s.sandbox(object{"refunds": "wait"})
	s.decide(order, "cancel")
	s.eventually(func() bool { return s.attempts(order, "RefundPayment") > 1 })
	s.sandbox(object{"refunds": "fail"})
	s.eventually(func() bool { return s.get("/v1/mypages/" + order).body.NeedsAttention })
	s.sandbox(object{})
	return order
}

var free = object{"price": object{"amount": 0, "currency": "KRW"}}

func stayForNothing(s *system) string {
	order := s.reserve(s.place(9, free)).with(s, http.StatusCreated).body.ID
	s.decide(order, "cancel").with(s, http.StatusOK)
	return order
}

func cupForNothing(s *system) string {
	order := s.orderCup(s.drink(9, free)).with(s, http.StatusCreated).body.ID
	s.decideAt(cafeOrders+"/"+order, "cancel").with(s, http.StatusOK)
	return order
}
