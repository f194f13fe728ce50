package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// button is a decision on an order that is made with a button. Its entries are its label
// and the question before it, "" for none.
type button struct {
	verb         string // in addresses
	kind         booking.Kind
	update       string
	word, asks   string
	says, needed bool // it has a note; the note is required
	danger       bool
}

// buttons lists all buttons: a cancel has pages of its own.
var buttons = []button{
	{verb: "confirm", kind: booking.Lodging, update: contract.ConfirmUpdate, word: "decide.confirm"},
	{
		verb: "reject", kind: booking.Lodging, update: contract.RejectUpdate, word: "decide.reject", asks: "decide.reject.ask",
		says: true, needed: true, danger: true,
	},
	{
		verb: "no-show", kind: booking.Lodging, update: contract.NoShowUpdate, word: "decide.noshow", asks: "decide.noshow.ask",
		says: true, danger: true,
	},
	{verb: "leave", kind: booking.Lodging, update: contract.CompleteUpdate, word: "decide.leave", asks: "decide.leave.ask"},
	{verb: "deliver", kind: booking.Food, update: contract.CompleteUpdate, word: "decide.deliver"},
	{verb: "serve", kind: booking.Cafe, update: contract.CompleteUpdate, word: "decide.serve"},
	{verb: "finish", kind: booking.Cleaning, update: contract.CompleteUpdate, word: "decide.finish"},
}

// decision is the button's decision on an order.
func (b button) decision(id string) orders.Decision {
	return orders.Decision{OrderID: id, Kind: b.kind, Update: b.update}
}

// fits reports whether the order may take the decision in its present state. begins is when
// the guests of a stay may come.
func (b button) fits(order contract.View, now, begins time.Time) bool {
	var no error
	switch {
	case b.kind != order.Kind:
		return false
	case b.update == contract.NoShowUpdate:
		no = booking.MaySayNoShow(order.Status, now, begins)
	case b.kind == booking.Food:
		no = booking.MayDeliver(order.Status)
	case b.kind == booking.Cafe:
		no = booking.MayServe(order.Status)
	case b.kind == booking.Cleaning:
		no = booking.MayFinish(order.Status)
	case b.update == contract.CompleteUpdate:
		no = booking.MayCheckOut(order.Status, now, begins)
	case changeForOwner(order) != nil:
		return true
	default:
		no = booking.MayConfirm(order.Status)
	}
	return no == nil
}

// deciding are the buttons of an order for its reader.
type deciding struct {
	id, back string // back is the page after the decision
	buttons  []button
}

// idOf is the id of a button on the order's own page, which keeps the focus when it changes.
func (d deciding) idOf(b button) templ.Attributes {
	if d.back != "/orders/"+d.id {
		return nil
	}
	return templ.Attributes{"id": b.verb}
}

// deciding offers the decisions that the caller may make on the order in its present state.
func (v *visit) deciding(order contract.View, back string) deciding {
	d := deciding{id: order.ID, back: back}
	for _, b := range buttons {
		if b.kind == order.Kind && v.caller.Allowed(b.decision(order.ID).Action(), order.Thing()) && b.fits(order, v.Now(), v.begins(order)) {
			d.buttons = append(d.buttons, b)
		}
	}
	return d
}

// ownCheckIn is the time of check-in that the order itself has, zero for none: only orders
// with terms have it.
func ownCheckIn(order contract.View) time.Time {
	if order.Terms == nil {
		return time.Time{}
	}
	return order.Terms.CheckInAt
}

// begins is when the guests of a stay may come, zero for any other order. Without a time of
// the order's own it is by the present clocks of the place, which may have changed since the
// order was placed.
func (v *visit) begins(order contract.View) time.Time {
	if at := ownCheckIn(order); !at.IsZero() || order.Stay == nil {
		return at
	}
	day, err := booking.ParseDate(order.CheckIn)
	if err != nil {
		return time.Time{}
	}
	of := v.clocksOf(order)
	return day.At(of.checkIn, zoneOrUTC(of.zone))
}

// placeOf is the present place of a stay, the zero value if it cannot be read.
func (v *visit) placeOf(order contract.View) booking.Place {
	if place, known := v.places[order.Item.ID]; known {
		return place
	}
	place, err := v.Catalogue.Place(v.ctx, order.Item.ID)
	if err != nil {
		return booking.Place{}
	}
	if v.places == nil {
		v.places = map[string]booking.Place{}
	}
	v.places[order.Item.ID] = place
	return place
}

func zoneOrUTC(name string) *time.Location {
	if loc, err := booking.Zone(name); err == nil {
		return loc
	}
	return time.UTC
}

func (p *Pages) mountDeciding(r gin.IRouter) {
	p.page(r, http.MethodGet, "/orders/:id/decide/:verb", booking.ReadOrder, p.showDecision)
	p.page(r, http.MethodPost, "/orders/:id/decide/:verb", booking.ReadOrder, p.decide)
}

// decisionForm is what the page of a decision shows.
type decisionForm struct {
	order  contract.View
	what   string
	facts  []fact
	button button
	back   string
	reason string
	fault  string
}

// button returns the button in the visit's address.
func (v *visit) button() (button, error) {
	verb, kind := v.c.Param("verb"), booking.KindOf(v.c.Param("id"))
	n := slices.IndexFunc(buttons, func(b button) bool { return b.verb == verb && b.kind == kind })
	if n < 0 || !booking.IsOrderID(kind, v.c.Param("id")) {
		return button{}, booking.Errorf(booking.NotFound, "")
	}
	return buttons[n], nil
}

// showDecision shows the order with the form of the decision.
func (p *Pages) showDecision(v *visit) error { return v.decisionPage(http.StatusOK, decisionForm{}) }

func (v *visit) decisionPage(status int, form decisionForm) error {
	b, err := v.button()
	if err != nil {
		return err
	}
	order, err := v.Orders.Read(v.ctx, v.caller, b.kind, v.c.Param("id"))
	if err != nil {
		return err
	}
	if err := v.caller.Authorize(b.decision(order.ID).Action(), order.Thing()); err != nil {
		return err
	}
	form.order, form.what, form.button = order, v.what(order), b
	form.facts, form.back = v.facts(order, v.zoneOf(order)), v.backTo(order.ID)
	return v.show(status, decisionPage(v.page(v.say(b.word), ""), form))
}

// backTo is the page after a form about an order: where it came from, or the order.
func (v *visit) backTo(id string) string {
	if back := ownPath(v.field("back")); back != "/" {
		return back
	}
	return "/orders/" + id
}

// decide sends the decision to the order.
func (p *Pages) decide(v *visit) error {
	b, err := v.button()
	if err != nil {
		return err
	}
	id, reason := v.c.Param("id"), v.field("reason")
	v.back = v.backTo(id)
	fault := v.textFault(reason, longestReason)
	if b.needed && reason == "" {
		fault = v.say("fault.required")
	}
	if fault != "" {
		return v.decisionPage(http.StatusUnprocessableEntity, decisionForm{reason: reason, fault: fault})
	}
	d := b.decision(id)
	if b.says {
		d.Note = booking.Lines(booking.Personal(reason))
	}
	out, err := p.Orders.Decide(v.ctx, v.caller, d)
	switch {
	case err != nil:
		return err
	case !v.caller.Allowed(booking.ReadOrder, out.View.Thing()): // a courier that has delivered it
		return v.goTo("/work/deliveries")
	case !out.Done:
		return v.goTo("/orders/" + id + "?accepted=1")
	case v.backTo(id) == "/orders/"+id:
		return v.goTo(orderAt(out.View))
	default:
		return v.goTo(listAfter(v.backTo(id), out.View))
	}
}
