package api

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// followed selects the events of one customer's or one owner's orders. The zero value
// selects the whole feed.
type followed struct{ customerID, ownerID string }

func (in *eventList) followed() followed { return followed{string(in.CustomerID), string(in.OwnerID)} }

// may refuses a caller that may not follow these events.
func (f followed) may(ctx context.Context) error {
	if f == (followed{}) {
		return may(ctx, booking.FollowAll, booking.Thing{})
	}
	return may(ctx, booking.FollowOrders, booking.Thing{CustomerID: f.customerID, OwnerID: f.ownerID})
}

func (f followed) filter() booking.EventFilter {
	return booking.EventFilter{CustomerID: f.customerID, OwnerID: f.ownerID}
}

// fromNow as a cursor means the end of the feed.
const fromNow = "now"

// feedPlace returns the cursor where a reader begins.
func (s *server) feedPlace(ctx context.Context, after string) (string, error) {
	if after == fromNow {
		return s.ReadModel.EndOfFeed(ctx)
	}
	return after, nil
}

// eventsOf reads the selected events that follow a cursor.
func (s *server) eventsOf(ctx context.Context, f followed, after string, limit int) ([]booking.Event, string, error) {
	if f == (followed{}) {
		return s.ReadModel.Events(ctx, after, limit)
	}
	return s.ReadModel.EventsOf(ctx, f.filter(), after, limit)
}

// has reports whether an event with these ids is selected.
func (f followed) has(of followed) bool {
	return (f.customerID == "" || f.customerID == of.customerID) && (f.ownerID == "" || f.ownerID == of.ownerID)
}

// orderOf returns the customer and owner of an event's order; none for events of the
// catalogue.
func orderOf(e booking.Event) followed { return followed{e.Data.CustomerID, e.Data.OwnerID} }
