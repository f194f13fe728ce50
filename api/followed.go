package api

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// followed is whose orders a reader of the feed follows. The zero value is the whole
// feed.
type followed struct{ customerID, ownerID string }

func (in *eventList) followed() followed { return followed{string(in.CustomerID), string(in.OwnerID)} }

// may refuses what the caller may not follow.
func (f followed) may(ctx context.Context) error {
	if f == (followed{}) {
		return may(ctx, booking.FollowAll, booking.Thing{})
	}
	return may(ctx, booking.FollowOrders, booking.Thing{CustomerID: f.customerID, OwnerID: f.ownerID})
}

func (f followed) filter() booking.EventFilter {
	return booking.EventFilter{CustomerID: f.customerID, OwnerID: f.ownerID}
}

// fromNow asks for what follows all events that there are.
const fromNow = "now"

// feedPlace is the cursor that a reader begins after.
func (s *server) feedPlace(ctx context.Context, after string) (string, error) {
	if after == fromNow {
		return s.ReadModel.EndOfFeed(ctx)
	}
	return after, nil
}

// eventsOf reads on in the feed.
func (s *server) eventsOf(ctx context.Context, f followed, after string, limit int) ([]booking.Event, string, error) {
	if f == (followed{}) {
		return s.ReadModel.Events(ctx, after, limit)
	}
	return s.ReadModel.EventsOf(ctx, f.filter(), after, limit)
}

// has tells whether an event is of an order that is followed.
func (f followed) has(of followed) bool {
	return (f.customerID == "" || f.customerID == of.customerID) && (f.ownerID == "" || f.ownerID == of.ownerID)
}

// orderOf is whose order an event is of; of the catalogue, nobody's.
func orderOf(e booking.Event) followed { return followed{e.Data.CustomerID, e.Data.OwnerID} }
