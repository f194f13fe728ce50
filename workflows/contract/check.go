package contract

import (
	"slices"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// What a workflow is sent is checked by the functions of this file, whichever
// way it came: the API asks them before it starts an order, and the workflow
// before it does anything. An input comes from the API, from `yeyak settle`, or
// from the hand of an operator.

// check objects to what every order starts with.
func (o Order) check(kind booking.Kind, is *objections) {
	is.unless(booking.IsOrderID(kind, o.OrderID), "orderId", "is not the id of an order of this kind: %s- and 1 to %d letters, digits, - and _", kind, booking.LongestName)
	is.upTo("requestHash", o.RequestHash, longestHash)
	o.Policy.check(is)
	if o.Settle != nil {
		o.Settle.checkSettled(o.OrderID, kind, is)
		return
	}
	is.name("customerId", o.CustomerID)
	is.money("amount", o.Amount)
	if o.Amount.Amount != 0 {
		is.name("paymentMethod", o.PaymentMethod)
	} else {
		is.upTo("paymentMethod", o.PaymentMethod, booking.LongestName)
	}
	is.unless(!o.PlacedAt.IsZero(), "placedAt", "is missing")
	is.unless(o.Policy != (Policy{}), "policy", "is missing")
}

// longestHash is how long the hash of a request may be.
const longestHash = 64

// longestWait is how long a saga may be told to wait for something: no setting
// is as long, and some of these are added up.
const longestWait = booking.Duration(10 * 365 * 24 * time.Hour)

func (p Policy) check(is *objections) {
	for _, wait := range []struct {
		field    string
		d, least booking.Duration
	}{
		{"attentionAfter", p.AttentionAfter, 0}, {"payWithin", p.PayWithin, 0}, {"handOverWithin", p.HandOverWithin, 0},
		{"reserveWithin", p.ReserveWithin, 0}, {"deliverWithin", p.DeliverWithin, 0}, {"cleanWithin", p.CleanWithin, 0}, {"assignWithin", p.AssignWithin, 0},
		{"serveWithin", p.ServeWithin, -longestWait}, {"serveAfterDay", p.ServeAfterDay, -longestWait}, // from the drink's day, and it may be before
	} {
		is.unless(wait.least <= wait.d && wait.d <= longestWait, "policy."+wait.field,
			"must be at least %s and at most %s", wait.least, longestWait)
	}
}

// checkSettled objects to a view that an order could not be undone from. What it
// says otherwise may be what an earlier build let in: that has to be undone, too.
// So ids may have any length, and texts are cut by Settlement.
func (v View) checkSettled(orderID string, kind booking.Kind, is *objections) {
	is.unless(v.ID == orderID, "settle.id", "is not the order's")
	is.unless(v.Kind == kind, "settle.kind", "must be %s", kind)
	is.unless(v.Status == booking.Cancelling || kind.May(v.Status, booking.Cancelling), "settle.status", "is none from which an order can be undone")
	is.unless(v.Reason == "" || slices.Contains(booking.Reasons(), v.Reason), "settle.reason", "is none for which an order is undone")
	is.unless(v.Reason != "" || v.Status != booking.Cancelling, "settle.reason", "is missing")
	is.unless(v.Amount.Amount >= 0, "settle.amount", "must be at least 0")
	for _, text := range []struct{ field, is string }{
		{"item.name", v.Item.Name}, {"address", v.address()}, {"location", v.location()},
	} {
		is.upTo("settle."+text.field, text.is, booking.LongestText)
	}
	for _, e := range v.History {
		is.upTo("settle.history.note", e.Note, booking.LongestNote)
	}
}

// Check is an Invalid if no reservation can start with this.
func (l Lodging) Check() error {
	var is objections
	l.check(booking.Lodging, &is)
	nights := l.CheckIn.DaysUntil(l.CheckOut)
	if l.Settle != nil {
		is.unless(l.Rooms >= 1, "rooms", "must be at least 1")
		is.unless(nights >= 1, "checkOut", "must be after checkIn")
		return is.err()
	}
	is.quantity("rooms", l.Rooms)
	is.unless(1 <= nights && nights <= booking.MaxNights, "checkOut", "must be 1 to %d nights after checkIn", booking.MaxNights)
	is.ahead("checkIn", l.CheckIn, l.PlacedAt)
	is.item("place", l.Place.ID, l.Place.Name, l.Place.OwnerID)
	if zone, err := booking.Zone(l.Place.TimeZone); err == nil {
		is.near("begins", l.Begins, l.CheckIn.At(l.Place.CheckInTime, zone))
		is.near("ends", l.Ends, l.CheckOut.At(l.Place.CheckOutTime, zone))
	} else {
		is.add("place.timeZone", "is not the name of a time zone")
	}
	switch l.Place.Confirmation {
	case booking.Auto:
	case booking.Manual:
		within := l.Place.ConfirmWithin
		is.unless(booking.ShortestConfirmWithin <= within && within <= booking.LongestConfirmWithin, "place.confirmWithin",
			"must be at least %s and at most %s", booking.ShortestConfirmWithin, booking.LongestConfirmWithin)
	default:
		is.add("place.confirmation", "must be %s or %s", booking.Auto, booking.Manual)
	}
	is.price(l.Amount, l.Place.Price, nights, l.Rooms)
	return is.err()
}

// Check is an Invalid if no order of food can start with this.
func (f Food) Check() error {
	var is objections
	f.check(booking.Food, &is)
	if f.Settle != nil {
		is.unless(f.Quantity >= 1, "quantity", "must be at least 1")
		return is.err()
	}
	is.quantity("quantity", f.Quantity)
	is.item("menu", f.Menu.ID, f.Menu.Name, f.Menu.OwnerID)
	is.text("address", f.Address)
	is.price(f.Amount, f.Menu.Price, f.Quantity)
	return is.err()
}

// Check is an Invalid if no order of a drink can start with this.
func (c Cafe) Check() error {
	var is objections
	c.check(booking.Cafe, &is)
	if c.Settle != nil {
		is.unless(c.Quantity >= 1, "quantity", "must be at least 1")
		is.unless(!c.Drink.Date.IsZero(), "drink.date", "is missing")
		return is.err()
	}
	is.quantity("quantity", c.Quantity)
	is.ahead("drink.date", c.Drink.Date, c.PlacedAt)
	is.near("begins", c.Begins, c.Drink.Begins())
	is.near("ends", c.Ends, c.Drink.Ends())
	is.item("drink", c.Drink.ID, c.Drink.Name, c.Drink.OwnerID)
	_, err := booking.Zone(c.Drink.TimeZone)
	is.unless(err == nil, "drink.timeZone", "is not the name of a time zone")
	is.price(c.Amount, c.Drink.Price, c.Quantity)
	return is.err()
}

// Check is an Invalid if no call for a cleaner can start with this.
func (c Cleaning) Check() error {
	var is objections
	c.check(booking.Cleaning, &is)
	if c.Settle == nil {
		is.unless(booking.IsTelephone(c.Tel), "tel", "is not a telephone number as +8221234567")
		is.text("location", c.Location)
	}
	return is.err()
}

// LargestUpdate is how many bytes an update may have, with all that comes with
// it. One that is larger comes without its content: see Decision.
const LargestUpdate = 64 << 10

// Check is an Invalid if no order can be decided on by the update in this way.
// An owner who refuses says why.
func (d Decision) Check(update string) error {
	var is objections
	is.unless(d.Bytes == 0, "input", "has %d bytes, of which at most %d are taken", d.Bytes, LargestUpdate)
	is.upTo("note", d.Note, booking.LongestNote)
	if fault := booking.LinesFault(d.Note); fault != "" {
		is.add("note", "%s", fault)
	}
	is.unless(d.Note != "" || d.Bytes != 0 || update != RejectUpdate, "note", "is missing")
	return is.err()
}

// Comes tells whether a call can be told that this cleaner comes.
func Comes(c booking.Cleaner) bool {
	var is objections
	is.name("id", c.ID)
	is.text("name", c.Name)
	return is.err() == nil
}

// Forces tells whether an order can be told to undo itself for the reason.
func Forces(why booking.Reason) bool { return why == booking.MenuDeleted }

// What a deletion or a repair does unless it is told otherwise: how many orders
// of a drink are cancelled at a time, and how many such batches, or pages of
// orders, one run goes through. Its history stays small.
const (
	deletionBatch   = 100
	deletionBatches = 200
	repairPages     = 50
	mostAtATime     = 1000 // of any of these
)

// Sane is the input with defaults for what is missing. When the workflow begins
// it has not come to anything yet, whatever its input says.
func (d DrinkDeletion) Sane(begins bool) DrinkDeletion {
	if begins {
		d = DrinkDeletion{DrinkID: d.DrinkID, Batch: d.Batch, Batches: d.Batches}
	}
	d.Batch, d.Batches, d.Passes = within(d.Batch, deletionBatch), within(d.Batches, deletionBatches), max(0, d.Passes)
	return d
}

// Check is an Invalid if the input names no drink.
func (d DrinkDeletion) Check() error {
	var is objections
	is.name("drinkId", d.DrinkID)
	return is.err()
}

// Sane is the input with defaults for what is missing: see DrinkDeletion.
func (r Repair) Sane(begins bool) Repair {
	if begins {
		r = Repair{Pages: r.Pages}
	}
	r.Pages = within(r.Pages, repairPages)
	return r
}

func within(n, missing int) int {
	if n <= 0 {
		return missing
	}
	return min(n, mostAtATime)
}
