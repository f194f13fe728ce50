package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yeyak/yeyak/booking"
)

// money compares the ledger with what the order must have.
func (f *facts) money(o orderState, d due) []Finding {
	p := f.payment
	switch d.charged {
	case there:
		if o.amount.Amount == 0 {
			if p != nil {
				return f.finds(Money, "", "it is %s and costs nothing; the ledger says: %s", o.status, paymentInWords(p))
			}
			return nil
		}
		if p == nil || p.Status != booking.Charged || !f.isPaidFor(p, o) || p.Kept != 0 || p.Refunded != 0 && len(p.Entries) == 0 {
			return f.finds(Money, "", "it is %s and owes %s; the ledger says: %s", o.status, inWords(o.amount), paymentInWords(p))
		}
	case toConfirm:
		if p == nil || !slices.Contains(confirming, p.Status) {
			return f.finds(Money, "", "it is %s and its customer has to confirm %s; the ledger says: %s", o.status, inWords(o.amount), paymentInWords(p))
		}
	case absent:
		if !owesNothing(p) {
			return f.finds(Money, "", "it is %s and owes %s; the ledger says: %s", o.status, afterAll(p), paymentInWords(p))
		}
	}
	return f.entries()
}

// confirming are the payment statuses of an order that waits for its customer's
// confirmation: the order may not know the result yet.
var confirming = []booking.PaymentStatus{booking.ActionRequired, booking.Charged, booking.Declined}

// keepers are the reasons of cancellations of which a policy may keep something. All
// others refund everything.
var keepers = []booking.Reason{booking.ByCustomer, booking.NoShow}

// entries compares the refunds of a payment with the payment itself.
func (f *facts) entries() (found []Finding) {
	p := f.payment
	if p == nil {
		return nil
	}
	if p.Kept != 0 && (p.Tier == "" || !slices.Contains(keepers, p.Reason)) {
		found = f.finds(Money, "", "nothing may be kept of what is cancelled for the reason %q by the tier %q; the ledger says: %s", p.Reason, p.Tier, paymentInWords(p))
	}
	if len(p.Entries) == 0 {
		return found
	}
	var done, underWay int64
	for _, e := range p.Entries {
		switch {
		case e.ByProvider():
			done += e.Amount.Amount
		case e.Refunds():
			underWay += e.Amount.Amount
		}
		if e.ByHand && e.By != "" && e.Ref == "" {
			found = append(found, f.finds(Money, "", "refund %s was paid by hand, and there is no evidence of it", e.Key)...)
		}
		if e.Amount.Currency != p.Amount.Currency {
			found = append(found, f.finds(Money, "", "refund %s is of %s; the ledger says: %s", e.Key, inWords(e.Amount), paymentInWords(p))...)
		}
	}
	if done != p.Refunded {
		found = append(found, f.finds(Money, "", "its refunds add up to %d; the ledger says: %s", done, paymentInWords(p))...)
	}
	if refunded := done + underWay - p.LostTwice(); refunded > p.Amount.Amount {
		found = append(found, f.finds(Money, "", "its refunds come to %d, which is more than was charged; the ledger says: %s", refunded, paymentInWords(p))...)
	}
	return found
}

// owesNothing reports whether nothing is owed: nothing is charged, and nothing ever will
// be, or everything except the policy's part is refunded.
func owesNothing(p *booking.Payment) bool {
	if p == nil {
		return true
	}
	switch p.Status {
	case booking.Declined, booking.ChargePrevented:
		return true
	case booking.Returned:
		return len(p.Entries) == 0 || isFullyRefunded(p)
	case booking.Refunded:
		return isFullyRefunded(p)
	case booking.Retained:
		return p.Kept > 0 && isFullyRefunded(p)
	default:
		return false
	}
}

// isFullyRefunded reports whether the policy has kept its part and the customer has the rest. Other
// refunds (goodwill, by hand, by a bank) may make it more. The cancellation's own refund is all
// that it owes, unless goodwill has left less: then the customer has everything.
func isFullyRefunded(p *booking.Payment) bool {
	owed, otherwise, beside := p.Amount.Amount-p.Kept, int64(0), int64(0)
	for _, e := range p.Entries {
		if e.State != booking.EntryDone {
			continue
		}
		if !e.ByProvider() {
			otherwise += e.Amount.Amount
		}
		if e.Key != p.RefundKey() {
			beside += e.Amount.Amount
		}
	}
	refunded := p.Refunded + otherwise
	own, undone := p.Entry(p.RefundKey())
	return refunded >= owed && refunded-beside <= owed && (!undone || own.Amount.Amount >= p.Owed() || refunded >= p.Amount.Amount)
}

// provider compares the ledger with the provider's record. A request whose outcome is open may
// or may not have taken effect. A charge beside the one in the ledger is ignored if it was fully
// refunded.
func (f *facts) provider() []Finding {
	var charges []ProviderCharge
	for _, c := range f.charges {
		if c.Charged != (booking.Money{}) && !f.isSpare(c) {
			charges = append(charges, c)
		}
	}
	p := f.payment
	charges = together(p, charges, f.hasEnded())
	switch {
	case len(charges) > 1:
		return f.finds(Provider, f.unresolvedRemedy(), "the provider charged its price %d times: %s", len(charges), chargesInWords(charges))
	case p == nil && len(charges) == 1:
		return f.finds(Provider, "", "the ledger knows of no charge; the provider: %s", chargesInWords(charges))
	case p == nil || agree(p, charges):
		return nil
	default:
		return f.finds(Provider, f.driftRemedy(charges), "the ledger says: %s; the provider: %s", paymentInWords(p), chargesInWords(charges))
	}
}

// hasEnded reports whether the order and its workflow have ended.
func (f *facts) hasEnded() bool { return f.order().status.Final() && f.life != running }

// unresolvedRemedy is the remedy for charges whose outcome the ledger did not have when the order
// ended; "" if the ledger has no such charge.
func (f *facts) unresolvedRemedy() string {
	p := f.payment
	if p != nil && f.hasEnded() && (mayHaveBeenMade(p) || slices.ContainsFunc(p.Further, booking.FurtherCharge.Pending)) {
		return checkRemedy(f.id)
	}
	return ""
}

// mayHaveBeenMade reports whether the order's charge may have been made after all: one of unknown
// outcome that a person has refunded by hand, or one that was confirmed too late.
func mayHaveBeenMade(p *booking.Payment) bool {
	return p.Status == booking.Returned && p.Ref == "" || p.MayBeChargedLate()
}

// driftRemedy is the remedy if the provider has refunded more than the ledger has, or less
// because a refund failed after it was done, or if a charge was made after all.
func (f *facts) driftRemedy(charges []ProviderCharge) string {
	if len(charges) == 1 && mayHaveBeenMade(f.payment) {
		return checkRemedy(f.id)
	}
	if len(charges) != 1 || charges[0].Ref != f.payment.Ref {
		return ""
	}
	mayHaveFailed := slices.ContainsFunc(f.payment.Entries, booking.Entry.ByProvider)
	if charges[0].Refunded > f.payment.Refunded || charges[0].Refunded < f.payment.Refunded && mayHaveFailed {
		return checkRemedy(f.id)
	}
	return ""
}

// known is a permanent, recorded loss of an order's money: a bank has charged back what was
// refunded before.
func (f *facts) known() []Finding {
	if f.payment == nil || f.payment.LostTwice() == 0 {
		return nil
	}
	beyond := booking.Money{Amount: f.payment.LostTwice(), Currency: f.payment.Amount.Currency}
	return f.finds(Money, "", "%s were disputed beyond what was left, and are lost; the ledger says: %s", inWords(beyond), paymentInWords(f.payment))
}

func (f *facts) isSpare(c ProviderCharge) bool {
	return f.payment != nil && !isOf(f.payment, c) && c.Refunded == c.Charged.Amount
}

// agree reports whether ledger and provider agree. For a charge in another amount, by a
// release with another currency unit, it suffices that both say that all is refunded. A
// refund that the provider has accepted counts as done there, and as under way in the
// ledger.
func agree(p *booking.Payment, charges []ProviderCharge) bool {
	switch p.Status {
	case booking.Charged, booking.Refunded, booking.Retained:
		if len(charges) != 1 || charges[0].Ref != p.Ref {
			return false
		}
		refunded := charges[0].Refunded
		if p.Status == booking.Refunded && p.Kept == 0 && refunded == charges[0].Charged.Amount && (charges[0].Charged != p.Amount || len(p.Entries) == 0) {
			return true
		}
		return charges[0].Charged == p.Amount && refunded >= p.Refunded && refunded <= p.Refunded+pending(p)
	case booking.Returned: // the provider knows only a part of it
		if p.Ref == "" { // paid by hand; the provider did not even know a charge
			return len(charges) == 0
		}
		return len(charges) == 1 && charges[0].Charged == p.Amount && charges[0].Ref == p.Ref
	case booking.Declined, booking.ChargePrevented:
		return len(charges) == 0
	default:
		return true
	}
}

// pending is the sum of refunds that the provider may have accepted.
func pending(p *booking.Payment) (sum int64) {
	for _, e := range p.Entries {
		if e.Kind == booking.RefundEntry && e.State == booking.EntryPending {
			sum += e.Amount.Amount
		}
	}
	return sum
}

// afterAll describes what the customer of an ended order has to have paid.
func afterAll(p *booking.Payment) string {
	if p != nil && p.Kept > 0 {
		return inWords(booking.Money{Amount: p.Kept, Currency: p.Amount.Currency})
	}
	return "nothing"
}

// moneyInWords describes what the customer has paid, or may have paid, and has not got back; ""
// for nothing.
func (f *facts) moneyInWords() string {
	if !owesNothing(f.payment) {
		return paymentInWords(f.payment)
	}
	return ""
}

func paymentInWords(p *booking.Payment) string {
	switch {
	case p == nil:
		return "no charge"
	case p.Refunded != 0 && p.Kept != 0:
		return fmt.Sprintf("%s %s, %d of it refunded and %d kept", inWords(p.Amount), p.Status, p.Refunded, p.Kept)
	case p.Kept != 0:
		return fmt.Sprintf("%s %s, %d of it kept", inWords(p.Amount), p.Status, p.Kept)
	case p.Refunded != 0:
		return fmt.Sprintf("%s %s, %d of it refunded", inWords(p.Amount), p.Status, p.Refunded)
	default:
		return fmt.Sprintf("%s %s", inWords(p.Amount), p.Status)
	}
}

func chargesInWords(charges []ProviderCharge) string {
	if len(charges) == 0 {
		return "nothing charged"
	}
	words := make([]string, len(charges))
	for i, c := range charges {
		words[i] = fmt.Sprintf("%s charged under %s, %d of it refunded", inWords(c.Charged), strings.ReplaceAll(c.Ref, booking.BetweenRefs, " and "), c.Refunded)
	}
	return strings.Join(words, ", and ")
}

func inWords(m booking.Money) string { return fmt.Sprintf("%d %s", m.Amount, m.Currency) }
