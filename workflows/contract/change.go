package contract

import (
	"time"

	"github.com/yeyak/yeyak/booking"
)

// ChangeUpdate changes the nights or rooms of a reservation. It carries a StayChange and
// answers the View once the change is made, or once it waits for the owner.
const ChangeUpdate = "change"

// StayChange is what a reservation is to become.
type StayChange struct {
	// ID is that of the decision: one change is made under it.
	ID string `json:"id"`
	// Content tells requests under one ID apart: of another content the change is refused.
	Content  string       `json:"content,omitempty"`
	CheckIn  booking.Date `json:"checkIn"`
	CheckOut booking.Date `json:"checkOut"`
	Rooms    int          `json:"rooms"`
	// Price is that of a room and night now: what is kept of the stay costs what it did.
	Price booking.Money `json:"price"`
	// Begins and Ends are the instants of check-in and check-out.
	Begins time.Time `json:"begins"`
	Ends   time.Time `json:"ends"`
	// Expect is the quote that the caller was shown: with another one the change is
	// refused. "" is any.
	Expect string `json:"expect,omitempty"`
	// Version is the one of the reservation that the caller has seen, 0 for any.
	Version int64 `json:"version,omitempty"`
	// Has is the stay from which was taken what the caller has left out: of another one the
	// change is refused. Zero is any.
	Has booking.Stretch `json:"has,omitzero"`
	By  string          `json:"by,omitempty"`
	// ForCustomer: another caller than the customer asks for it. The customer is told once it is made.
	ForCustomer bool `json:"forCustomer,omitempty"`
	// Bytes is how large the update was, of one that was too large: see Decision.
	Bytes int `json:"bytes,omitempty"`
}

// Check is an Invalid if no reservation can become this.
func (c StayChange) Check() error {
	var is objections
	is.unless(c.Bytes == 0, "input", "has %d bytes, of which at most %d are taken", c.Bytes, LargestUpdate)
	if c.Bytes != 0 {
		return is.err()
	}
	is.name("id", c.ID)
	is.upTo("content", c.Content, booking.LongestName)
	is.quantity("rooms", c.Rooms)
	nights := c.CheckIn.DaysUntil(c.CheckOut)
	is.unless(1 <= nights && nights <= booking.MaxNights, "checkOut", "must be 1 to %d nights after checkIn", booking.MaxNights)
	is.money("price", c.Price)
	is.unless(!c.Begins.IsZero() && c.Begins.Before(c.Ends), "ends", "must be after begins")
	is.upTo("expect", c.Expect, booking.LongestQuote)
	is.unless(c.Version >= 0, "version", "must not be negative")
	is.by("by", c.By)
	return is.err()
}

// UpdateID is that of the update by which the change is asked for: a repeat of it is answered
// as the first one was.
func (c StayChange) UpdateID() string { return ChangeUpdate + "/" + c.ID + "/" + c.Content }

// Stretch is what the change asks for.
func (c StayChange) Stretch() booking.Stretch {
	return booking.Stretch{From: c.CheckIn, To: c.CheckOut, Quantity: c.Rooms}
}

// MadeFor tells whether the change was made out for a reservation that has this stay.
func (c StayChange) MadeFor(has booking.Stretch) bool {
	return c.Has == (booking.Stretch{}) || c.Has == has
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

// ChangeQuote is what a change of a reservation comes to.
type ChangeQuote struct {
	Charge, Refund booking.Money // at most one of them is more than 0
	Keep           booking.Money // what the policy keeps of a difference in the customer's favour
	Amount         booking.Money // what the reservation costs then
	Nights         []booking.NightPrice
}

// Quote names the difference: see booking.MoveQuote.
func (q ChangeQuote) Quote() string { return booking.MoveQuote(q.Charge, q.Refund) }

// Stretch is what the stay of the order holds.
func (v View) Stretch() (booking.Stretch, error) {
	from, to, err := v.nights()
	return booking.Stretch{From: from, To: to, Quantity: v.Quantity}, err
}

// QuoteChange is what a change comes to that is decided at a moment; an error that says
// why if the reservation cannot become this. begins is its check-in.
func (v View) QuoteChange(c StayChange, at, begins time.Time) (q ChangeQuote, err error) {
	has, err := v.Stretch()
	if err != nil {
		return q, err
	}
	switch wants := c.Stretch(); {
	case wants == has:
		return q, booking.Errorf(booking.NotChangeable, "the reservation is for these nights and rooms already")
	case c.Price.Currency != v.Amount.Currency:
		return q, booking.Errorf(booking.NotChangeable, "the place is paid in %s by now, and the reservation was in %s", c.Price.Currency, v.Amount.Currency)
	case v.Amount.Amount == 0 && c.Price.Amount != 0:
		return q, booking.Errorf(booking.NotChangeable, "the reservation was for nothing, and the place costs something by now")
	}
	nights, total, ok := booking.Reprice(has, v.prices(has), c.Stretch(), c.Price.Amount)
	if !ok || v.Amount.Amount > 0 && total == 0 {
		return q, booking.Errorf(booking.NotChangeable, "it would cost what cannot be charged")
	}
	in := func(amount int64) booking.Money { return booking.Money{Amount: amount, Currency: v.Amount.Currency} }
	q = ChangeQuote{Charge: in(0), Refund: in(0), Keep: in(0), Nights: nights}
	if more := total - v.cost(has); more >= 0 {
		q.Charge.Amount = more
	} else {
		var policy *booking.CancellationPolicy
		if v.Terms != nil {
			policy = &v.Terms.Cancellation
		}
		of := v.cancellation(booking.ByCustomer, at)
		of.CheckIn = begins
		q.Refund.Amount = policy.MoveDue(of, in(-more))
		q.Keep.Amount = -more - q.Refund.Amount
	}
	q.Amount = in(v.Amount.Amount + q.Charge.Amount - q.Refund.Amount)
	return q, nil
}

// prices are those of the nights of the stay, which all cost the same until it is changed.
func (v View) prices(has booking.Stretch) []booking.NightPrice {
	if v.Stay != nil && len(v.Prices) > 0 {
		return v.Prices
	}
	return []booking.NightPrice{{From: has.From, To: has.To, Amount: v.Amount.Amount / int64(max(1, has.From.DaysUntil(has.To)))}}
}

// cost is what the nights of the stay cost, without what was kept of nights that are not
// in it any more.
func (v View) cost(has booking.Stretch) (sum int64) {
	for _, p := range v.prices(has) {
		sum += p.Amount * int64(p.From.DaysUntil(p.To))
	}
	return sum
}

// AsChangeQuoted is QuoteChanged for a change whose caller was shown something else.
func (q ChangeQuote) AsChangeQuoted(c StayChange) error {
	if c.Expect == "" || c.Expect == q.Quote() {
		return nil
	}
	return booking.Errorf(booking.QuoteChanged, "the difference has changed: it is %s now; the reservation stands as it was", q.Quote())
}
