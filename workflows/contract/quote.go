package contract

import (
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Terms are the cancellation policy that was in force when the order was placed, and the
// values that it depends on.
type Terms struct {
	Cancellation booking.CancellationPolicy `json:"cancellation"`
	// CheckInAt is a stay's check-in.
	CheckInAt time.Time `json:"checkInAt,omitzero" doc:"Of a stay: when the guests may come"`
	// TimeZone is that of the place or drink, an IANA name; "" for an order without one.
	TimeZone string `json:"timeZone,omitempty" doc:"Of a stay or a drink, an IANA name" example:"Asia/Seoul"`
	// CountsChanges: the policy is applied to the current order. What changes have kept stays
	// kept, and a stay that is moved to a later day does not return to a tier that it had
	// passed. Without it, as in terms of an earlier build, the policy is applied to the whole
	// payment, and by the new day.
	CountsChanges bool `json:"countsChanges,omitempty" doc:"What changes of the order have kept stays kept, and tiers that had passed before a stay was moved to a later day do not hold again"`
	// PassedTiers is how many tiers had passed before the stay was moved.
	PassedTiers int `json:"passed,omitempty" doc:"How many of the tiers had passed before the stay was moved to a later day"`
}

// terms are the order's terms, nil if a cancellation refunds everything.
func (o Order) terms(checkIn time.Time, timeZone string) *Terms {
	if o.Cancellation == nil {
		return nil
	}
	if !checkIn.IsZero() {
		checkIn = checkIn.UTC()
	}
	return &Terms{Cancellation: *o.Cancellation, CheckInAt: checkIn, TimeZone: timeZone, CountsChanges: o.CountsChanges}
}

// Quote is what a cancel refunds, and when that changes.
type Quote struct {
	booking.Due
	Later    []booking.DueLater
	TimeZone string // "" if unknown
	// RefundedBefore is the sum of earlier and pending refunds: it counts towards what a cancel
	// refunds.
	RefundedBefore int64
}

// StillDue is how much of the due refund is still to be refunded.
func (q Quote) StillDue(refund int64) int64 { return max(0, refund-q.RefundedBefore) }

// Kept is how much is kept: less than keep if more than refund was refunded before.
func (q Quote) Kept(refund, keep int64) int64 {
	return max(0, keep-max(0, q.RefundedBefore-refund))
}

// Quote is what the customer is refunded for a cancel at a moment.
func (v View) Quote(at time.Time) Quote {
	q := Quote{Due: v.RefundDue(booking.ByCustomer, at)}
	if v.Terms != nil {
		q.Later, q.TimeZone = v.Terms.Cancellation.Later(v.cancellation(booking.ByCustomer, at)), v.Terms.TimeZone
	}
	return q
}

// RefundDue is what a decision at a moment to cancel the order refunds, by the order's current
// status.
func (v View) RefundDue(reason booking.Reason, at time.Time) booking.Due {
	var policy *booking.CancellationPolicy
	if v.Terms != nil {
		policy = &v.Terms.Cancellation
	}
	return policy.RefundDue(v.cancellation(reason, at))
}

// DepartureDue is the refund for an early departure: 0 unless nights are free again and the
// policy refunds a part of them.
func (v View) DepartureDue() (refund int64) {
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
	return v.Terms.Cancellation.RefundDue(c).Refund
}

func (v View) cancellation(reason booking.Reason, at time.Time) booking.Cancellation {
	c := booking.Cancellation{Kind: v.Kind, Amount: v.Amount, Status: v.Status, PlacedAt: v.PlacedAt(), At: at, Reason: reason}
	if v.Terms != nil {
		c.CheckIn = v.Terms.CheckInAt
	}
	if v.Terms != nil && v.Terms.CountsChanges {
		c.Apart, c.PassedTiers = v.KeptByChanges(), v.Terms.PassedTiers
	}
	return c
}

// KeptByChanges is the part of the order's price that changes have kept for what they removed.
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

// passedTiers is how many tiers will have passed once a decision at a moment moves the order's
// begin to begins.
func (v View) passedTiers(at, begins time.Time) int {
	switch c := v.cancellation(booking.ByCustomer, at); {
	case v.Terms == nil || !v.Terms.CountsChanges:
		return 0
	case !begins.After(v.Terms.CheckInAt) || !c.Binds():
		return v.Terms.PassedTiers
	default:
		return v.Terms.Cancellation.PassedAt(c)
	}
}

// HadReachedLater reports whether the order had reached a later status when the decision was made
// than it remembers: a reset has discarded that. It is false if the order was being cancelled
// already.
func (v View) HadReachedLater(d Decision) bool {
	return d.StatusWhenDecided != "" && d.StatusWhenDecided != booking.Cancelling && !d.StatusWhenDecided.Final() && v.Kind.Reaches(v.Status, d.StatusWhenDecided)
}

// AsDecided is the order with the status that it had when the decision was made.
func (v View) AsDecided(d Decision) View {
	if v.HadReachedLater(d) {
		v.Status = d.StatusWhenDecided
	}
	return v
}

// AsQuoted returns QuoteChanged if the caller of a cancel has seen another refund than it
// gives. An order that is being cancelled already is not compared.
func (v View) AsQuoted(d Decision, effective booking.Status) error {
	due := v.AsDecided(d).RefundDue(booking.ByCustomer, d.At)
	if d.Expect == "" || d.Expect == due.Quote() || effective == booking.Cancelling || effective.Final() {
		return nil
	}
	return booking.Errorf(booking.QuoteChanged, "the refund has changed: it is %d %s now; the order is unchanged", due.Refund, v.Amount.Currency)
}

// AsSeen returns VersionChanged if a decision's caller has seen another version of the order;
// 0 accepts any.
func (v View) AsSeen(version int64) error {
	if version == 0 || version == v.Version {
		return nil
	}
	return booking.Errorf(booking.VersionChanged, "the order has changed since version %d: it is at version %d now, and is unchanged", version, v.Version)
}

// PartialRefund is what was refunded in all of an order of whose payment a part is kept; expected
// while the refund has only been requested, with the argument. It is nil for any other order.
func (v View) PartialRefund(argument booking.Charge, expected int64) *booking.Money {
	switch is := v.FinalAmounts; {
	case is != nil && is.Kept.Amount > 0:
		return &is.Refunded
	case is == nil && argument.Keep > 0:
		return &booking.Money{Amount: expected, Currency: v.Amount.Currency}
	default:
		return nil
	}
}

// FinalAmountsBy is what became of the order's payment, by what its undo found and by the tier that
// was requested; nil for an order that refunds everything. After an earlier decision, which
// stays, that tier does not count.
func (v View) FinalAmountsBy(found booking.Undo, argument booking.Charge) *booking.Settlement {
	if v.Terms == nil || !found.Acted {
		return nil
	}
	in := func(amount int64) booking.Money { return booking.Money{Amount: amount, Currency: v.Amount.Currency} }
	s := &booking.Settlement{Refunded: in(found.CustomerGot()), Kept: in(found.Kept)}
	if found.Kept == argument.Keep {
		s.Tier = argument.Tier
	}
	return s
}
