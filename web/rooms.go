package web

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

func (p *Pages) mountRooms(r gin.IRouter) {
	p.page(r, http.MethodGet, "/rooms", booking.PlaceOrder, p.searchRooms)
	p.page(r, http.MethodGet, "/rooms/:id", booking.PlaceOrder, p.showRooms)
	p.page(r, http.MethodPost, "/rooms/:id", booking.PlaceOrder, p.reserveRooms)
}

// stay is a stay as the form has it.
type stay struct {
	*ordering
	from, to booking.Date
	rooms    int
}

// stayFields are the fields of a stay.
var stayFields = []string{"checkIn", "checkOut", "rooms"}

// stay reads the form; without dates it is for tomorrow night.
func (v *visit) stay(o *ordering) stay {
	s := stay{ordering: o}
	if s.fields["checkIn"] == "" && s.fields["checkOut"] == "" {
		zone, err := booking.Zone(defaultZone)
		if err != nil {
			zone = time.UTC
		}
		tomorrow := booking.DateOf(v.Now().In(zone)).AddDays(1)
		s.fields["checkIn"], s.fields["checkOut"] = tomorrow.String(), tomorrow.AddDays(1).String()
	}
	s.from, s.to = v.date(s.ordering, "checkIn"), v.date(s.ordering, "checkOut")
	s.rooms = v.count(s.ordering, "rooms")
	return s
}

// date reads a required day.
func (v *visit) date(o *ordering, name string) booking.Date {
	d, err := booking.ParseDate(o.fields[name])
	if err != nil {
		o.faults[name] = v.say("fault.date")
	}
	return d
}

func (s stay) wanted(placeID string) orders.Stay {
	return orders.Stay{PlaceID: placeID, CheckIn: s.from, CheckOut: s.to, Rooms: s.rooms}
}

// query is the stay in an address.
func (s stay) query() string { return s.ordering.query(stayFields...) }

// freePlace is a place with free rooms on each night.
type freePlace struct {
	booking.Place
	left        int
	each, total string // prices: of a room and night, of the stay
	path        string
}

const (
	// placesAtOnce is how many free places a part of the search shows at most.
	placesAtOnce = 12
	// placesSearched is how many places are searched for these at once, and mostSearches how
	// often: further ones are for the next part.
	placesSearched = 50
	mostSearches   = 6
)

// search is what the search for rooms shows.
type search struct {
	stay
	found []freePlace
	later bool   // it continues an earlier part
	next  string // address of the next part, "" if all places were searched
}

// searchRooms finds places with enough free rooms on every night, newest first.
func (p *Pages) searchRooms(v *visit) error {
	s := search{stay: v.stay(v.newOrdering(stayFields...)), later: v.c.Query("cursor") != ""}
	s.check(v, "") // without a zone: a day that has ended at one place may be today at another
	if len(s.faults) == 0 {
		if err := v.searchPlaces(&s); err != nil {
			return err
		}
	}
	if len(s.found) == 0 && s.next == "" && !s.later {
		s.check(v, defaultZone)
	}
	status := http.StatusOK
	if len(s.faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return v.show(status, roomsPage(v.page(v.say("rooms.title"), "nav.rooms"), s))
}

// check adds why no room can be reserved for these days in the time zone.
func (s stay) check(v *visit, zone string) {
	if len(s.faults) > 0 {
		return
	}
	s.checkAhead(v, "checkIn", s.from, zone)
	if fault := booking.RangeFault("checkIn", s.from, s.to); fault != "" {
		s.faults["checkOut"] = v.faultWords(booking.Fault{Words: fault})
	}
}

// checkAhead adds why nothing can be ordered for the day in the time zone.
func (o *ordering) checkAhead(v *visit, name string, day booking.Date, zone string) {
	if fault := booking.AheadFault(day, zone, v.Now()); fault != "" {
		o.faults[name] = v.faultWords(booking.Fault{Words: fault})
	}
}

// searchPlaces searches the next part of the catalogue.
func (v *visit) searchPlaces(s *search) error {
	next := v.c.Query("cursor")
	for range mostSearches {
		some, cursor, err := v.freePlaces(s.stay, next, placesAtOnce-len(s.found))
		if err != nil {
			return err
		}
		s.found = append(s.found, some...)
		if next = cursor; next == "" || len(s.found) == placesAtOnce {
			break
		}
	}
	if next != "" {
		s.next = "/rooms?" + s.query() + "&cursor=" + queryOf(next)
	}
	return nil
}

// freePlaces lists the free places of one part of the catalogue, which ends with the last one
// of most.
func (v *visit) freePlaces(s stay, cursor string, most int) (free []freePlace, next string, err error) {
	page := booking.Page{Cursor: cursor, Limit: placesSearched}
	places, next, err := v.Catalogue.Places(v.ctx, booking.CatalogueFilter{}, page)
	if err != nil {
		return nil, "", err
	}
	ids := make([]string, len(places))
	for i, place := range places {
		ids[i] = place.ID
	}
	left, err := v.Stock.Least(v.ctx, ids, s.from, s.to)
	if err != nil {
		return nil, "", err
	}
	for i, place := range places {
		if left[place.ID] < s.rooms || place.Fault() != nil || booking.AheadFault(s.from, place.TimeZone, v.Now()) != "" {
			continue
		}
		f := freePlace{Place: place, left: left[place.ID], each: v.money(place.Price), path: "/rooms/" + place.ID + "?" + s.query()}
		if total, fits := place.Price.Times(int64(s.rooms * s.from.DaysUntil(s.to))); fits {
			f.total = v.money(total)
		}
		free = append(free, f)
		if page.Limit = i + 1; len(free) == most && page.Limit < len(places) { // for the cursor after this place
			_, next, err = v.Catalogue.Places(v.ctx, booking.CatalogueFilter{}, page)
			return free, next, err
		}
	}
	return free, next, nil
}

// showRooms shows a place, the price of a stay there, and the form that reserves it.
func (p *Pages) showRooms(v *visit) error {
	return v.placePage(http.StatusOK, v.stay(v.newPayable(stayFields...)))
}

// placePage shows the place with the stay's form and its outcome.
func (v *visit) placePage(status int, s stay) error {
	place, err := v.Catalogue.Place(v.ctx, v.c.Param("id"))
	if err != nil {
		return err
	}
	left := map[string]int{}
	if len(s.faults) == 0 {
		if err := v.priceOf(s.ordering, s.wanted(place.ID)); err != nil {
			return err
		}
	}
	if len(s.faults) == 0 {
		if left, err = v.Stock.Least(v.ctx, []string{place.ID}, s.from, s.to); err != nil {
			return err
		}
	}
	pg := v.page(place.Name, "nav.rooms")
	pg.path = s.pathWith(stayFields...)
	return v.show(status, placePage(pg, place, s, left[place.ID]))
}

// reserveRooms places the reservation in the form, or shows its price.
func (p *Pages) reserveRooms(v *visit) error {
	s := v.stay(v.newPayable(stayFields...))
	if !v.isSent() {
		return v.placePage(http.StatusOK, s)
	}
	return v.placeOrder(s.ordering, s.wanted(v.c.Param("id")), func(status int) error { return v.placePage(status, s) })
}
