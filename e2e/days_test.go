package e2e

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// dawn is a day that began an hour or two ago in its time zone: guests can check in and
// out on it, whenever the tests run.
var dawn = func() (at struct {
	zone string
	day  booking.Date
}) {
	for east := -12; east <= 14; east++ {
		at.zone = fmt.Sprintf("Etc/GMT%+d", -east) // POSIX counts to the west
		loc, err := booking.Zone(at.zone)
		if err != nil {
			panic(err)
		}
		if now := time.Now().In(loc); now.Hour() == 1 {
			at.day = booking.DateOf(now)
			return at
		}
	}
	panic("it is one o'clock nowhere")
}()

// fromMidnight is a place with check-in from the beginning of the day.
var fromMidnight = object{"checkInTime": "00:00", "checkOutTime": "00:00", "timeZone": dawn.zone}

// nights is how many rooms of a place are left in each night of [from, to).
func (s *system) nights(place string, from, to booking.Date) (rooms []int) {
	s.Helper()
	for _, n := range s.get("/v1/lodging/places/"+place+"/stock?from="+from.String()+"&to="+to.String()).with(s, http.StatusOK).body.Items {
		rooms = append(rooms, int(n["remaining"].(float64)))
	}
	return rooms
}

// TestEarlyDeparture_NextGuestGetsTheNights: guests of four nights leave in the
// first one.
func TestEarlyDeparture_NextGuestGetsTheNights(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		place, today := s.place(1, fromMidnight), dawn.day
		stay := func(from, to int) answer {
			return s.reserve(place, object{"checkIn": today.AddDays(from), "checkOut": today.AddDays(to)})
		}
		order := stay(0, 4).with(t, http.StatusCreated).body.ID
		require.Equal(t, "sold_out", stay(1, 3).with(t, http.StatusConflict).body.Code)
		require.Equal(t, []int{0, 0, 0, 0, 1}, s.nights(place, today, today.AddDays(5)))

		v := s.decide(order, "complete").with(t, http.StatusOK).body
		require.Equal(t, booking.Completed, v.Status)
		require.Equal(t, &booking.Nights{From: today.AddDays(1), To: today.AddDays(4)}, v.FreedNights())
		require.Equal(t, []int{0, 1, 1, 1, 1}, s.nights(place, today, today.AddDays(5)), "the first night is used")
		s.eventually(func() bool { return s.get("/v1/mypages/"+order).body.FreedNights() != nil })
		s.requireEvents(order, "ReservationPlaced", "PaymentApproved", "ReservationConfirmed",
			"ReservationStatusChanged confirmed", "ReservationStatusChanged completed")
		events := s.get("/v1/events?limit=200").with(t, http.StatusOK).body.Items
		for _, e := range events {
			data := e["data"].(map[string]any)
			if e["subject"] != order || data["status"] != "completed" {
				require.NotContains(t, data, "freed")
				continue
			}
			require.Equal(t, object{"from": today.AddDays(1).String(), "to": today.AddDays(4).String()}, data["freed"])
		}

		next := stay(1, 4).with(t, http.StatusCreated).body.ID
		require.Equal(t, []int{0, 0, 0, 0, 1}, s.nights(place, today, today.AddDays(5)))
		s.post(reservations+"/"+next+"/cancel", nil).with(t, http.StatusOK)
		require.Equal(t, []int{0, 1, 1, 1, 1}, s.nights(place, today, today.AddDays(5)), "they are released once")
		stay(0, 1).with(t, http.StatusConflict)
		require.Equal(t, "already_completed", s.decide(order, "complete").with(t, http.StatusConflict).body.Code)
	})
}

// TestEarlyDeparture_InventoryAway: the guests can leave while the inventory is away.
func TestEarlyDeparture_InventoryAway(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{"AndMayHaveActed": errAway, "AndHasNot": errCertain} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := boot(t, shortBudget)
			place, today := s.place(1, fromMidnight), dawn.day
			order := s.accepted(s.reserve(place, object{"checkIn": today, "checkOut": today.AddDays(3)}))
			s.outages.stock.begin(err)
			s.decide(order, "complete").with(t, http.StatusAccepted)
			s.eventually(func() bool { return s.attempts(order, "EndStay") > 0 })
			s.eventually(func() bool { return s.decide(order, "cancel").body.Code == "already_completed" })
			s.becomes(order, booking.Confirmed)
			s.outages.stock.end()
			require.Equal(t, &booking.Nights{From: today.AddDays(1), To: today.AddDays(3)}, s.ended(order).FreedNights())
			require.Equal(t, []int{0, 1, 1}, s.nights(place, today, today.AddDays(3)))
		})
	}
}

// TestEarlyDeparture_ThenReset: after an operator's reset the guests have still left.
func TestEarlyDeparture_ThenReset(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	place, today := a.place(1, fromMidnight), dawn.day
	order := a.reserve(place, object{"checkIn": today, "checkOut": today.AddDays(3)}).with(t, http.StatusCreated).body.ID
	a.decide(order, "complete").with(t, http.StatusOK)
	a.reserve(place, object{"checkIn": today.AddDays(1), "checkOut": today.AddDays(3)}).with(t, http.StatusCreated)
	a.reset(order)
	require.Equal(t, booking.Completed, a.ended(order).Status)
	require.Equal(t, []int{0, 0, 0}, a.nights(place, today, today.AddDays(3)))
	a.requireClean()
}

// TestPlace_MidnightThatDoesNotExist: a day of Santiago begins at 01:00.
func TestPlace_MidnightThatDoesNotExist(t *testing.T) {
	t.Parallel()
	s := boot(t)
	santiago, err := booking.Zone("America/Santiago")
	require.NoError(t, err)
	day := booking.DateOf(time.Now().In(santiago)).AddDays(2) // tomorrow, if it becomes midnight
	for day.At(booking.Clock{}, santiago).Hour() != 1 {
		day = day.AddDays(1)
	}
	place := s.post("/v1/lodging/places", object{
		"name": "Hostal", "ownerId": "bora", "price": object{"amount": 50000, "currency": "CLP"}, "confirmation": "auto",
		"timeZone": "America/Santiago", "checkInTime": "00:00", "checkOutTime": "00:00",
	}).with(t, http.StatusCreated).body.ID
	s.request(http.MethodPut, "/v1/lodging/places/"+place+"/stock", object{"from": day, "to": day.AddDays(1), "rooms": 1}).with(t, http.StatusOK)
	order := s.reserve(place, object{"checkIn": day, "checkOut": day.AddDays(1)}).with(t, http.StatusCreated).body.ID
	no := s.decide(order, "complete").with(t, http.StatusConflict)
	require.Equal(t, "not_checked_in", no.body.Code)
	require.Contains(t, no.body.Detail, "check-in is at "+day.String()+"T01:00:00-03:00")
}

// TestPlace_TimesThatOverlap: check-out cannot be after the next check-in.
func TestPlace_TimesThatOverlap(t *testing.T) {
	t.Parallel()
	s := boot(t)
	inn := func(change object) answer {
		p := object{"name": "Inn", "ownerId": "bora", "price": object{"amount": 1000, "currency": "KRW"}, "confirmation": "auto"}
		for k, v := range change {
			p[k] = v
		}
		return s.post("/v1/lodging/places", p)
	}
	for name, tt := range map[string]struct {
		change object
		field  string
	}{
		"Overlap":    {object{"checkInTime": "11:00", "checkOutTime": "15:00"}, "checkOutTime"},
		"Posixrules": {object{"timeZone": "posixrules"}, "timeZone"},
		"Localtime":  {object{"timeZone": "localtime"}, "timeZone"},
		"Factory":    {object{"timeZone": "Factory"}, "timeZone"},
		"Right":      {object{"timeZone": "right/Asia/Seoul"}, "timeZone"},
		"Posix":      {object{"timeZone": "posix/Asia/Seoul"}, "timeZone"},
	} {
		a := inn(tt.change).with(t, http.StatusUnprocessableEntity)
		require.Len(t, a.body.Errors, 1, name)
		require.Equal(t, tt.field, a.body.Errors[0].Field, name)
	}
	id := inn(object{"checkInTime": "11:00", "checkOutTime": "11:00"}).with(t, http.StatusCreated).body.ID
	a := s.request(http.MethodPatch, "/v1/lodging/places/"+id, object{"checkOutTime": "11:01"}).with(t, http.StatusUnprocessableEntity)
	require.Equal(t, "checkOutTime", a.body.Errors[0].Field)
	s.request(http.MethodPatch, "/v1/lodging/places/"+id, object{"checkOutTime": "11:01", "checkInTime": "14:00"}).with(t, http.StatusOK)
}

// TestDrink_WhoseDayHasPassed: such a drink can be read, and nothing else.
func TestDrink_WhoseDayHasPassed(t *testing.T) {
	t.Parallel()
	s := boot(t)
	today := s.drink(5)
	db, err := store.Open(context.Background(), string(s.options.Config.Databases.Front), store.Options{})
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	yesterday := booking.Drink{
		ID: "drink-yesterday", Name: "Latte", OwnerID: "cora", Price: booking.Money{Amount: 4500, Currency: "KRW"},
		Date: inDays(-1), TimeZone: "Asia/Seoul",
	}
	require.NoError(t, store.NewCatalogue(db).AddDrink(t.Context(), "1025", yesterday, 5)) // the API refuses a drink whose day is over
	var shown struct{ Status string }
	s.get(drinks+"/"+yesterday.ID).with(t, http.StatusOK).into(t, &shown)
	require.Equal(t, "over", shown.Status)
	require.Equal(t, []string{today}, s.listed(drinks))
	require.Empty(t, s.listed(drinks+"?date="+yesterday.Date.String()))
	no := s.orderCup(yesterday.ID).with(t, http.StatusUnprocessableEntity)
	require.Equal(t, []fieldError{{"menuId", "could be ordered until the end of " + yesterday.Date.String() + " only"}}, no.body.Errors)
}
