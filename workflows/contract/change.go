package contract

import (
	"time"

	"github.com/yeyak/yeyak/booking"
)

// ChangeUpdate changes a paid order. It carries a StayChange for a reservation, a
// QuantityChange for an order of drinks. It answers the View once the change is made, or once
// it waits for the owner.
const ChangeUpdate = "change"

// ChangeRequest is the part that the changes of all kinds of orders have in common.
type ChangeRequest struct {
	// ID is the decision's id. Only one change is made under it.
	ID string `json:"id"`
	// Content distinguishes requests under one ID: a change with other content is refused.
	Content string `json:"content,omitempty"`
	// Expect is the quote that the caller has seen: with another quote the change is refused.
	// "" accepts any.
	Expect string `json:"expect,omitempty"`
	// Version is the order's version that the caller has seen. 0 accepts any.
	Version int64  `json:"version,omitempty"`
	By      string `json:"by,omitempty"`
	// At is when the change was requested: an earlier decision of the owner does not apply to
	// it. It is zero if an earlier build has sent the change.
	At time.Time `json:"at,omitzero"`
	// PaymentMethod is the provider's token to which the difference is charged, "" for that
	// of the order. A token that can be used only once was used by the order's own charge.
	PaymentMethod string `json:"paymentMethod,omitempty"`
	// KeepsMethod: the customer agrees that the provider keeps that payment method.
	KeepsMethod bool `json:"keepsMethod,omitempty"`
	// ForCustomer: the caller is not the customer, who is notified once the change is made.
	ForCustomer bool `json:"forCustomer,omitempty"`
	// Bytes is the size of an update that was too large: see Decision.
	Bytes int `json:"bytes,omitempty"`
}

// UpdateID is the id of the change's update: the engine answers a repeat with the first
// answer.
func (a ChangeRequest) UpdateID() string { return ChangeUpdate + "/" + a.ID + "/" + a.Content }

// Seen is the order's version that the caller has seen, 0 for any.
func (a ChangeRequest) Seen() int64 { return a.Version }

// tooLarge objects to the size of an update that was too large, and reports whether it did.
// Such an update has nothing else to check.
func (a ChangeRequest) tooLarge(is *objections) bool {
	is.unless(a.Bytes == 0, "input", "has %d bytes, of which at most %d are accepted", a.Bytes, LargestUpdate)
	return a.Bytes != 0
}

// WithoutPaymentMethod is the change without its payment method, which only the payment service needs.
func (a ChangeRequest) WithoutPaymentMethod() ChangeRequest {
	a.PaymentMethod, a.KeepsMethod = "", false
	return a
}

func (a ChangeRequest) check(is *objections) {
	is.name("id", a.ID)
	is.upTo("content", a.Content, booking.LongestName)
	is.upTo("expect", a.Expect, booking.LongestQuote)
	is.upTo("paymentMethod", a.PaymentMethod, booking.LongestName)
	is.unless(a.Version >= 0, "version", "must not be negative")
	is.by("by", a.By)
}

// StayChange is a change of a reservation: its new nights and rooms.
type StayChange struct {
	ChangeRequest
	CheckIn  booking.Date `json:"checkIn"`
	CheckOut booking.Date `json:"checkOut"`
	Rooms    int          `json:"rooms"`
	// Price is the current price of a room and night. Nights that stay in the reservation
	// keep their price.
	Price booking.Money `json:"price"`
	// EachKeeps: each room of a night keeps the price at which it was bought. A change of an
	// earlier build averages those prices.
	EachKeeps bool `json:"eachKeeps,omitempty"`
	// Begins and Ends are the instants of check-in and check-out.
	Begins time.Time `json:"begins"`
	Ends   time.Time `json:"ends"`
	// Has is the stay that completed the parts which the caller left out: if the reservation
	// has another one, the change is refused. Zero accepts any.
	Has booking.DailyQuantity `json:"has,omitzero"`
}

// Check returns Invalid if no reservation can be changed to this.
func (c StayChange) Check() error {
	var is objections
	if c.tooLarge(&is) {
		return is.err()
	}
	c.check(&is)
	is.quantity("rooms", c.Rooms)
	nights := c.CheckIn.DaysUntil(c.CheckOut)
	is.unless(1 <= nights && nights <= booking.MaxNights, "checkOut", "must be 1 to %d nights after checkIn", booking.MaxNights)
	is.money("price", c.Price)
	is.unless(!c.Begins.IsZero() && c.Begins.Before(c.Ends), "ends", "must be after begins")
	return is.err()
}

// DailyQuantity is the new nights and rooms.
func (c StayChange) DailyQuantity() booking.DailyQuantity {
	return booking.DailyQuantity{From: c.CheckIn, To: c.CheckOut, Quantity: c.Rooms}
}

// MadeFor reports whether the change was requested for a reservation with this stay.
func (c StayChange) MadeFor(has booking.DailyQuantity) bool {
	return c.Has == (booking.DailyQuantity{}) || c.Has == has
}

// ChangeState is the state of a change of a reservation.
type ChangeState string

// The states of a change.
const (
	ChangeBegun         ChangeState = "begun"          // its rooms are being held, or the difference is being charged
	ChangeAwaitingOwner ChangeState = "awaiting_owner" // it waits for the owner's decision
)

// ChangeStates lists every state of a change.
func ChangeStates() []ChangeState { return []ChangeState{ChangeBegun, ChangeAwaitingOwner} }

// PendingChange is a change of a reservation that is under way. The reservation stays as it is
// until the change is made.
type PendingChange struct {
	ID       string        `json:"id"`
	State    ChangeState   `json:"state" doc:"begun: its rooms are being held, or it is being paid for. awaiting_owner: the owner is to confirm or reject it"`
	CheckIn  string        `json:"checkIn" format:"date" doc:"First night"`
	CheckOut string        `json:"checkOut" format:"date" doc:"Day of departure"`
	Rooms    int           `json:"rooms"`
	Charge   booking.Money `json:"charge" doc:"What it costs more, which is charged before the owner decides"`
	Refund   booking.Money `json:"refund" doc:"What is refunded once it is made"`
	// Until is the time by which the owner has to decide.
	Until time.Time `json:"until,omitzero" doc:"Until when the owner may decide; after that the reservation stays as it is"`
	By    string    `json:"by,omitempty" doc:"The number of the caller who requested it"`
}

// Difference is what a change of an order costs or refunds.
type Difference struct {
	Charge, Refund booking.Money // at most one of them is above 0
	Keep           booking.Money // the part of a reduction that the policy keeps
	Amount         booking.Money // the order's new price
}

// Quote is the name of the difference: see booking.MoveQuote.
func (d Difference) Quote() string { return booking.MoveQuote(d.Charge, d.Refund) }

// AsChangeQuoted returns QuoteChanged if the change's caller has seen another quote.
func (d Difference) AsChangeQuoted(a ChangeRequest) error {
	if a.Expect == "" || a.Expect == d.Quote() {
		return nil
	}
	return booking.Errorf(booking.QuoteChanged, "the difference has changed: it is %s now; the order is unchanged", d.Quote())
}

// difference is the effect of a new price, total instead of was, by a decision of the customer
// at a moment. begins is when what was ordered begins.
func (v View) difference(was, total int64, at, begins time.Time) Difference {
	in := func(amount int64) booking.Money { return booking.Money{Amount: amount, Currency: v.Amount.Currency} }
	d := Difference{Charge: in(0), Refund: in(0), Keep: in(0)}
	if more := total - was; more >= 0 {
		d.Charge.Amount = more
	} else {
		var policy *booking.CancellationPolicy
		if v.Terms != nil {
			policy = &v.Terms.Cancellation
		}
		of := v.cancellation(booking.ByCustomer, at)
		of.CheckIn = begins
		d.Refund.Amount = policy.MoveDue(of, in(-more))
		d.Keep.Amount = -more - d.Refund.Amount
	}
	d.Amount = in(v.Amount.Amount + d.Charge.Amount - d.Refund.Amount)
	return d
}

// mayCost returns NotChangeable if the order cannot be changed at the item's current price.
func (v View) mayCost(price booking.Money) error {
	switch {
	case price.Currency != v.Amount.Currency:
		return booking.Errorf(booking.NotChangeable, "it is paid in %s by now, and the order was in %s", price.Currency, v.Amount.Currency)
	case v.Amount.Amount == 0 && price.Amount != 0:
		return booking.Errorf(booking.NotChangeable, "the order was for nothing, and it costs something by now")
	default:
		return nil
	}
}

func cannotBeCharged() error {
	return booking.Errorf(booking.NotChangeable, "it would cost what cannot be charged")
}

// ChangeQuote is the quote of a change of a reservation.
type ChangeQuote struct {
	Difference
	Nights      []booking.NightPrice
	PassedTiers int `json:"Passed,omitempty"` // how many tiers of the policy will have passed: see Terms
}

// DailyQuantity is the nights and rooms of the stay.
func (v View) DailyQuantity() (booking.DailyQuantity, error) {
	from, to, err := v.nights()
	return booking.DailyQuantity{From: from, To: to, Quantity: v.Quantity}, err
}

// QuoteChange is the quote of a change that is decided at a moment, or NotChangeable with the
// cause. begins is the reservation's check-in.
func (v View) QuoteChange(c StayChange, at, begins time.Time) (q ChangeQuote, err error) {
	has, err := v.DailyQuantity()
	if err != nil {
		return q, err
	}
	if c.DailyQuantity() == has {
		return q, booking.Errorf(booking.NotChangeable, "the reservation is for these nights and rooms already")
	}
	if err := v.mayCost(c.Price); err != nil {
		return q, err
	}
	reprice := booking.RepriceOnAverage
	if c.EachKeeps {
		reprice = booking.Reprice
	}
	nights, total, ok := reprice(has, v.prices(has), c.DailyQuantity(), c.Price.Amount)
	if !ok || v.Amount.Amount > 0 && total == 0 {
		return q, cannotBeCharged()
	}
	return ChangeQuote{v.difference(v.cost(has), total, at, begins), nights, v.passedTiers(at, c.Begins)}, nil
}

// prices are the prices of the stay's nights, which are all the same until the stay is
// changed.
func (v View) prices(has booking.DailyQuantity) []booking.NightPrice {
	if v.Stay != nil && len(v.Prices) > 0 {
		return v.Prices
	}
	return []booking.NightPrice{{From: has.From, To: has.To, Amount: v.Amount.Amount / int64(max(1, has.From.DaysUntil(has.To)))}}
}

// cost is the price of the stay's nights, without what the policy has kept of nights that were
// removed.
func (v View) cost(has booking.DailyQuantity) (sum int64) { return v.costOf(has, has) }

// costOf is the price of some nights of the stay.
func (v View) costOf(has, nights booking.DailyQuantity) (sum int64) {
	for _, p := range v.prices(has) {
		for day := p.From; day.Before(p.To); day = day.AddDays(1) {
			if !day.Before(nights.From) && day.Before(nights.To) {
				sum += p.Amount
			}
		}
	}
	return sum
}
