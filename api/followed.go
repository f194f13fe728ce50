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

// has tells whether an event is of an order that is followed.
func (f followed) has(of followed) bool {
	return (f.customerID == "" || f.customerID == of.customerID) && (f.ownerID == "" || f.ownerID == of.ownerID)
}

// mostLooked is how many events one request looks at for those that it follows.
const mostLooked = 2000

// eventsOf reads on in the feed until it has found limit events that are followed,
// has looked at as many as a request may, or is at the end.
func (s *server) eventsOf(ctx context.Context, f followed, after string, limit int) (found []booking.Event, next string, err error) {
	if f == (followed{}) {
		return s.ReadModel.Events(ctx, after, limit)
	}
	next = after
	for looked := 0; looked < mostLooked; {
		events, on, err := s.ReadModel.Events(ctx, next, eventsAtOnce)
		if err != nil {
			return nil, "", err
		}
		for _, e := range events {
			if !f.has(orderOf(e)) {
				continue
			}
			if found = append(found, e); len(found) == limit {
				return found, e.Cursor, nil
			}
		}
		if on == next {
			break
		}
		next, looked = on, looked+max(1, len(events))
	}
	return found, next, nil
}

// orderOf is whose order an event is of; of the catalogue, nobody's.
func orderOf(e booking.Event) followed { return followed{e.Data.CustomerID, e.Data.OwnerID} }
