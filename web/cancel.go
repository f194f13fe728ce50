package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// offer is what a cancel refunds, until a time.
type offer struct {
	when         string
	refund, keep string // keep is "" if nothing is kept
}

// mayCancel reports whether a cancel is worth offering; the quote's page knows for certain.
func (v *visit) mayCancel(order contract.View) bool {
	switch {
	case order.Status == booking.Cancelling:
		return false
	case order.Stay != nil:
		return booking.MayCancelStay(order.Status, v.Now(), latestCheckIn(order)) == nil
	default:
		return booking.MayCancel(order.Status) == nil
	}
}

// latestCheckIn is the latest time that the check-in of a stay can have. An order without a
// time of its own only has the day, and the place may have changed its clocks since.
func latestCheckIn(order contract.View) time.Time {
	if at := ownCheckIn(order); !at.IsZero() {
		return at
	}
	day, err := booking.ParseDate(order.CheckIn)
	if err != nil {
		return time.Time{}
	}
	return day.AddDays(1).At(booking.Clock{}, westernmost)
}

// westernmost is the time zone in which every day ends last.
var westernmost = time.FixedZone("", -12*60*60)

// mayBeTooLate reports whether a cancel of the stay may be refused although it is offered: by
// the present clocks of the place its check-in has passed.
func (v *visit) mayBeTooLate(order contract.View) bool {
	return order.Stay != nil && order.Status == booking.Confirmed && !v.Now().Before(v.begins(order))
}

// lastCancel is until when the order can be cancelled, in words; "" if that is not known. A
// stay that is not confirmed can be cancelled after its check-in, too.
func (v *visit) lastCancel(order contract.View, zone string) string {
	at := ownCheckIn(order)
	switch {
	case order.Stay == nil:
		return v.say("cancel.until." + string(order.Kind))
	case !v.Now().Before(v.begins(order)):
		return ""
	case at.IsZero():
		return v.say("cancel.until.checkin")
	default:
		return v.say("cancel.until.lodging", v.moment(at, zone))
	}
}

// offers are what a cancel refunds now and later; none if the order costs nothing, and while
// the customer has to confirm the payment, because nothing is paid then.
func (w words) offers(order contract.View, q contract.Quote, zone string) []offer {
	if order.Status == booking.AwaitingPayment || order.Amount.Amount == 0 {
		return nil
	}
	in := func(amount int64) string {
		return w.money(booking.Money{Amount: amount, Currency: order.Amount.Currency})
	}
	of := func(when string, refund, keep int64) offer {
		o := offer{when: when, refund: in(q.StillDue(refund))}
		if kept := q.Kept(refund, keep); kept > 0 {
			o.keep = in(kept)
		}
		return o
	}
	first := w.say("quote.now")
	if !q.Until.IsZero() {
		first = w.say("quote.until", w.moment(q.Until, zone))
	}
	all := []offer{of(first, q.Refund, q.Keep)}
	for _, l := range q.Later {
		all = append(all, of(w.say("quote.after", w.moment(l.After, zone)), l.Refund, l.Keep))
	}
	return all
}

// cancelForm is what the page of a cancel shows.
type cancelForm struct {
	order   contract.View
	what    string
	offers  []offer
	until   string // until when it can be cancelled
	expect  string
	reason  string
	fault   string   // the fault of the reason
	problem *problem // why the order was not cancelled
}

// showCancel shows what a cancel refunds, before the decision.
func (p *Pages) showCancel(v *visit) error {
	return v.cancelPage(http.StatusOK, cancelForm{})
}

// cancelPage shows the present quote, with the outcome of the last form.
func (v *visit) cancelPage(status int, form cancelForm) error {
	id := v.c.Param("id")
	order, quote, err := v.Orders.Quote(v.ctx, v.caller, booking.KindOf(id), id)
	if err != nil {
		return err
	}
	zone := quote.TimeZone
	if zone == "" {
		zone = v.zoneOf(order)
	}
	form.order, form.what, form.expect, form.offers = order, v.what(order), quote.Quote(), v.offers(order, quote, zone)
	form.until = v.lastCancel(order, zone)
	return v.show(status, cancelPage(v.page(v.say("cancel.title"), "nav.orders"), form))
}

// longestReason is the maximum length of a reason, as in the API.
const longestReason = 500

// cancel cancels an order if it refunds what its customer was shown.
func (p *Pages) cancel(v *visit) error {
	id, reason := v.c.Param("id"), v.field("reason")
	v.back = "/orders/" + id
	if fault := v.textFault(reason, longestReason); fault != "" {
		return v.cancelPage(http.StatusUnprocessableEntity, cancelForm{reason: reason, fault: fault})
	}
	out, err := p.Orders.Decide(v.ctx, v.caller, orders.Decision{
		OrderID: id, Kind: booking.KindOf(id), Update: contract.CancelUpdate,
		Note: booking.Lines(booking.Personal(reason)), Expect: v.field("expect"),
	})
	if errors.Is(err, &booking.Error{Code: booking.QuoteChanged}) || statusOfError(err) == http.StatusServiceUnavailable {
		refusal := v.disclose(err)
		why := v.problem(refusal)
		return v.cancelPage(statusOf(refusal.Code), cancelForm{reason: reason, problem: &why})
	}
	if err != nil {
		return err
	}
	if !out.Done {
		return v.goTo("/orders/" + id + "?accepted=1")
	}
	return v.goTo(orderAt(out.View))
}

func statusOfError(err error) int {
	if refusal, ok := errors.AsType[*booking.Error](err); ok {
		return statusOf(refusal.Code)
	}
	return http.StatusInternalServerError
}
