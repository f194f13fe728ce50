package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

func changeOf(h booking.Hold, id string, from, to, quantity int) booking.HoldChange {
	c := booking.HoldChange{Hold: h, Of: h.Key}
	c.Key, c.From, c.To, c.Quantity = booking.ChangeKey(h.OrderID, id), day(from), day(to), quantity
	return c
}

func testHoldChanges(t *testing.T, fresh newURL) {
	inventory := store.NewInventory(setup(t, fresh, "inventory"))
	change := func(t *testing.T, c booking.HoldChange, want booking.Outcome) {
		t.Helper()
		for range 2 { // the second one repeats the outcome
			got, err := inventory.ChangeHold(t.Context(), c)
			require.NoError(t, err)
			got.Remaining = nil
			require.Equal(t, want, got)
		}
	}
	makeChange := func(t *testing.T, c booking.HoldChange, want booking.Outcome) {
		t.Helper()
		for range 2 {
			got, err := inventory.MakeChange(t.Context(), c)
			require.NoError(t, err)
			got.Remaining = nil
			require.Equal(t, want, got)
		}
	}
	drop := func(t *testing.T, c booking.HoldChange) (acted bool) {
		t.Helper()
		c.Reason = booking.ByCustomer
		undo, err := inventory.DropChange(t.Context(), c)
		require.NoError(t, err)
		return undo.Acted
	}

	for name, c := range map[string]struct {
		from, to, rooms int
		during, after   []int // how many are left of 3
	}{
		"Later":        {2, 5, 1, []int{3, 2, 2, 2, 2, 3}, []int{3, 3, 2, 2, 2, 3}},
		"Earlier":      {0, 2, 1, []int{2, 2, 2, 3, 3, 3}, []int{2, 2, 3, 3, 3, 3}},
		"OtherDays":    {4, 6, 2, []int{3, 2, 2, 3, 1, 1}, []int{3, 3, 3, 3, 1, 1}},
		"MoreRooms":    {1, 3, 3, []int{3, 0, 0, 3, 3, 3}, []int{3, 0, 0, 3, 3, 3}},
		"Longer":       {0, 6, 2, []int{1, 1, 1, 1, 1, 1}, []int{1, 1, 1, 1, 1, 1}},
		"Shorter":      {1, 2, 1, []int{3, 2, 2, 3, 3, 3}, []int{3, 2, 3, 3, 3, 3}},
		"ShorterWider": {2, 3, 2, []int{3, 2, 1, 3, 3, 3}, []int{3, 3, 1, 3, 3, 3}},
	} {
		run(t, name, func(t *testing.T) {
			p := item(t, inventory, 6, 3)
			h := newHold(p, "a", 1, 3, 1)
			hold(t, inventory, h, done)
			dropped := changeOf(h, "dropped", c.from, c.to, c.rooms)
			change(t, dropped, done)
			remaining(t, inventory, p, c.during...)
			require.True(t, drop(t, dropped))
			require.False(t, drop(t, dropped))
			remaining(t, inventory, p, 3, 2, 2, 3, 3, 3)
			makeChange(t, dropped, booking.Outcome{Result: booking.Undone, Reason: booking.ByCustomer})

			made := changeOf(h, "made", c.from, c.to, c.rooms)
			change(t, made, done)
			makeChange(t, made, done)
			remaining(t, inventory, p, c.after...)
			require.False(t, drop(t, made), "it stays made")
			remaining(t, inventory, p, c.after...)
			release(t, inventory, h, true)
			remaining(t, inventory, p, 3, 3, 3, 3, 3, 3)
		})
	}

	run(t, "SoldOut", func(t *testing.T) {
		p := item(t, inventory, 4, 1)
		h := newHold(p, "a", 0, 2, 1)
		hold(t, inventory, h, done)
		hold(t, inventory, newHold(p, "b", 3, 4, 1), done)
		change(t, changeOf(h, "1", 1, 4, 1), soldOut)
		remaining(t, inventory, p, 0, 0, 1, 0)
		change(t, changeOf(h, "2", 1, 3, 1), done)
		remaining(t, inventory, p, 0, 0, 0, 0)
	})

	run(t, "ReleasedMeanwhile", func(t *testing.T) {
		p := item(t, inventory, 5, 2)
		h := newHold(p, "a", 0, 2, 1)
		hold(t, inventory, h, done)
		c := changeOf(h, "1", 1, 5, 2)
		change(t, c, done)
		release(t, inventory, h, true)
		remaining(t, inventory, p, 2, 2, 2, 2, 2)
		change(t, c, undone)
		makeChange(t, c, undone)
		require.False(t, drop(t, c))
		change(t, changeOf(h, "2", 1, 5, 2), undone)
		remaining(t, inventory, p, 2, 2, 2, 2, 2)
	})

	run(t, "DroppedAfterItWasMade", func(t *testing.T) {
		p := item(t, inventory, 4, 2)
		h := newHold(p, "a", 0, 2, 1)
		hold(t, inventory, h, done)
		c := changeOf(h, "1", 1, 4, 2)
		c.Agreed = "words"
		change(t, c, done)
		makeChange(t, c, done)
		dropped := func(c booking.HoldChange) booking.Undo {
			undo, err := inventory.DropChange(t.Context(), c)
			require.NoError(t, err)
			return undo
		}
		is := c
		is.Made = true
		for range 2 {
			require.Equal(t, booking.Undo{Changed: &booking.HoldChanges{All: []booking.HoldChange{is}}}, dropped(c))
		}
		remaining(t, inventory, p, 2, 0, 0, 0)
		require.Equal(t, booking.Undo{}, dropped(changeOf(h, "2", 0, 2, 1)), "it was never made")
		release(t, inventory, h, true)
		require.Equal(t, booking.Undo{}, dropped(c), "nothing is held")
	})

	run(t, "DroppedBeforeItCame", func(t *testing.T) {
		p := item(t, inventory, 3, 2)
		h := newHold(p, "a", 0, 2, 1)
		hold(t, inventory, h, done)
		c := changeOf(h, "1", 0, 3, 1)
		require.False(t, drop(t, c))
		change(t, c, undone)
		remaining(t, inventory, p, 1, 1, 2)
	})

	run(t, "AnotherOneIsUnderWay", func(t *testing.T) {
		p := item(t, inventory, 4, 1)
		h := newHold(p, "a", 0, 1, 1)
		hold(t, inventory, h, done)
		first, second := changeOf(h, "1", 2, 3, 1), changeOf(h, "2", 3, 4, 1)
		change(t, first, done)
		change(t, second, done)
		remaining(t, inventory, p, 0, 1, 1, 0)
		makeChange(t, first, undone)
		makeChange(t, second, done)
		remaining(t, inventory, p, 1, 1, 1, 0)
	})

	run(t, "StayHasEnded", func(t *testing.T) {
		p := item(t, inventory, 4, 1)
		h := newHold(p, "a", 0, 2, 1)
		hold(t, inventory, h, done)
		c := changeOf(h, "1", 0, 4, 1)
		change(t, c, done)
		_, err := inventory.Shorten(t.Context(), h.Key, day(1))
		require.NoError(t, err)
		remaining(t, inventory, p, 0, 1, 1, 1)
		makeChange(t, c, booking.Outcome{Result: booking.Undone, Reason: booking.TooLate})
		change(t, changeOf(h, "2", 0, 4, 1), booking.Outcome{Result: booking.Undone, Reason: booking.TooLate})
	})

	run(t, "ChangedBefore", func(t *testing.T) {
		p := item(t, inventory, 6, 3)
		h := newHold(p, "a", 0, 2, 1)
		hold(t, inventory, h, done)
		refused, made, open := changeOf(h, "0", 0, 2, 4), changeOf(h, "1", 1, 4, 1), changeOf(h, "2", 1, 4, 2)
		change(t, refused, soldOut)
		made.Agreed, made.Has = "words", h.DailyQuantity()
		change(t, made, done)
		makeChange(t, made, done)
		open.Has = made.DailyQuantity()
		change(t, open, done)
		other := changeOf(h, "3", 0, 2, 2)
		other.Has = h.DailyQuantity()

		of := func(c booking.HoldChange, made bool) booking.HoldChange {
			c.Has, c.Made = booking.DailyQuantity{}, made
			return c
		}
		changed := &booking.HoldChanges{All: []booking.HoldChange{of(made, true), of(open, false)}}
		again := done
		again.Changed = changed
		hold(t, inventory, h, again)
		change(t, made, again)
		change(t, other, booking.Outcome{Result: booking.Undone, Reason: booking.TooLate, Changed: changed})
		remaining(t, inventory, p, 3, 1, 1, 1, 3, 3)
		release(t, inventory, h, true)
		change(t, made, undone)
	})

	run(t, "FiftyGuestsMoveAtOnce", func(t *testing.T) {
		const days, rooms, guests = 8, 20, 50
		p := item(t, inventory, days, rooms)
		var stays []booking.Hold
		for i := range guests {
			if h := newHold(p, key(i), i%6, i%6+2, 1); i < 2*rooms {
				hold(t, inventory, h, done)
				stays = append(stays, h)
			}
		}
		together(t, len(stays), func(i int) (struct{}, error) {
			c := changeOf(stays[i], "1", (i*5+3)%6, (i*5+3)%6+1+i%2, 1+i%2)
			outcome, err := inventory.ChangeHold(t.Context(), c)
			if err != nil || outcome.Result != booking.Done {
				return struct{}{}, err
			}
			if i%3 == 0 {
				_, err = inventory.DropChange(t.Context(), c)
			} else {
				_, err = inventory.MakeChange(t.Context(), c)
			}
			return struct{}{}, err
		})
		for d, err := range inventory.AllDays(t.Context()) {
			require.NoError(t, err)
			if d.ItemID == p {
				require.Equal(t, d.Capacity, d.Remaining+d.Held, "%s", d.Date)
			}
		}
		for _, h := range stays {
			release(t, inventory, h, true)
		}
		remaining(t, inventory, p, rooms, rooms, rooms, rooms, rooms, rooms, rooms, rooms)
	})
}
