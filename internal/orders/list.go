package orders

import (
	"context"
	"slices"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// List is a part of a list of orders.
type List struct {
	Orders []contract.View
	Next   string // cursor of the part that follows, "" at the end
	// Behind are the orders of which the list does not show yet what was answered.
	Behind []string
}

// Seen is an order at the version that a caller was answered.
type Seen struct {
	OrderID string
	Version int64
}

// List lists the orders that the filter selects, newest first. NotAllowed: they are
// not the caller's to see.
//
// An order may be answered some milliseconds before its row is written. A list
// waits for the rows of what this process has answered by itself, for half a
// second at most, and for what the caller says to have seen, which another
// process may have answered.
func (o *Orders) List(ctx context.Context, caller booking.Caller, f booking.OrderFilter, page booking.Page, seen *Seen) (List, error) {
	if err := mayList(caller, f); err != nil {
		return List{}, err
	}
	behind := o.Hub.AwaitPublished(ctx, f)
	if seen != nil && !o.reaches(ctx, caller, *seen) && !slices.Contains(behind, seen.OrderID) {
		behind = append(behind, seen.OrderID)
	}
	views, next, err := o.Pages.Orders(ctx, f, page)
	return List{Orders: views, Next: next, Behind: behind}, err
}

// Count tells how many orders the filter selects, up to booking.CountedTo.
func (o *Orders) Count(ctx context.Context, caller booking.Caller, f booking.OrderFilter) (int, error) {
	if err := mayList(caller, f); err != nil {
		return 0, err
	}
	return o.Pages.CountOrders(ctx, f)
}

const (
	// reachedWithin is how long a list waits for an order's row.
	reachedWithin = 500 * time.Millisecond
	// rowAgain is how soon it looks again at a row of which it hears nothing.
	rowAgain = 50 * time.Millisecond
)

// reaches waits until the order's row is at the version, and tells whether it is. Of
// an order that is not the caller's to see it tells the same as of none.
func (o *Orders) reaches(ctx context.Context, caller booking.Caller, s Seen) bool {
	ctx, cancel := context.WithTimeout(ctx, reachedWithin)
	defer cancel()
	changes, unsubscribe := o.Hub.Subscribe(s.OrderID)
	defer unsubscribe()
	for {
		if view, err := o.Pages.View(ctx, s.OrderID); err == nil && view.Version >= s.Version && caller.Allowed(booking.ReadOrder, view.Thing()) {
			return true
		}
		select {
		case <-changes:
		case <-time.After(rowAgain):
		case <-ctx.Done():
			return false
		}
	}
}
