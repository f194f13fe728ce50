package contract

import (
	"fmt"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// LodgingWorkflow is the workflow type of reservations.
const LodgingWorkflow = "Lodging"

// Lodging is the input of a reservation. Its amount is price × nights × rooms.
type Lodging struct {
	Order
	Place    booking.Place `json:"place"`
	CheckIn  booking.Date  `json:"checkIn"`
	CheckOut booking.Date  `json:"checkOut"`
	Rooms    int           `json:"rooms"`
	// Begins and Ends are CheckInAt and CheckOutAt as computed when the reservation was
	// made: a later build may have other time zone data, and a replay must come to the same
	// result.
	Begins time.Time `json:"begins,omitzero"`
	Ends   time.Time `json:"ends,omitzero"`
}

// WithInstants is the input with its instants set.
func (l Lodging) WithInstants() Lodging {
	l.Begins, l.Ends = time.Time{}, time.Time{}
	l.Begins, l.Ends = l.CheckInAt(), l.CheckOutAt()
	return l
}

// CheckInAt is the instant from which the guests may arrive.
func (l Lodging) CheckInAt() time.Time {
	if !l.Begins.IsZero() {
		return l.Begins
	}
	return l.CheckIn.At(l.Place.CheckInTime, l.zone())
}

// CheckOutAt is the instant at which the stay ends.
func (l Lodging) CheckOutAt() time.Time {
	if !l.Ends.IsZero() {
		return l.Ends
	}
	return l.CheckOut.At(l.Place.CheckOutTime, l.zone())
}

// zone is the place's time zone. Only the place of a settled order may have none, and its
// saga uses no instants: an order whose place has an invalid zone is not started.
func (l Lodging) zone() *time.Location {
	zone, err := booking.Zone(l.Place.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// View is the reservation before its workflow has run.
func (l Lodging) View() View {
	v := l.view(booking.Lodging, l.Place.OwnerID, booking.Item{ID: l.Place.ID, Name: l.Place.Name}, l.Rooms)
	v.Terms = l.terms(l.CheckInAt(), l.Place.TimeZone)
	v.Stay = &Stay{CheckIn: l.CheckIn.String(), CheckOut: l.CheckOut.String()}
	if l.Place.Confirmation == booking.Manual {
		v.ConfirmWithin = l.Place.ConfirmWithin
	}
	return v
}

// Check returns Invalid if the saga does not accept the input.
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

func settleLodging(o Order, v View) (Input, error) {
	in := Lodging{Order: o, Place: booking.Place{ID: v.Item.ID, Name: v.Item.Name, OwnerID: v.OwnerID}, Rooms: v.quantity()}
	var err error
	in.CheckIn, in.CheckOut, err = v.nights()
	return in, err
}

// nights are the dates of the stay, at least one night. Without a stay it is the night of
// the day on which it was reserved.
func (v View) nights() (from, to booking.Date, err error) {
	if v.Stay == nil {
		return v.placedOn(), v.placedOn().AddDays(1), nil
	}
	if from, err = booking.ParseDate(v.CheckIn); err != nil {
		return from, to, fmt.Errorf("stay of order %s: %w", v.ID, err)
	}
	if to, err = booking.ParseDate(v.CheckOut); err != nil {
		return from, to, fmt.Errorf("stay of order %s: %w", v.ID, err)
	}
	if !from.Before(to) {
		to = from.AddDays(1)
	}
	return from, to, nil
}
