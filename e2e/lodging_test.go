package e2e

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

type object = map[string]any

// seoul is the time zone of the places in these tests.
var seoul = func() *time.Location {
	loc, err := booking.Zone("Asia/Seoul")
	if err != nil {
		panic(err)
	}
	return loc
}()

// today is the date in Seoul when the tests begin. A midnight that passes meanwhile
// changes none of their dates.
var today = booking.DateOf(time.Now().In(seoul))

// inDays is a date in Seoul, n days after today.
func inDays(n int) booking.Date { return today.AddDays(n) }

// place registers a place with rooms from yesterday on, for the next 60 nights, and
// returns its id.
func (s *system) place(rooms int, change ...object) string {
	s.Helper()
	p := object{"name": "Seaside Inn", "ownerId": "bora", "price": object{"amount": 50000, "currency": "KRW"}, "confirmation": "auto"}
	for _, c := range change {
		for k, v := range c {
			p[k] = v
		}
	}
	id := s.post("/v1/lodging/places", p).with(s, http.StatusCreated).body.ID
	s.request(http.MethodPut, "/v1/lodging/places/"+id+"/stock", object{"from": inDays(-1), "to": inDays(60), "rooms": rooms}).with(s, http.StatusOK)
	return id
}

var byOwner = object{"confirmation": "manual", "confirmWithin": "1h"}

// reservation is a request for one room for two nights in ten days.
func reservation(place string, change ...object) object {
	r := object{"placeId": place, "customerId": "alice", "checkIn": inDays(10), "checkOut": inDays(12), "rooms": 1}
	for _, c := range change {
		for k, v := range c {
			r[k] = v
		}
	}
	return r
}

const reservations = "/v1/lodging/reservations"

func (s *system) reserve(place string, change ...object) answer {
	s.Helper()
	return s.post(reservations, reservation(place, change...))
}

// remaining is how many rooms are left in the nights of reservation.
func (s *system) remaining(place string) (rooms []int) {
	s.Helper()
	nights := s.get("/v1/lodging/places/"+place+"/stock?from="+inDays(10).String()+"&to="+inDays(12).String()).with(s, http.StatusOK)
	for _, n := range nights.body.Items {
		rooms = append(rooms, int(n["remaining"].(float64)))
	}
	return rooms
}

// events lists the types of an order's events, with the status of a status change.
func (s *system) events(order string) (types []string) {
	s.Helper()
	after := ""
	for {
		a := s.get("/v1/events?limit=200&after="+after).with(s, http.StatusOK)
		for _, e := range a.body.Items {
			if e["subject"] != order {
				continue
			}
			name := e["type"].(string)
			if name == string(booking.ReservationStatusChanged) {
				name += " " + e["data"].(map[string]any)["status"].(string)
			}
			types = append(types, name)
		}
		if len(a.body.Items) == 0 {
			return types
		}
		after = a.body.Next
	}
}

// requireEvents waits until the feed has these events of an order: an event is visible
// only once every older transaction on the server has ended.
func (s *system) requireEvents(order string, want ...string) {
	s.Helper()
	s.eventually(func() bool { return len(s.events(order)) >= len(want) })
	require.Equal(s, want, s.events(order))
}

// awaitEvent waits until the feed has an event of an order.
func (s *system) awaitEvent(order, event string) {
	s.Helper()
	s.eventually(func() bool { return slices.Contains(s.events(order), event) })
}

// payment returns the status of an order's payment, its amount, and how much was
// refunded.
func (s *system) payment(order string) (status string, amount, refunded int64) {
	s.Helper()
	var p struct {
		Status           string
		Amount, Refunded booking.Money
	}
	s.get("/v1/payments/"+order).with(s, http.StatusOK).into(s, &p)
	return p.Status, p.Amount.Amount, p.Refunded.Amount
}

// requireUndone checks that a paid order has left nothing behind.
func (s *system) requireUndone(order, place string, rooms int, reason booking.Reason) contract.View {
	s.Helper()
	v := s.becomes(order, booking.Cancelled)
	require.Equal(s, reason, v.Reason)
	require.Contains(s, s.listed("/v1/mypages?customerId=alice&limit=200"), order, "what was paid for stays on its customer's page")
	require.Contains(s, s.listed("/v1/orders?ownerId=bora&limit=200"), order, "and in its owner's list")
	status, amount, refunded := s.payment(order)
	require.Equal(s, "refunded", status)
	require.Equal(s, amount, refunded)
	require.Equal(s, []int{rooms, rooms}, s.remaining(place))
	s.awaitEvent(order, "ReservationCanceled")
	events := s.events(order)
	require.Equal(s, []string{"ReservationCancelConfirmed", "PaymentCancelApproved", "ReservationCanceled"}, events[len(events)-3:])
	return v.View
}

// listed are the ids of the orders in a list.
func (s *system) listed(path string) (ids []string) {
	s.Helper()
	for _, o := range s.get(path).with(s, http.StatusOK).body.Items {
		ids = append(ids, o["id"].(string))
	}
	return ids
}

// eachStorage runs a test on PostgreSQL, with all services in one database, and on
// SQLite, with a file each.
func eachStorage(t *testing.T, test func(*testing.T, *system)) {
	t.Run("PostgreSQL", func(t *testing.T) { t.Parallel(); test(t, boot(t)) })
	t.Run("SQLite", func(t *testing.T) { t.Parallel(); test(t, boot(t, onSQLite)) })
}

// TestLodging_RecordedRuns is row L's recorded pair of runs: one room, two
// reservations in sequence.
//
// Rows L1, L2, L4, L6.
func TestLodging_RecordedRuns(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		place := s.place(1)
		first := s.reserve(place).with(t, http.StatusCreated)
		require.Equal(t, booking.Confirmed, first.body.Status)
		require.EqualValues(t, 100000, first.body.Amount.Amount)
		require.Equal(t, reservations+"/"+first.body.ID, first.header.Get("Location"))
		require.Equal(t, []int{0, 0}, s.remaining(place))
		s.requireEvents(first.body.ID, "ReservationPlaced", "PaymentApproved", "ReservationConfirmed", "ReservationStatusChanged confirmed")

		second := s.reserve(place).with(t, http.StatusConflict)
		require.Equal(t, "sold_out", second.body.Code)
		require.Equal(t, "application/problem+json", strings.Split(second.header.Get("Content-Type"), ";")[0])
		order := second.body.Order.ID
		s.requireEvents(order,
			"ReservationPlaced", "PaymentApproved", "ReservationCancelConfirmed", "PaymentCancelApproved", "ReservationCanceled")
		s.requireUndone(order, place, 0, booking.SoldOut)
		require.Empty(t, s.messagesAbout(order), "an owner is notified of accepted reservations only")
		require.Equal(t, "예약취소", s.get("/v1/mypages/"+order, "Accept-Language", "ko-KR,ko;q=0.9").body.StatusLabel)
	})
}

// TestLodging_CostsTheEngineLittle: the number of events that the engine records for
// one confirmed reservation up to its answer.
func TestLodging_CostsTheEngineLittle(t *testing.T) {
	t.Parallel()
	s := boot(t)
	place := s.place(1000)
	s.eventually(func() bool { // a step that is late in place costs more
		order := s.reserve(place).with(t, http.StatusCreated).body.ID
		s.finished(order)
		d, err := s.temporal.DescribeWorkflowExecution(t.Context(), order, "")
		require.NoError(t, err)
		t.Logf("%d events", d.WorkflowExecutionInfo.HistoryLength)
		return d.WorkflowExecutionInfo.HistoryLength <= 12
	})
}

// TestLodging_FiftyAtOnceForFiveRooms: exactly five are confirmed, and all others are
// refunded.
//
// Row L6.
func TestLodging_FiftyAtOnceForFiveRooms(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		place := s.place(5)
		answers := s.atOnce(50, func(int) answer { return s.reserve(place) })
		confirmed, refused := 0, 0
		for _, a := range answers {
			switch a.status {
			case http.StatusCreated:
				confirmed++
				status, amount, refunded := s.payment(a.body.ID)
				require.Equal(t, "charged", status)
				require.EqualValues(t, 100000, amount)
				require.Zero(t, refunded)
			case http.StatusConflict:
				refused++
				require.Equal(t, "sold_out", a.body.Code)
				status, amount, refunded := s.payment(a.body.Order.ID)
				require.Equal(t, "refunded", status)
				require.Equal(t, amount, refunded)
			default:
				require.Fail(t, "neither confirmed nor refused", "%d %s", a.status, a.raw)
			}
		}
		require.Equal(t, 5, confirmed)
		require.Equal(t, 45, refused)
		require.Equal(t, []int{0, 0}, s.remaining(place))
		charged, refunded := s.atProvider()
		require.EqualValues(t, 5*100000, charged-refunded, "charges less refunds are the price of the live orders")
	})
}

// TestLodging_Declined: a reservation that is not paid is never accepted.
//
// Row L3.
func TestLodging_Declined(t *testing.T) {
	t.Parallel()
	s := boot(t)
	place := s.place(1)
	a := s.reserve(place, object{"paymentMethod": "pm_card_chargeDeclined"}).with(t, http.StatusPaymentRequired)
	require.Equal(t, "payment_declined", a.body.Code)
	order := a.body.Order.ID
	require.Equal(t, []int{1, 1}, s.remaining(place))
	s.requireEvents(order, "PaymentDeclined")
	require.Empty(t, s.messagesAbout(order))
	require.Empty(t, s.get("/v1/mypages?customerId=alice").with(t, http.StatusOK).body.Items, "the order was never placed")
	require.Equal(t, booking.PaymentDeclined, s.get(reservations+"/"+order).with(t, http.StatusOK).body.Reason)
	status, _, refunded := s.payment(order)
	require.Equal(t, "declined", status)
	require.Zero(t, refunded)
}

// messagesAbout lists the types of the owner's messages about an order.
func (s *system) messagesAbout(order string) (types []string) {
	s.Helper()
	for _, m := range s.get("/v1/messages?recipientId=bora&limit=200").with(s, http.StatusOK).body.Items {
		if m["orderId"] == order {
			types = append([]string{m["type"].(string)}, types...)
		}
	}
	return types
}

// TestLodging_OwnerDecides: the reservation waits for its owner, who confirms or
// rejects it.
//
// Rows L4, L5.
func TestLodging_OwnerDecides(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		place := s.place(1, byOwner)
		t.Run("Confirms", func(t *testing.T) {
			order := s.reserve(place).with(t, http.StatusCreated).body
			require.Equal(t, booking.AwaitingOwner, order.Status)
			s.eventually(func() bool { return len(s.listed("/v1/orders?ownerId=bora&status=awaiting_owner")) == 1 }) // the answer does not wait for the read model
			waiting := s.get("/v1/orders?ownerId=bora&status=awaiting_owner").with(t, http.StatusOK).body.Items
			require.Len(t, waiting, 1, "what the owner has to do")
			v := s.post(reservations+"/"+order.ID+"/confirm", nil).with(t, http.StatusOK).body
			require.Equal(t, booking.Confirmed, v.Status)
			s.becomes(order.ID, booking.Confirmed)
			require.Equal(t, v.View, s.get("/v1/mypages/"+order.ID).body.View)
			require.Equal(t, "already_confirmed", s.post(reservations+"/"+order.ID+"/confirm", nil).with(t, http.StatusConflict).body.Code)
			require.Equal(t, "already_confirmed", s.post(reservations+"/"+order.ID+"/reject", object{"reason": "late"}).with(t, http.StatusConflict).body.Code)
			s.post(reservations+"/"+order.ID+"/cancel", nil).with(t, http.StatusOK)
		})
		t.Run("Rejects", func(t *testing.T) {
			order := s.reserve(place).with(t, http.StatusCreated).body
			v := s.post(reservations+"/"+order.ID+"/reject", object{"reason": "the roof leaks"}).with(t, http.StatusOK).body
			require.Equal(t, booking.RejectedByOwner, v.Reason)
			v.View = s.requireUndone(order.ID, place, 1, booking.RejectedByOwner)
			require.Contains(t, notes(v.View), "the roof leaks")
			require.Equal(t, []string{"reservation_to_decide", "reservation_cancelled"}, s.messagesAbout(order.ID))
			require.Equal(t, "already_cancelled", s.post(reservations+"/"+order.ID+"/confirm", nil).with(t, http.StatusConflict).body.Code)
		})
		t.Run("StaysSilent", func(t *testing.T) {
			place := s.place(1, byOwner, object{"confirmWithin": "1s"})
			order := s.reserve(place).with(t, http.StatusCreated).body
			s.eventually(func() bool { return s.get("/v1/mypages/"+order.ID).body.Status == booking.Cancelled })
			s.requireUndone(order.ID, place, 1, booking.OwnerTimeout)
		})
	})
}

func notes(v contract.View) (all []string) {
	for _, e := range v.History {
		all = append(all, string(e.Note))
	}
	return all
}

// TestLodging_Cancel: the customer is refunded, and the room released.
//
// Row L7.
func TestLodging_Cancel(t *testing.T) {
	t.Parallel()
	s := boot(t)
	cancel := func(order string) answer { return s.post(reservations+"/"+order+"/cancel", object{"reason": "ill"}) }
	t.Run("WhileConfirmed", func(t *testing.T) {
		place := s.place(1)
		order := s.reserve(place).with(t, http.StatusCreated).body.ID
		v := cancel(order).with(t, http.StatusOK).body
		require.Equal(t, booking.Cancelled, v.Status)
		s.requireUndone(order, place, 1, booking.ByCustomer)
		require.Equal(t, "already_cancelled", cancel(order).with(t, http.StatusConflict).body.Code)
		require.Equal(t, []string{"reservation_placed", "reservation_cancelled"}, s.messagesAbout(order))
	})
	t.Run("WhileAwaitingOwner", func(t *testing.T) {
		place := s.place(1, byOwner)
		order := s.reserve(place).with(t, http.StatusCreated).body.ID
		cancel(order).with(t, http.StatusOK)
		s.requireUndone(order, place, 1, booking.ByCustomer)
	})
	t.Run("WhilePaid", func(t *testing.T) {
		s := boot(t, shortBudget)
		place := s.place(1)
		s.messageStore.away.Store(true) // so that it does not get further
		order := s.reserve(place).with(t, http.StatusAccepted).body
		s.becomes(order.ID, booking.Paid)
		s.carriedOut(func() answer { return s.post(reservations+"/"+order.ID+"/cancel", nil) })
		s.becomes(order.ID, booking.Cancelled)
		s.requireUndone(order.ID, place, 1, booking.ByCustomer)
		require.Empty(t, s.messagesAbout(order.ID))
	})
	t.Run("AfterCheckIn", func(t *testing.T) {
		place := s.place(1, fromMidnight)
		order := s.reserve(place, object{"checkIn": dawn.day}).with(t, http.StatusCreated).body.ID
		require.Equal(t, "already_checked_in", cancel(order).with(t, http.StatusConflict).body.Code)
		s.becomes(order, booking.Confirmed)
	})
	t.Run("UnknownOrder", func(t *testing.T) {
		require.Equal(t, "not_found", cancel("lodging-nobody").with(t, http.StatusNotFound).body.Code)
	})
	t.Run("ByOperator", func(t *testing.T) {
		place := s.place(1)
		order := s.reserve(place).with(t, http.StatusCreated).body.ID
		require.NoError(t, s.temporal.CancelWorkflow(t.Context(), order, ""))
		s.eventually(func() bool { return s.get("/v1/mypages/"+order).body.Status == booking.Cancelled })
		s.requireUndone(order, place, 1, booking.ByOperator)
	})
}

// TestLodging_CancelWhilePaymentIsPending: a reservation with an undecided payment can
// be cancelled; it is never charged and never accepted.
//
// Row L3.
func TestLodging_CancelWhilePaymentIsPending(t *testing.T) {
	t.Parallel()
	s := boot(t, shortBudget)
	place := s.place(1)
	s.sandbox(object{"down": true})
	a := s.reserve(place).with(t, http.StatusAccepted)
	require.Equal(t, reservations+"/"+a.body.ID, a.header.Get("Location"))
	s.becomes(a.body.ID, booking.PaymentPending)
	s.eventually(func() bool { return len(s.listed("/v1/mypages?customerId=alice")) == 1 }) // its customer sees that it is pending
	require.Empty(t, s.get("/v1/orders?ownerId=bora").body.Items, "its owner does not: it is not paid")
	s.acceptsPending(func() answer { return s.post(reservations+"/"+a.body.ID+"/cancel", nil) })
	s.becomes(a.body.ID, booking.Cancelling) // and not cancelled while the charge is unknown
	s.sandbox(object{})
	s.eventually(func() bool { return s.get("/v1/mypages/"+a.body.ID).body.Status == booking.Cancelled })
	status, _, _ := s.payment(a.body.ID)
	require.Equal(t, "voided", status)
	charged, _ := s.atProvider()
	require.Zero(t, charged)
	require.Empty(t, s.get("/v1/mypages?customerId=alice").body.Items, "the order was never placed")
}

// TestLodging_CheckedOutEarly: a stay that has begun can be completed; one that has not
// cannot, and a completed one cannot be cancelled.
func TestLodging_CheckedOutEarly(t *testing.T) {
	t.Parallel()
	s := boot(t)
	place := s.place(1, fromMidnight)
	order := s.reserve(place, object{"checkIn": dawn.day}).with(t, http.StatusCreated).body.ID
	v := s.post(reservations+"/"+order+"/complete", nil).with(t, http.StatusOK).body
	require.Equal(t, booking.Completed, v.Status)
	require.Equal(t, "already_completed", s.post(reservations+"/"+order+"/cancel", nil).with(t, http.StatusConflict).body.Code)
	later := s.reserve(s.place(1)).with(t, http.StatusCreated).body.ID
	require.Equal(t, "not_checked_in", s.post(reservations+"/"+later+"/complete", nil).with(t, http.StatusConflict).body.Code)
}

// atOnce sends n concurrent requests.
func (s *system) atOnce(n int, send func(i int) answer) []answer {
	s.Helper()
	answers := make([]answer, n)
	var ready, gone sync.WaitGroup
	gate := make(chan struct{})
	ready.Add(n)
	for i := range n {
		gone.Go(func() {
			ready.Done()
			<-gate
			answers[i] = send(i)
		})
	}
	ready.Wait()
	close(gate)
	gone.Wait()
	return answers
}
