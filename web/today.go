package web

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

func (p *Pages) mountToday(r gin.IRouter) {
	p.page(r, http.MethodGet, "/desk/today", booking.ConfirmOrder, p.showToday)
	p.page(r, http.MethodGet, "/desk/earnings", booking.RefundOrder, p.showEarnings)
}

// todayList is one sort of today's work.
type todayList struct {
	id, word string
	lines    []deskOrder
	paging   paging // next is the list by itself
}

// today is what the page of an owner's day shows.
type today struct {
	lists   []todayList
	alone   string // the id of the only list, "" for all
	more    bool   // there may be others
	unnamed bool
}

// showToday shows today's arrivals and departures, by the clocks of each place, today's
// drinks, and the open deliveries.
func (p *Pages) showToday(v *visit) error {
	parts := v.parts()
	t := today{unnamed: len(parts) == 0, alone: v.c.Query(listParam)}
	for _, sort := range []struct {
		id, word string
		filter   booking.OrderFilter
		is       func(contract.View) bool
	}{
		{"arrivals", "today.arrivals", booking.OrderFilter{Kind: booking.Lodging, Status: booking.Confirmed}, func(o contract.View) bool { return o.CheckIn == v.todayOf(o) }},
		{"departures", "today.departures", booking.OrderFilter{Kind: booking.Lodging, Status: booking.Confirmed}, func(o contract.View) bool { return o.CheckOut == v.todayOf(o) }},
		{"productions", "today.productions", booking.OrderFilter{Kind: booking.Cafe, Status: booking.InProduction}, func(o contract.View) bool { return o.Production.Date == v.todayOf(o) }},
		{"deliveries", "today.deliveries", booking.OrderFilter{Kind: booking.Food, Status: booking.Delivering}, anyOrder},
	} {
		if t.alone != "" && t.alone != sort.id {
			continue
		}
		found, more, err := v.ordersOf(parts, sort.filter, sort.is)
		if err != nil {
			return err
		}
		slices.SortStableFunc(found, func(a, b contract.View) int {
			return cmp.Or(a.PlacedAt().Compare(b.PlacedAt()), cmp.Compare(a.ID, b.ID))
		})
		list := todayList{id: sort.id, word: sort.word}
		found, list.paging = pageOf(v, "/desk/today", sort.id, found, todayAtOnce)
		for _, order := range found {
			list.lines = append(list.lines, v.deskOrder(order, v.here()))
		}
		t.lists, t.more = append(t.lists, list), t.more || more
	}
	return v.show(http.StatusOK, todayPage(v.page(v.say("nav.today"), "nav.today"), t))
}

// todayAtOnce is how many of each sort the page shows at once.
const todayAtOnce = 8

// todayOf is today's date where the order takes place.
func (v *visit) todayOf(order contract.View) string {
	return booking.DateOf(v.Now().In(zoneOrUTC(v.zoneOf(order)))).String()
}
