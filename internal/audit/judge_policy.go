package audit

import (
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// terms are what of an order says how much of its price may be kept: its policy and,
// once it is cancelled, what it shows. Both are nil for an order that gives everything
// back.
type terms struct {
	policy  *booking.CancellationPolicy
	settled *booking.Settlement
}

func termsOf(v contract.View) terms {
	t := terms{settled: v.Settled}
	if v.Terms != nil {
		t.policy = &v.Terms.Cancellation
	}
	return t
}

// asPolicySays compares what the ledger keeps of an order that was cancelled with what its
// policy keeps by that tier, and with what its customer is shown.
func (f *facts) asPolicySays(o standing) (found []Finding) {
	p := f.payment
	if o.status != booking.Cancelled || p == nil || f.view == nil && f.row == nil {
		return nil
	}
	keeps, known := o.terms.policy.KeptBy(p.Tier, p.Amount)
	if p.Kept != 0 && p.Tier != "" && (!known || keeps != p.Kept) {
		found = f.finds(Money, "", "its policy does not keep %d by %q; the ledger says: %s", p.Kept, p.Tier, paymentInWords(p))
	}
	shown := int64(0)
	if o.terms.settled != nil {
		shown = o.terms.settled.Kept.Amount
	}
	if shown != p.Kept {
		found = append(found, f.finds(Money, "", "its customer is shown that %d is kept by the policy; the ledger keeps %d", shown, p.Kept)...)
	}
	return found
}
