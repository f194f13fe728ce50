package activities_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

var (
	today    = booking.Date{Year: 2026, Month: 12, Day: 24}
	tomorrow = today.AddDays(1)
)

// cafe is a stock of one drink with the sagas of its orders.
type cafe struct {
	*store.Inventory
	ended     []string // orders that cannot be cancelled any more
	cancelled []string // orders that an earlier attempt has cancelled

	mu        sync.Mutex
	signalled []string
	away      bool
	reports   []booking.DrinkDeletion
	by        string // the caller that deletes the drink
	running   int
}

func (c *cafe) Running(context.Context, string) (int, error) { return c.running, nil }

func (c *cafe) ForceCancel(ctx context.Context, order string, f contract.Force) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.away {
		return false, errAway
	}
	if slices.Contains(c.ended, order) {
		return false, nil
	}
	if slices.Contains(c.cancelled, order) {
		_, err := c.Release(ctx, cups(order))
		return false, err
	}
	c.signalled = append(c.signalled, order+" "+string(f.Reason)+f.By)
	_, err := c.Release(ctx, cups(order))
	return true, err
}

func (c *cafe) NoteDeletion(_ context.Context, by, _ string, d booking.DrinkDeletion) error {
	c.reports, c.by = append(c.reports, d), by
	return nil
}

func (c *cafe) Drink(_ context.Context, id string) (booking.Drink, *booking.DrinkDeletion, error) {
	if id != "latte" {
		return booking.Drink{}, nil, booking.Errorf(booking.NotFound, "there is no drink %s", id)
	}
	return booking.Drink{ID: id}, nil, nil
}

func cups(order string) booking.Hold {
	return booking.Hold{Key: order + "/hold", OrderID: order, ItemID: "latte", From: today, To: tomorrow, Quantity: 2}
}

func newCafe(t *testing.T, orders int) (*cafe, *activities.Drinks) {
	t.Helper()
	c := &cafe{Inventory: store.NewInventory(newDB(t, "inventory"))}
	require.NoError(t, c.SetCapacity(t.Context(), "latte", today, tomorrow, 100))
	for i := range orders {
		outcome, err := c.Hold(t.Context(), cups(fmt.Sprintf("cafe-%d", i)))
		require.NoError(t, err)
		require.Equal(t, booking.Done, outcome.Result)
	}
	return c, &activities.Drinks{Service: served(), Shelf: c, Sagas: c, Pages: c}
}

func TestDrinks_CancelsBatchByBatch(t *testing.T) {
	t.Parallel()
	c, drinks := newCafe(t, 5)
	c.ended, c.running = []string{"cafe-1"}, 3
	progress, err := do(durably, func(ctx context.Context) (booking.DrinkDeletion, error) {
		return drinks.CloseDrink(ctx, activities.Deletion{DrinkID: "latte", By: "1025"})
	})
	require.NoError(t, err)
	require.Equal(t, booking.DrinkDeletion{Orders: 5}, progress)
	require.Equal(t, "1025", c.by)
	refused, err := c.Hold(t.Context(), cups("cafe-late"))
	require.NoError(t, err)
	require.Equal(t, []any{booking.Refused, booking.MenuDeleted}, []any{refused.Result, refused.Reason})

	var batches []activities.DrinkBatchDone
	after := ""
	for range 3 {
		done, err := do(durably, func(ctx context.Context) (activities.DrinkBatchDone, error) {
			return drinks.CancelDrinkOrders(ctx, activities.DrinkBatch{DrinkID: "latte", After: after, Limit: 2})
		})
		require.NoError(t, err)
		batches, after = append(batches, done), done.Last
	}
	require.Equal(t, []activities.DrinkBatchDone{
		{Orders: 2, Ended: 1, Signalled: 1, Running: 3, Last: "cafe-1"}, {Orders: 2, Signalled: 2, Running: 3, Last: "cafe-3"}, {Orders: 1, Signalled: 1, Running: 3, Last: "cafe-4"},
	}, batches)
	require.Len(t, c.signalled, 4)
	require.Contains(t, c.signalled, "cafe-0 menu_deleted")
}

// TestDrinks_CancelledByAnEarlierAttempt: orders that an earlier attempt has signalled to
// compensate count as cancelled, although they ended after the holders were listed.
func TestDrinks_CancelledByAnEarlierAttempt(t *testing.T) {
	t.Parallel()
	c, drinks := newCafe(t, 3)
	c.ended, c.cancelled = []string{"cafe-0"}, []string{"cafe-1"}
	done, err := do(durably, func(ctx context.Context) (activities.DrinkBatchDone, error) {
		return drinks.CancelDrinkOrders(ctx, activities.DrinkBatch{DrinkID: "latte", Limit: 3})
	})
	require.NoError(t, err)
	require.Equal(t, activities.DrinkBatchDone{Orders: 3, Ended: 1, Signalled: 1, Last: "cafe-2"}, done)
}

// TestDrinks_WhatIsNoDrinkIsNotClosed: a place has stock, too, and an operator may type its
// id into a deletion.
func TestDrinks_WhatIsNoDrinkIsNotClosed(t *testing.T) {
	t.Parallel()
	c, drinks := newCafe(t, 0)
	require.NoError(t, c.SetCapacity(t.Context(), "place-1", today, tomorrow, 1))
	_, err := do(durably, func(ctx context.Context) (booking.DrinkDeletion, error) {
		return drinks.CloseDrink(ctx, activities.Deletion{DrinkID: "place-1"})
	})
	var no *temporal.ApplicationError
	require.ErrorAs(t, err, &no)
	require.True(t, no.NonRetryable())
	require.Equal(t, string(booking.NotFound), no.Type())
	hold := cups("cafe-1")
	hold.ItemID, hold.Quantity = "place-1", 1
	outcome, err := c.Hold(t.Context(), hold)
	require.NoError(t, err)
	require.Equal(t, booking.Done, outcome.Result, "it can still be ordered")
	require.Empty(t, c.reports)
}

func TestDrinks_ABatchThatFailsIsDoneAgain(t *testing.T) {
	t.Parallel()
	c, drinks := newCafe(t, 2)
	c.away = true
	batch := func() (activities.DrinkBatchDone, error) {
		return do(durably, func(ctx context.Context) (activities.DrinkBatchDone, error) {
			return drinks.CancelDrinkOrders(ctx, activities.DrinkBatch{DrinkID: "latte", Limit: 10})
		})
	}
	_, err := batch()
	require.ErrorIs(t, err, errAway)
	c.away = false
	done, err := batch()
	require.NoError(t, err)
	require.Equal(t, activities.DrinkBatchDone{Orders: 2, Signalled: 2, Last: "cafe-1"}, done)
}

// TestDrinks_DeletionOfEarlierBuilds: a deletion that an earlier build has begun continues,
// although its input is the drink's id alone.
func TestDrinks_DeletionOfEarlierBuilds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]activities.Deletion{
		`"latte"`: {DrinkID: "latte"},
		`{"drinkId":"latte","progress":{"orders":3}}`: {DrinkID: "latte", Progress: booking.DrinkDeletion{Orders: 3}},
		`{"drinkId":"latte","by":"1025"}`:             {DrinkID: "latte", By: "1025"},
	} {
		var got activities.Deletion
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		require.Equal(t, want, got)
	}
	require.Error(t, json.Unmarshal([]byte(`7`), new(activities.Deletion)))
}
