package api

import (
	"context"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Catalogue holds the places there are.
type Catalogue interface {
	AddPlace(ctx context.Context, p booking.Place) error
	// Place answers one place, or NotFound.
	Place(ctx context.Context, id string) (booking.Place, error)
	// ChangePlace applies change to the place and keeps the result, in one
	// transaction. NotFound when there is none; an error of change's own
	// leaves the place as it was.
	ChangePlace(ctx context.Context, id string, change func(*booking.Place) error) (booking.Place, error)
	// Places lists the places; InvalidCursor for a cursor it did not give out.
	Places(ctx context.Context, page booking.Page) ([]booking.Place, string, error)
}

// Stock is how many rooms places have, night by night.
type Stock interface {
	// SetCapacity sets the rooms of every night of [from, to), or of none:
	// StockBelowHeld when more are held already.
	SetCapacity(ctx context.Context, placeID string, from, to booking.Date, rooms int) error
	// Nights answers the nights of [from, to).
	Nights(ctx context.Context, placeID string, from, to booking.Date) ([]booking.StockNight, error)
}

// Payments is the payments ledger, to read.
type Payments interface {
	// Payment answers the order's payment, or NotFound.
	Payment(ctx context.Context, orderID string) (booking.Payment, error)
}

// Messages are what owners and customers were told.
type Messages interface {
	// Messages lists what the recipient was told; InvalidCursor as for places.
	Messages(ctx context.Context, recipientID string, page booking.Page) ([]booking.Message, string, error)
}

// ReadModel is what customers and owners read of their orders.
type ReadModel interface {
	// Order answers the order as it was last published, or NotFound.
	Order(ctx context.Context, id string) (contract.Publication, error)
	// Orders lists the orders that the filter selects, newest first.
	Orders(ctx context.Context, filter booking.OrderFilter, page booking.Page) ([]contract.View, string, error)
	// Events answers what follows the cursor after in the feed, at most limit
	// events, and the cursor to go on from.
	Events(ctx context.Context, after string, limit int) ([]booking.Event, string, error)
	// Publish writes the order unless a newer version of it is there.
	Publish(ctx context.Context, p contract.Publication) error
}

// Health is how this process and what it depends on are doing.
type Health interface {
	// Ready is false while starting or draining.
	Ready() bool
	// Degraded names the parts that do not work and says what is wrong with each.
	Degraded(ctx context.Context) map[string]string
}
