package contract

import (
	"strings"

	"github.com/yeyak/yeyak/booking"
)

// RefundWorkflow gives back a part of what was paid for an order that has ended.
const RefundWorkflow = "Refund"

// Updates about an order's money, which its saga takes beside the decisions on the
// order. RefundUpdate carries a Refund and answers the booking.Repaid that came of it,
// once the payment provider has been asked. ResolveUpdate is a Decision: its note is
// the evidence that what the provider cannot give back was paid by hand.
const (
	RefundUpdate  = "refund"
	ResolveUpdate = "resolve"
)

// DecisionsExhausted is the code for an order that takes no more decisions until it
// is reset.
const DecisionsExhausted = booking.Code("decisions_exhausted")

// refundEntry begins the key of the ledger's entry for a refund by staff. The id of
// the refund follows.
const refundEntry = "refund/"

// Refund is a part of what was paid that staff gives back.
type Refund struct {
	// ID is that of the decision: one refund is made under it.
	ID     string           `json:"id"`
	Amount booking.Money    `json:"amount"`
	Note   booking.Personal `json:"note"` // why, in the words of the one who decided
	By     string           `json:"by,omitempty"`
	// Bytes is how large the update was, of one that was too large: see Decision.
	Bytes int `json:"bytes,omitempty"`
}

// RefundKey is the key of the ledger's entry for the refund with this id.
func RefundKey(id string) string { return refundEntry + id }

// RefundID is the id of the refund by staff that the entry is of. It returns false for
// an entry of something else.
func RefundID(key string) (id string, ofStaff bool) { return strings.CutPrefix(key, refundEntry) }

// EarlyRefund is the id, in messages and events, of the refund that follows from an
// early departure. No refund by staff has it.
const EarlyRefund = "early-departure"

// CancelRefund is the id, in messages, of the refund of an order that is cancelled. No
// refund by staff has it.
const CancelRefund = "cancellation"

// ChangeRefund is the id, in messages and events, of what a change of a stay gives back.
// No refund by staff has it.
func ChangeRefund(id string) string { return "change-" + id }

// EarlyKey is the key of the ledger's entry for what is given back since the guests of
// the order left early.
func EarlyKey(orderID string) string { return "early/" + orderID }

// RefundIDOf is the id of an order's refund by the key of its entry, whether it is by staff,
// for an early departure, of a change of the stay, or the undo's own. ok is false for a refund by others.
func RefundIDOf(orderID, key string) (id string, ok bool) {
	switch key {
	case EarlyKey(orderID):
		return EarlyRefund, true
	case booking.Payment{Charge: booking.Charge{Key: booking.ChargeKey(orderID)}}.RefundKey():
		return CancelRefund, true
	}
	if change, of := booking.ChangeOfRefund(orderID, key); of {
		return ChangeRefund(change), true
	}
	return RefundID(key)
}

// RefundWorkflowID is the id of the workflow that makes the refund after the order's
// end.
func RefundWorkflowID(orderID, id string) string { return orderID + "/" + RefundKey(id) }

// Exceeds is the refusal of a refund of more than is left.
func Exceeds(left booking.Money) *booking.Error {
	return booking.Errorf(booking.RefundExceeds, "%d %s are left of what was paid", left.Amount, left.Currency)
}

// Key is the key of the refund's entry in the ledger.
func (r Refund) Key() string { return RefundKey(r.ID) }

// Check is an Invalid if no refund can be made so.
func (r Refund) Check() error {
	var is objections
	r.check(&is)
	return is.err()
}

func (r Refund) check(is *objections) {
	is.unless(r.Bytes == 0, "input", "has %d bytes, of which at most %d are taken", r.Bytes, LargestUpdate)
	is.name("id", r.ID)
	is.money("amount", r.Amount)
	is.unless(r.Amount.Amount > 0, "amount", "must be more than 0")
	is.words("note", r.Note)
	is.by("by", r.By)
}

// Refunding is what a refund after the end of its order starts with.
type Refunding struct {
	Refund Refund `json:"refund"`
	// Order is the order as it ended.
	Order  View   `json:"order"`
	Policy Policy `json:"policy"`
}

// RefundAgainWorkflow gives back again, after the end of its order, what has failed at the
// provider though it was done. Its id is that of the refund's workflow.
const RefundAgainWorkflow = "RefundAgain"

// RefundFailedSignal carries a booking.Entry to the order's saga: a refund that has failed,
// which the saga may have taken for done.
const RefundFailedSignal = "refund-failed"

// RefundingAgain is what such a refund starts with.
type RefundingAgain struct {
	Entry booking.Entry `json:"entry"` // as it has failed
	// Order is the order as it ended.
	Order  View   `json:"order"`
	Policy Policy `json:"policy"`
}

// Refund is the refund that is made again.
func (r RefundingAgain) Refund() Refund {
	id, _ := RefundIDOf(r.Order.ID, r.Entry.Key)
	return Refund{ID: id, Amount: r.Entry.Amount, Note: r.Entry.Note, By: r.Entry.By}
}

// Check is an Invalid if no such refund can start with this.
func (r RefundingAgain) Check() error {
	var is objections
	_, ours := RefundIDOf(r.Order.ID, r.Entry.Key)
	is.unless(ours, "entry.key", "is not of a refund of the order's")
	is.money("entry.amount", r.Entry.Amount)
	is.unless(r.Entry.State == booking.EntryFailed, "entry.state", "must be failed")
	is.unless(booking.IsOrderID(r.Order.Kind, r.Order.ID), "order.id", "is not the id of an order of this kind")
	is.unless(r.Order.Status.Final(), "order.status", "is not the end of an order")
	is.name("order.customerId", r.Order.CustomerID)
	r.Policy.check(&is)
	return is.err()
}

// Check is an Invalid if no such refund can start with this.
func (r Refunding) Check() error {
	var is objections
	r.Refund.check(&is)
	is.unless(booking.IsOrderID(r.Order.Kind, r.Order.ID), "order.id", "is not the id of an order of this kind")
	is.unless(r.Order.Status.Final(), "order.status", "is not the end of an order")
	is.name("order.customerId", r.Order.CustomerID)
	is.unless(r.Refund.Amount.Currency == r.Order.Amount.Currency, "amount.currency", "is not the order's")
	r.Policy.check(&is)
	return is.err()
}
