package booking

import (
	"slices"
	"strings"
	"time"
)

// FurtherCharge is a charge of an order beside its first: the order was changed, and
// costs more. Its Key is its own.
type FurtherCharge struct {
	Charge
	Status PaymentStatus // ChargePending, Charged, Declined or ChargePrevented
	Ref    string        // the provider's own id of the charge, when known, or an operator's evidence of what became of it
	At     time.Time
}

// ChangeKey is the key of the further charge that follows from a change of an order, by
// the id of that decision.
func ChangeKey(orderID, decisionID string) string { return orderID + "/change/" + decisionID }

// ChangeRefundKey is the key of the entry for what a change of an order gives back: since
// the order costs less, or since the change was not made after it was paid for.
func ChangeRefundKey(orderID, decisionID string) string {
	return ChangeKey(orderID, decisionID) + "/refund"
}

// ChangeOfRefund is the id of the change that the entry under a key gives back for. It
// returns false for an entry of something else.
func ChangeOfRefund(orderID, key string) (decisionID string, of bool) {
	if rest, ofChange := strings.CutPrefix(key, ChangeKey(orderID, "")); ofChange {
		return strings.CutSuffix(rest, "/refund")
	}
	return "", false
}

// BetweenRefs stands in a payment's Ref between those of its charges, oldest first.
const BetweenRefs = "\n"

// Refs are the provider's ids of the charges that were taken, oldest first.
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

// Pending tells whether the charge under the key is asked for, and not answered.
func (c FurtherCharge) Pending() bool { return c.Status == ChargePending }

// Price is what was charged, less what changes of the order have given back, or are to.
func (p Payment) Price() int64 {
	return p.Amount.Amount - p.given(func(e Entry) bool { return e.Kind == RefundEntry && e.Reason == Changed })
}

// HadNothingLeft tells whether, at some moment, all that was charged until then was given
// back, or on its way: a change that was made then could give back nothing, and what was
// charged later is not given back for it.
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
