package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// only is the fault if holds is true, otherwise none.
func only(f fault, holds bool) fault {
	if holds {
		return f
	}
	return none
}

func TestLodging_Faults(t *testing.T) {
	t.Parallel()
	// first makes the first n calls of this name fail.
	first := func(n int, name string, f fault) func(string) fault {
		return func(call string) fault {
			if call == name && n > 0 {
				n--
				return f
			}
			return none
		}
	}
	for _, call := range []string{"begin charge", "charge", "end charge", "hold", "send", "publish"} {
		for name, f := range map[string]fault{"Before": before, "After": after, "Late": late} {
			t.Run("Step/"+call+"/"+name, func(t *testing.T) {
				s := newStay(t)
				s.faults = first(3, call, f)
				v := s.run()
				require.Equal(t, booking.Completed, v.Status)
				require.EqualValues(t, 100000, s.owed())
				require.Zero(t, s.rooms())
				require.Equal(t, completed, s.events())
			})
		}
	}
	for name, f := range map[string]fault{"Before": before, "After": after, "Late": late} {
		t.Run("EndStay/"+name, func(t *testing.T) {
			s := newStay(t)
			s.faults = first(3, "shorten", f)
			s.decides(s.in.CheckInAt().Sub(placedAt)+hour, contract.CompleteUpdate)
			v := s.run()
			s.finishLateCalls()
			require.Equal(t, booking.Completed, v.Status)
			require.Equal(t, &secondNight, v.FreedNights())
			require.Equal(t, 1, s.nightsHeld())
		})
	}
	for _, call := range []string{"withdraw", "release", "begin refund", "refund", "end refund", "publish"} {
		for name, f := range map[string]fault{"Before": before, "After": after, "Late": late} {
			t.Run("Undo/"+call+"/"+name, func(t *testing.T) {
				s := newStay(t)
				s.env.RegisterDelayedCallback(func() { s.setFaults(first(3, call, f)) }, hour-time.Second)
				s.decides(hour, contract.CancelUpdate)
				s.requireUndone(s.run(), booking.ByCustomer)
			})
		}
	}
	for name, f := range map[string]fault{"Before": before, "After": after, "Late": late} {
		t.Run("Undo/void/"+name, func(t *testing.T) {
			s := newStay(t)
			voids := first(3, "void", f)
			s.faults = func(call string) fault {
				if call == "charge" {
					return after // the charge is made, but its answer is lost
				}
				return voids(call)
			}
			s.decides(20*time.Second, contract.CancelUpdate)
			v := s.run()
			require.Equal(t, booking.ByCustomer, v.Reason)
			require.Zero(t, s.owed())
		})
	}
	t.Run("ActsBesideItsDurableTwin", func(t *testing.T) {
		s := newStay(t)
		s.hurried, s.faults = true, first(1, "hold", slow)
		require.Equal(t, booking.Completed, s.run().Status)
		s.overtaken.Wait()
		require.Zero(t, s.rooms(), "one hold")
	})
	t.Run("UndoNeedsAttention", func(t *testing.T) {
		s := newStay(t)
		down := true
		s.faults = func(call string) fault { return only(before, down && call == "refund") }
		s.decides(hour, contract.CancelUpdate)
		var seen contract.View
		s.env.RegisterDelayedCallback(func() { seen = s.row().View }, hour+6*time.Minute)
		s.env.RegisterDelayedCallback(func() { down = false }, hour+7*time.Minute)
		v := s.run()
		require.True(t, seen.NeedsAttention)
		require.Equal(t, booking.Cancelling, seen.Status)
		require.False(t, v.NeedsAttention)
		s.requireUndone(v, booking.ByCustomer)
	})
	t.Run("EveryStepDurable", func(t *testing.T) {
		s := newStay(t, durable)
		v := s.run()
		require.Equal(t, booking.Completed, v.Status)
		require.Equal(t, completed, s.events())
	})
}

// TestLodging_CancelledAfterTheGuestsHaveLeft: after a reset, a saga that does not remember
// an early departure accepts a cancellation, and learns from the inventory that the stay
// has ended before the cancellation is recorded. The stay is completed, and the
// cancellation is answered.
func TestLodging_CancelledAfterTheGuestsHaveLeft(t *testing.T) {
	s := newStay(t)
	first := s.run()
	require.Equal(t, booking.Completed, first.Status)
	s.startRun(first.History[len(first.History)-1].At.Add(time.Second))
	s.env.OnActivity(activities.RecordDecision, mock.Anything).After(time.Minute).Return(nil)
	var cancelled *decision
	s.faults = func(call string) fault {
		if call == "send" && cancelled == nil {
			cancelled = s.decidesNow(contract.CancelUpdate)
		}
		return none
	}
	require.Equal(t, booking.Completed, s.run().Status)
	require.True(t, cancelled.accepted)
	require.Error(t, cancelled.err)
	require.Equal(t, s.in.Amount.Amount, s.owed())
}
