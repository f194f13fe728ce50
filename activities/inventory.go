package activities

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// Stock is what there is of each item, day by day.
type Stock interface {
	// Hold takes the quantity of every day or of none. The outcome is recorded
	// under the hold's key and repeated from then on: Done, Refused (SoldOut,
	// or MenuDeleted when the item was closed), or Undone when it was released,
	// even before it was held.
	Hold(ctx context.Context, h booking.Hold) (booking.Outcome, error)
	// Release gives back what is held, once. A hold that never happened is
	// recorded as released, so that it never will.
	Release(ctx context.Context, h booking.Hold) (booking.Undo, error)
	// Shorten ends a hold on the day named: what it held of that day and of
	// later ones is given back. That is decided once, and answered the same from
	// then on, whichever day is named. A hold that does not exist, or not any
	// more, stays as it is.
	Shorten(ctx context.Context, key string, end booking.Date) (booking.Freed, error)
}

// Inventory holds stock and releases it.
type Inventory struct {
	Service
	Stock Stock
}

// HoldStock takes some of an item for every day, or refuses.
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

// EndStay gives back the nights that guests who have left do not use.
func (i *Inventory) EndStay(ctx context.Context, e booking.StayEnd) (booking.Freed, error) {
	return do(ctx, &i.Service, func(ctx context.Context) (booking.Freed, error) {
		return i.Stock.Shorten(ctx, e.Key, e.FirstFreeNight())
	})
}
