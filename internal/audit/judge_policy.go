package audit

import (
	"slices"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// terms say how much of an order's price may be kept: its policy and, once it is cancelled, the
// final amounts that it shows. Both are nil for an order that refunds everything.
type terms struct {
	policy       *booking.CancellationPolicy
	finalAmounts *booking.Settlement
	apart        int64 // the sum that changes of the order have kept
	// departure is the refund for guests who have left early.
	departure int64
}

func termsOf(v contract.View) terms {
	t := terms{finalAmounts: v.FinalAmounts, apart: v.KeptByChanges(), departure: v.DepartureDue()}
	if v.Terms != nil {
		t.policy = &v.Terms.Cancellation
	}
	return t
}

// asPolicySays compares what the ledger keeps of a cancelled order with what its policy keeps by
// that tier, less refunds by others, and with what its customer is shown.
func (f *facts) asPolicySays(o orderState) (found []Finding) {
	p := f.payment
	if o.status != booking.Cancelled || p == nil || f.view == nil && f.row == nil {
		return nil
	}
	keeps, known := o.terms.policy.KeptBy(p.Tier, o.amount, o.terms.apart)
	if wasChanged(p) && keeps != p.Kept { // an order that was reset after its cancellation may not have the price of that time
		keeps, known = o.terms.policy.KeptBy(p.Tier, booking.Money{Amount: p.Price(), Currency: p.Amount.Currency}, o.terms.apart)
	}
	asSaid := keeps == p.Kept || p.Kept < keeps && othersTook(p, keeps)
	ofItsReason := p.Tier == booking.TierAll || (p.Reason == booking.NoShow) == (p.Tier == string(booking.NoShow))
	if p.Tier != "" && (!known || !asSaid || !ofItsReason) {
		found = f.finds(Money, "", "its policy does not keep %d by %q; the ledger says: %s", p.Kept, p.Tier, paymentInWords(p))
	}
	shown := int64(0)
	if o.terms.finalAmounts != nil {
		shown = o.terms.finalAmounts.Kept.Amount
	}
	if shown != p.Kept {
		found = append(found, f.finds(Money, "", "its customer is shown that %d is kept by the policy; the ledger keeps %d", shown, p.Kept)...)
	}
	return found
}

// wasChanged reports whether changes of its order have charged more, or refunded
// something.
func wasChanged(p *booking.Payment) bool {
	return len(p.Refs()) > 1 || slices.ContainsFunc(p.Entries, func(e booking.Entry) bool { return e.Reason == booking.Changed })
}

// asDeparted compares the refund of guests who have left early with what the policy gives for
// their nights, or with what was left of the payment if that is less.
func (f *facts) asDeparted(o orderState) []Finding {
	p := f.payment
	if o.kind != booking.Lodging || o.status != booking.Completed || p == nil || f.underWay(contract.RefundPartActivity) {
		return nil
	}
	e, exists := p.Entry(contract.EarlyKey(f.id))
	due := o.terms.departure
	if e.Amount.Amount == due && (exists || due == 0) || e.Amount.Amount < due && beside(p, isRefund) >= p.Amount.Amount {
		return nil
	}
	return f.finds(Money, "", "its guests left early, and get %d back for that; the ledger has %d; it says: %s", due, e.Amount.Amount, paymentInWords(p))
}

// othersTook reports whether other refunds have left less to keep than the policy
// keeps. The undo of the charge then refunds no more than the policy gives, and than
// the other refunds that had been made by its end and have failed since.
func othersTook(p *booking.Payment, keeps int64) bool {
	own, _ := p.Entry(p.RefundKey())
	most := p.Amount.Amount - keeps + beside(p, hasFailed)
	return p.Kept+own.Amount.Amount+beside(p, booking.Entry.IsRefunded) >= p.Amount.Amount && own.Amount.Amount <= most
}

func hasFailed(e booking.Entry) bool { return isRefund(e) && e.State == booking.EntryFailed }

// isRefund reports whether an entry was or will be refunded.
func isRefund(e booking.Entry) bool { return e.Kind == booking.RefundEntry }

// beside is the sum of such entries, without the undo of the charge.
func beside(p *booking.Payment, counts func(booking.Entry) bool) (sum int64) {
	for _, e := range p.Entries {
		if counts(e) && e.Key != p.RefundKey() {
			sum += e.Amount.Amount
		}
	}
	return sum
}
