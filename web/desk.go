package web

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

func (p *Pages) mountDesk(r gin.IRouter) {
	p.page(r, http.MethodGet, "/desk", booking.ConfirmOrder, p.showDesk)
}

// deskOrder is an order as the people who work on it see it.
type deskOrder struct {
	contract.View
	what  string
	badge badge
	facts []fact
	due   time.Time // the deadline of the decision, zero for none
	soon  bool      // the deadline is near
	deciding
}

// desk is what the page of an owner's decisions shows.
type desk struct {
	lines      []deskOrder
	paging     paging
	more       bool // further ones wait that were not read
	unsearched bool // not all reservations were searched for changes
	unnamed    bool // the caller has to name an organisation
}

const (
	// deskAtOnce is how many orders such a page shows.
	deskAtOnce = 20
	// mostSearched is how many orders of one organisation are searched for these.
	mostSearched = 1000
	// deskPart is how many of them are read at once.
	deskPart = 200
)

// ordersOf lists the orders of all parts that the filter and want select, newest first.
// more: there are others.
func (v *visit) ordersOf(parts []part, f booking.OrderFilter, want func(contract.View) bool) (found []contract.View, more bool, err error) {
	for _, p := range parts {
		f.OwnerID, f.ItemID = p.ownerID, p.itemID
		some, rest, err := v.ordersOfPart(f, want)
		if err != nil {
			return nil, false, err
		}
		found, more = append(found, some...), more || rest
	}
	return found, more, nil
}

func (v *visit) ordersOfPart(f booking.OrderFilter, want func(contract.View) bool) (found []contract.View, more bool, err error) {
	kind := f.Kind
	if f.ItemID != "" {
		f.Kind = "" // an item is of one kind
	}
	cursor := ""
	for searched := 0; searched < mostSearched; searched += deskPart {
		list, err := v.list(f, booking.Page{Cursor: cursor, Limit: deskPart})
		if err != nil {
			return nil, false, err
		}
		for _, order := range list.Orders {
			if (kind == "" || order.Kind == kind) && want(order) {
				found = append(found, order)
			}
		}
		if cursor = list.Next; cursor == "" {
			return found, false, nil
		}
	}
	return found, true, nil
}

func anyOrder(contract.View) bool { return true }

// showDesk shows the orders that wait for the owner's decision, earliest deadline first.
func (p *Pages) showDesk(v *visit) error {
	parts := v.parts()
	d := desk{unnamed: len(parts) == 0}
	waiting, more, err := v.ordersOf(parts, booking.OrderFilter{Kind: booking.Lodging, Status: booking.AwaitingOwner}, anyOrder)
	if err != nil {
		return err
	}
	changing, others, err := v.ordersOf(parts, booking.OrderFilter{Kind: booking.Lodging, Status: booking.Confirmed}, func(o contract.View) bool { return changeForOwner(o) != nil })
	if err != nil {
		return err
	}
	d.more, d.unsearched = more, others
	for _, order := range append(waiting, changing...) {
		line := deskOrder{View: order, due: v.decideBy(order)}
		d.lines = append(d.lines, line)
	}
	slices.SortStableFunc(d.lines, func(a, b deskOrder) int {
		return cmp.Or(compareBools(a.due.IsZero(), b.due.IsZero()), a.due.Compare(b.due))
	})
	d.lines, d.paging = pageOf(v, "/desk", "", d.lines, deskAtOnce)
	for i, line := range d.lines {
		d.lines[i] = v.toDecide(line)
	}
	return v.show(http.StatusOK, deskPage(v.page(v.say("nav.desk"), "nav.desk"), d))
}

// toDecide is an order that waits for a decision until line.due.
func (v *visit) toDecide(line deskOrder) deskOrder {
	order, due := line.View, line.due
	line = v.deskOrder(order, v.here())
	line.due, line.soon = due, due.Sub(v.Now()) < nearDeadline
	if change := changeForOwner(order); change != nil {
		line.badge = badge{v.say("change.asked"), toneWait}
		is := v.say("change.is", v.dayIn(change.CheckIn), v.dayIn(change.CheckOut), change.Rooms)
		line.facts = slices.Insert(line.facts, 0, fact{name: v.say("change.to"), value: is})
	}
	if !due.IsZero() {
		line.facts = slices.Insert(line.facts, 0, fact{name: v.say("desk.due"), value: v.moment(due, v.zoneOf(order))})
	}
	return line
}

// nearDeadline is how long before the deadline it counts as near.
const nearDeadline = time.Hour

// compareBools sorts false before true.
func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// decideBy is the owner's deadline for deciding on a stay, which is cancelled at that time.
// The duration is the place's when the stay was reserved, or its present one if the order
// does not have it.
func (v *visit) decideBy(order contract.View) time.Time {
	if change := changeForOwner(order); change != nil {
		return change.Until
	}
	place := v.placeOf(order)
	within := place.ConfirmWithin
	if order.Stay != nil && order.ConfirmWithin > 0 {
		within = order.ConfirmWithin
	}
	if within <= 0 || order.Stay == nil {
		return time.Time{}
	}
	day, err := booking.ParseDate(order.CheckOut)
	if err != nil {
		return time.Time{}
	}
	return booking.OwnerDecidesBy(order.Since(), within, day.At(place.CheckOutTime, zoneOrUTC(place.TimeZone)))
}

// deskOrder is the order as its reader sees it, with the decisions that they may make.
func (v *visit) deskOrder(order contract.View, back string) deskOrder {
	return deskOrder{
		View: order, what: v.what(order), badge: v.badgeOf(order), deciding: v.deciding(order, back),
		facts: slices.Concat(v.fact("work.for", order.CustomerID), v.facts(order, v.zoneOf(order))),
	}
}
