package activities

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// Stock is the quantity of each item, per day.
type Stock interface {
	// Hold takes the quantity for every day or for none. The outcome is recorded under the
	// hold's key and repeated from then on: Done, Refused (SoldOut, or MenuDeleted if the
	// item was closed), or Undone if the hold was released, even before it was held.
	Hold(ctx context.Context, h booking.Hold) (booking.Outcome, error)
	// Release releases what is held, once. A hold that never happened is recorded as
	// released and cannot happen afterwards.
	Release(ctx context.Context, h booking.Hold) (booking.Undo, error)
	// Shorten ends a hold on the given day: its quantity of that day and of later ones is
	// released. The first call decides; later calls return its result, also for another day.
	// A hold that does not exist, or was released, is left as it is.
	Shorten(ctx context.Context, key string, end booking.Date) (booking.Freed, error)
	// ChangeHold holds what c needs beyond the hold that it changes, for every day or for
	// none. The existing hold is kept in full. The outcome is recorded under c's key and
	// repeated from then on: Done, Refused (SoldOut), or Undone if the hold is released or
	// has ended. If the change was made before, or the hold is not what c expects, the
	// outcome carries the changes of the hold.
	ChangeHold(ctx context.Context, c booking.HoldChange) (booking.Outcome, error)
	// MakeChange changes the hold to what c requests, once ChangeHold was Done, and releases the
	// remainder. Undone if the change was dropped before.
	MakeChange(ctx context.Context, c booking.HoldChange) (booking.Outcome, error)
	// DropChange releases what ChangeHold has held for c, once. A change that never
	// happened is recorded as dropped and cannot happen afterwards. A change that was made
	// stays made, and the result has the changes of the hold.
	DropChange(ctx context.Context, c booking.HoldChange) (booking.Undo, error)
}

// Inventory holds stock and releases it.
type Inventory struct {
	Service
	Stock Stock
}

// HoldStock holds a quantity of an item for every day, or refuses.
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

// ChangeHold holds what a change of a stay needs beyond the existing hold, or refuses.
func (i *Inventory) ChangeHold(ctx context.Context, c booking.HoldChange) (booking.Outcome, error) {
	return do(ctx, &i.Service, func(ctx context.Context) (booking.Outcome, error) { return i.Stock.ChangeHold(ctx, c) })
}

// MakeChange releases what a changed stay no longer needs.
func (i *Inventory) MakeChange(ctx context.Context, c booking.HoldChange) (booking.Outcome, error) {
	return do(ctx, &i.Service, func(ctx context.Context) (booking.Outcome, error) { return i.Stock.MakeChange(ctx, c) })
}

// DropChange undoes ChangeHold.
func (i *Inventory) DropChange(ctx context.Context, c booking.HoldChange) (booking.Undo, error) {
	return do(ctx, &i.Service, func(ctx context.Context) (booking.Undo, error) { return i.Stock.DropChange(ctx, c) })
}

// EndStay releases the nights that guests who have left do not use.
func (i *Inventory) EndStay(ctx context.Context, e booking.StayEnd) (booking.Freed, error) {
	return do(ctx, &i.Service, func(ctx context.Context) (booking.Freed, error) {
		return i.Stock.Shorten(ctx, e.Key, e.FirstFreeNight())
	})
}
