package booking

import (
	"fmt"
	"time"
)

// CancellationPolicy says how much of a paid order is refunded if its customer cancels. Nil
// refunds everything.
type CancellationPolicy struct {
	// Tiers are ordered from the most generous on, and the first one that holds applies.
	// If none holds, nothing is refunded.
	Tiers []Tier `json:"tiers" nullable:"false" doc:"The first one that holds says what is refunded; if none does, nothing is"`
	// Fee is subtracted from the refund and kept.
	Fee int64 `json:"fee,omitempty" doc:"Kept in addition, of what would otherwise be refunded; in the minor unit of the price's currency" example:"5000"`
	// NoShow is the percentage refunded of a stay whose guests do not come, by default that
	// of the last tier.
	NoShow *int `json:"noShowPercent,omitempty" doc:"Of a stay whose guests do not come: how much is refunded; as much as by the last tier without it"`
	// EarlyDeparture is the percentage refunded of the price of the freed nights, if the
	// guests of a stay leave early.
	EarlyDeparture int `json:"earlyDeparturePercent,omitempty" doc:"Of a stay whose guests leave early: how much is refunded of the price of the nights that are free again"`
}

// Tier says how much is refunded while its condition holds. Each kind of order has one
// condition: see Faults.
type Tier struct {
	// Before holds until this long before check-in.
	Before *Duration `json:"before,omitempty" doc:"Of a stay: holds until so long before check-in" example:"72h"`
	// Within holds for this long after the order was placed.
	Within *Duration `json:"within,omitempty" doc:"Of a cleaning: holds for so long after it was ordered" example:"10m"`
	// Status holds while the order has it.
	Status  Status `json:"status,omitempty" doc:"Of food and drinks: holds while the order has it" example:"paid"`
	Percent int    `json:"percent" minimum:"0" maximum:"100" doc:"How much of the price is refunded" example:"100"`
}

// Cancellation is a decision after which money of an order is refunded.
type Cancellation struct {
	Kind   Kind
	Amount Money  // the price of the whole order
	Status Status // of the order when it was decided
	// PlacedAt is when the order was placed, At when it was decided, and CheckIn when the
	// guests of a stay may come.
	PlacedAt, At, CheckIn time.Time
	Reason                Reason
	// FreedNights is how many of the stay's Nights are free again because its guests leave
	// early; 0 for an order that is cancelled.
	FreedNights, Nights int
	// Freed is the price of those nights if the price of each night is known; nil for their
	// share of the whole price.
	Freed *int64
	// Apart is the amount that the policy has kept at changes of the order. It is included in
	// Amount, and nothing more of it is refunded.
	Apart int64
	// PassedTiers is how many tiers no longer held when the stay was moved to a later day: they do
	// not hold again.
	PassedTiers int
}

// freed is the price of the freed nights.
func (c Cancellation) freed() int64 {
	if c.Freed != nil {
		return *c.Freed
	}
	return c.Amount.Amount * int64(c.FreedNights) / int64(max(c.Nights, c.FreedNights))
}

// Due is how much of an order's price is refunded after a decision and how much is kept, in
// the minor unit of its currency.
type Due struct {
	Refund, Keep int64
	// Tier is the name of the tier or rule that applies. A name never changes its meaning.
	Tier string
	// Until is the last moment at which the tier holds; zero if time does not end it.
	Until time.Time
}

// Names of the rules that apply beside the tiers of a policy.
const (
	TierAll            = "all"         // there is no policy, or it does not apply to the reason
	TierUnconfirmed    = "unconfirmed" // the order is not confirmed yet: everything is refunded
	TierNone           = "none"        // no tier holds: nothing is refunded
	tierNoShow         = "no_show"
	tierEarlyDeparture = "early_departure"
)

// RefundDue is the refund after the decision. Something is kept only if the customer decided or
// caused it, and only of an order that binds the customer (see binds).
func (p *CancellationPolicy) RefundDue(c Cancellation) Due {
	amount := c.Amount.Amount
	ordered := amount - c.Apart
	switch {
	case p == nil:
		return Due{Refund: amount, Tier: TierAll}
	case c.FreedNights > 0:
		return dueOf(c.Amount, c.Apart, share(c.freed(), p.EarlyDeparture), tierEarlyDeparture)
	case c.Reason == NoShow:
		return dueOf(c.Amount, c.Apart, share(ordered, p.noShow())-p.Fee, tierNoShow)
	case c.Reason != ByCustomer:
		return Due{Refund: amount, Tier: TierAll}
	case !c.Kind.binds(c.Status):
		return Due{Refund: amount, Tier: TierUnconfirmed}
	}
	n := p.PassedAt(c)
	if n == len(p.Tiers) {
		return dueOf(c.Amount, c.Apart, 0, TierNone)
	}
	t := p.Tiers[n]
	due := dueOf(c.Amount, c.Apart, share(ordered, t.Percent)-p.Fee, t.name())
	due.Until, _ = t.holds(c)
	return due
}

// PassedAt is how many tiers of the policy no longer hold for a decision of the customer.
func (p *CancellationPolicy) PassedAt(c Cancellation) int {
	for n := c.PassedTiers; n < len(p.Tiers); n++ {
		if _, holds := p.Tiers[n].holds(c); holds {
			return n
		}
	}
	return len(p.Tiers)
}

// dueOf is the Due for a refund of an amount, of which the part apart is kept in any case.
func dueOf(of Money, apart, refund int64, tier string) Due {
	refund = min(payable(max(0, refund), of.Currency), of.Amount-apart)
	return Due{Refund: refund, Keep: of.Amount - refund, Tier: tier}
}

// payable rounds an amount up to one that payment providers can refund: they support two digits
// of currencies that have three, and none of the ariary.
func payable(amount int64, currency string) int64 {
	step := int64(1)
	if digits, _ := Digits(currency); digits == 3 {
		step = 10
	} else if currency == "MGA" {
		step = 100
	}
	return (amount + step - 1) / step * step
}

// share is the percentage of an amount, rounded down.
func share(amount int64, percent int) int64 { return amount * int64(percent) / 100 }

func (p *CancellationPolicy) noShow() int {
	switch {
	case p.NoShow != nil:
		return *p.NoShow
	case len(p.Tiers) > 0:
		return p.Tiers[len(p.Tiers)-1].Percent
	default:
		return 0
	}
}

// Binds reports whether the policy may keep anything after a decision of the customer.
func (c Cancellation) Binds() bool { return c.Kind.binds(c.Status) }

// binds reports whether an order of the kind binds the customer in the status, so that the
// policy applies to a cancellation: decisions are allowed in it, and it does not wait for the
// owner's confirmation.
func (k Kind) binds(s Status) bool { return k.Decides(s) && s != AwaitingOwner }

// holds reports whether the tier's condition holds, and until when.
func (t Tier) holds(c Cancellation) (until time.Time, holds bool) {
	switch {
	case t.Before != nil:
		until = c.CheckIn.Add(-time.Duration(*t.Before))
	case t.Within != nil:
		until = c.PlacedAt.Add(time.Duration(*t.Within))
	default:
		return time.Time{}, t.Status == c.Status
	}
	return until, !c.At.After(until)
}

func (t Tier) name() string {
	switch {
	case t.Before != nil:
		return "before:" + t.Before.String()
	case t.Within != nil:
		return "within:" + t.Within.String()
	default:
		return "status:" + string(t.Status)
	}
}

// LongestQuote is the greatest length of a quote.
const LongestQuote = 64

// KeptBy is how much of an amount the tier of this name keeps if a customer cancels or does not
// come, when changes of the order have kept apart of it already. It returns false if the policy
// has no such tier. Without a policy everything is refunded.
func (p *CancellationPolicy) KeptBy(tier string, of Money, apart int64) (keep int64, known bool) {
	switch {
	case p == nil:
		return 0, tier == TierAll
	case tier == TierUnconfirmed:
		return 0, true
	case tier == TierNone:
		return of.Amount, true
	case tier == tierNoShow:
		return dueOf(of, apart, share(of.Amount-apart, p.noShow())-p.Fee, tier).Keep, true
	}
	for _, t := range p.Tiers {
		if t.name() == tier {
			return dueOf(of, apart, share(of.Amount-apart, t.Percent)-p.Fee, tier).Keep, true
		}
	}
	return 0, false
}

// Quote encodes the refund, so that a decision can name the refund that the customer was shown.
func (d Due) Quote() string { return fmt.Sprintf("%s/%d", d.Tier, d.Refund) }

// DueLater is the refund once a tier has ended.
type DueLater struct {
	After time.Time // the last moment of the tier before
	Due
}

// Later lists how the refund changes with time alone, in order of time. A stay cannot be
// cancelled once its guests may come.
func (p *CancellationPolicy) Later(c Cancellation) (later []DueLater) {
	for due := p.RefundDue(c); !due.Until.IsZero(); {
		after := due.Until
		if c.Kind == Lodging && !after.Before(c.CheckIn) {
			break
		}
		c.At = after.Add(1)
		due = p.RefundDue(c)
		later = append(later, DueLater{After: after, Due: due})
	}
	return later
}

// Settlement is how much of a cancelled order's payment was refunded and kept.
type Settlement struct {
	Refunded Money  `json:"refunded" doc:"What was refunded"`
	Kept     Money  `json:"kept" doc:"What was kept, by the cancellation policy"`
	Tier     string `json:"tier,omitempty" doc:"What of the policy says so" example:"before:72h"`
}
