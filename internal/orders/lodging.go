package orders

import (
	"context"
	"fmt"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Stay is a reservation of rooms.
type Stay struct {
	PlaceID           string
	CheckIn, CheckOut booking.Date
	Rooms             int
}

func (Stay) kind() booking.Kind { return booking.Lodging }

func (s Stay) offer(ctx context.Context, q *inquiry) offer {
	place := find(ctx, q, "placeId", "place", s.PlaceID, q.Catalogue.Place)
	policy := place.Cancellation
	place.Cancellation = nil // it is part of contract.Order
	o := offer{
		cancellation: policy,
		input: func(o contract.Order) contract.Input {
			return contract.Lodging{Order: o, Place: place, CheckIn: s.CheckIn, CheckOut: s.CheckOut, Rooms: s.Rooms}.WithInstants()
		},
		summary: fmt.Sprintf("%s, %s from %s, %s", shortened(place.Name),
			counted(s.CheckIn.DaysUntil(s.CheckOut), "night"), s.CheckIn, counted(s.Rooms, "room")),
		admit: onSale(place.Withdrawn, place.Fault()),
	}
	if s.checkDays(q, place.TimeZone) {
		o.amount = q.price("rooms", place.Price, s.CheckIn.DaysUntil(s.CheckOut), s.Rooms)
	}
	return o
}

// checkDays tells whether the guests can come on these days. If the place is not known, its
// days are taken to end where a day ends last.
func (s Stay) checkDays(q *inquiry, timeZone string) (ok bool) {
	if s.CheckIn.IsZero() {
		return false
	}
	ahead := booking.AheadFault(s.CheckIn, timeZone, q.Now())
	q.fault("checkIn", ahead)
	if s.CheckOut.IsZero() {
		return false
	}
	nights := booking.RangeFault("checkIn", s.CheckIn, s.CheckOut)
	q.fault("checkOut", nights)
	return ahead == "" && nights == ""
}
