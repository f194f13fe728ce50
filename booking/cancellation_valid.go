package booking

import (
	"fmt"
	"slices"
	"time"
)

const (
	// MostTiers is how many tiers a policy may have.
	MostTiers = 10
	// longestTier is the longest duration in a tier: as far ahead as anything is ordered.
	longestTier = Duration(YearsAhead * 366 * 24 * time.Hour)
)

// TierStatuses lists the statuses that tiers of orders of the kind may name, in the order
// in which an order passes them; none where the condition is a time.
func TierStatuses(k Kind) []Status {
	switch k {
	case Food:
		return []Status{Paid, Delivering}
	case Cafe:
		return []Status{Paid, InProduction}
	default:
		return nil
	}
}

// Faults lists what is wrong with the policy for orders of a kind. A tier of lodging holds
// up to a time before check-in, of cleaning for a time after the order, of food and drinks
// in a status. A later cancellation never gets more back.
func (p *CancellationPolicy) Faults(k Kind) (faults []Fault) {
	if p == nil {
		return nil
	}
	add := func(field, words string, args ...any) {
		faults = append(faults, Fault{field, fmt.Sprintf(words, args...)})
	}
	if n := len(p.Tiers); n == 0 || n > MostTiers {
		add("tiers", "must have at least 1 and at most %d", MostTiers)
		return faults
	}
	for i, t := range p.Tiers {
		at := fmt.Sprintf("tiers[%d].", i)
		faults = append(faults, t.faults(k, at)...)
		if i > 0 {
			faults = append(faults, t.faultsAfter(p.Tiers[i-1], k, at)...)
		}
	}
	if p.Fee < 0 || p.Fee > MaxAmount {
		add("fee", "must be at least 0 and at most %d", MaxAmount)
	}
	ofStay := k == Lodging
	for _, percent := range []struct {
		field string
		is    int
		isSet bool
	}{{"noShowPercent", p.noShow(), p.NoShow != nil}, {"earlyDeparturePercent", p.EarlyDeparture, p.EarlyDeparture != 0}} {
		switch {
		case percent.isSet && !ofStay:
			add(percent.field, "is of stays only")
		case percent.isSet && !isPercent(percent.is):
			add(percent.field, "must be at least 0 and at most 100")
		}
	}
	return faults
}

func isPercent(n int) bool { return 0 <= n && n <= 100 }

// faults lists what is wrong with a tier by itself.
func (t Tier) faults(k Kind, at string) (faults []Fault) {
	for _, c := range []struct {
		field        string
		isSet, wants bool
	}{{"before", t.Before != nil, k == Lodging}, {"within", t.Within != nil, k == Cleaning}, {"status", t.Status != "", len(TierStatuses(k)) > 0}} {
		switch {
		case c.isSet && !c.wants:
			faults = append(faults, Fault{at + c.field, "is no condition of such orders"})
		case c.wants && !c.isSet:
			faults = append(faults, Fault{at + c.field, "is required"})
		}
	}
	for _, long := range []struct {
		field string
		is    *Duration
	}{{"before", t.Before}, {"within", t.Within}} {
		if d := long.is; d != nil && (*d < 0 || *d > longestTier || *d%Duration(time.Second) != 0) {
			faults = append(faults, Fault{at + long.field, fmt.Sprintf("must be whole seconds, at least 0s and at most %s", longestTier)})
		}
	}
	if allowed := TierStatuses(k); t.Status != "" && len(allowed) > 0 && !slices.Contains(allowed, t.Status) {
		faults = append(faults, Fault{at + "status", fmt.Sprintf("must be %s or %s", allowed[0], allowed[1])})
	}
	if !isPercent(t.Percent) {
		faults = append(faults, Fault{at + "percent", "must be at least 0 and at most 100"})
	}
	return faults
}

// faultsAfter lists what is wrong with a tier after another one.
func (t Tier) faultsAfter(before Tier, k Kind, at string) (faults []Fault) {
	if before.Before != nil && t.Before != nil && *t.Before >= *before.Before {
		faults = append(faults, Fault{at + "before", "must be shorter than that of the tier before it"})
	}
	if before.Within != nil && t.Within != nil && *t.Within <= *before.Within {
		faults = append(faults, Fault{at + "within", "must be longer than that of the tier before it"})
	}
	order := TierStatuses(k)
	if is, was := slices.Index(order, t.Status), slices.Index(order, before.Status); is >= 0 && is <= was {
		faults = append(faults, Fault{at + "status", "must come later than that of the tier before it"})
	}
	if t.Percent > before.Percent {
		faults = append(faults, Fault{at + "percent", "must not be more than that of the tier before it"})
	}
	return faults
}
