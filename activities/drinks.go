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

// Shelf is what a drink's deletion needs to know of the stock.
type Shelf interface {
	// Close refuses every hold of the item from now on and tells how many
	// orders hold some of it.
	Close(ctx context.Context, itemID string) (orders int, err error)
	// Holders lists up to limit orders that hold some of the item, in the
	// order of their ids and after the one named.
	Holders(ctx context.Context, itemID, after string, limit int) (orderIDs []string, err error)
	// StillHold counts those of the orders that hold some of the item.
	StillHold(ctx context.Context, itemID string, orderIDs []string) (int, error)
}

// DrinkSagas are the sagas of orders of drinks.
type DrinkSagas interface {
	// ForceCancel tells the order's saga to undo it; false when it is over.
	ForceCancel(ctx context.Context, orderID string, f contract.Force) (running bool, err error)
	// Running counts the orders of the item that are not over. It may be some
	// seconds behind.
	Running(ctx context.Context, itemID string) (int, error)
}

// DrinkPages shows the owner how far a deletion has come.
type DrinkPages interface {
	// Drink is a drink with its deletion, nil while it has none. NotFound: there
	// is no such drink; other things have stock, too.
	Drink(ctx context.Context, drinkID string) (booking.Drink, *booking.DrinkDeletion, error)
	// NoteDeletion takes the drink off the menu, once, as the doing of the one who is named,
	// and notes how far its deletion has come.
	NoteDeletion(ctx context.Context, by, drinkID string, d booking.DrinkDeletion) error
}

// Drinks takes drinks off the menu.
type Drinks struct {
	Service
	Shelf Shelf
	Sagas DrinkSagas
	Pages DrinkPages
}

// CloseDrink refuses every further order of the drink and tells how many hold
// some of it. An order that is refused by this has taken nothing. What is no
// drink is not closed, however often it is tried.
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
	By      string `json:"by,omitempty"` // who deletes the drink
	After   string `json:"after"`
	Limit   int    `json:"limit"`
}

// DrinkBatchDone is what came of a batch.
type DrinkBatchDone struct {
	Orders  int    `json:"orders"`  // that there were
	Over    int    `json:"over"`    // before they could be cancelled: they hold the drink for good
	Told    int    `json:"told"`    // to undo themselves
	Running int    `json:"running"` // orders of the drink, in this batch or not, that are not over
	Last    string `json:"last"`    // the last of them
}

const (
	// batchPatience is how long a batch is watched before the next one is
	// begun: so that not all orders of a drink are undone at once, and that
	// one which cannot be undone now does not hold the others up.
	batchPatience = 8 * time.Second
	batchGlance   = 100 * time.Millisecond
	// batchWidth is how many sagas are told at the same time.
	batchWidth = 8
)

// CancelDrinkOrders tells the sagas of a batch of orders to undo them, and
// watches them for a while.
func (d *Drinks) CancelDrinkOrders(ctx context.Context, b DrinkBatch) (DrinkBatchDone, error) {
	return do(ctx, &d.Service, func(ctx context.Context) (DrinkBatchDone, error) {
		orders, err := d.Shelf.Holders(ctx, b.DrinkID, b.After, b.Limit)
		if err != nil {
			return DrinkBatchDone{}, fmt.Errorf("who holds the drink: %w", err)
		}
		told, ended, err := d.forceCancel(ctx, orders, contract.Force{Why: booking.MenuDeleted, By: b.By})
		if err != nil {
			return DrinkBatchDone{}, err
		}
		// What an earlier attempt has cancelled holds nothing any more.
		over, err := d.Shelf.StillHold(ctx, b.DrinkID, ended)
		if err != nil {
			return DrinkBatchDone{}, fmt.Errorf("which orders are over: %w", err)
		}
		if err := d.watch(ctx, b.DrinkID, told); err != nil {
			return DrinkBatchDone{}, fmt.Errorf("watch orders being cancelled: %w", err)
		}
		done := DrinkBatchDone{Orders: len(orders), Over: over, Told: len(told), Last: b.After}
		if len(orders) > 0 {
			done.Last = orders[len(orders)-1]
		}
		done.Running, err = d.Sagas.Running(ctx, b.DrinkID)
		return done, err
	})
}

// forceCancel tells the sagas of the orders, and answers those that run and those
// that have ended.
func (d *Drinks) forceCancel(ctx context.Context, orders []string, f contract.Force) (told, ended []string, err error) {
	running := make([]bool, len(orders))
	var telling errgroup.Group
	telling.SetLimit(batchWidth)
	for i, order := range orders {
		telling.Go(func() (err error) {
			running[i], err = d.Sagas.ForceCancel(ctx, order, f)
			return err
		})
	}
	if err := telling.Wait(); err != nil {
		return nil, nil, fmt.Errorf("tell orders that their drink is deleted: %w", err)
	}
	for i, order := range orders {
		if running[i] {
			told = append(told, order)
		} else {
			ended = append(ended, order)
		}
	}
	return told, ended, nil
}

// watch waits until the orders hold nothing any more, or until it has waited
// long enough.
func (d *Drinks) watch(ctx context.Context, drinkID string, orders []string) error {
	enough := time.Now().Add(batchPatience)
	for len(orders) > 0 && time.Now().Before(enough) {
		open, err := d.Shelf.StillHold(ctx, drinkID, orders)
		if err != nil || open == 0 {
			return err
		}
		select {
		case <-time.After(batchGlance):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Deletion is the deletion of a drink, and how far it has come.
type Deletion struct {
	DrinkID  string                `json:"drinkId"`
	By       string                `json:"by,omitempty"` // who deletes the drink
	Progress booking.DrinkDeletion `json:"progress"`
}

// UnmarshalJSON reads also what sagas of earlier builds give to CloseDrink: the drink's
// id alone.
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
