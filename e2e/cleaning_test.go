package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestCleaning_Call: a customer orders a cleaning with their telephone, a place
// and a price, and waits for a cleaner.
//
// Row C1.
func TestCleaning_Call(t *testing.T) {
	t.Parallel()
	s := boot(t)
	a := s.call().with(t, http.StatusCreated)
	require.Equal(t, calls+"/"+a.body.ID, a.header.Get("Location"))
	require.Equal(t, booking.Calling, a.body.Status)
	require.EqualValues(t, 30000, a.body.Amount.Amount)
	require.Equal(t, &contract.Visit{Location: "12 Sejong-daero, Seoul"}, a.body.Cleaning)
	require.NotContains(t, string(a.raw), "123-4567", "the telephone is for management and the cleaner")
	s.requireCharged(a.body.ID, 30000)
	s.becomes(a.body.ID, booking.Calling) // the answer comes before the row is written
	require.Equal(t, "호출중", s.get(calls+"/"+a.body.ID, "Accept-Language", "ko").with(t, http.StatusOK).body.StatusLabel)
	for field, wrong := range map[string]any{"tel": "123", "location": "", "price": object{"amount": -1, "currency": "KRW"}} {
		s.call(object{field: wrong}).with(t, http.StatusUnprocessableEntity)
	}
	declined := s.call(object{"paymentMethod": "pm_card_chargeDeclined"}).with(t, http.StatusPaymentRequired)
	require.Equal(t, "payment_declined", declined.body.Code)
	s.eventually(func() bool { return slices.Equal([]string{a.body.ID}, s.listed("/v1/mypages?customerId=alice")) })
}

// TestCleaning_ForNothing: a call without a price is accepted, and nothing is charged.
//
// Row C1.
func TestCleaning_ForNothing(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		s.cleaner("Min-jun")
		for _, price := range []any{nil, object{"amount": 0, "currency": "KRW"}} {
			in := visit()
			delete(in, "price")
			if price != nil {
				in["price"] = price
			}
			order := s.post(calls, in).with(t, http.StatusCreated).body.ID
			s.becomes(order, booking.Assigned)
			s.get("/v1/payments/"+order).with(t, http.StatusNotFound)
			s.decideAt(calls+"/"+order, "cancel").with(t, http.StatusOK)
			s.get("/v1/payments/"+order).with(t, http.StatusNotFound)
			s.requireEvents(order, "CallPlaced", "CleanerAssigned", "AssignmentCanceled", "CallCanceled")
		}
		charged, _ := s.atProvider()
		require.Zero(t, charged)
	})
}

// TestCleaning_RefusedUnregistered: while management does not answer, no call is
// accepted or charged, and the customer is notified of the reason.
//
// Row C2.
func TestCleaning_RefusedUnregistered(t *testing.T) {
	t.Parallel()
	eachWayToBeAway(t, contract.ManagementQueue, func(t *testing.T, s *system, management service) {
		call := func() answer { return s.post(calls, visit(), "Idempotency-Key", "k") }
		management.stop()
		var refused []string
		for range 3 {
			a := call().with(t, http.StatusServiceUnavailable)
			require.Equal(t, "not_registered", a.body.Code)
			require.Contains(t, a.body.Detail, "please call again in a moment")
			require.NotEmpty(t, a.header.Get("Retry-After"))
			require.NotContains(t, refused, a.body.Order.ID, "it is a new call each time")
			refused = append(refused, a.body.Order.ID)
			s.requireNeverCharged(a.body.Order.ID)
		}
		management.start()
		accepted := s.made(call).with(t, http.StatusCreated)
		require.JSONEq(t, string(accepted.raw), string(call().with(t, http.StatusCreated).raw))
		for _, order := range refused {
			require.Equal(t, booking.NotRegistered, s.becomes(order, booking.Cancelled).Reason)
			s.requireNeverCharged(order)
		}
		s.eventually(func() bool { return len(s.listed("/v1/mypages?customerId=alice")) == 1 })
		charged, refunded := s.atProvider()
		require.EqualValues(t, 30000, charged)
		require.Zero(t, refunded)
	})
}

// TestCleaning_AcceptedWithoutAssignment: calls are accepted while assignment is away, and
// wait for it.
//
// Row C3.
func TestCleaning_AcceptedWithoutAssignment(t *testing.T) {
	t.Parallel()
	eachWayToBeAway(t, contract.FulfilmentQueue, func(t *testing.T, s *system, assignment service) {
		cleaner := s.cleaner("Min-jun")
		assignment.stop()
		first := s.call().with(t, http.StatusCreated)
		require.Equal(t, booking.Calling, first.body.Status)
		second := s.call().with(t, http.StatusCreated)
		for _, order := range []string{first.body.ID, second.body.ID} {
			s.requireCharged(order, 30000)
			s.becomes(order, booking.Calling)
			require.Empty(t, s.messagesTo("alice", order))
		}
		assignment.start()
		s.eventually(func() bool { return len(s.inStatus(booking.Assigned)) == 1 })
		order := s.inStatus(booking.Assigned)[0]
		require.Equal(t, &booking.Cleaner{ID: cleaner, Name: "Min-jun"}, s.page(order).Cleaning.Cleaner)
		s.succeeds(func() answer { return s.decideAt(calls+"/"+order, "complete") })
		other := first.body.ID
		if order == other {
			other = second.body.ID
		}
		s.becomes(other, booking.Assigned)
	})
}

// messagesTo are the texts of a recipient's messages about an order, oldest first; in
// English unless a header says otherwise.
func (s *system) messagesTo(recipient, order string, header ...string) (texts []string) {
	s.Helper()
	for _, m := range s.get("/v1/messages?limit=200&recipientId="+recipient, header...).with(s, http.StatusOK).body.Items {
		if m["orderId"] == order {
			texts = append(texts, m["text"].(string))
		}
	}
	slices.Reverse(texts)
	return texts
}

// TestCleaning_FromCallToCleaned: the customer gets messages about the confirmation and
// the cleaner, and can read the call's history at any time.
//
// Rows C4, C6.
func TestCleaning_FromCallToCleaned(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		order := s.call().with(t, http.StatusCreated).body.ID
		s.becomes(order, booking.Calling) // its page may follow a little later than its answer
		require.Equal(t, []string{"호출", "호출중"}, s.course(order))
		require.Empty(t, s.messagesTo("alice", order))
		require.Equal(t, "not_assigned", s.decideAt(calls+"/"+order, "complete").with(t, http.StatusConflict).body.Code)

		cleaner := s.cleaner("민준")
		v := s.becomes(order, booking.Assigned)
		require.Equal(t, &booking.Cleaner{ID: cleaner, Name: "민준"}, v.Cleaning.Cleaner)
		require.Equal(t, []string{"호출", "호출중", "호출확정"}, s.course(order))
		s.eventually(func() bool { return len(s.messagesTo("alice", order)) == 2 })
		require.Equal(t, []string{
			"Your call for a cleaner is confirmed", "민준 will come to clean",
		}, s.messagesTo("alice", order))
		require.Equal(t, map[string]string{"민준": order}, s.atWork())

		v = s.decideAt(calls+"/"+order, "complete").with(t, http.StatusOK).body
		require.Equal(t, booking.Completed, v.Status)
		s.becomes(order, booking.Completed)
		require.Equal(t, []string{"호출", "호출중", "호출확정", "청소완료"}, s.course(order))
		require.Empty(t, s.atWork())
		require.Equal(t, "already_completed", s.decideAt(calls+"/"+order, "cancel").with(t, http.StatusConflict).body.Code)
		s.requireEvents(order, "CallPlaced", "PaymentApproved", "CleanerAssigned", "CleaningCompleted")
		s.requireCharged(order, 30000)
	})
}

// course are the statuses in a customer's history of an order, in Korean.
func (s *system) course(order string) (labels []string) {
	s.Helper()
	var page struct {
		History []struct {
			Status      booking.Status
			StatusLabel string
		}
	}
	s.get("/v1/mypages/"+order, "Accept-Language", "ko").with(s, http.StatusOK).into(s, &page)
	for _, entry := range page.History {
		if entry.Status != booking.PaymentPending { // shown for a moment on a busy machine
			labels = append(labels, entry.StatusLabel)
		}
	}
	return labels
}

// atWork maps busy cleaners, by name, to their calls.
func (s *system) atWork() map[string]string {
	s.Helper()
	busy := map[string]string{}
	for _, c := range s.walk(cleaners+"?", 200) {
		if c["status"] == "busy" {
			busy[c["name"].(string)] = c["orderId"].(string)
		}
	}
	return busy
}

// TestCleaning_CancelFreesTheCleaner: the cleaner is assigned to the oldest waiting
// call.
//
// Row C5.
func TestCleaning_CancelFreesTheCleaner(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		s.cleaner("Min-jun")
		served := s.call().with(t, http.StatusCreated).body.ID
		s.becomes(served, booking.Assigned)
		var waiting []string
		for range 3 {
			a := s.call(object{"customerId": "bob"}).with(t, http.StatusCreated)
			require.Equal(t, booking.Calling, a.body.Status)
			s.finished(a.body.ID) // it has its place in the queue
			waiting = append(waiting, a.body.ID)
		}
		gone := s.call().with(t, http.StatusCreated).body.ID
		s.decideAt(calls+"/"+gone, "cancel").with(t, http.StatusOK)
		require.Empty(t, s.messagesTo("alice", gone), "no cleaner was assigned")

		for _, next := range waiting {
			v := s.decideAt(calls+"/"+served, "cancel").with(t, http.StatusOK).body
			require.Equal(t, booking.Cancelled, v.Status)
			require.Equal(t, booking.ByCustomer, v.Reason)
			require.Nil(t, v.Cleaning.Cleaner)
			s.requireRefunded(served, 30000)
			s.becomes(served, booking.Cancelled)
			course := s.course(served)
			require.Equal(t, []string{"취소중", "호출취소"}, course[len(course)-2:])
			s.becomes(next, booking.Assigned)
			require.Equal(t, map[string]string{"Min-jun": next}, s.atWork())
			s.finished(next)
			served = next
		}
		require.Equal(t, []string{
			"Your call for a cleaner is confirmed",
			"Min-jun will come to clean",
			"Min-jun will not come to clean",
			"Your call for a cleaner is cancelled (at the customer's wish)",
		}, s.messagesTo("bob", waiting[0]))
		s.requireEvents(waiting[0], "CallPlaced", "PaymentApproved", "CleanerAssigned", "AssignmentCanceled", "PaymentCancelApproved", "CallCanceled")
	})
}

// TestCleaning_NewCleaner: a new cleaner is assigned to the oldest waiting call.
//
// Row C3.
func TestCleaning_NewCleaner(t *testing.T) {
	t.Parallel()
	s := boot(t)
	var waiting []string
	for range 3 {
		waiting = append(waiting, s.call().with(t, http.StatusCreated).body.ID)
		s.finished(waiting[len(waiting)-1])
	}
	for i, order := range waiting {
		name := fmt.Sprint("cleaner ", i)
		a := s.post(cleaners, object{"name": name}).with(t, http.StatusCreated)
		require.Equal(t, order, a.field("orderId"), "a new cleaner is busy at once")
		require.Equal(t, name, s.becomes(order, booking.Assigned).Cleaning.Cleaner.Name)
	}
	a := s.post(cleaners, object{"name": "idle"}).with(t, http.StatusCreated)
	require.Equal(t, "free", a.field("status"))
}

// field is a field of an answer.
func (a answer) field(name string) any {
	var all map[string]any
	_ = json.Unmarshal(a.raw, &all)
	return all[name]
}

// TestCleaning_FiftyCallsTenCleaners: ten calls are served at a time, each by another
// cleaner, and every call once.
//
// Rows C3, C5.
func TestCleaning_FiftyCallsTenCleaners(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		for i := range 10 {
			s.cleaner(fmt.Sprint("cleaner ", i))
		}
		unserved := map[string]bool{}
		for _, a := range s.atOnce(50, func(i int) answer {
			// Fifty at once may be more than management can register in time: a refused
			// call is repeated.
			return s.retries(func() answer { return s.post(calls, visit(), "Idempotency-Key", strconv.Itoa(i)) })
		}) {
			unserved[a.with(t, http.StatusCreated).body.ID] = true
		}
		for len(unserved) > 0 {
			served := s.servedAtOnce(10)
			for _, order := range served {
				require.True(t, unserved[order], "served once")
				delete(unserved, order)
			}
			s.eventually(func() bool { return len(s.inStatus(booking.Calling)) == len(unserved) })
			s.complete(served)
		}
		require.Empty(t, s.atWork())
		charged, refunded := s.atProvider()
		require.EqualValues(t, 50*30000, charged)
		require.Zero(t, refunded)
	})
}

// TestCleaning_InTurn: calls are served in the order in which they came.
//
// Row C5.
func TestCleaning_InTurn(t *testing.T) {
	t.Parallel()
	s := boot(t)
	for i := range 5 {
		s.cleaner(fmt.Sprint("cleaner ", i))
	}
	var waves [4][]string
	for i := range waves {
		for _, a := range s.atOnce(5, func(int) answer { return s.call() }) {
			waves[i] = append(waves[i], a.with(t, http.StatusCreated).body.ID)
		}
		for _, order := range waves[i] {
			s.finished(order) // it has its place in the queue, or a cleaner
		}
	}
	for _, wave := range waves {
		served := s.servedAtOnce(5)
		require.ElementsMatch(t, wave, served)
		s.complete(served)
	}
}

// TestCleaning_TooManyWaiting: once the limit of waiting calls is reached, no more are
// accepted until a cleaner comes.
//
// Row C7.
func TestCleaning_TooManyWaiting(t *testing.T) {
	t.Parallel()
	two := func(o *app.Options) { o.Config.Admission.MaxWaitingCalls = 2 }
	eachStorageWith(t, two, func(t *testing.T, s *system) {
		call := func() answer { return s.post(calls, visit(), "Idempotency-Key", "k") }
		var waiting []string
		for range 2 {
			waiting = append(waiting, s.call().with(t, http.StatusCreated).body.ID)
			s.finished(waiting[len(waiting)-1]) // it has its place in the queue
		}
		for range 3 {
			a := call().with(t, http.StatusServiceUnavailable)
			require.Equal(t, "too_many_calls_waiting", a.body.Code)
			require.Equal(t, "60", a.header.Get("Retry-After"))
			require.Nil(t, a.body.Order)
		}
		s.order(s.menu(), object{"customerId": "bob"}).with(t, http.StatusCreated)
		require.ElementsMatch(t, waiting, s.listed("/v1/mypages?customerId=alice"), "nothing was started")
		charged, _ := s.atProvider()
		require.EqualValues(t, 2*30000+18000, charged)
		require.Equal(t, 2, s.measured("yeyak_cleaning_calls_waiting"))

		s.cleaner("Min-jun")
		s.becomes(waiting[0], booking.Assigned)
		accepted := call().with(t, http.StatusCreated)
		require.Equal(t, booking.Calling, accepted.body.Status)
		s.finished(accepted.body.ID)
		require.Equal(t, "too_many_calls_waiting", s.call().with(t, http.StatusServiceUnavailable).body.Code)
		require.JSONEq(t, string(accepted.raw), string(call().with(t, http.StatusCreated).raw), "it was accepted, and is not admitted again")
		s.decideAt(calls+"/"+waiting[1], "cancel").with(t, http.StatusOK)
		s.call().with(t, http.StatusCreated)
	})
}

// servedAtOnce waits until n calls have been assigned, checks that each has another
// cleaner and knows them, and returns the calls.
func (s *system) servedAtOnce(n int) []string {
	s.Helper()
	var busy map[string]string
	s.eventually(func() bool {
		busy = s.atWork()
		return len(busy) == n && len(s.inStatus(booking.Assigned)) == n &&
			!slices.ContainsFunc(slices.Collect(maps.Values(busy)), func(order string) bool { return s.page(order).Status != booking.Assigned })
	})
	for name, order := range busy {
		v := s.page(order)
		require.Equal(s, booking.Assigned, v.Status)
		require.Equal(s, name, v.Cleaning.Cleaner.Name)
	}
	return slices.Collect(maps.Values(busy))
}

// complete completes all these calls concurrently.
func (s *system) complete(orders []string) {
	s.Helper()
	for _, a := range s.atOnce(len(orders), func(i int) answer { return s.decideAt(calls+"/"+orders[i], "complete") }) {
		a.with(s, http.StatusOK)
	}
}

// inStatus are the calls in a status.
func (s *system) inStatus(status booking.Status) []string {
	s.Helper()
	return s.listed("/v1/mypages?limit=200&customerId=alice&status=" + string(status))
}
