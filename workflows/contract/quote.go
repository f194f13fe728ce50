package contract

import (
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Terms are what customers who cancel an order get back, as it was when the order
// was placed, and what that depends on.
type Terms struct {
	Cancellation booking.CancellationPolicy `json:"cancellation"`
	// CheckInAt is when the guests of a stay may come.
	CheckInAt time.Time `json:"checkInAt,omitzero" doc:"Of a stay: when the guests may come"`
	// TimeZone of the place or drink, an IANA name, "" for an order without one.
	TimeZone string `json:"timeZone,omitempty" doc:"Of a stay or a drink, an IANA name" example:"Asia/Seoul"`
	// CountsChanges: the policy is applied to what is ordered now. What changes have kept of
	// what they gave up stays kept, and a stay that is moved to a later day has no tier again
	// that it had passed. Terms of an earlier build are applied to all that was paid, and by
	// the new day.
	CountsChanges bool `json:"countsChanges,omitempty" doc:"What changes of the order have kept stays kept, and tiers that had passed before a stay was moved to a later day do not hold again"`
	// Passed is how many tiers had passed then.
	Passed int `json:"passed,omitempty" doc:"How many of the tiers had passed before the stay was moved to a later day"`
}

// terms are those of the order, nil if its customers get everything back.
func (o Order) terms(checkIn time.Time, timeZone string) *Terms {
	if o.Cancellation == nil {
		return nil
	}
	if !checkIn.IsZero() {
		checkIn = checkIn.UTC()
	}
	return &Terms{Cancellation: *o.Cancellation, CheckInAt: checkIn, TimeZone: timeZone, CountsChanges: o.CountsChanges}
}

// Quote is what a cancel gives back, and when that changes.
type Quote struct {
	booking.Due
	Later    []booking.DueLater
	TimeZone string // "" where none is known
	// Given is what was given back before, or is about to be: it counts towards what a
	// cancel gives back.
	Given int64
}

// Coming is how much of what is due is still to come.
func (q Quote) Coming(giveBack int64) int64 { return max(0, giveBack-q.Given) }

// Kept is how much is kept of what would be: not of what was given back before.
func (q Quote) Kept(giveBack, keep int64) int64 { return max(0, keep-max(0, q.Given-giveBack)) }

// Quote is what the customer gets back who cancels at a moment.
func (v View) Quote(at time.Time) Quote {
	q := Quote{Due: v.RefundDue(booking.ByCustomer, at)}
	if v.Terms != nil {
		q.Later, q.TimeZone = v.Terms.Cancellation.Later(v.cancellation(booking.ByCustomer, at)), v.Terms.TimeZone
	}
	return q
}

// RefundDue is what a decision to cancel the order gives back that is made at a
// moment, as the order stands.
func (v View) RefundDue(why booking.Reason, at time.Time) booking.Due {
	var policy *booking.CancellationPolicy
	if v.Terms != nil {
		policy = &v.Terms.Cancellation
	}
	return policy.RefundDue(v.cancellation(why, at))
}

// DepartureDue is what is given back since the guests have left early: nothing unless
// nights are free again and the policy gives something for them.
func (v View) DepartureDue() (giveBack int64) {
	freed := v.FreedNights()
	if v.Terms == nil || freed == nil {
		return 0
	}
	from, to, err := v.nights()
	if err != nil {
		return 0
	}
	c := v.cancellation("", time.Time{})
	c.FreedNights, c.Nights = freed.From.DaysUntil(freed.To), from.DaysUntil(to)
	if has, err := v.DailyQuantity(); err == nil && v.Terms.CountsChanges && len(v.Prices) > 0 {
		cost := v.costOf(has, booking.DailyQuantity{From: freed.From, To: freed.To})
		c.Freed = &cost
	}
	return v.Terms.Cancellation.RefundDue(c).GiveBack
}

func (v View) cancellation(why booking.Reason, at time.Time) booking.Cancellation {
	c := booking.Cancellation{Kind: v.Kind, Amount: v.Amount, Status: v.Status, PlacedAt: v.PlacedAt(), At: at, Why: why}
	if v.Terms != nil {
		c.CheckIn = v.Terms.CheckInAt
	}
	if v.Terms != nil && v.Terms.CountsChanges {
		c.Apart, c.Passed = v.KeptByChanges(), v.Terms.Passed
	}
	return c
}

// KeptByChanges is what of the order's price was kept of what changes have given up.
func (v View) KeptByChanges() int64 {
	if v.Terms == nil || !v.Terms.CountsChanges {
		return 0
	}
	cost := v.Amount.Amount
	if has, err := v.DailyQuantity(); v.Stay != nil && len(v.Prices) > 0 && err == nil {
		cost = v.cost(has)
	} else if v.Production != nil {
		cost, _ = booking.CostOf(v.lots())
	}
	return max(0, min(v.Amount.Amount, v.Amount.Amount-cost))
}

// passed is how many tiers do not hold any more once the order is moved, by a decision at a
// moment, so that it begins then.
func (v View) passed(at, begins time.Time) int {
	switch c := v.cancellation(booking.ByCustomer, at); {
	case v.Terms == nil || !v.Terms.CountsChanges:
		return 0
	case !begins.After(v.Terms.CheckInAt) || !c.Binds():
		return v.Terms.Passed
	default:
		return v.Terms.Cancellation.PassedAt(c)
	}
}

// StoodFurther tells whether the order stood further, when the decision was made, than it
// remembers: a reset has taken it back since. One that was being cancelled is no news.
func (v View) StoodFurther(d Decision) bool {
	return d.Stood != "" && d.Stood != booking.Cancelling && !d.Stood.Final() && v.Kind.Reaches(v.Status, d.Stood)
}

// AsDecided is the order as it stood when the decision was made.
func (v View) AsDecided(d Decision) View {
	if v.StoodFurther(d) {
		v.Status = d.Stood
	}
	return v
}

// AsQuoted is QuoteChanged for a cancel whose caller was shown something else than
// what it gives back. An order that is being cancelled gives back what it does.
func (v View) AsQuoted(d Decision, standing booking.Status) error {
	due := v.AsDecided(d).RefundDue(booking.ByCustomer, d.At)
	if d.Expect == "" || d.Expect == due.Quote() || standing == booking.Cancelling || standing.Final() {
		return nil
	}
	return booking.Errorf(booking.QuoteChanged, "what is given back has changed: it is %d %s now; the order stands", due.GiveBack, v.Amount.Currency)
}

// AsSeen is VersionChanged for a decision whose caller has seen another version of the
// order; 0 is any.
func (v View) AsSeen(version int64) error {
	if version == 0 || version == v.Version {
		return nil
	}
	return booking.Errorf(booking.VersionChanged, "the order has changed since version %d: it is at version %d now, and stands as it is", version, v.Version)
}

// GivenInPart is what is given back of the order's payment of which something is kept, as
// far as that is known when it was asked for so; nil for any other.
func (v View) GivenInPart(asked booking.Charge) *booking.Money {
	switch is := v.Settled; {
	case is != nil && is.Kept.Amount > 0:
		return &is.Refunded
	case is == nil && asked.Keep > 0:
		return &booking.Money{Amount: v.Amount.Amount - asked.Keep, Currency: v.Amount.Currency}
	default:
		return nil
	}
}

// SettledAs is what became of the payment of the order, given what its undo found
// and by which tier it was asked for; nil for an order that gives everything back. After
// an earlier decision, which stands, that tier says nothing.
func (v View) SettledAs(found booking.Undo, asked booking.Charge) *booking.Settlement {
	if v.Terms == nil || !found.Acted {
		return nil
	}
	in := func(amount int64) booking.Money { return booking.Money{Amount: amount, Currency: v.Amount.Currency} }
	s := &booking.Settlement{Refunded: in(found.CustomerGot()), Kept: in(found.Kept)}
	if found.Kept == asked.Keep {
		s.Tier = asked.Tier
	}
	return s
}
