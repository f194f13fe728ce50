package audit

import (
	"fmt"
	"strings"

	"github.com/yeyak/yeyak/booking"
)

// money compares the ledger with what the order owes.
func (f *facts) money(o standing, d due) []Finding {
	p := f.payment
	switch d.charged {
	case there:
		if o.amount.Amount == 0 {
			if p != nil {
				return f.finds(Money, "", "it is %s and costs nothing; the ledger says: %s", o.status, paymentInWords(p))
			}
			return nil
		}
		if p == nil || p.Status != booking.Charged || p.Amount != o.amount || p.Refunded != 0 {
			return f.finds(Money, "", "it is %s and owes %s; the ledger says: %s", o.status, inWords(o.amount), paymentInWords(p))
		}
	case absent:
		if !settled(p) {
			return f.finds(Money, "", "it is %s and owes nothing; the ledger says: %s", o.status, paymentInWords(p))
		}
	}
	return nil
}

// settled tells whether nothing is charged, and nothing ever will be.
func settled(p *booking.Payment) bool {
	if p == nil {
		return true
	}
	switch p.Status {
	case booking.Declined, booking.ChargePrevented, booking.Returned:
		return true
	case booking.Refunded:
		return p.Refunded == p.Amount.Amount
	default:
		return false
	}
}

// provider compares the ledger with the provider's record. What is still being
// decided with the provider is at any point in between. A charge that was given
// back beside the one that the ledger knows is as good as none.
func (f *facts) provider() []Finding {
	var taken []ProviderCharge
	for _, c := range f.charges {
		if c.Taken != (booking.Money{}) && !f.isSpare(c) {
			taken = append(taken, c)
		}
	}
	p := f.payment
	switch {
	case len(taken) > 1:
		return f.finds(Provider, "", "the provider took its price %d times: %s", len(taken), chargesInWords(taken))
	case p == nil && len(taken) == 1:
		return f.finds(Provider, "", "the ledger knows of no charge; the provider: %s", chargesInWords(taken))
	case p == nil || agree(p, taken):
		return nil
	default:
		return f.finds(Provider, "", "the ledger says: %s; the provider: %s", paymentInWords(p), chargesInWords(taken))
	}
}

func (f *facts) isSpare(c ProviderCharge) bool {
	return f.payment != nil && c.Ref != f.payment.Ref && c.Refunded == c.Taken.Amount
}

// agree tells whether the ledger and the provider say the same. Of a charge that
// was taken in another amount, by a release that knew another unit, it is enough
// that both say that all of it is given back.
func agree(p *booking.Payment, taken []ProviderCharge) bool {
	switch p.Status {
	case booking.Charged, booking.Refunded:
		if p.Status == booking.Refunded && len(taken) == 1 && taken[0].Refunded == taken[0].Taken.Amount {
			return taken[0].Ref == p.Ref
		}
		return len(taken) == 1 && taken[0].Taken == p.Amount && taken[0].Refunded == p.Refunded && taken[0].Ref == p.Ref
	case booking.Returned: // of which the provider knows in part only
		return len(taken) == 1 && taken[0].Taken == p.Amount && taken[0].Ref == p.Ref
	case booking.Declined, booking.ChargePrevented:
		return len(taken) == 0
	default:
		return true
	}
}

// moneyInWords is what the customer has paid, or may have, and has not got
// back; "" for nothing.
func (f *facts) moneyInWords() string {
	if !settled(f.payment) {
		return paymentInWords(f.payment)
	}
	return ""
}

func paymentInWords(p *booking.Payment) string {
	switch {
	case p == nil:
		return "no charge"
	case p.Refunded != 0:
		return fmt.Sprintf("%s %s, %d of it given back", inWords(p.Amount), p.Status, p.Refunded)
	default:
		return fmt.Sprintf("%s %s", inWords(p.Amount), p.Status)
	}
}

func chargesInWords(taken []ProviderCharge) string {
	if len(taken) == 0 {
		return "nothing taken"
	}
	words := make([]string, len(taken))
	for i, c := range taken {
		words[i] = fmt.Sprintf("%s taken under %s, %d of it given back", inWords(c.Taken), c.Ref, c.Refunded)
	}
	return strings.Join(words, ", and ")
}

func inWords(m booking.Money) string { return fmt.Sprintf("%d %s", m.Amount, m.Currency) }
