package e2e

import (
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

// acceptedUpdates counts the decisions that an order's workflow has accepted.
func (s *system) acceptedUpdates(order string) int {
	s.Helper()
	return s.inHistory(order, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED)
}

// inHistory counts the events of a type in the history of an order's workflow.
func (s *system) inHistory(order string, what enumspb.EventType) int {
	s.Helper()
	return count(s.history(order), what)
}

// timeouts counts the activities of an order's workflow that timed out, local ones included.
func (s *system) timeouts(order string) (n int) {
	s.Helper()
	for _, e := range s.history(order) {
		for f := e.GetMarkerRecordedEventAttributes().GetFailure(); f != nil; f = f.GetCause() {
			if f.GetTimeoutFailureInfo() != nil {
				n++
				break
			}
		}
		if e.EventType == enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT {
			n++
		}
	}
	return n
}

// TestDecisions_CourierWhileACancelIsOpen: the courier hands over while the delivery
// service is being called to agree to a cancel. The cancel is refused, and the delivered
// order stays paid.
func TestDecisions_CourierWhileACancelIsOpen(t *testing.T) {
	t.Parallel()
	s := boot(t, withCouriers)
	menu := s.menu()
	for range 10 { // the delivery service has two seconds, and a busy machine may need longer
		order := s.order(menu).with(t, http.StatusCreated).body.ID
		s.becomes(order, booking.Delivering)
		completed := make(chan answer, 1)
		var called atomic.Bool // the delivery service was called, or is not to be any more
		s.outages.deliveries.nextIs(func() error {
			if called.Swap(true) {
				return nil
			}
			go func() { completed <- s.decideAt(deliveries+"/"+order, "complete") }()
			s.eventually(func() bool { return s.acceptedUpdates(order) == 2 })
			return errCertain
		})
		cancel := s.decideAt(foodOrders+"/"+order, "cancel")
		if !called.Swap(true) {
			continue // it took too long, so the cancel was answered before
		}
		var complete answer
		select {
		case complete = <-completed:
		case <-time.After(waitLimit):
			require.Fail(t, "the courier has no answer", "the cancel was answered %s", cancel.raw)
		}
		if cancel.status == http.StatusOK { // it took too long, so the cancel came first
			complete.with(t, http.StatusConflict)
			s.requireCalledOff(order)
			continue
		}
		require.Equal(t, "delivery_unavailable", cancel.with(t, http.StatusServiceUnavailable).body.Code)
		require.NotEmpty(t, cancel.header.Get("Retry-After"))
		require.Equal(t, booking.Delivered, complete.with(t, http.StatusOK).body.Status)
		require.Equal(t, "already_delivered", s.decideAt(foodOrders+"/"+order, "cancel").with(t, http.StatusConflict).body.Code)
		s.becomes(order, booking.Delivered)
		s.requireCharged(order, 18000)
		return
	}
	require.Fail(t, "no cancel was refused in time")
}

// TestDecisions_ManyCancelsWhileRefundsAreDown: all of them are accepted, and the order
// still accepts others.
func TestDecisions_ManyCancelsWhileRefundsAreDown(t *testing.T) {
	t.Parallel()
	s := boot(t, shortBudget)
	place := s.place(5)
	order := s.accepted(s.retries(func() answer { return s.post(reservations, reservation(place), "Idempotency-Key", "k") }))
	s.sandbox(object{"down": true})
	cancel := func(int) answer { return s.retries(func() answer { return s.decide(order, "cancel") }) }
	for _, a := range s.atOnce(15, cancel) { // they may be answered before the row shows it
		a.with(t, http.StatusAccepted)
	}
	s.becomes(order, booking.Cancelling)
	for range 2 {
		for _, a := range s.atOnce(15, cancel) {
			require.Equal(t, booking.Cancelling, a.with(t, http.StatusAccepted).body.Status)
		}
	}
	require.LessOrEqual(t, s.acceptedUpdates(order), 2)
	s.sandbox(object{})
	s.becomes(order, booking.Cancelled)
	require.Equal(t, "already_cancelled", s.decide(order, "confirm").with(t, http.StatusConflict).body.Code)
	s.requireUndone(order, place, 5, booking.ByCustomer)
}

// TestDecisions_RefusedCancelsAreRationed: a cancel that is refused because the
// delivery is away can be repeated without end, over HTTP and ignoring Retry-After. The
// order gets few of them, and accepts a cancel once the delivery is back.
//
// The delivery's NothingDone must arrive in time. If the machine is too slow for that,
// the cancel succeeds, as it should, and the test uses another order. So it does if the
// engine is too slow for an answer: then a cancel is kept, and refused later.
func TestDecisions_RefusedCancelsAreRationed(t *testing.T) {
	t.Parallel()
	s := boot(t, withCouriers)
	order := ""
	s.within(2*waitLimit, func() bool {
		order = s.order(s.menu()).with(t, http.StatusCreated).body.ID
		s.becomes(order, booking.Delivering)
		s.outages.deliveries.begin(errCertain)
		codes := s.refusedCancels(order, 500)
		s.outages.deliveries.end()
		if codes == nil {
			logged := func(message string) bool {
				return s.log.FilterMessage(message).FilterField(zap.String("order", order)).Len() > 0
			}
			refused := func() bool { return logged("kept decision finished") }
			s.eventually(func() bool { return refused() || s.page(order).Status == booking.Cancelled })
			if refused() {
				return false
			}
			require.True(t, s.timeouts(order) > 0 || logged("decision is not delivered yet"),
				"a cancel was accepted though the delivery had said that nothing was done")
			s.requireCalledOff(order)
			return false
		}
		for code := range codes {
			require.True(t, slices.Contains([]string{"delivery_unavailable", "decision_pending"}, code), "%v", codes)
		}
		require.LessOrEqual(t, s.acceptedUpdates(order), 60, "%v", codes)
		return true
	})
	s.cancelsMeal(order, func() answer { return s.decideAt(foodOrders+"/"+order, "cancel") })
	s.requireCalledOff(order)
}

// refusedCancels repeats a cancel, five at once, and counts the codes of the refusals;
// nil if one was accepted.
func (s *system) refusedCancels(order string, times int) map[string]int {
	s.Helper()
	codes := map[string]int{}
	for range times / 5 {
		answers := s.atOnce(5, func(int) answer { return s.decideAt(foodOrders+"/"+order, "cancel") })
		if slices.ContainsFunc(answers, func(a answer) bool { return a.status == http.StatusAccepted || a.status == http.StatusOK }) {
			return nil
		}
		for _, a := range answers {
			codes[a.with(s, http.StatusServiceUnavailable).body.Code]++
			after, err := strconv.Atoi(a.header.Get("Retry-After"))
			require.NoError(s, err)
			require.Positive(s, after)
		}
	}
	return codes
}
