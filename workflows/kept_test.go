package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// storesDecision makes a decision after a while that cannot be delivered then. It is delivered at the
// second time after the order was placed; never for 0.
func (l *sagaRun) storesDecision(made time.Duration, update string, delivered time.Duration) *decision {
	var d decision
	k := orders.KeptDecision{
		Decision: orders.Decision{OrderID: l.order, Update: update, Note: "so I say"}, ID: update, DecidedAt: placedAt.Add(made),
	}
	l.env.RegisterDelayedCallback(func() { require.NoError(l, l.decisions.Put(context.Background(), k)) }, made)
	if delivered > 0 {
		l.env.RegisterDelayedCallback(func() { l.deliver(k, &d) }, delivered)
	}
	return &d
}

// deliver delivers a stored decision, and stores its outcome.
func (l *sagaRun) deliver(k orders.KeptDecision, d *decision) {
	finish := func(err error) {
		s := orders.DecisionOutcome{Outcome: orders.DecisionDelivered, At: l.env.Now()}
		if d.err = err; err != nil {
			s.Outcome, s.Code = orders.DecisionRefused, d.code()
		}
		require.NoError(l, l.decisions.Finish(context.Background(), k, s))
	}
	l.env.UpdateWorkflow(k.Update, "", &testsuite.TestUpdateCallback{
		OnReject: finish,
		OnAccept: func() { d.accepted = true },
		OnComplete: func(v any, err error) {
			if err == nil {
				d.view = v.(contract.View)
			}
			finish(err)
		},
	}, contract.Decision{Note: k.Note, By: "1024", At: k.DecidedAt})
}

// TestKept_OwnerBeforeAChange: an owner's decision that is delivered after a change of the
// reservation, and was made before it, does not count for what the owner has not seen.
func TestKept_OwnerBeforeAChange(t *testing.T) {
	t.Parallel()
	for _, update := range []string{contract.ConfirmUpdate, contract.RejectUpdate} {
		t.Run("ThatWaitsForTheOwner/"+update, func(t *testing.T) {
			s := newMove(t, 2, manual)
			s.decides(hour, contract.ConfirmUpdate)
			moved := s.moves(3*hour, "1", 0, 3, 1)
			old := s.storesDecision(2*hour, update, 4*hour)
			var then contract.View
			s.env.RegisterDelayedCallback(func() { then = s.row().View }, 5*hour)
			agreed := s.decides(6*hour, contract.ConfirmUpdate)
			v := s.run()
			require.NoError(t, moved.err)
			require.False(t, old.accepted)
			require.Equal(t, booking.Superseded, old.code())
			require.Equal(t, contract.ChangeAwaitingOwner, then.Change.State)
			require.NoError(t, agreed.err)
			require.Equal(t, departure.AddDays(1).String(), v.CheckOut)
		})
		t.Run("ThatWasMade/"+update, func(t *testing.T) {
			s := newMove(t, 2, manual)
			moved := s.moves(2*hour, "1", 0, 3, 1)
			old := s.storesDecision(hour, update, 3*hour)
			agreed := s.decides(4*hour, contract.ConfirmUpdate)
			v := s.run()
			require.NoError(t, moved.err)
			require.False(t, old.accepted)
			require.Equal(t, booking.Superseded, old.code())
			require.NoError(t, agreed.err)
			require.Equal(t, booking.Completed, v.Status)
		})
	}
	t.Run("AfterwardsItCounts", func(t *testing.T) {
		s := newMove(t, 2, manual)
		s.decides(hour, contract.ConfirmUpdate)
		s.moves(2*hour, "1", 0, 3, 1)
		kept := s.storesDecision(3*hour, contract.ConfirmUpdate, 4*hour)
		v := s.run()
		require.NoError(t, kept.err)
		require.Equal(t, departure.AddDays(1).String(), v.CheckOut)
	})
	t.Run("ClocksDiffer", func(t *testing.T) {
		s := newMove(t, 2, manual)
		s.decides(hour, contract.ConfirmUpdate)
		s.moves(2*hour, "1", 0, 3, 1, func(c *contract.StayChange) { c.At = placedAt.Add(24 * hour) })
		agreed := s.decides(3*hour, contract.ConfirmUpdate)
		s.run()
		require.NoError(t, agreed.err)
	})
}

// TestKept_Owner: a timeout does not overrule an owner who has decided in time, as long as
// that can be found out and delivered.
func TestKept_Owner(t *testing.T) {
	t.Parallel()
	const within = 24 * hour
	t.Run("Confirms", func(t *testing.T) {
		s := newStay(t, manual)
		d := s.storesDecision(within-hour, contract.ConfirmUpdate, within+30*time.Second)
		v := s.run()
		require.True(t, d.accepted)
		require.Equal(t, booking.Completed, v.Status)
		require.EqualValues(t, "so I say", v.History[3].Note)
	})
	t.Run("Rejects", func(t *testing.T) {
		s := newStay(t, manual)
		s.storesDecision(within-hour, contract.RejectUpdate, within+30*time.Second)
		s.requireUndone(s.run(), booking.RejectedByOwner)
	})
	t.Run("ItsCustomerHasCancelled", func(t *testing.T) {
		s := newStay(t, manual)
		s.storesDecision(within-hour, contract.CancelUpdate, within+30*time.Second)
		s.requireUndone(s.run(), booking.ByCustomer)
	})
	t.Run("Durably", func(t *testing.T) {
		s := newStay(t, manual, durable)
		s.storesDecision(within-hour, contract.ConfirmUpdate, within+30*time.Second)
		require.Equal(t, booking.Completed, s.run().Status)
	})
	t.Run("TheReadModelIsAwayForAWhile", func(t *testing.T) {
		s := newStay(t, manual)
		requests := 0
		s.faults = func(call string) fault {
			if call == "waits" {
				requests++
			}
			return only(before, call == "waits" && requests < 4)
		}
		s.storesDecision(within-hour, contract.ConfirmUpdate, within+time.Minute)
		require.Equal(t, booking.Completed, s.run().Status)
	})
	t.Run("TheReadModelStaysAway", func(t *testing.T) {
		s := newStay(t, manual)
		s.faults = func(call string) fault { return only(before, call == "waits") }
		v := s.run()
		s.requireUndone(v, booking.OwnerTimeout)
		require.WithinDuration(t, placedAt.Add(within+time.Duration(s.in.Policy.AttentionAfter)), v.History[4].At, time.Duration(s.in.Policy.AttentionAfter))
	})
	t.Run("NothingDeliversIt", func(t *testing.T) {
		s := newStay(t, manual)
		s.storesDecision(within-hour, contract.ConfirmUpdate, 0)
		v := s.run()
		s.requireUndone(v, booking.OwnerTimeout)
		require.WithinDuration(t, placedAt.Add(within+time.Duration(s.in.Policy.AttentionAfter)), v.History[4].At, time.Minute)
	})
	t.Run("TooLate", func(t *testing.T) {
		s := newStay(t, manual)
		d := s.storesDecision(within+time.Minute, contract.ConfirmUpdate, within+time.Minute)
		v := s.run()
		s.requireUndone(v, booking.OwnerTimeout)
		require.WithinDuration(t, placedAt.Add(within), v.History[4].At, 10*time.Second)
		require.False(t, d.accepted)
	})
	t.Run("IsRefused", func(t *testing.T) {
		s := newStay(t, manual)
		d := s.storesDecision(within-hour, contract.CompleteUpdate, within+30*time.Second)
		v := s.run()
		require.Equal(t, booking.NotConfirmed, d.code())
		s.requireUndone(v, booking.OwnerTimeout)
		require.WithinDuration(t, placedAt.Add(within), v.History[4].At, 2*time.Minute)
	})
	t.Run("AnOperatorCancelsMeanwhile", func(t *testing.T) {
		s := newStay(t, manual)
		s.storesDecision(within-hour, contract.ConfirmUpdate, 0)
		s.env.RegisterDelayedCallback(s.env.CancelWorkflow, within+time.Minute)
		s.requireUndone(s.run(), booking.ByOperator)
	})
}

// TestKept_AfterTheOwnerHasConfirmed: a decision that was made in time also counts after the
// owner has confirmed the reservation.
func TestKept_AfterTheOwnerHasConfirmed(t *testing.T) {
	t.Parallel()
	const within = 24 * hour
	t.Run("AChange", func(t *testing.T) {
		s := newMove(t, 3, manual)
		s.decides(hour, contract.ConfirmUpdate)
		requests := s.moves(2*hour, "1", 0, 3, 1)
		d := s.storesDecision(2*hour+within-time.Minute, contract.ConfirmUpdate, 2*hour+within+30*time.Second)
		v := s.run()
		require.NoError(t, requests.err)
		require.NoError(t, d.err)
		require.Equal(t, booking.Completed, v.Status)
		require.Equal(t, firstNight.AddDays(3).String(), v.CheckOut)
		require.EqualValues(t, 150000, s.owed())
	})
	t.Run("AChangeThatNothingDecides", func(t *testing.T) {
		s := newMove(t, 3, manual)
		s.decides(hour, contract.ConfirmUpdate)
		s.moves(2*hour, "1", 0, 3, 1)
		s.storesDecision(2*hour+within-time.Minute, contract.ConfirmUpdate, 0)
		s.requireAsItWas(s.run())
	})
	t.Run("LeftEarly", func(t *testing.T) {
		s := newStay(t, manual)
		s.decides(hour, contract.ConfirmUpdate)
		begins, ends := s.in.CheckInAt().Sub(placedAt), s.in.CheckOutAt().Sub(placedAt)
		d := s.storesDecision(begins+hour, contract.CompleteUpdate, ends+30*time.Second)
		v := s.run()
		require.NoError(t, d.err)
		require.Equal(t, booking.Completed, v.Status)
		require.NotNil(t, v.Freed, "the night that they did not use is free")
	})
	t.Run("NoShow", func(t *testing.T) {
		s := newStay(t, manual)
		s.decides(hour, contract.ConfirmUpdate)
		begins, ends := s.in.CheckInAt().Sub(placedAt), s.in.CheckOutAt().Sub(placedAt)
		s.storesDecision(begins+20*hour, contract.NoShowUpdate, ends+30*time.Second)
		s.requireUndone(s.run(), booking.NoShow)
	})
}

// TestKept_Stay: the departure or cancel of guests counts if it was decided in time, whenever
// it reaches the reservation.
func TestKept_Stay(t *testing.T) {
	t.Parallel()
	t.Run("LeftEarly", func(t *testing.T) {
		s := newStay(t)
		begins, ends := s.in.CheckInAt().Sub(placedAt), s.in.CheckOutAt().Sub(placedAt)
		d := s.storesDecision(begins+hour, contract.CompleteUpdate, ends+30*time.Second)
		v := s.run()
		require.True(t, d.accepted)
		require.Equal(t, booking.Completed, v.Status)
		require.NotNil(t, v.Freed, "the night that they did not use is free")
		require.Equal(t, 1, s.nightsHeld())
	})
	t.Run("CancelledBeforeCheckIn", func(t *testing.T) {
		s := newStay(t)
		begins := s.in.CheckInAt().Sub(placedAt)
		d := s.storesDecision(begins-hour, contract.CancelUpdate, begins+hour)
		s.requireUndone(s.run(), booking.ByCustomer)
		require.Equal(t, booking.Cancelled, d.view.Status)
	})
	t.Run("CancelledAfterCheckIn", func(t *testing.T) {
		s := newStay(t)
		begins := s.in.CheckInAt().Sub(placedAt)
		d := s.storesDecision(begins+time.Minute, contract.CancelUpdate, begins+hour)
		require.Equal(t, booking.Completed, s.run().Status)
		require.Equal(t, booking.AlreadyCheckedIn, d.code())
	})
	t.Run("SaysThatItIsOfTheFuture", func(t *testing.T) {
		s := newStay(t)
		begins := s.in.CheckInAt().Sub(placedAt)
		var d decision
		s.env.RegisterDelayedCallback(func() {
			s.sendRaw(contract.CompleteUpdate, &d, contract.Decision{At: s.in.CheckInAt().Add(hour)})
		}, begins-hour)
		require.Equal(t, booking.Completed, s.run().Status)
		require.Equal(t, booking.NotCheckedIn, d.code())
	})
}

// TestKept_Cafe: a drink that was handed over on its day counts as such, whenever that is
// reported.
func TestKept_Cafe(t *testing.T) {
	c := newCup(t)
	deadline := c.in.Drink.Ends().Add(time.Duration(c.in.Policy.ServeAfterDay)).Sub(placedAt)
	c.storesDecision(deadline-hour, contract.CompleteUpdate, deadline+30*time.Second)
	require.Equal(t, booking.Completed, c.run().Status)
	require.Equal(t, c.in.Amount.Amount, c.owed())
}
