package contract

import (
	"time"

	"github.com/yeyak/yeyak/booking"
)

// View is what an order looks like to its customer and owner. The saga's view
// query is its source; the read model holds the same value.
type View struct {
	ID         string         `json:"id"`
	Kind       booking.Kind   `json:"kind"`
	CustomerID string         `json:"customerId"`
	OwnerID    string         `json:"ownerId"`
	Item       booking.Item   `json:"item" doc:"What was ordered"`
	Quantity   int            `json:"quantity" doc:"Rooms, for a lodging reservation"`
	Amount     booking.Money  `json:"amount" doc:"Price of the whole order"`
	Status     booking.Status `json:"status"`
	// Placed: the order came into being. Owners are shown no others.
	Placed bool `json:"placed" doc:"Whether it came into being, that is, was paid for"`
	// Reason is why the order is, or is being, cancelled.
	Reason booking.Reason `json:"reason,omitempty" doc:"Why the order is, or is being, cancelled"`
	// NeedsAttention marks an order whose undo keeps failing.
	NeedsAttention bool    `json:"needsAttention" doc:"An operator is asked to look: undoing the order keeps failing"`
	History        []Entry `json:"history" nullable:"false" doc:"The statuses the order went through"`
	// Version grows with each change: max(previous + 1, workflow time in µs),
	// so that it also grows through a workflow reset.
	Version int64 `json:"version" doc:"Grows with each change of the order"`

	*Stay
}

// Stay is what a lodging reservation's view has of its own.
type Stay struct {
	CheckIn  string `json:"checkIn,omitempty" format:"date" doc:"First night"`
	CheckOut string `json:"checkOut,omitempty" format:"date" doc:"Day of departure"`
}

// Entry is one line of an order's history.
type Entry struct {
	Status booking.Status `json:"status"`
	At     time.Time      `json:"at"`
	Reason booking.Reason `json:"reason,omitempty"`
	Note   string         `json:"note,omitempty" doc:"What the one who decided added in their own words"`
}

// PlacedAt is when the order was placed.
func (v View) PlacedAt() time.Time {
	if len(v.History) == 0 {
		return time.Time{}
	}
	return v.History[0].At
}

// Listed tells whether lists show the order: to its customer also while its
// payment is pending, but not when it ended without having been paid for. Such
// an order can still be read by its id.
func (v View) Listed() bool { return v.Placed || !v.Status.Final() }

// Clone is a copy that shares nothing that changes with v.
func (v View) Clone() View {
	v.History = append([]Entry(nil), v.History...)
	return v
}

// Publication is one change of an order on its way to the read model.
type Publication struct {
	View View `json:"view"`
	// Decision is the view at the order's first decision, until it is known to
	// have been published. It is what a repeated request is answered with.
	Decision *View `json:"decision,omitempty"`
	// Events that are not known to be in the feed yet, oldest first.
	Events []booking.Event `json:"events,omitempty"`
	// RequestHash tells a repeated request from another one under its key.
	RequestHash string `json:"requestHash,omitempty"`
}
