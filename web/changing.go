package web

import (
	"crypto/rand"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

func (p *Pages) mountChanging(r gin.IRouter) {
	p.page(r, http.MethodGet, "/orders/:id/change", booking.ChangeOrder, p.showChange)
	p.page(r, http.MethodPost, "/orders/:id/change", booking.ChangeOrder, p.changeOrder)
}

// mayChange reports whether a change of the order is worth offering; the quote's page knows
// for certain.
func (v *visit) mayChange(order contract.View, zone string) bool {
	switch {
	case order.Changing():
		return false
	case order.Stay != nil:
		return booking.MayEverChangeStay(order.Status) == nil
	case order.Production != nil:
		day, err := booking.ParseDate(order.Production.Date)
		return err == nil && booking.MayChangeCups(order.Status, v.Now(), day.At(booking.Clock{}, zoneOrUTC(zone))) == nil
	default:
		return false
	}
}

// changeForOwner is the change of a stay that waits for its owner, nil if there is none.
func changeForOwner(order contract.View) *contract.PendingChange {
	if order.Stay == nil || order.Change == nil || order.Change.State != contract.ChangeAwaitingOwner {
		return nil
	}
	return order.Change
}

// changeForm is what the page of a change shows: first the nights and rooms of a stay, or
// the number of drinks, and then their price.
type changeForm struct {
	stay
	quantity int // of drinks
	order    contract.View
	what     string
	amounts  []fact // what is charged or refunded; none without a quote
	expect   string
	dearer   bool // the change costs more
	full     bool // there are not enough rooms
	owner    bool // the owner has to confirm it
	closed   bool // nothing of the order can be changed
	problem  *problem
}

// showChange shows the price of a change, before the decision.
func (p *Pages) showChange(v *visit) error { return v.changePage(http.StatusOK, changeForm{}) }

// changePage shows the form, with the present quote if the form differs from the order.
func (v *visit) changePage(status int, form changeForm) error {
	order, err := v.order()
	if err != nil {
		return err
	}
	if err := v.caller.Authorize(booking.ChangeOrder, order.Thing()); err != nil {
		return err
	}
	edited := v.field("checkIn") != "" || v.field("quantity") != ""
	form.order, form.what = order, v.what(order)
	if err := v.readChange(&form); err != nil {
		return err
	}
	changeable := v.mayChange(order, v.zoneOf(order))
	if form.problem != nil && isAnswered(form.problem.code) {
		form.key = rand.Text()
	}
	if (edited || !changeable) && len(form.faults) == 0 {
		if err := v.quoteChange(&form); err != nil {
			return err
		}
	}
	if form.closed = !changeable && form.problem != nil; form.dearer {
		form.findKept(v)
		form.offerMethods(v)
	}
	switch {
	case form.problem != nil && status == http.StatusOK:
		status = statusOf(form.problem.code)
	case len(form.faults) > 0:
		status = http.StatusUnprocessableEntity
	}
	pg := v.page(form.say(v.words, "change.title"), "nav.orders")
	if pg.path = form.action; edited {
		pg.path = form.pathWith(form.names()...)
	}
	return v.show(status, changePage(pg, form))
}

// notMade are the codes of changes that were finally refused: the order stays as it is.
var notMade = []booking.Code{
	orders.CodeOf(booking.SoldOut), orders.CodeOf(booking.PaymentDeclined), orders.CodeOf(booking.PaymentUnavailable),
	orders.CodeOf(booking.CafeUnavailable), booking.InventoryUnavailable, orders.CodeOf(booking.RejectedByOwner),
	orders.CodeOf(booking.OwnerTimeout), orders.CodeOf(booking.TooLate),
}

// isAnswered reports whether a change has its final answer. The form gets another key then: under the
// same one the answer would be repeated, also for another payment method.
func isAnswered(code booking.Code) bool {
	return code == orders.IdempotencyKeyReused || slices.Contains(notMade, code)
}

// readChange reads the form; missing fields stay as ordered.
func (v *visit) readChange(f *changeForm) error {
	switch order := f.order; {
	case order.Stay != nil:
		f.stay = v.changed(map[string]string{"checkIn": order.CheckIn, "checkOut": order.CheckOut, "rooms": strconv.Itoa(order.Quantity)})
		f.from, f.to, f.rooms = v.date(f.ordering, "checkIn"), v.date(f.ordering, "checkOut"), v.count(f.ordering, "rooms")
	case order.Production != nil:
		f.stay = v.changed(map[string]string{"quantity": strconv.Itoa(order.Quantity)})
		f.quantity = v.count(f.ordering, "quantity")
	default:
		return booking.Errorf(booking.NotFound, "")
	}
	return nil
}

// changed is the form; fields that it lacks have the order's values, which are in was.
func (v *visit) changed(was map[string]string) stay {
	s := stay{ordering: v.newOrdering(slices.Sorted(maps.Keys(was))...)}
	for name, is := range was {
		if s.fields[name] == "" {
			s.fields[name] = is
		}
	}
	return s
}

// offerMethods offers the ways to pay the difference.
func (f changeForm) offerMethods(v *visit) {
	f.pays(v.field("method"), slices.Concat(v.methodsOfChange(), f.keptIDs))
}

// orderMethod is the choice of the method by which the order was paid.
const orderMethod = "order"

// methodsOfChange lists the payment methods for the difference of a change. None requires a
// confirmation: the charge of a change would be declined.
func (v *visit) methodsOfChange() []string {
	if v.TestPayments {
		return []string{orderMethod, "pm_card_visa", "pm_card_chargeDeclined"}
	}
	return []string{orderMethod}
}

// paidBy returns the provider's token to charge, "" for that of the order.
func (f changeForm) paidBy() string {
	if method := f.fields["method"]; method != orderMethod {
		return method
	}
	return ""
}

// names lists the fields of a change.
func (f changeForm) names() []string {
	if f.order.Production != nil {
		return []string{"quantity"}
	}
	return stayFields
}

// cupWords replace words of stays for drinks.
var cupWords = map[string]string{
	"change.title": "change.cups.title", "change.amount": "change.cups.amount", "change.full": "change.cups.full", "change.stays": "change.cups.stays",
}

func (f changeForm) say(w words, key string) string {
	if f.order.Production != nil {
		key = cupWords[key]
	}
	return w.say(key)
}

func (f changeForm) change() orders.Change {
	return orders.Change{OrderID: f.order.ID, CheckIn: f.from, CheckOut: f.to, Rooms: f.rooms}
}

func (f changeForm) quantityChange() orders.QuantityChange {
	return orders.QuantityChange{Kind: f.order.Kind, OrderID: f.order.ID, Quantity: f.quantity}
}

// costs is the price of the change, the stock that it needs beyond the order's hold, and
// whether the owner has to confirm it.
func (v *visit) costs(f changeForm) (is contract.Difference, more []booking.DailyQuantity, owner bool, err error) {
	if f.order.Production == nil {
		_, q, err := v.Orders.QuoteChange(v.ctx, v.caller, f.change())
		return q.Difference, q.More, q.OwnerConfirms, err
	}
	_, q, err := v.Orders.QuoteQuantity(v.ctx, v.caller, f.quantityChange())
	if err == nil && q.More > 0 {
		more = []booking.DailyQuantity{{From: q.Day, To: q.Day.AddDays(1), Quantity: q.More}}
	}
	return q.Difference, more, false, err
}

// quoteChange sets the price of the change in the form, or why it cannot be made.
func (v *visit) quoteChange(form *changeForm) error {
	q, more, owner, err := v.costs(*form)
	if err != nil {
		return v.noChange(form, err)
	}
	left, err := orders.HaveStock(v.ctx, v.Stock, form.order.Item.ID, more)
	if err != nil {
		return err
	}
	form.expect, form.dearer, form.full, form.owner = q.Quote(), q.Charge.Amount > 0, !left, owner
	add := func(name string, m booking.Money, always bool) {
		if always || m.Amount > 0 {
			form.amounts = append(form.amounts, fact{name: name, value: v.money(m)})
		}
	}
	add(v.say("change.charge"), q.Charge, q.Refund.Amount == 0)
	add(v.say("change.refund"), q.Refund, false)
	add(v.say("change.keep"), q.Keep, false)
	add(form.say(v.words, "change.amount"), q.Amount, true)
	return nil
}

// noChange sets in the form why a change cannot be made or was not made; it returns an
// error that is not a refusal.
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
		if key := "change.problem." + string(why.code); entries[key].en != "" {
			why.text = v.say(key)
		}
		form.problem = &why
	}
	return nil
}

// stays reports whether the order certainly stays as it is. An earlier request under the same key
// may still be carried out, and other changes may have been made meanwhile.
func (f changeForm) stays() bool {
	if f.problem == nil {
		return false
	}
	code := f.problem.code
	return code == booking.NotChangeable || code == orders.DecisionsExhausted || slices.Contains(notMade, code)
}

// changeOrder makes the change if the price is still the one that the page has shown, or shows
// its price.
func (p *Pages) changeOrder(v *visit) error {
	if !v.isSent() {
		return p.showChange(v)
	}
	order, err := v.order()
	if err != nil {
		return err
	}
	form := changeForm{order: order}
	if err := v.readChange(&form); err != nil {
		return err
	}
	if len(form.faults) > 0 {
		return v.changePage(http.StatusUnprocessableEntity, changeForm{})
	}
	form.takeKept(v)
	form.offerMethods(v)
	out, err := v.makeChange(form)
	if err != nil {
		if err := v.noChange(&form, err); err != nil {
			return err
		}
		return v.changePage(statusOfError(err), changeForm{problem: form.problem}) // its quote finds the faults, too
	}
	return v.goTo(orderAt(out.View))
}

// makeChange makes the change of the form as it was quoted.
func (v *visit) makeChange(f changeForm) (orders.Outcome, error) {
	if f.order.Production != nil {
		c := f.quantityChange()
		c.Expect, c.Key, c.PaymentMethod, c.KeepsMethod = v.field("expect"), f.key, f.paidBy(), f.keeps && f.paidBy() != ""
		return v.Orders.ChangeQuantity(v.ctx, v.caller, c)
	}
	c := f.change()
	c.Expect, c.Key, c.PaymentMethod, c.KeepsMethod = v.field("expect"), f.key, f.paidBy(), f.keeps && f.paidBy() != ""
	return v.Orders.Change(v.ctx, v.caller, c)
}

// moving describes a pending change.
func (v *visit) moving(order contract.View, zone string) string {
	if !order.Changing() {
		return ""
	}
	if order.Production != nil {
		return v.say("change.cups.begun", order.Production.Change.Quantity)
	}
	c := order.Change
	if changeForOwner(order) != nil {
		says := "change.waits"
		if v.caller.Allowed(booking.ConfirmOrder, order.Thing()) {
			says = "change.decide"
		}
		return v.say(says, v.dayIn(c.CheckIn), v.dayIn(c.CheckOut), c.Rooms, v.moment(c.Until, zone))
	}
	return v.say("change.begun", v.dayIn(c.CheckIn), v.dayIn(c.CheckOut), c.Rooms)
}
