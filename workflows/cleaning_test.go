package workflows_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows"
	"github.com/yeyak/yeyak/workflows/contract"
)

// visit is one call for a cleaner in a world of its own, which has one cleaner.
type visit struct {
	*sagaRun
	in  contract.Cleaning
	kim booking.Cleaner
}

// emptyCrew is a migrated database without cleaners, for copies.
var emptyCrew = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "yeyak-crew")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "crew.db")
	db, err := store.Open(context.Background(), "sqlite://"+path, store.Options{})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(migrated(db, "fulfilment"), db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func newVisit(t *testing.T) *visit {
	t.Parallel()
	l := newSagaRun(t, booking.Cleaning, workflows.Cleaning)
	empty, err := emptyCrew()
	require.NoError(t, err)
	folder, err := databases()
	require.NoError(t, err)
	own, err := os.MkdirTemp(folder.Path, "crew") //nolint:usetesting // t.TempDir is on a disk
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(own) })
	path := filepath.Join(own, "crew.db")
	require.NoError(t, os.WriteFile(path, empty, 0o600))
	db, err := store.Open(t.Context(), "sqlite://"+path, store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	l.crew = store.NewCrew(db)
	kim := booking.Cleaner{ID: "cleaner-of-" + l.order, Name: "Kim"}
	_, err = l.crew.AddCleaner(t.Context(), "1025", kim)
	require.NoError(t, err)
	v := &visit{sagaRun: l, kim: kim, in: contract.Cleaning{Order: l.placed(30000), Tel: "+821012345678", Location: "7 Hill Street"}}
	return v
}

func (v *visit) run() contract.View { return v.execute(v.in) }

var otherCall = booking.Call{OrderID: "cleaning-other"}

// occupy assigns the cleaner to another call.
func (v *visit) occupy() {
	outcome, err := v.crew.Assign(context.Background(), otherCall)
	require.NoError(v, err)
	require.NotNil(v, outcome.Cleaner)
}

// isFreed frees the cleaner after a while, for the next call that waits.
func (v *visit) isFreed(after time.Duration) {
	v.env.RegisterDelayedCallback(func() {
		_, err := v.crew.Cancel(context.Background(), otherCall)
		require.NoError(v, err)
		unsignalled, err := v.crew.Unsignalled(context.Background())
		require.NoError(v, err)
		for _, call := range unsignalled {
			v.env.SignalWorkflow(contract.AssignedSignal, call.Cleaner)
			v.env.SignalWorkflow(contract.AssignedSignal, call.Cleaner) // a repeated signal has no effect
		}
	}, after)
}

// busy counts the cleaners assigned to the call.
func (v *visit) busy() (n int) {
	all, _, err := v.crew.Cleaners(context.Background(), booking.CleanerFilter{}, booking.Page{})
	require.NoError(v, err)
	for _, c := range all {
		if c.OrderID == v.order {
			n++
		}
	}
	return n
}

// messages are the types of the messages to the customer.
func (v *visit) messages() []string { return v.messagesTo(v.in.CustomerID) }

func TestCleaning(t *testing.T) {
	t.Parallel()
	t.Run("Cleaned", func(t *testing.T) {
		c := newVisit(t)
		d := c.decides(hour, contract.CompleteUpdate)
		v := c.run()
		require.Equal(t, booking.Completed, d.view.Status)
		require.Equal(t, []booking.Status{booking.Received, booking.Calling, booking.Assigned, booking.Completed}, statuses(v))
		require.Equal(t, []booking.EventType{booking.CallPlaced, booking.PaymentApproved, booking.CleanerAssigned, booking.CleaningCompleted}, c.events())
		require.Equal(t, booking.Assigned, c.row().Decision.Status)
		require.Equal(t, &c.kim, v.Cleaning.Cleaner)
		require.ElementsMatch(t, []string{"call_confirmed", "cleaner_assigned"}, c.messages())
		require.Equal(t, []string{"call_assigned"}, c.messagesTo(c.kim.ID))
		require.Zero(t, c.busy())
		require.EqualValues(t, 30000, c.owed())
	})
	t.Run("ForNothing", func(t *testing.T) {
		c := newVisit(t)
		c.in.Amount.Amount = 0
		c.decides(hour, contract.CompleteUpdate)
		require.Equal(t, booking.Completed, c.run().Status)
		require.Empty(t, c.provider)
		require.Equal(t, []booking.EventType{booking.CallPlaced, booking.CleanerAssigned, booking.CleaningCompleted}, c.events())
	})
	t.Run("WaitsForACleaner", func(t *testing.T) {
		c := newVisit(t)
		c.occupy()
		c.isFreed(hour)
		c.decides(2*hour, contract.CompleteUpdate)
		v := c.run()
		require.Equal(t, booking.Calling, c.row().Decision.Status)
		require.Equal(t, booking.Completed, v.Status)
		require.WithinDuration(t, placedAt.Add(hour), v.History[2].At, time.Minute)
	})
	t.Run("CancelledWhileItWaits", func(t *testing.T) {
		c := newVisit(t)
		c.occupy()
		d := c.decides(hour, contract.CancelUpdate)
		c.isFreed(2 * hour)
		v := c.run()
		require.Equal(t, booking.Cancelled, d.view.Status)
		require.Zero(t, c.owed())
		require.Nil(t, v.Cleaning.Cleaner)
		require.Empty(t, c.messages(), "a customer without a message gets none that withdraws it")
		require.Empty(t, c.messagesTo(c.kim.ID))
	})
	t.Run("CancelledWhenAssigned", func(t *testing.T) {
		c := newVisit(t)
		c.decides(hour, contract.CancelUpdate)
		c.run()
		require.Zero(t, c.busy(), "the cleaner is free again")
		require.Zero(t, c.owed())
		require.ElementsMatch(t, []string{"call_confirmed", "cleaner_assigned", "assignment_cancelled", "call_cancelled"}, c.messages())
		require.Equal(t, []string{"call_assigned", "call_cancelled"}, c.messagesTo(c.kim.ID))
		for _, m := range c.sentTo(c.in.CustomerID) {
			if m.Type == booking.AssignmentCancelledMessage {
				require.Equal(t, "Kim will not come to clean", m.Words(booking.English))
			}
		}
		require.False(t, c.registered)
	})
	t.Run("CancelledWhileMessagesAreAway", func(t *testing.T) {
		c := newVisit(t)
		c.env.RegisterDelayedCallback(func() {
			c.setFaults(func(call string) fault { return only(before, call == "withdraw") })
		}, hour/2)
		c.decides(hour, contract.CancelUpdate)
		var shown contract.View
		c.env.RegisterDelayedCallback(func() { shown = c.row().View; c.setFaults(nil) }, hour+10*time.Second)
		v := c.run()
		require.Equal(t, booking.Cancelling, shown.Status)
		require.Nil(t, shown.Cleaning.Cleaner, "the page shows that no cleaner comes, though the messages that say so wait")
		require.Equal(t, booking.Cancelled, v.Status)
	})
	t.Run("ManagementAway", func(t *testing.T) {
		c := newVisit(t)
		down := true
		c.faults = func(call string) fault {
			return only(nothing, down && (call == "register" || call == "unregister"))
		}
		var refused contract.View
		c.env.RegisterDelayedCallback(func() { refused, down = *c.row().Decision, false }, 20*time.Second)
		v := c.run()
		require.Equal(t, booking.NotRegistered, refused.Reason)
		require.Equal(t, booking.Cancelled, v.Status)
		require.Zero(t, c.owed())
	})
	t.Run("AssignmentAway", func(t *testing.T) {
		c := newVisit(t)
		down := true
		c.faults = func(call string) fault { return only(before, down && call == "assign") }
		c.env.RegisterDelayedCallback(func() { down = false }, 20*time.Second)
		c.decides(hour, contract.CompleteUpdate)
		v := c.run()
		require.Equal(t, booking.Calling, c.row().Decision.Status, "the call is placed all the same")
		require.Equal(t, booking.Completed, v.Status)
	})
	t.Run("NoCleanerWaitsForAMessage", func(t *testing.T) {
		c := newVisit(t)
		c.faults = func(call string) fault { return only(before, call == "send") }
		c.decides(hour, contract.CompleteUpdate)
		busy := -1
		c.env.RegisterDelayedCallback(func() { busy = c.busy() }, 5*time.Second)
		done := c.decides(10*time.Second, contract.CompleteUpdate)
		free := -1
		c.env.RegisterDelayedCallback(func() { free = c.busy(); c.setFaults(nil) }, 15*time.Second)
		v := c.run()
		require.Equal(t, 1, busy)
		require.Zero(t, free, "the cleaner is free though the customer was not notified yet")
		require.Equal(t, booking.Completed, done.view.Status)
		require.Equal(t, booking.Completed, v.Status)
		require.ElementsMatch(t, []string{"call_confirmed", "cleaner_assigned"}, c.messages())
	})
	t.Run("CleanerIsToldThatItIsOffByASagaThatForgotThem", func(t *testing.T) {
		c := newVisit(t)
		sent := 0
		c.faults = func(call string) fault { // the process dies after the message to the cleaner, before that is recorded
			if sent == 3 {
				return death
			}
			if call == "send" {
				sent++
			}
			return none
		}
		c.env.RegisterDelayedCallback(c.env.CancelWorkflow, hour)
		c.env.ExecuteWorkflow(c.flow, c.in)
		c.setFaults(nil)
		require.Equal(t, []string{"call_assigned"}, c.messagesTo(c.kim.ID))
		c.startRun(placedAt.Add(10 * time.Second))
		c.env.RegisterDelayedCallback(c.env.CancelWorkflow, 0) // before the call is assigned again
		require.Equal(t, booking.Cancelled, c.run().Status)
		require.Equal(t, []string{"call_assigned", "call_cancelled"}, c.messagesTo(c.kim.ID))
		require.Zero(t, c.busy())
	})
	t.Run("Settled", func(t *testing.T) {
		c := newVisit(t)
		c.decides(hour, contract.CancelUpdate)
		lost := c.run()
		lost.Status, lost.History, lost.Cleaning = booking.Assigned, lost.History[:3], &contract.Visit{Location: c.in.Location, Cleaner: &c.kim}
		c.startRun(placedAt.Add(2 * hour))
		c.in.Settle = &lost
		require.Equal(t, booking.ByOperator, c.run().Reason)
	})
}
