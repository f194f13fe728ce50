package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// crew is a Crew whose results a test requires.
type crew struct {
	*store.Crew
	db *store.DB
}

func newCrew(t *testing.T, fresh newURL, cleaners ...string) crew {
	t.Helper()
	db := setup(t, fresh, "fulfilment")
	c := crew{store.NewCrew(db), db}
	for _, id := range cleaners {
		c.add(t, id)
	}
	return c
}

func newCleaner(id string) booking.Cleaner {
	return booking.Cleaner{ID: id, Name: "청소 '" + id + "'"}
}

func (c crew) add(t *testing.T, id string) {
	t.Helper()
	_, err := c.AddCleaner(t.Context(), "1025", newCleaner(id))
	require.NoError(t, err)
}

// assigned is the outcome of a call with the cleaner, "" for none.
func assigned(cleaner string) booking.Outcome {
	outcome := booking.Outcome{Result: booking.Done}
	if cleaner != "" {
		c := newCleaner(cleaner)
		outcome.Cleaner = &c
	}
	return outcome
}

func (c crew) assign(t *testing.T, orderID string, want booking.Outcome) {
	t.Helper()
	got, err := c.Assign(t.Context(), callFor(orderID))
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func (c crew) finish(t *testing.T, orderID string, want booking.Outcome) {
	t.Helper()
	got, err := c.Finish(t.Context(), orderID)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func (c crew) cancel(t *testing.T, orderID string, reason booking.Reason, acted bool) {
	t.Helper()
	got, err := c.Cancel(t.Context(), newCall(orderID, reason))
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Acted: acted}, got)
}

// atWork requires the call of each cleaner, in the order of the cleaners' ids.
func (c crew) atWork(t *testing.T, orderIDs ...string) {
	t.Helper()
	var got []string
	for cleaner, err := range c.AllCleaners(t.Context()) {
		require.NoError(t, err)
		require.Equal(t, newCleaner(cleaner.ID), cleaner.Cleaner)
		got = append(got, cleaner.OrderID)
	}
	require.Equal(t, orderIDs, got)
}

func (c crew) withdraw(t *testing.T, id string, withdrawn bool) booking.CleanerAtWork {
	t.Helper()
	cleaner, err := c.ChangeCleaner(t.Context(), "1025", id, booking.CleanerChange{Withdrawn: &withdrawn})
	require.NoError(t, err)
	require.Equal(t, withdrawn, cleaner.Withdrawn)
	return cleaner
}

// on requires the cleaner's calls under way.
func (c crew) on(t *testing.T, id string, calls ...booking.Call) {
	t.Helper()
	assignments, err := c.AssignmentsOf(t.Context(), id)
	require.NoError(t, err)
	var got []booking.Call
	for _, a := range assignments {
		require.WithinDuration(t, time.Now(), a.At, time.Minute)
		got = append(got, a.Call)
	}
	require.Equal(t, calls, got)
}

// callFor is a call that a caller has placed for its customer.
func callFor(orderID string) booking.Call {
	call := newCall(orderID, "")
	call.PlacedBy = "1025"
	return call
}

func (c crew) waiting(t *testing.T, want int) {
	t.Helper()
	got, err := c.Waiting(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, got)
	for customer, want := range map[string]int{"c": want, "another": 0} {
		got, err := c.WaitingOf(t.Context(), customer)
		require.NoError(t, err)
		require.Equal(t, want, got, customer)
	}
	for caller, want := range map[string]int{"1025": want, "1026": 0} {
		got, err := c.WaitingBy(t.Context(), caller)
		require.NoError(t, err)
		require.Equal(t, want, got, caller)
	}
}

// requireUnsignalled requires which calls have not been sent their cleaner.
func (c crew) requireUnsignalled(t *testing.T, orderIDs ...string) {
	t.Helper()
	calls, err := c.Unsignalled(t.Context())
	require.NoError(t, err)
	var got []string
	for _, call := range calls {
		require.Equal(t, newCleaner(call.ID), call.Cleaner)
		got = append(got, call.OrderID)
	}
	require.Equal(t, orderIDs, got)
}

func testCrew(t *testing.T, fresh newURL) {
	t.Run("Assign", func(t *testing.T) { t.Parallel(); testAssign(t, fresh) })
	t.Run("Queue", func(t *testing.T) { t.Parallel(); testQueue(t, fresh) })
	t.Run("Cancel", func(t *testing.T) { t.Parallel(); testCancelAssignment(t, fresh) })
	t.Run("Concurrent", func(t *testing.T) { t.Parallel(); testConcurrentCalls(t, fresh) })

	run(t, "Cleaners", func(t *testing.T) {
		c := newCrew(t, fresh, "b", "a", "C")
		_, err := c.AddCleaner(t.Context(), "1025", newCleaner("a"))
		require.Error(t, err, "the id is used")
		c.assign(t, "o1", assigned("b"))
		c.atWork(t, "", "", "o1")
		list := func(withdrawn bool) []string {
			return ids(t, selected(c.Cleaners, booking.CleanerFilter{Withdrawn: withdrawn}), func(c booking.CleanerAtWork) string { return c.ID })
		}
		require.Equal(t, []string{"C", "a", "b"}, list(false), "newest first")
		c.withdraw(t, "a", true)
		require.Equal(t, []string{"C", "b"}, list(false))
		require.Equal(t, []string{"a"}, list(true))
		_, _, err = c.Cleaners(t.Context(), booking.CleanerFilter{}, booking.Page{Cursor: "bad"})
		requireCode(t, booking.InvalidCursor, err)
		_, err = c.Cleaner(t.Context(), "unknown")
		requireCode(t, booking.NotFound, err)
		_, err = c.ChangeCleaner(t.Context(), "1025", "unknown", booking.CleanerChange{})
		requireCode(t, booking.NotFound, err)
	})

	run(t, "WithdrawnCleanersGetNoCalls", func(t *testing.T) {
		c := newCrew(t, fresh, "a", "b")
		c.assign(t, "o1", assigned("a"))
		c.withdraw(t, "a", true)
		c.withdraw(t, "b", true)
		c.withdraw(t, "b", true)
		c.assign(t, "o2", assigned(""))
		c.atWork(t, "o1", "")
		c.finish(t, "o1", done) // it finishes what it has
		c.waiting(t, 1)
		c.atWork(t, "", "")
		require.Equal(t, "o2", c.withdraw(t, "b", false).OrderID, "a restored cleaner is assigned to the call that has waited longest")
		c.requireUnsignalled(t, "o2")
		c.withdraw(t, "b", false)
		c.atWork(t, "", "o2")
		c.cancel(t, "o2", booking.ByCustomer, true)
		c.withdraw(t, "a", false) // and comes after those that were free before
		c.assign(t, "o3", assigned("b"))
		c.assign(t, "o4", assigned("a"))
	})

	run(t, "AssignmentsOf", func(t *testing.T) {
		c := newCrew(t, fresh, "a")
		c.on(t, "a")
		c.assign(t, "o1", assigned("a"))
		c.assign(t, "o2", assigned(""))
		c.on(t, "a", newCall("o1", ""))
		c.finish(t, "o1", done)
		c.on(t, "a", newCall("o2", ""))
		c.cancel(t, "o2", booking.ByCustomer, true)
		c.on(t, "a")
		var kept int
		require.NoError(t, c.db.SQL().QueryRowContext(t.Context(), "SELECT count(*) FROM assignments WHERE tel <> ''").Scan(&kept))
		require.Zero(t, kept, "a telephone number is kept until the call has ended")
	})

	run(t, "ChangeCleaner", func(t *testing.T) {
		c := newCrew(t, fresh, "a")
		c.assign(t, "o1", assigned("a"))
		name := "Lee"
		changed, err := c.ChangeCleaner(t.Context(), "1025", "a", booking.CleanerChange{Name: &name})
		require.NoError(t, err)
		want := booking.CleanerAtWork{Cleaner: booking.Cleaner{ID: "a", Name: "Lee"}, OrderID: "o1"}
		require.Equal(t, want, changed)
		got, err := c.Cleaner(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, want, got)
		c.assign(t, "o1", assigned("a")) // the outcome does not change
	})
}

func testAssign(t *testing.T, fresh newURL) {
	run(t, "AtOnce", func(t *testing.T) {
		c := newCrew(t, fresh, "a", "b")
		c.assign(t, "o1", assigned("a"))
		c.assign(t, "o1", assigned("a"))
		c.assign(t, "o2", assigned("b"))
		c.atWork(t, "o1", "o2")
		c.requireUnsignalled(t) // they got the cleaner with the answer
		c.waiting(t, 0)

		c.finish(t, "o1", done)
		c.finish(t, "o1", done)
		c.assign(t, "o1", assigned("a")) // for good
		c.atWork(t, "", "o2")
	})

	run(t, "WhoHasBeenFreeLongest", func(t *testing.T) {
		c := newCrew(t, fresh, "c", "b", "a")
		c.assign(t, "o1", assigned("c"))
		c.assign(t, "o2", assigned("b"))
		c.finish(t, "o2", done)
		c.finish(t, "o1", done)
		c.add(t, "d")
		for i, cleaner := range []string{"a", "b", "c", "d"} {
			c.assign(t, key("next", i), assigned(cleaner))
		}
		c.waiting(t, 0)
	})

	run(t, "FinishWithoutACleaner", func(t *testing.T) {
		c := newCrew(t, fresh)
		_, err := c.Finish(t.Context(), "o1")
		requireCode(t, booking.NotFound, err)
		c.assign(t, "o1", assigned(""))
		_, err = c.Finish(t.Context(), "o1")
		requireCode(t, booking.NotAssigned, err)
		c.waiting(t, 1)
	})
}

func testQueue(t *testing.T, fresh newURL) {
	run(t, "NewCleanerGoesToTheFirst", func(t *testing.T) {
		c := newCrew(t, fresh)
		for _, id := range []string{"o3", "o1", "o2", "o1"} {
			c.assign(t, id, assigned(""))
		}
		c.waiting(t, 3)
		c.add(t, "a")
		c.atWork(t, "o3")
		c.waiting(t, 2)
		c.requireUnsignalled(t, "o3")
		require.NoError(t, c.MarkSignalled(t.Context(), "o1"), "it has no cleaner to know of")
		require.NoError(t, c.MarkSignalled(t.Context(), "o3"))
		c.requireUnsignalled(t)

		c.add(t, "b")
		c.requireUnsignalled(t, "o1")
		c.assign(t, "o1", assigned("b"))
		c.requireUnsignalled(t) // the repeat has answered with the cleaner
	})

	run(t, "InTheOrderOfWaiting", func(t *testing.T) {
		c := newCrew(t, fresh, "a", "b")
		for i := range 6 {
			cleaner := ""
			if i < 2 {
				cleaner = []string{"a", "b"}[i]
			}
			c.assign(t, key("o", i), assigned(cleaner))
		}
		c.waiting(t, 4)
		c.finish(t, "o1", done)
		c.atWork(t, "o0", "o2")
		c.cancel(t, "o0", booking.ByCustomer, true)
		c.atWork(t, "o3", "o2")
		c.cancel(t, "o4", booking.ByCustomer, true)
		c.waiting(t, 1)
		c.requireUnsignalled(t, "o2", "o3")
		c.finish(t, "o2", done)
		c.atWork(t, "o3", "o5")
		c.finish(t, "o3", done)
		c.atWork(t, "", "o5")
		c.requireUnsignalled(t, "o5")
	})
}

func testCancelAssignment(t *testing.T, fresh newURL) {
	run(t, "Assigned", func(t *testing.T) {
		c := newCrew(t, fresh, "a")
		c.assign(t, "o1", assigned("a"))
		c.cancel(t, "o1", booking.ByCustomer, true)
		c.cancel(t, "o1", booking.ByOperator, true) // the first reason stays
		c.atWork(t, "")
		c.assign(t, "o1", undone)
		c.finish(t, "o1", undone)
		c.atWork(t, "")
	})

	run(t, "Waiting", func(t *testing.T) {
		c := newCrew(t, fresh)
		c.assign(t, "o1", assigned(""))
		c.cancel(t, "o1", booking.ByCustomer, true)
		c.waiting(t, 0)
		c.add(t, "a")
		c.atWork(t, "")
		c.assign(t, "o1", undone)
	})

	run(t, "Before", func(t *testing.T) {
		c := newCrew(t, fresh, "a")
		c.cancel(t, "o1", booking.ByCustomer, false)
		c.cancel(t, "o1", booking.ByOperator, false)
		c.assign(t, "o1", undone)
		c.finish(t, "o1", undone)
		c.atWork(t, "")
	})

	run(t, "Finished", func(t *testing.T) {
		c := newCrew(t, fresh, "a")
		c.assign(t, "o1", assigned("a"))
		c.finish(t, "o1", done)
		c.assign(t, "o2", assigned("a"))
		c.cancel(t, "o1", booking.ByCustomer, true)
		c.atWork(t, "o2") // no cleaner is freed twice
		c.finish(t, "o1", undone)
	})
}
