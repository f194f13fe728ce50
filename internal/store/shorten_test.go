package store_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

func nights(from, to int) booking.Freed {
	return booking.Freed{Nights: &booking.Nights{From: day(from), To: day(to)}}
}

func shorten(t *testing.T, i *store.Inventory, h booking.Hold, end int, want booking.Freed) {
	t.Helper()
	got, err := i.Shorten(t.Context(), h.Key, day(end))
	require.NoError(t, err)
	require.Equal(t, want.Nights != nil, got.Remaining != nil)
	got.Remaining = nil
	require.Equal(t, want, got)
}

// ended is the outcome of a hold whose end has been decided.
var ended = booking.Outcome{Result: booking.Done, Ended: true}

func testShorten(t *testing.T, inventory *store.Inventory) {
	run(t, "GivesBackOnce", func(t *testing.T) {
		p := item(t, inventory, 5, 3)
		h := newHold(p, "a", 0, 4, 2)
		hold(t, inventory, h, done)
		shorten(t, inventory, h, 2, nights(2, 4))
		shorten(t, inventory, h, 2, nights(2, 4))
		shorten(t, inventory, h, 1, nights(2, 4)) // the first decision stays
		shorten(t, inventory, h, 4, nights(2, 4))
		remaining(t, inventory, p, 1, 1, 3, 3, 3)
		hold(t, inventory, h, ended)
		remaining(t, inventory, p, 1, 1, 3, 3, 3)
	})
	run(t, "FreedNightsCanBeHeld", func(t *testing.T) {
		p := item(t, inventory, 4, 1)
		first, next := newHold(p, "a", 0, 4, 1), newHold(p, "b", 1, 4, 1)
		hold(t, inventory, first, done)
		shorten(t, inventory, first, 1, nights(1, 4))
		hold(t, inventory, next, done)
		remaining(t, inventory, p, 0, 0, 0, 0)
		release(t, inventory, first, true) // releases what is still held
		remaining(t, inventory, p, 1, 0, 0, 0)
	})
	run(t, "NothingToGiveBackIsDecidedToo", func(t *testing.T) {
		p := item(t, inventory, 2, 1)
		h := newHold(p, "a", 0, 2, 1)
		hold(t, inventory, h, done)
		shorten(t, inventory, h, 2, booking.Freed{})
		shorten(t, inventory, h, 1, booking.Freed{})
		hold(t, inventory, h, ended)
		remaining(t, inventory, p, 0, 0)
	})
	run(t, "TheFirstDayStaysHeld", func(t *testing.T) {
		p := item(t, inventory, 2, 1)
		h := newHold(p, "a", 0, 2, 1)
		hold(t, inventory, h, done)
		shorten(t, inventory, h, 0, booking.Freed{})
		remaining(t, inventory, p, 0, 0)
	})
	run(t, "AfterRelease", func(t *testing.T) {
		p := item(t, inventory, 3, 1)
		h := newHold(p, "a", 0, 3, 1)
		hold(t, inventory, h, done)
		release(t, inventory, h, true)
		shorten(t, inventory, h, 1, booking.Freed{})
		hold(t, inventory, h, undone)
		remaining(t, inventory, p, 1, 1, 1)
	})
	run(t, "OfARefusal", func(t *testing.T) {
		p := item(t, inventory, 3, 1)
		h := newHold(p, "a", 0, 3, 2)
		hold(t, inventory, h, soldOut)
		shorten(t, inventory, h, 1, booking.Freed{})
		remaining(t, inventory, p, 1, 1, 1)
	})
	run(t, "OfNoHold", func(t *testing.T) {
		p := item(t, inventory, 3, 1)
		h := newHold(p, "a", 0, 3, 1)
		shorten(t, inventory, h, 1, booking.Freed{})
		hold(t, inventory, h, done)
		remaining(t, inventory, p, 0, 0, 0)
	})
	run(t, "CapacityCanFallToWhatIsStillHeld", func(t *testing.T) {
		p := item(t, inventory, 3, 3)
		h := newHold(p, "a", 0, 3, 2)
		hold(t, inventory, h, done)
		requireCode(t, booking.StockBelowHeld, inventory.SetCapacity(t.Context(), p, day(1), day(3), 0))
		shorten(t, inventory, h, 1, nights(1, 3))
		require.NoError(t, inventory.SetCapacity(t.Context(), p, day(1), day(3), 0))
		remaining(t, inventory, p, 1, 0, 0)
	})
}

// testConcurrentEnds: stays are held, shortened, cancelled, and their stock edited
// concurrently. Every night is released once, and no more than was held.
func testConcurrentEnds(t *testing.T, inventory *store.Inventory) {
	run(t, "ShortenAndRelease", func(t *testing.T) {
		p := item(t, inventory, 4, 5)
		for round := range 15 {
			h := newHold(p, key(round), 0, 4, 1)
			hold(t, inventory, h, done)
			together(t, 6, func(i int) (struct{}, error) {
				if i%3 == 0 {
					undo := h
					undo.Reason = booking.ByCustomer
					_, err := inventory.Release(t.Context(), undo)
					return struct{}{}, err
				}
				_, err := inventory.Shorten(t.Context(), h.Key, day(1+i%3))
				return struct{}{}, err
			})
			remaining(t, inventory, p, 5, 5, 5, 5)
		}
	})
	run(t, "TwentyEndsOfOneStay", func(t *testing.T) {
		p := item(t, inventory, 4, 5)
		h := newHold(p, "a", 0, 4, 1)
		hold(t, inventory, h, done)
		freed := together(t, 20, func(i int) (booking.Nights, error) {
			freed, err := inventory.Shorten(t.Context(), h.Key, day(1+i%3))
			if err != nil || freed.Nights == nil {
				return booking.Nights{}, err
			}
			return *freed.Nights, nil
		})
		require.Equal(t, 20, count(freed, freed[0]), "all are answered the same")
		for n := range 4 {
			days, err := inventory.Days(t.Context(), p, day(n), day(n+1))
			require.NoError(t, err)
			held := day(n).Before(freed[0].From)
			require.Equal(t, held, days[0].Remaining == 4, "%s, of which %+v are free", day(n), freed[0])
		}
	})
	run(t, "Everything", func(t *testing.T) {
		const days, quantity, guests = 12, 6, 60
		p := item(t, inventory, days, quantity)
		stay := func(i int) booking.Hold { return newHold(p, key(i), i*5%8, i*5%8+2+i%3, 1+i%2) }
		together(t, guests, func(i int) (struct{}, error) {
			h := stay(i)
			if _, err := inventory.Hold(t.Context(), h); err != nil {
				return struct{}{}, err
			}
			if i%7 == 0 {
				err := inventory.SetCapacity(t.Context(), p, day(0), day(days), quantity+i%3)
				if errors.Is(err, &booking.Error{Code: booking.StockBelowHeld}) {
					err = nil // more are held by now
				}
				return struct{}{}, err
			}
			if i%2 == 0 {
				if _, err := inventory.Shorten(t.Context(), h.Key, h.From.AddDays(1)); err != nil {
					return struct{}{}, err
				}
			}
			if i%3 == 0 {
				h.Reason = booking.ByCustomer
				_, err := inventory.Release(t.Context(), h)
				return struct{}{}, err
			}
			return struct{}{}, nil
		})
		requireBalance(t, inventory, p)
		for i := range guests {
			h := stay(i)
			h.Reason = booking.ByOperator
			_, err := inventory.Release(t.Context(), h)
			require.NoError(t, err)
		}
		all, err := inventory.Days(t.Context(), p, day(0), day(days))
		require.NoError(t, err)
		for _, d := range all {
			require.Equal(t, d.Capacity, d.Remaining, "%s: all is free again, once", d.Date)
		}
	})
}

// requireBalance checks every day of the item as the audit does.
func requireBalance(t *testing.T, i *store.Inventory, item string) {
	t.Helper()
	days := 0
	for _, d := range everything(t, i.AllDays) {
		if d.ItemID == item {
			days++
			require.Equal(t, d.Capacity-d.Held, d.Remaining, "%s", d.Date)
		}
	}
	require.NotZero(t, days)
}
