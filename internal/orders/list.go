package orders

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// List is a part of a list of orders.
type List struct {
	Orders []contract.View
	Next   string // cursor of the next part, "" at the end
	// Behind are the orders whose answered changes the list does not show yet.
	Behind []string
}

// Seen is an order at the version in an answer to a caller.
type Seen struct {
	OrderID string
	Version int64
}

// SeenIn is the order as it was answered.
func SeenIn(answer contract.View) Seen { return Seen{answer.ID, answer.Version} }

// String names the order and the version, for ParseSeen.
func (s Seen) String() string { return fmt.Sprintf("%s@%d", s.OrderID, s.Version) }

// ParseSeen is the order and version that text names, nil for none.
func ParseSeen(text string) *Seen {
	id, version, _ := strings.Cut(text, "@")
	known, err := strconv.ParseInt(version, 10, 64)
	if err != nil || !booking.IsOrderID("", id) {
		return nil
	}
	return &Seen{OrderID: id, Version: known}
}

// List lists the orders that the filter selects, newest first. Returns NotAllowed if the
// caller may not see them.
//
// An order may be answered some milliseconds before its row is written. So a list waits for
// the rows of changes that this process has answered, for half a second at most, and for
// the version that the caller has seen, which another process may have answered.
func (o *Orders) List(ctx context.Context, caller booking.Caller, f booking.OrderFilter, page booking.Page, seen *Seen) (List, error) {
	if err := mayList(caller, f); err != nil {
		return List{}, err
	}
	behind := o.withSeen(ctx, caller, o.Hub.AwaitPublished(ctx, f), seen)
	views, next, err := o.Pages.Orders(ctx, f, page)
	return List{Orders: views, Next: next, Behind: behind}, err
}

// AwaitOrders waits like List for the rows of the orders with these ids, and returns the
// orders whose rows are behind. A list of other records of orders reads their rows after it.
func (o *Orders) AwaitOrders(ctx context.Context, caller booking.Caller, ids []string, seen *Seen) (behind []string) {
	return o.withSeen(ctx, caller, o.Hub.AwaitOrders(ctx, ids), seen)
}

// withSeen waits for the version that the caller has seen. It adds the order to those that
// are behind if its row does not reach that version.
func (o *Orders) withSeen(ctx context.Context, caller booking.Caller, behind []string, seen *Seen) []string {
	if seen != nil && !o.reaches(ctx, caller, *seen) && !slices.Contains(behind, seen.OrderID) {
		return append(behind, seen.OrderID)
	}
	return behind
}

// Count counts the orders that the filter selects, up to booking.CountedTo.
func (o *Orders) Count(ctx context.Context, caller booking.Caller, f booking.OrderFilter) (int, error) {
	if err := mayList(caller, f); err != nil {
		return 0, err
	}
	return o.Pages.CountOrders(ctx, f)
}

const (
	// reachedWithin is how long a list waits for an order's row.
	reachedWithin = 500 * time.Millisecond
	// rowPoll is the interval of reading a row without a wake-up.
	rowPoll = 50 * time.Millisecond
)

// reaches waits until the order's row is at the version, and reports whether it is. For an
// order that the caller may not see it returns the same as for a missing one.
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
		case <-time.After(rowPoll):
		case <-ctx.Done():
			return false
		}
	}
}
