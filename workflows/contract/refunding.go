package contract

import (
	"strings"

	"github.com/yeyak/yeyak/booking"
)

// RefundWorkflow refunds a part of what was paid for an order that has ended.
const RefundWorkflow = "Refund"

// Updates about an order's money. RefundUpdate carries a Refund and answers the resulting
// booking.Repaid once the payment provider has been called. ResolveUpdate carries a Decision: its
// note is the evidence that a refund which the provider cannot make was paid by hand.
const (
	RefundUpdate  = "refund"
	ResolveUpdate = "resolve"
)

// DecisionsExhausted is the code of an order that accepts no more decisions of the kind, or none
// at all, until it is reset.
const DecisionsExhausted = booking.Code("decisions_exhausted")

// refundEntry is the prefix of the key of the ledger's entry for a refund by staff. The id
// of the refund follows.
const refundEntry = "refund/"

// Refund is a refund by staff of a part of what was paid.
type Refund struct {
	// ID is the decision's id. Only one refund is made under it.
	ID     string           `json:"id"`
	Amount booking.Money    `json:"amount"`
	Note   booking.Personal `json:"note"` // the reason, in the words of the person who decided
	By     string           `json:"by,omitempty"`
	// Bytes is the size of an update that was too large: see Decision.
	Bytes int `json:"bytes,omitempty"`
}

// RefundKey is the key of the ledger's entry for the refund with this id.
func RefundKey(id string) string { return refundEntry + id }

// RefundID is the id of the refund by staff with this key in the ledger. ofStaff is false
// for any other entry.
func RefundID(key string) (id string, ofStaff bool) { return strings.CutPrefix(key, refundEntry) }

// EarlyRefund is the id, in messages and events, of the refund for an early departure. No
// refund by staff has it.
const EarlyRefund = "early-departure"

// CancelRefund is the id, in messages, of the refund of a cancelled order. No refund by
// staff has it.
const CancelRefund = "cancellation"

// ChangeRefund is the id, in messages and events, of the refund for a change. No refund by
// staff has it.
func ChangeRefund(id string) string { return "change-" + id }

// EarlyKey is the key of the ledger's entry of the refund for an early departure.
func EarlyKey(orderID string) string { return "early/" + orderID }

// RefundIDOf is the id of the order's refund with this key in the ledger: by staff, for an
// early departure, for a change, or of the cancelled order. ok is false for any other
// entry.
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

// RefundWorkflowID is the id of the workflow that makes the refund after the order's end.
func RefundWorkflowID(orderID, id string) string { return orderID + "/" + RefundKey(id) }

// Exceeds is the RefundExceeds error for a refund of more than is left.
func Exceeds(left booking.Money) *booking.Error {
	return booking.Errorf(booking.RefundExceeds, "%d %s are left of what was paid", left.Amount, left.Currency)
}

// Key is the key of the refund's entry in the ledger.
func (r Refund) Key() string { return RefundKey(r.ID) }

// Check returns Invalid if no order accepts the refund.
func (r Refund) Check() error {
	var is objections
	r.check(&is)
	return is.err()
}

func (r Refund) check(is *objections) {
	is.unless(r.Bytes == 0, "input", "has %d bytes, of which at most %d are accepted", r.Bytes, LargestUpdate)
	is.name("id", r.ID)
	is.money("amount", r.Amount)
	is.unless(r.Amount.Amount > 0, "amount", "must be more than 0")
	is.words("note", r.Note)
	is.by("by", r.By)
}

// Refunding is the input of a refund after the end of its order.
type Refunding struct {
	Refund Refund `json:"refund"`
	// Order is the order as it ended.
	Order  View   `json:"order"`
	Policy Policy `json:"policy"`
}

// RefundAgainWorkflow makes a refund again, after the end of its order, that has failed at
// the provider although it was done. Its id is that of the refund's workflow.
const RefundAgainWorkflow = "RefundAgain"

// RefundFailedSignal carries a booking.Entry to the order's saga: a refund that has failed,
// although the saga may have recorded it as done.
const RefundFailedSignal = "refund-failed"

// RefundingAgain is the input of such a refund.
type RefundingAgain struct {
	Entry booking.Entry `json:"entry"` // of the failed refund
	// Order is the order as it ended.
	Order  View   `json:"order"`
	Policy Policy `json:"policy"`
}

// Refund is the refund that is made again.
func (r RefundingAgain) Refund() Refund {
	id, _ := RefundIDOf(r.Order.ID, r.Entry.Key)
	return Refund{ID: id, Amount: r.Entry.Amount, Note: r.Entry.Note, By: r.Entry.By}
}

// Check returns Invalid if no such refund can start with the input.
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

// Check returns Invalid if no such refund can start with the input.
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
