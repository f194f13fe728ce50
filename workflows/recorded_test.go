package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// undone are the calls that undo orders.
var undone = []string{"withdraw", "release", "cancel", "begin refund", "refund", "void", "unregister"}

// recordsFirst cancels an order after an hour, with a record that takes ten minutes.
func (l *sagaRun) recordsFirst(cancel func(), run func() contract.View, reason booking.Reason) {
	l.Helper()
	l.env.OnActivity(activities.RecordDecision, mock.Anything).After(10 * time.Minute).Return(nil)
	var early []string
	l.env.RegisterDelayedCallback(func() {
		l.setFaults(func(call string) fault {
			if slices.Contains(undone, call) {
				early = append(early, call)
			}
			return none
		})
		cancel()
	}, hour)
	complete := l.decides(hour+5*time.Minute, contract.CompleteUpdate)
	l.env.RegisterDelayedCallback(func() { l.setFaults(nil) }, hour+9*time.Minute)
	v := run()
	require.Equal(l, booking.Cancelled, v.Status)
	require.Equal(l, reason, v.Reason)
	require.Empty(l, early, "nothing is undone before that is recorded")
	require.False(l, complete.accepted)
}

// TestCancellation_RecordedFirst: a cancellation of the workflow, and the deletion of a
// drink, are recorded before anything is undone, like a decision. If the task of the undos
// is repeated, a decision that has arrived meanwhile does not let the order continue.
func TestCancellation_RecordedFirst(t *testing.T) {
	t.Parallel()
	t.Run("Lodging", func(t *testing.T) {
		s := newStay(t)
		s.recordsFirst(s.env.CancelWorkflow, s.run, booking.ByOperator)
	})
	t.Run("Food", func(t *testing.T) {
		m := newMeal(t)
		m.recordsFirst(m.env.CancelWorkflow, m.run, booking.ByOperator)
	})
	t.Run("Cafe", func(t *testing.T) {
		c := newCup(t)
		c.recordsFirst(c.env.CancelWorkflow, c.run, booking.ByOperator)
	})
	t.Run("Cleaning", func(t *testing.T) {
		v := newVisit(t)
		v.recordsFirst(v.env.CancelWorkflow, v.run, booking.ByOperator)
	})
	t.Run("DrinkDeleted", func(t *testing.T) {
		c := newCup(t)
		c.recordsFirst(func() { c.env.SignalWorkflow(contract.ForceCancelSignal, booking.MenuDeleted) }, c.run, booking.MenuDeleted)
	})
}
