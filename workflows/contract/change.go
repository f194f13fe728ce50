package contract

import (
	"time"

	"github.com/yeyak/yeyak/booking"
)

// ChangeUpdate changes an order that is paid for. To a reservation it carries a StayChange,
// to an order of a drink a QuantityChange; it answers the View once the change is made, or
// once it waits for the owner.
const ChangeUpdate = "change"

// Asked is what every change of an order carries.
type Asked struct {
	// ID is that of the decision: one change is made under it.
	ID string `json:"id"`
	// Content tells requests under one ID apart: of another content the change is refused.
	Content string `json:"content,omitempty"`
	// Expect is the quote that the caller was shown: with another one the change is
	// refused. "" is any.
	Expect string `json:"expect,omitempty"`
	// Version is the one of the order that the caller has seen, 0 for any.
	Version int64  `json:"version,omitempty"`
	By      string `json:"by,omitempty"`
	// PaymentMethod is the provider's token that the difference is charged to, "" for that of
	// the order. One that can be used once has paid for the order already.
	PaymentMethod string `json:"paymentMethod,omitempty"`
	// ForCustomer: another caller than the customer asks for it. The customer is told once it is made.
	ForCustomer bool `json:"forCustomer,omitempty"`
	// Bytes is how large the update was, of one that was too large: see Decision.
	Bytes int `json:"bytes,omitempty"`
}

// UpdateID is that of the update by which the change is asked for: a repeat of it is answered
// as the first one was.
func (a Asked) UpdateID() string { return ChangeUpdate + "/" + a.ID + "/" + a.Content }

// Seen is the version of the order that the caller has seen, 0 for any.
func (a Asked) Seen() int64 { return a.Version }

// tooLarge tells whether there is nothing else to object to.
func (a Asked) tooLarge(is *objections) bool {
	is.unless(a.Bytes == 0, "input", "has %d bytes, of which at most %d are taken", a.Bytes, LargestUpdate)
	return a.Bytes != 0
}

// Unpaid is what was asked for without how it is paid, which only payments have to know.
func (a Asked) Unpaid() Asked {
	a.PaymentMethod = ""
	return a
}

func (a Asked) check(is *objections) {
	is.name("id", a.ID)
	is.upTo("content", a.Content, booking.LongestName)
	is.upTo("expect", a.Expect, booking.LongestQuote)
	is.upTo("paymentMethod", a.PaymentMethod, booking.LongestName)
	is.unless(a.Version >= 0, "version", "must not be negative")
	is.by("by", a.By)
}

// StayChange is what a reservation is to become.
type StayChange struct {
	Asked
	CheckIn  booking.Date `json:"checkIn"`
	CheckOut booking.Date `json:"checkOut"`
	Rooms    int          `json:"rooms"`
	// Price is that of a room and night now: what is kept of the stay costs what it did.
	Price booking.Money `json:"price"`
	// EachKeeps: each room of a night keeps the price that it was bought at. A change of an
	// earlier build makes one price of them.
	EachKeeps bool `json:"eachKeeps,omitempty"`
	// Begins and Ends are the instants of check-in and check-out.
	Begins time.Time `json:"begins"`
	Ends   time.Time `json:"ends"`
	// Has is the stay from which was taken what the caller has left out: of another one the
	// change is refused. Zero is any.
	Has booking.DailyQuantity `json:"has,omitzero"`
}

// Check is an Invalid if no reservation can become this.
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

// DailyQuantity is what the change asks for.
func (c StayChange) DailyQuantity() booking.DailyQuantity {
	return booking.DailyQuantity{From: c.CheckIn, To: c.CheckOut, Quantity: c.Rooms}
}

// MadeFor tells whether the change was made out for a reservation that has this stay.
func (c StayChange) MadeFor(has booking.DailyQuantity) bool {
	return c.Has == (booking.DailyQuantity{}) || c.Has == has
}

// ChangeState is where a change of a reservation stands.
type ChangeState string

// The states of a change.
const (
	ChangeBegun         ChangeState = "begun"          // its rooms are being held, or it is being paid for
	ChangeAwaitingOwner ChangeState = "awaiting_owner" // the owner is to confirm it
)

// ChangeStates lists every state of a change.
func ChangeStates() []ChangeState { return []ChangeState{ChangeBegun, ChangeAwaitingOwner} }

// PendingChange is a change of a reservation that is under way. The reservation is what
// it was until the change is made.
type PendingChange struct {
	ID       string        `json:"id"`
	State    ChangeState   `json:"state" doc:"begun: its rooms are being held, or it is being paid for. awaiting_owner: the owner is to confirm or reject it"`
	CheckIn  string        `json:"checkIn" format:"date" doc:"First night"`
	CheckOut string        `json:"checkOut" format:"date" doc:"Day of departure"`
	Rooms    int           `json:"rooms"`
	Charge   booking.Money `json:"charge" doc:"What it costs more, which is charged before the owner is asked"`
	Refund   booking.Money `json:"refund" doc:"What is given back once it is made"`
	// Until is when the owner is to have decided.
	Until time.Time `json:"until,omitzero" doc:"Until when the owner may decide; after that the reservation stays as it is"`
	By    string    `json:"by,omitempty" doc:"The number of the one who asked for it"`
}

// Difference is what a change of an order comes to.
type Difference struct {
	Charge, Refund booking.Money // at most one of them is more than 0
	Keep           booking.Money // what the policy keeps of a difference in the customer's favour
	Amount         booking.Money // what the order costs then
}

// Quote names the difference: see booking.MoveQuote.
func (d Difference) Quote() string { return booking.MoveQuote(d.Charge, d.Refund) }

// AsChangeQuoted is QuoteChanged for a change whose caller was shown something else.
func (d Difference) AsChangeQuoted(a Asked) error {
	if a.Expect == "" || a.Expect == d.Quote() {
		return nil
	}
	return booking.Errorf(booking.QuoteChanged, "the difference has changed: it is %s now; the order stands as it was", d.Quote())
}

// difference is what it comes to that the order costs total, and not what it did, by a
// decision of its customer at a moment. begins is when what was ordered begins.
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

// mayCost is why the order cannot come to a price by what is sold at another one now.
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

// ChangeQuote is what a change of a reservation comes to.
type ChangeQuote struct {
	Difference
	Nights []booking.NightPrice
	Passed int `json:",omitempty"` // how many tiers of the policy do not hold any more then: see Terms
}

// DailyQuantity is what the stay of the order holds.
func (v View) DailyQuantity() (booking.DailyQuantity, error) {
	from, to, err := v.nights()
	return booking.DailyQuantity{From: from, To: to, Quantity: v.Quantity}, err
}

// QuoteChange is what a change comes to that is decided at a moment; an error that says
// why if the reservation cannot become this. begins is its check-in.
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
	return ChangeQuote{v.difference(v.cost(has), total, at, begins), nights, v.passed(at, c.Begins)}, nil
}

// prices are those of the nights of the stay, which all cost the same until it is changed.
func (v View) prices(has booking.DailyQuantity) []booking.NightPrice {
	if v.Stay != nil && len(v.Prices) > 0 {
		return v.Prices
	}
	return []booking.NightPrice{{From: has.From, To: has.To, Amount: v.Amount.Amount / int64(max(1, has.From.DaysUntil(has.To)))}}
}

// cost is what the nights of the stay cost, without what was kept of nights that are not
// in it any more.
func (v View) cost(has booking.DailyQuantity) (sum int64) { return v.costOf(has, has) }

// costOf is what some nights of the stay cost.
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
