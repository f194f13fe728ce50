package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// testRemaining: each change of the stock returns how many were left, on the day with
// the fewest, and returns the same from then on.
func testRemaining(t *testing.T, inventory *store.Inventory) {
	left := func(n int) *int { return &n }
	held := func(t *testing.T, h booking.Hold, want *int) {
		t.Helper()
		for range 2 {
			outcome, err := inventory.Hold(t.Context(), h)
			require.NoError(t, err)
			require.Equal(t, want, outcome.Remaining)
		}
	}
	released := func(t *testing.T, h booking.Hold, want *int) {
		t.Helper()
		h.Reason = booking.ByCustomer
		for range 2 {
			undo, err := inventory.Release(t.Context(), h)
			require.NoError(t, err)
			require.Equal(t, want, undo.Remaining)
		}
	}

	run(t, "FewestOfAllDays", func(t *testing.T) {
		p := item(t, inventory, 4, 5)
		first, second := newHold(p, "a", 0, 4, 2), newHold(p, "b", 1, 2, 2)
		held(t, first, left(3))
		held(t, second, left(1))
		held(t, first, left(3)) // as it was then
		held(t, newHold(p, "c", 0, 4, 2), left(1))
		released(t, first, left(3))
		released(t, second, left(5))
		released(t, first, left(3))
		held(t, first, nil) // it was undone
	})

	run(t, "TooFew", func(t *testing.T) {
		p := item(t, inventory, 2, 1)
		held(t, newHold(p, "a", 0, 2, 1), left(0))
		h := newHold(p, "b", 0, 2, 1)
		held(t, h, left(0))
		released(t, h, nil) // nothing was held
		held(t, newHold(p, "c", 0, 3, 1), left(0))
		held(t, newHold(p, "d", 1, 9, 2), left(0)) // most days have no stock at all
	})

	run(t, "FreedNights", func(t *testing.T) {
		p := item(t, inventory, 4, 2)
		h := newHold(p, "a", 0, 4, 1)
		held(t, h, left(1))
		held(t, newHold(p, "b", 3, 4, 1), left(0))
		for range 2 {
			freed, err := inventory.Shorten(t.Context(), h.Key, day(2))
			require.NoError(t, err)
			require.Equal(t, left(1), freed.Remaining)
		}
		held(t, h, left(1))
	})
}
