package web

import (
	"crypto/rand"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

func (p *Pages) mountRefunds(r gin.IRouter) {
	p.page(r, http.MethodGet, "/orders/:id/refund", booking.RefundOrder, byOperators("refund", p.showRefund))
	p.page(r, http.MethodPost, "/orders/:id/refund", booking.RefundOrder, byOperators("refund", p.refund))
}

// ledgerLine is a line of an order's payment.
type ledgerLine struct{ what, amount, state, why, when string }

// refundForm is the content of the page of staff's refunds.
type refundForm struct {
	*ordering
	order  contract.View
	what   string
	lines  []ledgerLine
	paid   string // the state of the payment
	left   booking.Money
	leftIs string
	seen   int64 // the newest line about the order in the log of actions
}

// showRefund shows the ledger of an order, and the form that refunds some of it.
func (p *Pages) showRefund(v *visit) error {
	return v.refundPage(http.StatusOK, v.newOrdering("amount", "reason"))
}

// refundable reads the order and its payment, for callers that may refund. Returns
// NotCharged if nothing was paid.
func (v *visit) refundable() (contract.View, booking.Payment, error) {
	id, err := v.orderID()
	if err != nil {
		return contract.View{}, booking.Payment{}, err
	}
	order, err := v.Orders.Read(v.ctx, v.caller, booking.KindOf(id), id)
	if err == nil {
		err = v.caller.Authorize(booking.RefundOrder, order.Thing())
	}
	if err != nil {
		return order, booking.Payment{}, err
	}
	payment, err := v.Payments.Payment(v.ctx, id)
	if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		err = booking.Errorf(booking.NotCharged, "")
	}
	return order, payment, err
}

func (v *visit) refundPage(status int, o *ordering) error {
	// Before the order: an action between the two reads is not seen, and the form is refused.
	newest, err := v.Actions.Newest(v.ctx, v.c.Param("id"), 1)
	if err != nil {
		return err
	}
	order, payment, err := v.refundable()
	if err != nil {
		return err
	}
	left := booking.Money{Amount: payment.Refundable(), Currency: payment.Amount.Currency}
	form := refundForm{
		ordering: o, order: order, what: v.what(order), left: left, leftIs: v.money(left), paid: payment.Label(v.language),
		lines: v.ledgerLines(order, payment),
	}
	for _, line := range newest {
		form.seen = line.Seq
	}
	return v.show(status, refundPage(v.page(v.say("refund.title"), ""), form))
}

// ledgerLines are the lines of a payment, oldest first: what was charged, and each refund.
func (v *visit) ledgerLines(order contract.View, payment booking.Payment) []ledgerLine {
	zone := v.zoneOf(order)
	lines := []ledgerLine{{what: v.say("ledger.charge"), amount: v.money(payment.Amount), state: payment.Label(v.language), when: v.moment(payment.At, zone)}}
	for _, e := range payment.Entries {
		if e.Kind != booking.RefundEntry {
			continue
		}
		reader := v.caller.ReaderOf(order.Thing())
		lines = append(lines, ledgerLine{
			what: v.say("ledger.refund"), amount: v.money(booking.Money{Amount: -e.Amount.Amount, Currency: e.Amount.Currency}),
			state: v.say(entryStates[e.State]), why: v.why(e, reader, !order.Status.Final()), when: v.moment(e.At, zone),
		})
	}
	return lines
}

// entryStates are the entries for the states of refunds.
var entryStates = map[booking.EntryState]string{
	booking.EntryPending: "ledger.pending", booking.EntryDone: "ledger.done", booking.EntryFailed: "ledger.failed",
}

// entryReasons are the entries for the reasons of refunds without a cancellation.
var entryReasons = map[booking.EntryReason]string{
	booking.Goodwill: "ledger.goodwill", booking.EarlyDeparture: "ledger.early", booking.Disputed: "ledger.disputed", booking.AtProvider: "ledger.provider",
}

// why is the reason of a refund, with the note of the caller that decided it if the reader
// may see that.
func (v *visit) why(e booking.Entry, reader booking.Reader, underWay bool) string {
	reason := booking.Reason(e.Reason).Label(v.language)
	if key, known := entryReasons[e.Reason]; known {
		reason = v.say(key)
	}
	if note := e.Note.Shown(reader, booking.Note, underWay); note != "" {
		return reason + ": " + note
	}
	return reason
}

// refund makes the refund in the form, once.
func (p *Pages) refund(v *visit) error {
	_, payment, err := v.refundable()
	if err != nil {
		return err
	}
	o := v.newOrdering("amount", "reason")
	amount := v.part(o, payment)
	reason := v.text(o, "reason", longestReason)
	if len(o.faults) > 0 {
		return v.refundPage(http.StatusUnprocessableEntity, o)
	}
	id := v.c.Param("id")
	_, err = p.Orders.Refund(orders.WithSeenLine(v.ctx, v.seen()), v.caller, orders.Refund{OrderID: id, Amount: amount, Note: reason, Key: o.key})
	if err != nil {
		return v.notRefunded(o, err)
	}
	return v.goTo("/orders/" + id + "/refund")
}

// part reads the amount of a refund.
func (v *visit) part(o *ordering, payment booking.Payment) booking.Money {
	amount, ok := readAmount(o.fields["amount"], payment.Amount.Currency)
	switch {
	case !ok || amount.Amount == 0:
		o.faults["amount"] = v.say("fault.money")
	case v.Terms != nil && v.Terms.Part(amount) != amount:
		o.faults["amount"] = v.say("fault.part", v.money(v.Terms.Part(amount)))
	}
	return amount
}

// notRefunded shows the form again with why no refund was begun. Its key stays, so that a
// refund that may still begin is not made twice.
func (v *visit) notRefunded(o *ordering, err error) error {
	refusal := v.disclose(err)
	if status := statusOf(refusal.Code); status == http.StatusNotFound || status == http.StatusForbidden {
		return err
	}
	if refusal.Code == orders.IdempotencyKeyReused {
		o.key = rand.Text()
	}
	why := v.problem(refusal)
	o.problem = &why
	return v.refundPage(statusOf(refusal.Code), o)
}
