package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Shelf is the part of the stock that deleting a drink needs.
type Shelf interface {
	// Close refuses every later hold of the item and returns how many orders hold some of
	// it.
	Close(ctx context.Context, itemID string) (orders int, err error)
	// Holders lists up to limit orders that hold some of the item, by id, after the id
	// given.
	Holders(ctx context.Context, itemID, after string, limit int) (orderIDs []string, err error)
	// StillHold counts the given orders that hold some of the item.
	StillHold(ctx context.Context, itemID string, orderIDs []string) (int, error)
}

// DrinkSagas are the sagas of orders of drinks.
type DrinkSagas interface {
	// ForceCancel signals the order's saga to compensate; false if the order has ended.
	ForceCancel(ctx context.Context, orderID string, f contract.Force) (running bool, err error)
	// Running counts the item's orders that have not ended. The count may lag by some
	// seconds.
	Running(ctx context.Context, itemID string) (int, error)
}

// DrinkPages shows the owner how far a deletion has come.
type DrinkPages interface {
	// Drink returns a drink with its deletion, nil if it has none. Returns NotFound if the
	// id is not a drink's; other items have stock, too.
	Drink(ctx context.Context, drinkID string) (booking.Drink, *booking.DrinkDeletion, error)
	// NoteDeletion takes the drink off the menu, once, on behalf of by, and records the
	// deletion's progress.
	NoteDeletion(ctx context.Context, by, drinkID string, d booking.DrinkDeletion) error
}

// Drinks takes drinks off the menu.
type Drinks struct {
	Service
	Shelf Shelf
	Sagas DrinkSagas
	Pages DrinkPages
}

// CloseDrink refuses every further order of the drink and returns how many orders hold some
// of it. An order refused for this holds no stock. Fails without retry if the id is not a
// drink's.
func (d *Drinks) CloseDrink(ctx context.Context, del Deletion) (booking.DrinkDeletion, error) {
	return do(ctx, &d.Service, func(ctx context.Context) (progress booking.DrinkDeletion, err error) {
		_, _, err = d.Pages.Drink(ctx, del.DrinkID)
		if no, ok := errors.AsType[*booking.Error](err); ok && no.Code == booking.NotFound {
			return progress, temporal.NewNonRetryableApplicationError(no.Message, string(no.Code), nil)
		}
		if err != nil {
			return progress, fmt.Errorf("find drink: %w", err)
		}
		progress.Orders, err = d.Shelf.Close(ctx, del.DrinkID)
		if err != nil {
			return progress, fmt.Errorf("close drink: %w", err)
		}
		return progress, d.Pages.NoteDeletion(ctx, del.By, del.DrinkID, progress)
	})
}

// DrinkBatch names some of the orders that hold a drink.
type DrinkBatch struct {
	DrinkID string `json:"drinkId"`
	By      string `json:"by,omitempty"` // the caller that deletes the drink
	After   string `json:"after"`
	Limit   int    `json:"limit"`
}

// DrinkBatchDone is the result of a batch.
type DrinkBatchDone struct {
	Orders    int    `json:"orders"`  // in this batch
	Ended     int    `json:"over"`    // had ended before they could be cancelled and keep the drink
	Signalled int    `json:"told"`    // sent a signal to compensate
	Running   int    `json:"running"` // orders of the drink, in this batch or not, that have not ended
	Last      string `json:"last"`    // the last order of this batch
}

const (
	// batchTimeout is how long a batch is watched before the next one starts. It keeps all
	// orders of a drink from compensating at once, and one order that cannot compensate now
	// from delaying the others.
	batchTimeout = 8 * time.Second
	batchPoll    = 100 * time.Millisecond
	// batchWidth is how many sagas are signalled at the same time.
	batchWidth = 8
)

// CancelDrinkOrders signals the sagas of a batch of orders to compensate, and watches them for a
// while.
func (d *Drinks) CancelDrinkOrders(ctx context.Context, b DrinkBatch) (DrinkBatchDone, error) {
	return do(ctx, &d.Service, func(ctx context.Context) (DrinkBatchDone, error) {
		orders, err := d.Shelf.Holders(ctx, b.DrinkID, b.After, b.Limit)
		if err != nil {
			return DrinkBatchDone{}, fmt.Errorf("list orders that hold the drink: %w", err)
		}
		signalled, ended, err := d.forceCancel(ctx, orders, contract.Force{Reason: booking.MenuDeleted, By: b.By})
		if err != nil {
			return DrinkBatchDone{}, err
		}
		// Orders that an earlier attempt has cancelled no longer hold stock.
		endedBefore, err := d.Shelf.StillHold(ctx, b.DrinkID, ended)
		if err != nil {
			return DrinkBatchDone{}, fmt.Errorf("which orders have ended: %w", err)
		}
		if err := d.watch(ctx, b.DrinkID, signalled); err != nil {
			return DrinkBatchDone{}, fmt.Errorf("watch orders being cancelled: %w", err)
		}
		done := DrinkBatchDone{Orders: len(orders), Ended: endedBefore, Signalled: len(signalled), Last: b.After}
		if len(orders) > 0 {
			done.Last = orders[len(orders)-1]
		}
		done.Running, err = d.Sagas.Running(ctx, b.DrinkID)
		return done, err
	})
}

// forceCancel signals the orders' sagas to compensate, and returns the orders that run and those
// that have ended.
func (d *Drinks) forceCancel(ctx context.Context, orders []string, f contract.Force) (signalled, ended []string, err error) {
	running := make([]bool, len(orders))
	var signalling errgroup.Group
	signalling.SetLimit(batchWidth)
	for i, order := range orders {
		signalling.Go(func() (err error) {
			running[i], err = d.Sagas.ForceCancel(ctx, order, f)
			return err
		})
	}
	if err := signalling.Wait(); err != nil {
		return nil, nil, fmt.Errorf("signal orders that their drink is deleted: %w", err)
	}
	for i, order := range orders {
		if running[i] {
			signalled = append(signalled, order)
		} else {
			ended = append(ended, order)
		}
	}
	return signalled, ended, nil
}

// watch waits until the orders hold no stock, or until batchTimeout has passed.
func (d *Drinks) watch(ctx context.Context, drinkID string, orders []string) error {
	enough := time.Now().Add(batchTimeout)
	for len(orders) > 0 && time.Now().Before(enough) {
		open, err := d.Shelf.StillHold(ctx, drinkID, orders)
		if err != nil || open == 0 {
			return err
		}
		select {
		case <-time.After(batchPoll):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Deletion is the deletion of a drink with its progress.
type Deletion struct {
	DrinkID  string                `json:"drinkId"`
	By       string                `json:"by,omitempty"` // the caller that deletes the drink
	Progress booking.DrinkDeletion `json:"progress"`
}

// UnmarshalJSON also reads the input that sagas of earlier builds give to CloseDrink: the
// drink's id alone.
func (d *Deletion) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, &d.DrinkID) == nil {
		return nil
	}
	type plain Deletion
	return json.Unmarshal(text, (*plain)(d))
}

// NoteDeletion shows the owner how far the deletion has come.
func (d *Drinks) NoteDeletion(ctx context.Context, del Deletion) error {
	_, err := do(ctx, &d.Service, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, d.Pages.NoteDeletion(ctx, del.By, del.DrinkID, del.Progress)
	})
	return err
}
