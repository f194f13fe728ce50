package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

var (
	done    = booking.Outcome{Result: booking.Done}
	soldOut = booking.Outcome{Result: booking.Refused, Reason: booking.SoldOut}
	undone  = booking.Outcome{Result: booking.Undone, Reason: booking.ByCustomer}
)

func day(n int) booking.Date { return booking.Date{Year: 2026, Month: 12, Day: 20}.AddDays(n) }

func testInventory(t *testing.T, fresh newURL) {
	inventory := store.NewInventory(setup(t, fresh, "inventory"))
	t.Run("Hold", func(t *testing.T) { t.Parallel(); testHold(t, inventory) })
	t.Run("Release", func(t *testing.T) { t.Parallel(); testRelease(t, inventory) })
	t.Run("Shorten", func(t *testing.T) { t.Parallel(); testShorten(t, inventory) })
	t.Run("SetCapacity", func(t *testing.T) { t.Parallel(); testSetCapacity(t, inventory) })
	t.Run("Remaining", func(t *testing.T) { t.Parallel(); testRemaining(t, inventory) })
	t.Run("Concurrent", func(t *testing.T) { t.Parallel(); testConcurrentHolds(t, inventory) })
	t.Run("ConcurrentEnds", func(t *testing.T) { t.Parallel(); testConcurrentEnds(t, inventory) })
}

// item makes an item of one test, with this quantity on each of the first days.
func item(t *testing.T, i *store.Inventory, days, quantity int) string {
	t.Helper()
	require.NoError(t, i.SetCapacity(t.Context(), t.Name(), day(0), day(days), quantity))
	return t.Name()
}

func newHold(item, id string, from, to, quantity int) booking.Hold {
	return booking.Hold{
		Key: item + "/" + id + "/hold", OrderID: item + "/" + id, ItemID: item,
		From: day(from), To: day(to), Quantity: quantity,
	}
}

func hold(t *testing.T, i *store.Inventory, h booking.Hold, want booking.Outcome) {
	t.Helper()
	got, err := tryHold(t, i, h)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// tryHold is the outcome of a hold, except for how many were left, which other tests
// check.
func tryHold(t *testing.T, i *store.Inventory, h booking.Hold) (booking.Outcome, error) {
	outcome, err := i.Hold(t.Context(), h)
	outcome.Remaining = nil
	return outcome, err
}

func release(t *testing.T, i *store.Inventory, h booking.Hold, acted bool) {
	t.Helper()
	h.Reason = booking.ByCustomer
	got, err := i.Release(t.Context(), h)
	require.NoError(t, err)
	require.Equal(t, acted, got.Remaining != nil)
	got.Remaining, got.Changed = nil, nil // tests of changes check these
	require.Equal(t, booking.Undo{Acted: acted}, got)
}

// remaining requires what is left of the item on each of the first days.
func remaining(t *testing.T, i *store.Inventory, item string, want ...int) {
	t.Helper()
	days, err := i.Days(t.Context(), item, day(0), day(len(want)))
	require.NoError(t, err)
	var got []int
	for n, d := range days {
		require.Equal(t, day(n), d.Date)
		got = append(got, d.Remaining)
	}
	require.Equal(t, want, got)
}

func testHold(t *testing.T, inventory *store.Inventory) {
	run(t, "Done", func(t *testing.T) {
		p := item(t, inventory, 4, 3)
		h := newHold(p, "a", 1, 3, 2)
		hold(t, inventory, h, done)
		hold(t, inventory, h, done) // again: the same, once
		remaining(t, inventory, p, 3, 1, 1, 3)
	})

	run(t, "SoldOut", func(t *testing.T) {
		p := item(t, inventory, 4, 2)
		hold(t, inventory, newHold(p, "a", 2, 3, 2), done)
		h := newHold(p, "b", 0, 4, 1)
		hold(t, inventory, h, soldOut)
		remaining(t, inventory, p, 2, 2, 0, 2)

		require.NoError(t, inventory.SetCapacity(t.Context(), p, day(0), day(4), 9))
		hold(t, inventory, h, soldOut) // a refusal stays one
		remaining(t, inventory, p, 9, 9, 7, 9)
	})

	run(t, "DayWithoutStock", func(t *testing.T) {
		p := item(t, inventory, 2, 2)
		hold(t, inventory, newHold(p, "a", 1, 3, 1), soldOut)
		remaining(t, inventory, p, 2, 2, 0)
	})

	run(t, "MalformedIsNoOutcome", func(t *testing.T) {
		p := item(t, inventory, 2, 2)
		_, err := inventory.Hold(t.Context(), newHold(p, "a", 0, 1, -1))
		require.Error(t, err)
		_, err = inventory.Hold(t.Context(), newHold(p, "b", 1, 1, 1))
		require.Error(t, err)
		remaining(t, inventory, p, 2, 2)
	})
}

func testRelease(t *testing.T, inventory *store.Inventory) {
	run(t, "GivesBackOnce", func(t *testing.T) {
		p := item(t, inventory, 3, 2)
		h := newHold(p, "a", 0, 3, 2)
		hold(t, inventory, h, done)
		release(t, inventory, h, true)
		later := h
		later.Reason = booking.ByOperator // the first reason stays
		undo, err := inventory.Release(t.Context(), later)
		require.NoError(t, err)
		require.True(t, undo.Acted)
		remaining(t, inventory, p, 2, 2, 2)
		hold(t, inventory, h, undone)
		remaining(t, inventory, p, 2, 2, 2)
	})

	run(t, "BeforeHold", func(t *testing.T) {
		p := item(t, inventory, 1, 2)
		h := newHold(p, "a", 0, 1, 1)
		release(t, inventory, h, false)
		release(t, inventory, h, false)
		hold(t, inventory, h, undone)
		remaining(t, inventory, p, 2)
	})

	run(t, "OfARefusal", func(t *testing.T) {
		p := item(t, inventory, 1, 1)
		h := newHold(p, "a", 0, 1, 2)
		hold(t, inventory, h, soldOut)
		release(t, inventory, h, false)
		hold(t, inventory, h, soldOut)
		remaining(t, inventory, p, 1)
	})
}

func testSetCapacity(t *testing.T, inventory *store.Inventory) {
	run(t, "MovesWhatRemains", func(t *testing.T) {
		p := item(t, inventory, 2, 3)
		hold(t, inventory, newHold(p, "a", 0, 2, 2), done)
		require.NoError(t, inventory.SetCapacity(t.Context(), p, day(1), day(3), 2))
		days, err := inventory.Days(t.Context(), p, day(0), day(4))
		require.NoError(t, err)
		require.Equal(t, []booking.StockDay{
			{Date: day(0), Capacity: 3, Remaining: 1},
			{Date: day(1), Capacity: 2, Remaining: 0},
			{Date: day(2), Capacity: 2, Remaining: 2},
			{Date: day(3)},
		}, days)
	})

	run(t, "BelowHeld", func(t *testing.T) {
		p := item(t, inventory, 4, 3)
		hold(t, inventory, newHold(p, "a", 1, 3, 2), done)
		err := inventory.SetCapacity(t.Context(), p, day(0), day(5), 1)
		requireCode(t, booking.StockBelowHeld, err)
		require.ErrorContains(t, err, day(1).String())
		remaining(t, inventory, p, 3, 1, 1, 3, 0)
	})

	run(t, "NoDays", func(t *testing.T) {
		require.NoError(t, inventory.SetCapacity(t.Context(), t.Name(), day(1), day(1), 1))
		days, err := inventory.Days(t.Context(), t.Name(), day(1), day(1))
		require.NoError(t, err)
		require.Empty(t, days)
	})

	run(t, "Levels", func(t *testing.T) {
		one, two := item(t, inventory, 3, 7), booking.ItemDay{ItemID: t.Name() + "?'", Date: day(1)}
		require.NoError(t, inventory.SetCapacity(t.Context(), two.ItemID, day(1), day(2), 4))
		levels, err := inventory.Levels(t.Context(), []booking.ItemDay{
			{ItemID: one, Date: day(0)}, {ItemID: one, Date: day(2)}, two, {ItemID: two.ItemID, Date: day(0)}, {ItemID: "none", Date: day(1)},
		})
		require.NoError(t, err)
		require.Equal(t, map[booking.ItemDay]booking.StockDay{
			{ItemID: one, Date: day(0)}: {Date: day(0), Capacity: 7, Remaining: 7},
			{ItemID: one, Date: day(2)}: {Date: day(2), Capacity: 7, Remaining: 7},
			two:                         {Date: day(1), Capacity: 4, Remaining: 4},
		}, levels)
		none, err := inventory.Levels(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, none)
	})

	run(t, "Least", func(t *testing.T) {
		wide, narrow := t.Name()+"?'", item(t, inventory, 3, 5)
		require.NoError(t, inventory.SetCapacity(t.Context(), wide, day(0), day(4), 7))
		hold(t, inventory, newHold(narrow, "a", 1, 2, 4), done)
		least, err := inventory.Least(t.Context(), []string{wide, narrow, "none"}, day(0), day(3))
		require.NoError(t, err)
		require.Equal(t, map[string]int{wide: 7, narrow: 1}, least)
		least, err = inventory.Least(t.Context(), []string{wide, narrow}, day(0), day(4))
		require.NoError(t, err)
		require.Equal(t, map[string]int{wide: 7}, least, "the narrow one has no stock on the last day")
		least, err = inventory.Least(t.Context(), nil, day(0), day(3))
		require.NoError(t, err)
		require.Empty(t, least)
	})

	run(t, "AWholeYear", func(t *testing.T) {
		p := item(t, inventory, booking.MaxNights, 7)
		days, err := inventory.Days(t.Context(), p, day(0), day(booking.MaxNights))
		require.NoError(t, err)
		require.Len(t, days, booking.MaxNights)
		require.Equal(t, booking.StockDay{Date: day(365), Capacity: 7, Remaining: 7}, days[365])
	})
}

func testConcurrentHolds(t *testing.T, inventory *store.Inventory) {
	run(t, "FiftyForFive", func(t *testing.T) {
		p := item(t, inventory, 2, 5)
		outcomes := together(t, 50, func(i int) (booking.Outcome, error) {
			return tryHold(t, inventory, newHold(p, key(i), 0, 2, 1))
		})
		require.Equal(t, 5, count(outcomes, done))
		require.Equal(t, 45, count(outcomes, soldOut))
		remaining(t, inventory, p, 0, 0)
	})

	run(t, "TwentyOfOneKey", func(t *testing.T) {
		p := item(t, inventory, 2, 50)
		outcomes := together(t, 20, func(int) (booking.Outcome, error) {
			return tryHold(t, inventory, newHold(p, "a", 0, 2, 1))
		})
		require.Equal(t, 20, count(outcomes, done))
		remaining(t, inventory, p, 49, 49)
	})

	run(t, "TwentyOfOneKeySoldOut", func(t *testing.T) {
		p := item(t, inventory, 2, 1)
		outcomes := together(t, 20, func(int) (booking.Outcome, error) {
			return tryHold(t, inventory, newHold(p, "a", 0, 2, 2))
		})
		require.Equal(t, 20, count(outcomes, soldOut))
	})

	run(t, "OverlappingHolds", func(t *testing.T) {
		// Overlapping holds are made, released and resized concurrently: locked in any
		// other order than that of the days, they deadlock.
		const days, quantity = 30, 100
		p := item(t, inventory, days, quantity)
		together(t, 60, func(i int) (struct{}, error) {
			h := newHold(p, key(i), i*7%20, i*7%20+10, 1)
			if i%10 == 9 {
				return struct{}{}, inventory.SetCapacity(t.Context(), p, day(0), day(days), quantity+i)
			}
			if _, err := inventory.Hold(t.Context(), h); err != nil {
				return struct{}{}, err
			}
			_, err := inventory.Release(t.Context(), h)
			return struct{}{}, err
		})
		all, err := inventory.Days(t.Context(), p, day(0), day(days))
		require.NoError(t, err)
		for _, d := range all {
			require.Equal(t, d.Capacity, d.Remaining)
		}
	})

	run(t, "HoldAndRelease", func(t *testing.T) {
		p := item(t, inventory, 2, 5)
		for round := range 10 {
			h := newHold(p, key(round), 0, 2, 1)
			together(t, 6, func(i int) (struct{}, error) {
				if i%2 == 0 {
					_, err := inventory.Hold(t.Context(), h)
					return struct{}{}, err
				}
				undo := h
				undo.Reason = booking.ByCustomer
				_, err := inventory.Release(t.Context(), undo)
				return struct{}{}, err
			})
			hold(t, inventory, h, undone)
			remaining(t, inventory, p, 5, 5)
		}
	})
}
