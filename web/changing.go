package web

import (
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

func (p *Pages) mountChanging(r gin.IRouter) {
	p.page(r, http.MethodGet, "/orders/:id/change", booking.ChangeOrder, p.askChange)
	p.page(r, http.MethodPost, "/orders/:id/change", booking.ChangeOrder, p.changeStay)
}

// mayChange tells whether it is worth offering a change of the stay: the quote's page
// knows for certain. At check-out the order is completed, so that its place need not be
// read for the time of that.
func mayChange(order contract.View) bool {
	return order.Kind == booking.Lodging && order.Stay != nil && order.Change == nil &&
		(order.Status == booking.Confirmed || order.Status == booking.AwaitingOwner)
}

// asksOwner is the change of a stay that waits for its owner, nil when none does.
func asksOwner(order contract.View) *contract.PendingChange {
	if order.Stay == nil || order.Change == nil || order.Change.State != contract.ChangeAwaitingOwner {
		return nil
	}
	return order.Change
}

// changeForm is what the page shows on which a stay is changed: first the nights and rooms,
// and then what they come to.
type changeForm struct {
	stay
	order   contract.View
	what    string
	amounts []fact // what is charged or given back; none while there is no quote
	expect  string
	full    bool // there are no rooms for it
	owner   bool // has to confirm it
	problem *problem
}

// askChange shows what a change comes to, before it is decided.
func (p *Pages) askChange(v *visit) error { return v.changePage(http.StatusOK, changeForm{}) }

// changePage shows the form with the quote as it is now, once the form says something else
// than what is reserved.
func (v *visit) changePage(status int, form changeForm) error {
	order, err := v.order()
	if err != nil {
		return err
	}
	if err := v.caller.Authorize(booking.ChangeOrder, order.Thing()); err != nil {
		return err
	}
	if order.Stay == nil {
		return booking.Errorf(booking.NotFound, "")
	}
	asked := v.field("checkIn") != ""
	form.order, form.what, form.stay = order, v.what(order), v.changed(order)
	if form.problem != nil && form.problem.code == orders.IdempotencyKeyReused {
		form.key = rand.Text()
	}
	if asked && len(form.faults) == 0 {
		if err := v.quoteChange(&form); err != nil {
			return err
		}
	}
	switch {
	case form.problem != nil && status == http.StatusOK:
		status = statusOf(form.problem.code)
	case len(form.faults) > 0:
		status = http.StatusUnprocessableEntity
	}
	return v.show(status, changePage(v.page(v.say("change.title"), "nav.orders"), form))
}

// changed is the stay as the form says it: without dates it is as it is reserved.
func (v *visit) changed(order contract.View) stay {
	s := stay{ordering: v.newOrdering("checkIn", "checkOut", "rooms")}
	for name, is := range map[string]string{"checkIn": order.CheckIn, "checkOut": order.CheckOut, "rooms": strconv.Itoa(order.Quantity)} {
		if s.fields[name] == "" {
			s.fields[name] = is
		}
	}
	s.from, s.to, s.rooms = v.date(s.ordering, "checkIn"), v.date(s.ordering, "checkOut"), v.count(s.ordering, "rooms")
	return s
}

func (f changeForm) change() orders.Change {
	return orders.Change{OrderID: f.order.ID, CheckIn: f.from, CheckOut: f.to, Rooms: f.rooms}
}

// quoteChange notes what the change comes to, or why it cannot be made.
func (v *visit) quoteChange(form *changeForm) error {
	_, q, err := v.Orders.QuoteChange(v.ctx, v.caller, form.change())
	if err != nil {
		return v.noChange(form, err)
	}
	left, err := v.areLeft(form.order.Item.ID, q.More)
	if err != nil {
		return err
	}
	form.expect, form.full, form.owner = q.Quote(), !left, q.OwnerConfirms
	add := func(key string, m booking.Money, always bool) {
		if always || m.Amount > 0 {
			form.amounts = append(form.amounts, fact{name: v.say(key), value: v.money(m)})
		}
	}
	add("change.charge", q.Charge, q.Refund.Amount == 0)
	add("change.refund", q.Refund, false)
	add("change.keep", q.Keep, false)
	add("change.amount", q.Amount, true)
	return nil
}

// noChange notes why a change cannot be made or was not; it returns what is no refusal.
func (v *visit) noChange(form *changeForm, err error) error {
	if err := form.note(v, err); err == nil {
		return nil
	}
	refusal, ok := errors.AsType[*booking.Error](err)
	if !ok || refusal.Code == booking.NotFound || refusal.Code == booking.NotAllowed || refusal.Code == booking.Unauthenticated {
		return err
	}
	if form.problem == nil {
		why := v.problem(v.disclose(err))
		form.problem = &why
	}
	return nil
}

// areLeft tells whether there are rooms for all stretches at the moment.
func (v *visit) areLeft(placeID string, stretches []booking.Stretch) (bool, error) {
	for _, part := range stretches {
		days, err := v.Stock.Days(v.ctx, placeID, part.From, part.To)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(days, func(d booking.StockDay) bool { return d.Remaining < part.Quantity }) {
			return false, nil
		}
	}
	return true, nil
}

// changeStay changes the stay, if that comes to what its customer was shown.
func (p *Pages) changeStay(v *visit) error {
	order, err := v.order()
	if err != nil {
		return err
	}
	form := changeForm{order: order, stay: v.changed(order)}
	if len(form.faults) > 0 {
		return v.changePage(http.StatusUnprocessableEntity, changeForm{})
	}
	change := form.change()
	change.Expect, change.Key = v.field("expect"), form.key
	out, err := p.Orders.Change(v.ctx, v.caller, change)
	if err != nil {
		again := changeForm{}
		if err := v.noChange(&again, err); err != nil {
			return err
		}
		return v.changePage(statusOfError(err), again)
	}
	return v.goTo(orderAt(out.View))
}

// moving is a change that is under way, in words.
func (v *visit) moving(order contract.View, zone string) string {
	if order.Stay == nil || order.Change == nil {
		return ""
	}
	c := order.Change
	if asksOwner(order) != nil {
		return v.say("change.waits", v.dayIn(c.CheckIn), v.dayIn(c.CheckOut), c.Rooms, v.moment(c.Until, zone))
	}
	return v.say("change.begun", v.dayIn(c.CheckIn), v.dayIn(c.CheckOut), c.Rooms)
}
