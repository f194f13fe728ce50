package web

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

func (p *Pages) mountOrders(r gin.IRouter) {
	p.page(r, http.MethodGet, "/orders", booking.ListOrders, p.listOrders)
	p.page(r, http.MethodGet, "/orders/:id", booking.ReadOrder, p.showOrder)
	p.page(r, http.MethodGet, "/orders/:id/part", booking.ReadOrder, p.showPart)
	r.GET("/orders/:id/live", p.live)
	p.page(r, http.MethodGet, "/orders/:id/paid", booking.ReturnToOrder, p.customerReturned)
	p.page(r, http.MethodGet, "/orders/:id/cancel", booking.CancelOrder, p.showCancel)
	p.page(r, http.MethodPost, "/orders/:id/cancel", booking.CancelOrder, p.cancel)
	p.page(r, http.MethodGet, "/messages", booking.ReadMessages, p.listMessages)
}

// linesAtOnce is how many orders a part of the list shows.
const linesAtOnce = 20

// orderLine is an order in a list.
type orderLine struct {
	contract.View
	what, when, price string
	badge             badge
}

// badge is a status in words, with its tone.
type badge struct{ text, tone string }

// The tones of badges and steps.
const (
	toneGood    = "good" // accepted or done
	toneWait    = "wait" // waiting
	toneUndoing = "back" // being undone
	toneUndone  = "over" // undone
)

func toneOf(s booking.Status) string {
	switch s {
	case booking.Cancelled:
		return toneUndone
	case booking.Cancelling:
		return toneUndoing
	case booking.Received, booking.PaymentPending, booking.AwaitingPayment, booking.AwaitingOwner, booking.Calling:
		return toneWait
	default:
		return toneGood
	}
}

func (w words) badgeOf(v contract.View) badge {
	return badge{v.Status.Label(v.Kind, w.language), toneOf(v.Status)}
}

// lines are orders as a list shows them.
func (v *visit) lines(all []contract.View) []orderLine {
	lines := make([]orderLine, len(all))
	for i, order := range all {
		lines[i] = orderLine{
			View: order, what: v.what(order), when: v.moment(order.PlacedAt(), v.zoneOf(order)),
			price: v.money(order.Amount), badge: v.badgeOf(order),
		}
	}
	return lines
}

// what describes the order in a line.
func (w words) what(order contract.View) string {
	switch order.Kind {
	case booking.Lodging:
		return w.say("what.lodging", order.Quantity, order.Item.Name)
	case booking.Food:
		return w.say("what.food", order.Quantity, order.Item.Name)
	case booking.Cafe:
		return w.say("what.cafe", order.Quantity, order.Item.Name)
	default:
		return w.say("what.cleaning")
	}
}

// orderList is what the list of orders shows.
type orderList struct {
	lines []orderLine
	kind  booking.Kind // the chosen kind, "" for all
	later bool         // this part is not the first
	next  string       // address of the next part
}

// listOrders lists the caller's orders of all businesses.
func (p *Pages) listOrders(v *visit) error {
	kind := booking.Kind(v.c.Query("kind"))
	if !slices.Contains(booking.Kinds(), kind) {
		kind = ""
	}
	cursor := v.c.Query("cursor")
	filter := booking.OrderFilter{CustomerID: v.caller.ID, Kind: kind}
	found, err := v.list(filter, booking.Page{Cursor: cursor, Limit: linesAtOnce})
	if err != nil {
		return err
	}
	list := orderList{lines: v.lines(found.Orders), kind: kind, later: cursor != ""}
	if found.Next != "" {
		list.next = "/orders?kind=" + string(kind) + "&cursor=" + queryOf(found.Next)
	}
	return v.show(http.StatusOK, ordersPage(v.page(v.say("orders.title"), "nav.orders"), list))
}
