package activities

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// Stock is what places have to give, night by night.
type Stock interface {
	// Hold takes the rooms of every night or of none. The outcome is recorded
	// under the hold's key and repeated from then on: Done, Refused (SoldOut),
	// or Undone when it was released, even before it was held.
	Hold(ctx context.Context, h booking.Hold) (booking.Outcome, error)
	// Release gives held rooms back, once. A hold that never happened is
	// recorded as released, so that it never will.
	Release(ctx context.Context, h booking.Hold) (booking.Undo, error)
}

// Inventory holds stock and releases it.
type Inventory struct {
	Service
	Stock Stock
}

// HoldStock takes the rooms for every night of the stay, or refuses.
func (i *Inventory) HoldStock(ctx context.Context, h booking.Hold) (booking.Outcome, error) {
	return do(ctx, &i.Service, func(ctx context.Context) (booking.Outcome, error) {
		return i.Stock.Hold(ctx, h)
	})
}

// ReleaseStock undoes HoldStock.
func (i *Inventory) ReleaseStock(ctx context.Context, h booking.Hold) (booking.Undo, error) {
	return do(ctx, &i.Service, func(ctx context.Context) (booking.Undo, error) {
		return i.Stock.Release(ctx, h)
	})
}
