package store_test

import (
	"sort"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

var menuDeleted = booking.Outcome{Result: booking.Refused, Reason: booking.MenuDeleted}

func testClosing(t *testing.T, fresh newURL) {
	inventory := store.NewInventory(setup(t, fresh, "inventory"))
	closeItem := func(t *testing.T, item string, orders int) {
		t.Helper()
		got, err := inventory.Close(t.Context(), item)
		require.NoError(t, err)
		require.Equal(t, orders, got)
	}

	run(t, "RefusesLaterHolds", func(t *testing.T) {
		drink := item(t, inventory, 2, 5)
		held, refused := newHold(drink, "a", 0, 1, 2), newHold(drink, "b", 0, 1, 9)
		hold(t, inventory, held, done)
		hold(t, inventory, refused, soldOut)
		closeItem(t, drink, 1)
		hold(t, inventory, held, done)
		hold(t, inventory, refused, soldOut) // a step decides once
		hold(t, inventory, newHold(drink, "c", 0, 1, 1), menuDeleted)
		hold(t, inventory, newHold(drink, "d", 0, 1, 9), menuDeleted)
		remaining(t, inventory, drink, 3, 5)

		closeItem(t, drink, 1)
		release(t, inventory, held, true)
		remaining(t, inventory, drink, 5, 5)
		closeItem(t, drink, 0)
		hold(t, inventory, newHold(drink, "e", 0, 1, 1), menuDeleted)
	})

	run(t, "WithoutStock", func(t *testing.T) {
		hold(t, inventory, newHold(t.Name(), "a", 0, 1, 1), soldOut)
		closeItem(t, t.Name(), 0)
		hold(t, inventory, newHold(t.Name(), "b", 0, 1, 1), menuDeleted)
		requireCode(t, booking.NotFound, inventory.SetCapacity(t.Context(), t.Name(), day(0), day(1), 5))
		hold(t, inventory, newHold(t.Name(), "c", 0, 1, 1), menuDeleted)
		remaining(t, inventory, t.Name(), 0)
	})

	run(t, "TakesNoMoreStock", func(t *testing.T) {
		drink := item(t, inventory, 1, 5)
		closeItem(t, drink, 0)
		err := inventory.SetCapacity(t.Context(), drink, day(0), day(2), 9)
		requireCode(t, booking.NotFound, err)
		require.ErrorContains(t, err, drink+" is no longer sold")
		remaining(t, inventory, drink, 5, 0)
	})

	run(t, "OtherItemsStayOpen", func(t *testing.T) {
		drink := item(t, inventory, 1, 5)
		closeItem(t, drink+" other", 0)
		hold(t, inventory, newHold(drink, "a", 0, 1, 1), done)
	})

	run(t, "Holders", func(t *testing.T) {
		drink := item(t, inventory, 2, 50)
		var want []string
		for _, id := range []string{"b", "a", "B", "c", "é"} {
			h := newHold(drink, id, 0, 1, 1)
			hold(t, inventory, h, done)
			want = append(want, h.OrderID)
		}
		second := newHold(drink, "a", 1, 2, 1) // of the same order
		second.Key += " again"
		hold(t, inventory, second, done)
		sort.Strings(want)
		closeItem(t, drink, 5)

		var got []string
		for after := ""; ; {
			orders, err := inventory.Holders(t.Context(), drink, after, 2)
			require.NoError(t, err)
			if len(orders) == 0 {
				break
			}
			require.LessOrEqual(t, len(orders), 2)
			got = append(got, orders...)
			after = orders[len(orders)-1]
		}
		require.Equal(t, want, got)

		still := func(want int, ids ...string) {
			t.Helper()
			n, err := inventory.StillHold(t.Context(), drink, ids)
			require.NoError(t, err)
			require.Equal(t, want, n)
		}
		still(5, want...)
		still(1, second.OrderID, "no caller")
		still(0)
		release(t, inventory, second, true)
		still(1, second.OrderID) // its first hold
		release(t, inventory, newHold(drink, "a", 0, 1, 1), true)
		still(0, second.OrderID)
		closeItem(t, drink, 4)
	})

	run(t, "HoldsAtTheSameTime", func(t *testing.T) {
		// Orders whose hold was refused were not counted, the others were.
		for round := range 10 {
			drink := key(t.Name(), round)
			require.NoError(t, inventory.SetCapacity(t.Context(), drink, day(0), day(3), 100))
			var counted int
			outcomes := together(t, 20, func(i int) (booking.Outcome, error) {
				if i == 7 {
					var err error
					counted, err = inventory.Close(t.Context(), drink)
					return booking.Outcome{}, err
				}
				return tryHold(t, inventory, newHold(drink, key(i), i%2, 3, 1))
			})
			held := count(outcomes, done)
			require.Equal(t, 19, held+count(outcomes, menuDeleted))
			require.Equal(t, held, counted)
			orders, err := inventory.Holders(t.Context(), drink, "", 100)
			require.NoError(t, err)
			require.Len(t, orders, held)
		}
	})

	run(t, "FirstStockAtTheSameTime", func(t *testing.T) {
		for round := range 10 {
			drink := key(t.Name(), round)
			together(t, 6, func(i int) (struct{}, error) {
				if i%2 == 0 {
					_, err := inventory.Close(t.Context(), drink)
					return struct{}{}, err
				}
				err := inventory.SetCapacity(t.Context(), drink, day(0), day(3), 100)
				if err != nil {
					requireCode(t, booking.NotFound, err)
				}
				return struct{}{}, nil
			})
			hold(t, inventory, newHold(drink, "a", 0, 1, 1), menuDeleted)
		}
	})
}
