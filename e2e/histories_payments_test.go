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

// firstFailureBreaker configures a breaker that opens at the first failure.
func firstFailureBreaker(o *app.Options) { o.Config.Overload.Breaker.MinCalls = 1 }

// openBreaker makes the provider fail until the breaker is open.
func (s *system) openBreaker() {
	s.Helper()
	s.sandbox(object{"down": true})
	s.reserve(s.place(9)).with(s, http.StatusAccepted)
}

// deferredAfterAll: the charge fails, and is deferred at its retry.
func deferredAfterAll(s *system) string {
	s.sandbox(object{"down": true})
	order := s.reserve(s.place(9)).with(s, http.StatusAccepted).body.ID
	return s.chargedLater(order)
}

func deferredInPlace(s *system) string {
	s.openBreaker()
	return s.chargedLater(s.reserve(s.place(9)).with(s, http.StatusAccepted).body.ID)
}

// chargedLater waits until a deferred order is charged, and cancels it.
func (s *system) chargedLater(order string) string {
	s.Helper()
	s.sandbox(object{})
	s.shows(order, booking.Confirmed)
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	return order
}

func deferredAndCancelled(s *system) string {
	s.openBreaker()
	order := s.reserve(s.place(9)).with(s, http.StatusAccepted).body.ID
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	s.sandbox(object{}) // a trial call may already have been made
	return order
}

func deferredAndDeclined(s *system) string {
	s.openBreaker()
	order := s.reserve(s.place(9), object{"paymentMethod": "pm_card_chargeDeclined"}).with(s, http.StatusAccepted).body.ID
	s.sandbox(object{})
	return order
}

func deferredTooLate(s *system) string {
	in := s.endingSoon()
	s.openBreaker()
	in.Policy.PayWithin = booking.Duration(time.Hour)
	return s.cancelledWhileDeferred(in)
}

// cancelledWhileDeferred starts an order, and waits until it is cancelled since it was not
// charged in time. Then the provider works again, since a trial call may have been made.
func (s *system) cancelledWhileDeferred(in contract.Lodging) string {
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
	s.openBreaker()
	return s.cancelledWhileDeferred(in)
}

// confirmed is the input of a new order like a confirmed one.
func (s *system) confirmed(suffix string, payWithin time.Duration) contract.Lodging {
	s.Helper()
	in := s.startedLike(s.accepted(s.reserve(s.place(9))))
	in.OrderID += suffix
	in.Policy.PayWithin = booking.Duration(payWithin)
	return in
}

func paidNow(s *system) string {
	order := s.chargedNow(booking.Confirmed)
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	return order
}

// chargedNow returns an order that may not be charged later, once it has the status. On a busy
// machine the provider seems overloaded and the order is cancelled; then another one is tried.
func (s *system) chargedNow(want booking.Status, change ...func(*contract.Order)) string {
	s.Helper()
	for range 20 {
		in := s.confirmed("-now", 0)
		for _, c := range change {
			c(&in.Order)
		}
		s.startAt(in)
		var status booking.Status
		s.eventually(func() bool {
			status = s.get("/v1/mypages/" + in.OrderID).body.Status
			return status == want || status == booking.Cancelled
		})
		if status == want {
			return in.OrderID
		}
	}
	require.Fail(s, "every order is cancelled")
	return ""
}

func notPaidNow(s *system) string {
	in := s.confirmed("-now", 0)
	s.sandbox(object{"down": true})
	return s.cancelledWhileDeferred(in)
}

// notPaidNowButCancelled: the order is cancelled while its charge is retried.
func notPaidNowButCancelled(s *system) string {
	return s.untilTold(func(int) (string, bool) { // the retry takes some seconds; on a busy machine the cancel may come too late
		in := s.confirmed("-now", 0)
		s.sandbox(object{"latency": "1m"})
		s.startAt(in)
		s.eventually(func() bool {
			return s.attempts(in.OrderID, "ChargePayment") > 0 || s.get("/v1/mypages/"+in.OrderID).body.Status == booking.Cancelling
		})
		require.NoError(s, s.temporal.CancelWorkflow(s.Context(), in.OrderID, ""))
		s.sandbox(object{})
		return in.OrderID, s.ended(in.OrderID).Reason == booking.ByOperator
	})
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
	s.openBreaker()
	order := s.call(object{"price": object{"amount": 30000, "currency": "KRW"}}).with(s, http.StatusAccepted).body.ID
	s.sandbox(object{})
	s.shows(order, booking.Calling)
	s.carriedOut(func() answer { return s.decideAt(calls+"/"+order, "cancel") })
	return order
}

// refundFollowed: the order is cancelled while refunds stay pending, and then fail.
func refundFollowed(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.sandbox(object{"refunds": "wait"})
	s.acceptsPending(func() answer { return s.decide(order, "cancel") })
	s.eventually(func() bool { return s.attempts(order, "RefundPayment") > 1 })
	s.sandbox(object{"refunds": "fail"})
	s.eventually(func() bool { return s.get("/v1/mypages/" + order).body.NeedsAttention })
	s.sandbox(object{})
	return order
}

var free = object{"price": object{"amount": 0, "currency": "KRW"}}

func stayForNothing(s *system) string {
	order := s.accepted(s.reserve(s.place(9, free)))
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	return order
}

func cupForNothing(s *system) string {
	order := s.accepted(s.orderCup(s.drink(9, free)))
	s.carriedOut(func() answer { return s.decideAt(cafeOrders+"/"+order, "cancel") })
	return order
}
