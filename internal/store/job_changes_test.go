package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

func testJobChanges(t *testing.T, productions *store.Jobs) {
	done := booking.Outcome{Result: booking.Done}
	change := func(order, key string, quantity int) booking.JobChange {
		c := booking.JobChange{Job: newJob(order, booking.ByCustomer), Key: order + key}
		c.Quantity = quantity
		return c
	}
	started := func(t *testing.T) string {
		outcome, err := productions.Start(t.Context(), newJob(t.Name(), ""))
		require.NoError(t, err)
		require.Equal(t, done, outcome)
		return t.Name()
	}
	changes := func(t *testing.T, c booking.JobChange, want booking.Outcome) {
		t.Helper()
		got, err := productions.Change(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	restores := func(t *testing.T, c booking.JobChange, acted bool) {
		t.Helper()
		undo, err := productions.ChangeBack(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, booking.Undo{Acted: acted}, undo)
	}
	makes := func(t *testing.T, order string, want int) {
		t.Helper()
		job, err := productions.Job(t.Context(), order)
		require.NoError(t, err)
		require.Equal(t, want, job.Quantity)
	}
	run(t, "OnceUnderItsKey", func(t *testing.T) {
		order := started(t)
		changes(t, change(order, "1", 3), done)
		changes(t, change(order, "2", 5), done)
		changes(t, change(order, "1", 3), done)
		makes(t, order, 5)
		_, err := productions.Start(t.Context(), newJob(order, ""))
		require.NoError(t, err)
		makes(t, order, 5)
	})
	run(t, "Restored", func(t *testing.T) {
		order := started(t)
		changes(t, change(order, "1", 3), done)
		changes(t, change(order, "2", 5), done)
		restores(t, change(order, "2", 5), true)
		restores(t, change(order, "2", 5), false)
		makes(t, order, 3)
		changes(t, change(order, "2", 5), booking.Outcome{Result: booking.Undone, Reason: booking.ByCustomer})
		makes(t, order, 3)
	})
	run(t, "RestoredBeforeItWasMade", func(t *testing.T) {
		order := started(t)
		restores(t, change(order, "1", 3), false)
		changes(t, change(order, "1", 3), booking.Outcome{Result: booking.Undone, Reason: booking.ByCustomer})
		makes(t, order, 2)
	})
	run(t, "OfAJobThatHasEnded", func(t *testing.T) {
		changes(t, change(t.Name(), "none", 3), booking.Outcome{Result: booking.Undone, Reason: booking.TooLate})
		order := started(t)
		_, err := productions.Cancel(t.Context(), newJob(order, booking.MenuDeleted))
		require.NoError(t, err)
		changes(t, change(order, "cancelled", 3), booking.Outcome{Result: booking.Undone, Reason: booking.MenuDeleted})
		makes(t, order, 2)
	})
	run(t, "OfAJobThatIsDone", func(t *testing.T) {
		order := started(t)
		_, err := productions.Finish(t.Context(), order)
		require.NoError(t, err)
		changes(t, change(order, "1", 3), booking.Outcome{Result: booking.Undone, Reason: booking.TooLate})
		makes(t, order, 2)
	})
}
