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
	// ChangeHold holds what c asks for beyond the hold that it changes, of every day or
	// of none. All of the hold stays held. The outcome is recorded under c's key and
	// repeated from then on: Done, Refused (SoldOut), or Undone when the hold is released
	// or has ended. Where the change was made before, or the hold is not what c takes it
	// for, the outcome tells what has changed it.
	ChangeHold(ctx context.Context, c booking.HoldChange) (booking.Outcome, error)
	// MakeChange makes the hold what c asks for, once ChangeHold was Done: what is not
	// needed any more is given back. It is Undone when the change was dropped before.
	MakeChange(ctx context.Context, c booking.HoldChange) (booking.Outcome, error)
	// DropChange gives back what ChangeHold has held for c, once. One that never happened
	// is recorded as dropped, so that it never will. One that was made stays made.
	DropChange(ctx context.Context, c booking.HoldChange) (booking.Undo, error)
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

// ChangeHold holds what a change of a stay needs beyond what is held for it, or refuses.
func (i *Inventory) ChangeHold(ctx context.Context, c booking.HoldChange) (booking.Outcome, error) {
	return do(ctx, &i.Service, func(ctx context.Context) (booking.Outcome, error) { return i.Stock.ChangeHold(ctx, c) })
}

// MakeChange gives back what a change of a stay does not need any more.
func (i *Inventory) MakeChange(ctx context.Context, c booking.HoldChange) (booking.Outcome, error) {
	return do(ctx, &i.Service, func(ctx context.Context) (booking.Outcome, error) { return i.Stock.MakeChange(ctx, c) })
}

// DropChange undoes ChangeHold.
func (i *Inventory) DropChange(ctx context.Context, c booking.HoldChange) (booking.Undo, error) {
	return do(ctx, &i.Service, func(ctx context.Context) (booking.Undo, error) { return i.Stock.DropChange(ctx, c) })
}

// EndStay gives back the nights that guests who have left do not use.
func (i *Inventory) EndStay(ctx context.Context, e booking.StayEnd) (booking.Freed, error) {
	return do(ctx, &i.Service, func(ctx context.Context) (booking.Freed, error) {
		return i.Stock.Shorten(ctx, e.Key, e.FirstFreeNight())
	})
}
