package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/marketing"
)

// newcomer is the marketing service beside a system that does not know it.
type newcomer struct {
	*system
	service *marketing.Service
	ended   bool
}

// hire starts it. It gets only the address of the system's API.
func (s *system) hire(databaseURL string) *newcomer {
	s.Helper()
	service, err := marketing.Start(s.Context(), marketing.Settings{
		Listen: "127.0.0.1:0", Feed: s.url, APIKey: marketing.Secret(s.reader()), DatabaseURL: databaseURL, PollEvery: 20 * time.Millisecond,
	}, zap.NewNop())
	require.NoError(s, err)
	n := &newcomer{system: s, service: service}
	atEnd(s, n.retire)
	return n
}

func (n *newcomer) retire() {
	if n.ended {
		return
	}
	n.ended = true
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(n, n.service.Stop(ctx))
}

// recommended are the items for a customer as "why item customers".
func (n *newcomer) recommended(customer string) (items []string) {
	n.Helper()
	r, err := http.Get("http://" + n.service.Address() + "/recommendations/" + customer)
	require.NoError(n, err)
	defer r.Body.Close()
	require.Equal(n, http.StatusOK, r.StatusCode)
	var answer struct {
		Items []struct {
			Because   string
			Item      struct{ ID, Name string }
			Customers int
		}
	}
	require.NoError(n, json.NewDecoder(r.Body).Decode(&answer))
	for _, i := range answer.Items {
		items = append(items, fmt.Sprintf("%s %s %d", i.Because, i.Item.Name, i.Customers))
	}
	return items
}

func (n *newcomer) requireRecommended(customer string, want ...string) {
	n.Helper()
	n.eventually(func() bool { return fmt.Sprint(n.recommended(customer)) == fmt.Sprint(want) })
}

// TestMarketing_ComesLateAndGoes: another team's service is added to a running system,
// reads its whole past from the feed, makes recommendations, and is removed. Nothing
// else is affected.
//
// Row O11.
func TestMarketing_ComesLateAndGoes(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		place := func(name string) string { return s.place(20, object{"name": name}) }
		inn, spa, attic, hall := place("Inn"), place("Spa"), place("Attic"), place("Hall")
		book := func(customer, place string) (order string) {
			order = s.reserve(place, object{"customerId": customer}).with(t, http.StatusCreated).body.ID
			s.requireEvents(order, "ReservationPlaced", "PaymentApproved", "ReservationConfirmed", "ReservationStatusChanged confirmed")
			return order
		}
		book("alice", inn)
		book("bora", inn)
		book("bora", spa)
		book("chan", inn)
		book("chan", spa)
		cancelled := book("chan", attic)
		book("dana", hall)
		s.post(reservations+"/"+cancelled+"/cancel", nil).with(t, http.StatusOK)
		s.requireUndoneFor("chan", cancelled)
		before := s.eventIDs()

		databaseURL := pgtest.New(t)
		n := s.hire(databaseURL)
		n.requireRecommended("alice", "also_booked Spa 2", "popular Hall 1")
		n.requireRecommended("nobody", "popular Inn 3", "popular Spa 2", "popular Hall 1")
		book("bora", hall)
		n.requireRecommended("alice", "also_booked Spa 2", "also_booked Hall 1")
		require.Equal(t, before, s.eventIDs()[:len(before)], "the feed is the same for all readers")

		n.retire()
		order := book("erik", attic)
		s.post(reservations+"/"+order+"/cancel", nil).with(t, http.StatusOK)
		s.requireUndoneFor("erik", order)
		require.Equal(t, before, s.eventIDs()[:len(before)])

		back := s.hire(databaseURL)
		book("alice", spa)
		back.requireRecommended("alice", "also_booked Hall 1")

		book("erik", inn)
		s.change("/v1/lodging/places/"+hall, object{"withdrawn": true}).with(t, http.StatusOK)
		back.requireRecommended("alice")
		back.requireRecommended("nobody", "popular Inn 4", "popular Spa 3")
		s.change("/v1/lodging/places/"+spa, object{"name": "Bath"}).with(t, http.StatusOK)
		back.requireRecommended("nobody", "popular Inn 4", "popular Bath 3")
		back.retire()
		late := s.hire(pgtest.New(t)) // reads all from the beginning
		late.requireRecommended("nobody", "popular Inn 4", "popular Bath 3")
		s.change("/v1/lodging/places/"+hall, object{"withdrawn": false, "name": "Great Hall"}).with(t, http.StatusOK)
		late.requireRecommended("alice", "also_booked Great Hall 1")
	})
}

// eventIDs are the ids of all events, from the beginning.
func (s *system) eventIDs() (ids []string) {
	s.Helper()
	for after := ""; ; {
		a := s.get("/v1/events?limit=200&after="+after).with(s, http.StatusOK)
		for _, e := range a.body.Items {
			ids = append(ids, e["id"].(string))
		}
		if after = a.body.Next; len(a.body.Items) == 0 {
			return ids
		}
	}
}

// requireUndoneFor waits for the end of a cancelled reservation.
func (s *system) requireUndoneFor(customer, order string) {
	s.Helper()
	s.requireEvents(order, "ReservationPlaced", "PaymentApproved", "ReservationConfirmed", "ReservationStatusChanged confirmed",
		"ReservationCancelConfirmed", "PaymentCancelApproved", "ReservationCanceled")
	require.Equal(s, booking.Cancelled, s.get("/v1/mypages/"+order).with(s, http.StatusOK).body.Status)
	require.Contains(s, s.listed("/v1/mypages?customerId="+customer), order)
	status, charged, refunded := s.payment(order)
	require.Equal(s, "refunded", status)
	require.Equal(s, charged, refunded)
}
