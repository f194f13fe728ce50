package booking

import (
	"fmt"
	"time"
)

// CancellationPolicy is what is given back of a paid order that its customer
// cancels. Nil gives everything back, always.
type CancellationPolicy struct {
	// Tiers are tried in their order, which is from the most generous on. When none
	// holds, nothing is given back.
	Tiers []Tier `json:"tiers" nullable:"false" doc:"The first one that holds says what is given back; when none does, nothing is"`
	// Fee is kept besides, of what would else be given back.
	Fee int64 `json:"fee,omitempty" doc:"Kept besides, of what would else be given back; in the minor unit of the price's currency" example:"5000"`
	// NoShow is of a stay whose guests do not come: the percentage that is given back,
	// by default that of the last tier.
	NoShow *int `json:"noShowPercent,omitempty" doc:"Of a stay whose guests do not come: how much is given back; as much as by the last tier without it"`
	// EarlyDeparture is of a stay whose guests leave early: the percentage that is
	// given back of the price of the nights which are freed.
	EarlyDeparture int `json:"earlyDeparturePercent,omitempty" doc:"Of a stay whose guests leave early: how much is given back of the price of the nights that are free again"`
}

// Tier is what is given back while its condition holds. Each kind of order has
// one condition: see Faults.
type Tier struct {
	// Before: at least so long before check-in.
	Before *Duration `json:"before,omitempty" doc:"Of a stay: holds until so long before check-in" example:"72h"`
	// Within: at most so long after the order was placed.
	Within *Duration `json:"within,omitempty" doc:"Of a cleaning: holds for so long after it was ordered" example:"10m"`
	// Status: while the order stands in it.
	Status  Status `json:"status,omitempty" doc:"Of food and drinks: holds while the order stands in it" example:"paid"`
	Percent int    `json:"percent" minimum:"0" maximum:"100" doc:"How much of the price is given back" example:"100"`
}

// Cancellation is a decision by which an order gives back money.
type Cancellation struct {
	Kind   Kind
	Amount Money  // the price of the whole order
	Status Status // of the order when it was decided
	// PlacedAt is when the order was placed, At when it was decided and CheckIn, of a
	// stay, when the guests may come.
	PlacedAt, At, CheckIn time.Time
	Why                   Reason
	// FreedNights, of the Nights of a stay, are free again since its guests leave
	// early; 0 for an order that is cancelled.
	FreedNights, Nights int
	// Freed is what those nights cost, where that is known of each night; nil: their part of
	// the price.
	Freed *int64
	// Apart is what changes of the order have kept of what they gave up. It is in the Amount,
	// and nothing more is given back of it.
	Apart int64
	// Passed is how many tiers held no more when the stay was moved to a later day: they do not
	// hold again.
	Passed int
}

// freed is what the freed nights cost.
func (c Cancellation) freed() int64 {
	if c.Freed != nil {
		return *c.Freed
	}
	return c.Amount.Amount * int64(c.FreedNights) / int64(max(c.Nights, c.FreedNights))
}

// Due is what a decision gives back of an order's price, and what is kept, in
// the minor unit of its currency.
type Due struct {
	GiveBack, Keep int64
	// Tier is a short name of what says so. It never changes its meaning.
	Tier string
	// Until is the last moment at which the tier holds; zero when time does not end
	// it.
	Until time.Time
}

// Names of what gives back, beside those of the tiers of a policy.
const (
	TierAll            = "all"         // there is no policy, or it does not apply to the reason
	TierUnconfirmed    = "unconfirmed" // the order does not stand yet: everything is given back
	TierNone           = "none"        // no tier holds: nothing is
	tierNoShow         = "no_show"
	tierEarlyDeparture = "early_departure"
)

// RefundDue is what the decision gives back. Only what the customer decides or
// brings about keeps anything, and only of an order that stands.
func (p *CancellationPolicy) RefundDue(c Cancellation) Due {
	amount := c.Amount.Amount
	ordered := amount - c.Apart
	switch {
	case p == nil:
		return Due{GiveBack: amount, Tier: TierAll}
	case c.FreedNights > 0:
		return dueOf(c.Amount, c.Apart, share(c.freed(), p.EarlyDeparture), tierEarlyDeparture)
	case c.Why == NoShow:
		return dueOf(c.Amount, c.Apart, share(ordered, p.noShow())-p.Fee, tierNoShow)
	case c.Why != ByCustomer:
		return Due{GiveBack: amount, Tier: TierAll}
	case !c.Kind.binds(c.Status):
		return Due{GiveBack: amount, Tier: TierUnconfirmed}
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

// PassedAt is how many tiers of the policy do not hold any more for a decision of the customer.
func (p *CancellationPolicy) PassedAt(c Cancellation) int {
	for n := c.Passed; n < len(p.Tiers); n++ {
		if _, holds := p.Tiers[n].holds(c); holds {
			return n
		}
	}
	return len(p.Tiers)
}

// dueOf is what is given back of an amount, of which some is kept apart from that.
func dueOf(of Money, apart, giveBack int64, tier string) Due {
	giveBack = min(payable(max(0, giveBack), of.Currency), of.Amount-apart)
	return Due{GiveBack: giveBack, Keep: of.Amount - giveBack, Tier: tier}
}

// payable is the amount, or a little more, that can be given back by itself: those
// who pass payments on know two digits of a currency that has three, and none of the
// ariary.
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

// Binds tells whether the policy keeps anything, if it is the customer's decision.
func (c Cancellation) Binds() bool { return c.Kind.binds(c.Status) }

// binds tells whether an order of the kind stands in the status, so that the
// customer who gives it up owes what the policy keeps: it was decided on, and
// waits for no owner's yes.
func (k Kind) binds(s Status) bool { return k.Decides(s) && s != AwaitingOwner }

// holds tells whether the tier's condition holds, and until when.
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

// LongestQuote is how long the text of a quote may be.
const LongestQuote = 64

// KeptBy is what is kept of an amount by the tier of this name, when a customer
// cancels or does not come, and changes of the order have kept some of it apart. It returns false if the policy has no such tier. All is given
// back where there is no policy.
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

// Quote names what is given back, for a customer to say that they were shown it.
func (d Due) Quote() string { return fmt.Sprintf("%s/%d", d.Tier, d.GiveBack) }

// DueLater is what is given back once a tier has ended.
type DueLater struct {
	After time.Time // the last moment before
	Due
}

// Later lists how that changes with time alone, in its order. A stay cannot be
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

// Settlement is what became of the payment of an order that was cancelled.
type Settlement struct {
	Refunded Money  `json:"refunded" doc:"What was given back"`
	Kept     Money  `json:"kept" doc:"What was kept, by the cancellation policy"`
	Tier     string `json:"tier,omitempty" doc:"What of the policy says so" example:"before:72h"`
}
