package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Jobs reads deliveries.
type Jobs interface {
	// List lists the jobs that the filter selects. Returns InvalidCursor as for places.
	List(ctx context.Context, filter booking.JobFilter, page booking.Page) ([]booking.JobState, string, error)
}

// Cleaners reads the work of cleaners.
type Cleaners interface {
	// AssignmentsOf lists the calls that are assigned to the cleaner.
	AssignmentsOf(ctx context.Context, cleanerID string) ([]booking.Assignment, error)
}

func (p *Pages) mountWork(r gin.IRouter) {
	p.page(r, http.MethodGet, "/work/deliveries", booking.Deliver, p.listDeliveries)
	p.page(r, http.MethodGet, "/work/kitchen", booking.Serve, p.listProductions)
	p.page(r, http.MethodGet, "/work/cleaning", booking.FinishCall, p.listAssignments)
}

// job is a piece of work, with the one button that reports it done.
type job struct {
	id, what string
	facts    []fact
	deciding
}

// jobList is what a page of work shows.
type jobList struct {
	jobs       []job
	path       string
	later      bool
	next       string
	more       bool // there are others
	unnamed    bool // the caller has to name an organisation
	emptyWords string
}

// theButton offers the verb's button for an order that was listed as waiting for it.
func theButton(verb, id, back string) deciding {
	n := slices.IndexFunc(buttons, func(b button) bool { return b.verb == verb })
	return deciding{id: id, back: back, buttons: buttons[n : n+1]}
}

func (v *visit) fact(key, value string) []fact {
	if value == "" {
		return nil
	}
	return []fact{{name: v.say(key), value: value, dials: key == "field.tel"}}
}

// listDeliveries lists the open deliveries of all shops, for couriers. The address is shown
// as on the page of each of these orders.
func (p *Pages) listDeliveries(v *visit) error {
	its := booking.Thing{Delivered: true}
	if err := v.caller.Authorize(booking.ListDeliveries, its); err != nil {
		return err
	}
	cursor := v.c.Query("cursor")
	filter := booking.JobFilter{Status: booking.JobStarted}
	found, next, err := p.Deliveries.List(v.ctx, filter, booking.Page{Cursor: cursor, Limit: linesAtOnce})
	if err != nil {
		return err
	}
	list := jobList{path: "/work/deliveries", later: cursor != "", emptyWords: v.say("work.nothing")}
	if next != "" {
		list.next = list.path + "?cursor=" + queryOf(next)
	}
	for _, j := range found {
		reader := v.caller.ReaderOf(booking.Thing{OwnerID: j.OwnerID, ItemID: j.Item.ID, Delivered: true})
		list.jobs = append(list.jobs, job{
			id: j.OrderID, what: v.say("what.food", j.Quantity, j.Item.Name),
			facts: slices.Concat(
				v.fact("order.address", j.Address.Shown(reader, booking.Address, true)),
				v.fact("offer.shop", v.say("meals.shop", j.OwnerID)),
				v.fact("work.since", v.moment(j.At, defaultZone)),
			),
			deciding: theButton("deliver", j.OrderID, list.path),
		})
	}
	return v.show(http.StatusOK, workPage(v.page(v.say("nav.deliveries"), "nav.deliveries"), list))
}

// listProductions lists the drinks that a café has to make, earliest day first.
func (p *Pages) listProductions(v *visit) error {
	parts := v.parts()
	making, more, err := v.ordersOf(parts, booking.OrderFilter{Kind: booking.Cafe, Status: booking.InProduction}, anyOrder)
	if err != nil {
		return err
	}
	slices.SortStableFunc(making, func(a, b contract.View) int {
		return cmp.Or(cmp.Compare(a.Production.Date, b.Production.Date), a.PlacedAt().Compare(b.PlacedAt()))
	})
	list := jobList{path: "/work/kitchen", unnamed: len(parts) == 0, more: more, emptyWords: v.say("work.nothing")}
	for _, order := range making {
		if len(list.jobs) == deskAtOnce {
			list.more = true
			break
		}
		list.jobs = append(list.jobs, job{
			id: order.ID, what: v.what(order),
			facts:    slices.Concat(v.fact("order.day", v.dayIn(order.Production.Date)), v.fact("work.for", order.CustomerID)),
			deciding: v.deciding(order, v.here()),
		})
	}
	return v.show(http.StatusOK, workPage(v.page(v.say("nav.kitchen"), "nav.kitchen"), list))
}

// listAssignments lists the calls assigned to a cleaner, with the details needed to get
// there.
func (p *Pages) listAssignments(v *visit) error {
	if err := v.caller.Authorize(booking.ListAssignments, booking.Thing{CleanerID: v.caller.ID}); err != nil {
		return err
	}
	calls, err := p.Cleaners.AssignmentsOf(v.ctx, v.caller.ID)
	if err != nil {
		return err
	}
	list := jobList{path: "/work/cleaning", emptyWords: v.say("work.free")}
	for _, c := range calls {
		list.jobs = append(list.jobs, job{
			id: c.OrderID, what: v.say("what.cleaning"),
			facts: slices.Concat(
				v.fact("order.location", c.Location.Shown(booking.ReaderCleaner, booking.Location, true)),
				v.fact("field.tel", c.Tel.Shown(booking.ReaderCleaner, booking.Telephone, true)),
				v.fact("work.for", c.CustomerID),
				v.fact("work.since", v.moment(c.At, defaultZone)),
			),
			deciding: theButton("finish", c.OrderID, list.path),
		})
	}
	return v.show(http.StatusOK, workPage(v.page(v.say("nav.assignments"), "nav.assignments"), list))
}
