package web

import (
	"errors"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// preview describes what the action will do to the order in its present state.
func (v *visit) preview(f *actionForm, is orderState) error {
	switch f.chosen.action {
	case booking.RetryOrder:
		return v.previewRetry(f)
	case booking.CancelOrder:
		return v.previewCancel(f)
	case booking.RefundOrder:
		left := booking.Money{Amount: is.payment.Refundable(), Currency: is.payment.Amount.Currency}
		f.most = v.money(left)
		f.says = []string{v.say("act.says.refund", f.order.CustomerID, f.most), v.say("act.notified.customer")}
	case booking.ResolvePayment:
		f.owed = v.owedLines(is)
		f.says = []string{v.say("act.says.resolve"), v.say("act.notified.resolve")}
	case booking.SettleOrder:
		back := booking.Money{Amount: is.payment.Owed(), Currency: is.payment.Amount.Currency}
		f.says = []string{v.say("act.says.settle", v.badgeOf(is.order).text), v.say("act.says.undone"), v.say("act.notified.all")}
		if is.payment.WasCharged() && back.Amount > 0 {
			f.says = append(f.says, v.say("act.says.back", v.money(back)))
		}
	}
	return nil
}

// previewRetry lists the steps that will be retried. NothingToRetry and similar refusals
// do not fail the page.
func (v *visit) previewRetry(f *actionForm) error {
	steps, err := v.Orders.Waiting(v.ctx, v.caller, f.order.ID)
	if err != nil && !errors.Is(err, &booking.Error{Code: orders.NotRunning}) {
		return err
	}
	f.may = false
	for _, s := range steps {
		line := waitingLine{name: s.Name, failure: s.Failure}
		switch {
		case s.Paused:
			line.paused = v.say("act.paused")
		default:
			f.may = true
			line.next = v.say("act.next", s.Attempt, v.moment(s.Next, v.zoneOf(f.order)))
		}
		f.steps = append(f.steps, line)
	}
	f.says = []string{v.say("act.says.retry"), v.say("act.notified.nobody")}
	return nil
}

func (v *visit) previewCancel(f *actionForm) error {
	order, quote, err := v.Orders.Quote(v.ctx, v.caller, f.order.Kind, f.order.ID)
	if err != nil {
		if statusOfError(err) >= 500 {
			return err
		}
		f.may = false // the order has advanced too far meanwhile
		return nil
	}
	zone := quote.TimeZone
	if zone == "" {
		zone = v.zoneOf(order)
	}
	f.order, f.expect, f.offers = order, quote.Quote(), v.offers(order, quote, zone)
	f.says = []string{v.say("act.says.cancel"), v.say("act.says.undone"), v.say("act.notified.all")}
	return nil
}

// owedLines are the refunds that the provider has not made, with its words.
func (v *visit) owedLines(is orderState) (lines []ledgerLine) {
	for _, e := range is.payment.Unmade() {
		amount := e.Amount
		if amount.Amount == 0 {
			amount = booking.Money{Amount: is.payment.Owed(), Currency: is.payment.Amount.Currency}
		}
		lines = append(lines, ledgerLine{
			what: v.say("ledger.refund"), amount: v.money(amount), state: v.say(entryStates[e.State]), why: e.Words, when: v.momentOf(e, is),
		})
	}
	return lines
}

// momentOf is when a refund was decided, "" if that is not known.
func (v *visit) momentOf(e booking.Entry, is orderState) string {
	if e.At.IsZero() {
		return ""
	}
	return v.moment(e.At, v.zoneOf(is.order))
}
