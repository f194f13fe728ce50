package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// orderShown is an order as its page shows it.
type orderShown struct {
	contract.View
	zone      string
	what      string
	badge     badge
	facts     []fact
	steps     []step
	toConfirm string  // the provider's page where the reader has to confirm the payment, "" for none
	paid      string  // the state of its payment, "" if it is not known
	quote     []offer // what a cancel refunds, now and later
	until     string  // until when it can be cancelled, "" if that is not known
	mayEnd    bool    // its reader may cancel it in its present state
	tooLate   bool    // it may be too late to cancel, so nothing is said about a refund
	deciding          // the reader's possible decisions
	mayRefund bool    // its reader may refund a part of it
	change    string  // the label of the link to the page of a change; "" if there is none
	moving    string  // the pending change in words, "" for none
	promised  bool    // a cancel was accepted and is not carried out yet
}

// fact is one property of an order.
type fact struct {
	name, value string
	code        bool   // one long word
	dials       bool   // a telephone number that can be called from here
	english     bool   // in each language
	says        string // a service's words after the value, in English in each language
}

// order reads the order of the visit. A visit that follows an answer sees the answered
// version, although it may come before the version's row is written.
func (v *visit) order() (contract.View, error) {
	id, err := v.orderID()
	if err != nil {
		return contract.View{}, err
	}
	seen, err := strconv.ParseInt(v.c.Query(afterParam), 10, 64)
	if err != nil {
		seen = 0
	}
	return v.Orders.ReadSeen(v.ctx, v.caller, orders.Seen{OrderID: id, Version: seen})
}

// orderID is the id in the address. Returns NotFound if it cannot be an order's.
func (v *visit) orderID() (string, error) {
	id := v.c.Param("id")
	if !booking.IsOrderID("", id) {
		return "", booking.Errorf(booking.NotFound, "")
	}
	return id, nil
}

// ledger is an order's payment in the ledger, the zero value if there is none.
func (v *visit) ledger(orderID string) (booking.Payment, error) {
	payment, err := v.Payments.Payment(v.ctx, orderID)
	if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		return booking.Payment{}, nil
	}
	return payment, err
}

// ledgerMayHaveMore reports whether the ledger may have more about an order's payment than the
// order. For most of the orders that are shown it does not, and need not be read.
func ledgerMayHaveMore(order contract.View) bool {
	moved := order.Status == booking.Cancelling || order.Status.Final() || order.NeedsAttention || order.Disputed ||
		slices.ContainsFunc(order.History, func(e contract.Entry) bool { return e.Decision != "" })
	return moved && order.Amount.Amount > 0
}

// orderAndLedger reads the order, and the ledger if that has more: at the same time if an
// earlier page has shown that it does. A ledger read at the same time counts only if the
// order still has the version of that page: the ledger must not be older than the order
// beside it.
func (v *visit) orderAndLedger() (order contract.View, payment booking.Payment, err error) {
	id := v.c.Param("id")
	version, known := v.ledgerVersions.Get(id)
	var reading errgroup.Group
	if known {
		reading.Go(func() (err error) { payment, err = v.ledger(id); return err })
	}
	order, err = v.order()
	ledgerErr := reading.Wait()
	switch {
	case err != nil:
		return order, booking.Payment{}, err
	case !ledgerMayHaveMore(order) || !v.caller.Allowed(booking.ReadPayment, order.Thing()):
		return order, booking.Payment{}, nil
	case known && order.Version == version:
		return order, payment, ledgerErr
	}
	v.ledgerVersions.Add(id, order.Version)
	payment, err = v.ledger(id)
	return order, payment, err
}

// paid is the state of the order's payment in words; "" if there is none, it is not known, or
// the reader may not see it.
func (v *visit) paid(order contract.View, payment booking.Payment) string {
	switch {
	case order.Amount.Amount == 0 || !v.caller.Allowed(booking.ReadPayment, order.Thing()):
		return ""
	case payment.Status != "":
		return payment.Label(v.language)
	case order.Placed:
		return booking.Charged.Label(v.language)
	default:
		return ""
	}
}

// afterParam is the version of the order in the last answer.
const afterParam = "after"

// orderAt is the address of the order's page at this version or a later one.
func orderAt(order contract.View) string {
	return "/orders/" + order.ID + "?" + afterParam + "=" + strconv.FormatInt(order.Version, 10)
}

// showOrder shows an order's present state.
func (p *Pages) showOrder(v *visit) error {
	shown, err := v.orderShown()
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, orderPage(v.page(shown.what, "nav.orders"), shown))
}

// versionHeader is the version of the order in an answer to a live page.
const versionHeader = "Yeyak-Version"

// showPart shows the part of an order's page that changes.
func (p *Pages) showPart(v *visit) error {
	shown, err := v.orderShown()
	if err != nil {
		return err
	}
	v.c.Header(versionHeader, strconv.FormatInt(shown.Version, 10))
	return v.show(http.StatusOK, orderPart(v.words, shown))
}

func (v *visit) orderShown() (orderShown, error) {
	order, payment, err := v.orderAndLedger()
	if err != nil {
		return orderShown{}, err
	}
	zone := v.zoneOf(order)
	shown := orderShown{
		View: order, zone: zone, what: v.what(order), badge: v.badgeOf(order),
		facts: v.facts(order, zone), deciding: v.deciding(order, "/orders/"+order.ID), paid: v.paid(order, payment),
		steps: v.steps(order, payment, zone), toConfirm: v.toConfirm(order),
		mayRefund: order.Placed && order.Amount.Amount > 0 && v.callerMayRefund(order),
		promised:  v.c.Query("accepted") != "" && order.Status != booking.Cancelling && !order.Status.Final(),
	}
	shown.moving = v.moving(order, zone)
	if v.mayChange(order, zone) && v.caller.Allowed(booking.ChangeOrder, order.Thing()) {
		shown.change = v.say("change.ask")
		if order.Production != nil {
			shown.change = v.say("change.cups.title")
		}
	}
	if v.caller.Allowed(booking.CancelOrder, order.Thing()) && v.mayCancel(order) {
		quote := order.Quote(v.Now())
		quote.RefundedBefore = payment.RefundedByOthers()
		shown.mayEnd, shown.quote, shown.until = true, v.offers(order, quote, zone), v.lastCancel(order, zone)
		shown.tooLate = v.mayBeTooLate(order)
	}
	return shown, nil
}

// callerMayRefund reports whether the reader is offered to refund something. Operators do so on
// the page of the action, which knows the actions of others.
func (v *visit) callerMayRefund(order contract.View) bool {
	return v.caller.Allowed(booking.RefundOrder, order.Thing()) && !v.caller.Allowed(booking.ReadActions, booking.Thing{})
}

// facts are the order's properties, as far as the reader may see them.
func (v *visit) facts(order contract.View, zone string) (facts []fact) {
	add := func(key, value string) {
		if value != "" {
			facts = append(facts, fact{name: v.say(key), value: value, code: key == "order.number"})
		}
	}
	reader, underWay := v.caller.ReaderOf(order.Thing()), !order.Status.Final()
	if order.Stay != nil {
		add("order.checkin", v.dayIn(order.CheckIn))
		add("order.checkout", v.dayIn(order.CheckOut))
	}
	if order.Production != nil {
		add("order.day", v.dayIn(order.Production.Date))
	}
	if order.Delivery != nil {
		add("order.address", order.Delivery.Address.Shown(reader, booking.Address, underWay))
	}
	if order.Cleaning != nil {
		add("order.location", order.Cleaning.Location.Shown(reader, booking.Location, underWay))
		if cleaner := order.Cleaner(); cleaner != nil {
			add("order.cleaner", cleaner.Name)
		}
	}
	if order.Amount.Amount > 0 {
		add("order.price", v.money(order.Amount))
	}
	add("order.placed", v.moment(order.PlacedAt(), zone))
	if order.Reason != "" {
		add("order.why", order.Reason.Label(v.language))
	}
	if due := order.PaymentDeferred; due != nil {
		add("order.payby", v.moment(due.Until, zone))
	}
	if !order.ExpiresAt.IsZero() {
		add("order.confirmby", v.moment(order.ExpiresAt, zone))
	}
	add("order.number", order.ID)
	return facts
}

// dayIn is a date of a view as people write it.
func (w words) dayIn(text string) string {
	d, err := booking.ParseDate(text)
	if err != nil {
		return ""
	}
	return w.day(d)
}
