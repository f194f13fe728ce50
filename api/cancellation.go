package api

import (
	"fmt"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// stayPolicy is a place's cancellation policy in a request. An empty one means none:
// everything is refunded.
type stayPolicy struct {
	Tiers                 []stayTier `json:"tiers,omitempty" nullable:"false" maxItems:"10" doc:"The first tier that applies says how much is refunded; if none applies, nothing is. The longest time comes first. Without tiers, everything is always refunded"`
	Fee                   whole      `json:"fee,omitempty" minimum:"0" doc:"Kept of the refund, in the minor unit of the price's currency" example:"5000"`
	NoShowPercent         *whole     `json:"noShowPercent,omitempty" minimum:"0" maximum:"100" doc:"The percentage that is refunded if the guests do not come; by default that of the last tier" example:"0"`
	EarlyDeparturePercent whole      `json:"earlyDeparturePercent,omitempty" minimum:"0" maximum:"100" doc:"The percentage of the price of released nights that is refunded if the guests leave early" example:"50"`
}

type stayTier struct {
	Before  string `json:"before" minLength:"1" maxLength:"32" doc:"The tier applies until this long before check-in" example:"72h"`
	Percent whole  `json:"percent" minimum:"0" maximum:"100" doc:"The percentage of the price that is refunded" example:"100"`
}

// statusPolicy is the cancellation policy of a menu or a drink.
type statusPolicy struct {
	Tiers []statusTier `json:"tiers,omitempty" nullable:"false" maxItems:"10" doc:"The tier with the order's status says how much is refunded; if there is none, nothing is. The earliest status comes first. Without tiers, everything is always refunded"`
	Fee   whole        `json:"fee,omitempty" minimum:"0" doc:"Kept of the refund, in the minor unit of the price's currency" example:"1000"`
}

type statusTier struct {
	Status  booking.Status `json:"status" minLength:"1" maxLength:"32" doc:"The tier applies while the order has this status: paid; for food also delivering, for a drink also in_production" example:"paid"`
	Percent whole          `json:"percent" minimum:"0" maximum:"100" doc:"The percentage of the price that is refunded" example:"100"`
}

// policyEdit is the cancellation policy that a request sets; nil means a full refund.
type policyEdit struct {
	isSet  bool
	policy *booking.CancellationPolicy
}

func (e policyEdit) edit(p **booking.CancellationPolicy) {
	if e.isSet {
		*p = e.policy
	}
}

// policyField is the path of the policy in requests that set other fields, too.
const policyField = "body.cancellation."

// stayPolicy checks and parses the policy of a place.
func (f *faults) stayPolicy(p *stayPolicy) policyEdit {
	if p == nil {
		return policyEdit{}
	}
	if len(p.Tiers) == 0 && p.Fee == 0 && p.NoShowPercent == nil && p.EarlyDeparturePercent == 0 {
		return policyEdit{isSet: true}
	}
	policy := booking.CancellationPolicy{Fee: int64(p.Fee), EarlyDeparture: int(p.EarlyDeparturePercent)}
	if p.NoShowPercent != nil {
		percent := int(*p.NoShowPercent)
		policy.NoShow = &percent
	}
	wrong := len(*f)
	for i, t := range p.Tiers {
		before := parsed(f, fmt.Sprintf("%stiers[%d].before", policyField, i), &t.Before, parseDuration)
		policy.Tiers = append(policy.Tiers, booking.Tier{Before: before, Percent: int(t.Percent)})
	}
	if len(*f) == wrong {
		f.checkPolicy(policyField, booking.Lodging, &policy)
	}
	return policyEdit{isSet: true, policy: &policy}
}

// statusPolicy checks a policy that depends on an order's status.
func (f *faults) statusPolicy(k booking.Kind, p *statusPolicy) policyEdit {
	if p == nil {
		return policyEdit{}
	}
	if p.Fee == 0 && len(p.Tiers) == 0 {
		return policyEdit{isSet: true}
	}
	policy := booking.CancellationPolicy{Fee: int64(p.Fee)}
	for _, t := range p.Tiers {
		policy.Tiers = append(policy.Tiers, booking.Tier{Status: t.Status, Percent: int(t.Percent)})
	}
	f.checkPolicy(policyField, k, &policy)
	return policyEdit{isSet: true, policy: &policy}
}

// checkPolicy checks the policy at the path `at` for orders of a kind.
func (f *faults) checkPolicy(at string, k booking.Kind, p *booking.CancellationPolicy) {
	for _, fault := range p.Faults(k) {
		f.add(at+fault.Field, "%s", fault.Words)
	}
}

func parseDuration(text string) (booking.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration such as 72h or 90m", text)
	}
	return booking.Duration(d), nil
}
