package booking

import (
	"slices"
	"strings"
	"time"
)

// FurtherCharge is a charge of an order beside its first, because the order was changed and
// costs more. It has its own Key.
type FurtherCharge struct {
	Charge
	Status PaymentStatus // ChargePending, Charged, Declined or ChargePrevented
	Ref    string        // the provider's id of the charge, if known, or an operator's evidence of its outcome
	At     time.Time
}

// ChangeKey is the key of the further charge for a change of an order, from the id of that
// decision.
func ChangeKey(orderID, decisionID string) string { return orderID + "/change/" + decisionID }

// ChangeRefundKey is the key of the refund for a change of an order: because the order costs
// less, or because the change was paid for and not made.
func ChangeRefundKey(orderID, decisionID string) string {
	return ChangeKey(orderID, decisionID) + "/refund"
}

// ChangeOfRefund returns the id of the change that the refund under a key belongs to. It returns
// false if the refund belongs to no change.
func ChangeOfRefund(orderID, key string) (decisionID string, of bool) {
	if rest, ofChange := strings.CutPrefix(key, ChangeKey(orderID, "")); ofChange {
		return strings.CutSuffix(rest, "/refund")
	}
	return "", false
}

// BetweenRefs separates the refs of a payment's charges in its Ref, oldest first.
const BetweenRefs = "\n"

// Refs are the provider's ids of the charges that were made, oldest first.
func (p Payment) Refs() []string { return strings.Split(p.Ref, BetweenRefs) }

// FirstCharge is the amount of a payment's first charge.
func (p Payment) FirstCharge() Money {
	first := p.Amount
	for _, c := range p.Further {
		if c.Status == Charged {
			first.Amount -= c.Amount.Amount
		}
	}
	return first
}

// Pending reports whether the charge is requested and not answered.
func (c FurtherCharge) Pending() bool { return c.Status == ChargePending }

// Price is what was charged, less the refunds for changes of the order, whatever their state.
func (p Payment) Price() int64 {
	return p.Amount.Amount - p.sumOf(func(e Entry) bool { return e.Kind == RefundEntry && e.Reason == Changed })
}

// HadNothingLeft reports whether, at some moment, all that was charged until then was refunded
// or being refunded. A change made at that moment could refund nothing, and later charges are
// not refunded for it.
func (p Payment) HadNothingLeft() bool {
	type moment struct {
		at   time.Time
		more int64
	}
	var turns []moment
	for _, c := range p.Further {
		if c.Status == Charged {
			turns = append(turns, moment{c.At, c.Amount.Amount})
		}
	}
	for _, e := range p.Entries {
		if e.Refunds() {
			turns = append(turns, moment{e.At, -e.Amount.Amount})
		}
	}
	slices.SortStableFunc(turns, func(a, b moment) int { return a.at.Compare(b.at) })
	left := p.FirstCharge().Amount
	for _, turn := range turns {
		if left += turn.more; left <= 0 {
			return true
		}
	}
	return false
}
