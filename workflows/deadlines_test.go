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

// An order that cannot be charged by its deadline is cancelled, whatever the cause.
func TestDeadline_OfPayment(t *testing.T) {
	t.Parallel()
	for call, what := range map[string]string{"begin charge": "OurLedgerIsAway", "charge": "TheProviderIsAway", "enter": "TheProviderIsKeptFrom"} {
		t.Run(what, func(t *testing.T) {
			m := newMeal(t)
			m.in.Policy.PayWithin = booking.Duration(20 * time.Second)
			down := true
			m.faults = func(c string) fault { return only(before, down && (c == call || call == "enter" && c == "opens")) }
			m.env.RegisterDelayedCallback(func() { down = false }, 35*time.Second)
			v := m.run()
			require.Equal(t, booking.PaymentUnavailable, v.Reason)
			require.WithinDuration(t, placedAt.Add(20*time.Second), v.History[len(v.History)-1].At, time.Second)
			require.Zero(t, m.owed())
			require.Empty(t, isOpen(m.job(m.deliveries)), "there is no delivery")
			require.Empty(t, m.ownerMessages())
		})
	}
	t.Run("OurWorkersWereAway", func(t *testing.T) {
		m := newMeal(t)
		m.startRun(placedAt.Add(time.Duration(m.in.Policy.PayWithin)))
		v := m.run()
		require.Equal(t, booking.PaymentUnavailable, v.Reason)
		require.Zero(t, m.provider[m.order+"/charge"].charged, "it was never charged")
	})
}

// A process has died after it did something in time, and no process runs for hours. What
// the services have done stays done; no other step is begun.
func TestDeadline_AfterACrash(t *testing.T) {
	t.Parallel()
	crashed := func(t *testing.T, at string) *meal {
		m := newMeal(t)
		m.faults = func(call string) fault { return only(death, call == at) }
		m.env.RegisterDelayedCallback(m.env.CancelWorkflow, hour)
		m.env.ExecuteWorkflow(m.flow, m.in)
		m.setFaults(nil)
		m.startRun(placedAt.Add(20 * hour))
		return m
	}
	t.Run("Started", func(t *testing.T) {
		m := crashed(t, "publish")
		m.decides(hour, contract.CompleteUpdate)
		require.Equal(t, booking.Delivered, m.run().Status, "the courier has had it all the time")
		require.EqualValues(t, 24000, m.owed())
	})
	t.Run("Paid", func(t *testing.T) {
		m := crashed(t, "send")
		v := m.run()
		require.Equal(t, booking.TooLate, v.Reason, "no dinner is delivered the next morning")
		require.EqualValues(t, 24000, m.provider[m.order+"/charge"].refunded)
		require.Equal(t, booking.JobCancelled, m.job(m.deliveries))
	})
	t.Run("NotPaid", func(t *testing.T) {
		m := crashed(t, "begin charge")
		require.Equal(t, booking.PaymentUnavailable, m.run().Reason)
		require.Zero(t, m.provider[m.order+"/charge"].charged)
	})
	t.Run("NotPaidAndTheLedgerIsAway", func(t *testing.T) {
		m := crashed(t, "begin charge")
		down := true
		m.setFaults(func(call string) fault { return only(before, down && call == "begin charge") })
		m.in.Policy.AttentionAfter = booking.Duration(20 * time.Second)
		m.env.RegisterDelayedCallback(func() { down = false }, 30*time.Second)
		require.Equal(t, booking.PaymentUnavailable, m.run().Reason, "it is not waited for for ever")
	})
}

// A paid order has to be handed over by its deadline.
func TestDeadline_OfHandOver(t *testing.T) {
	t.Parallel()
	quick := func(o *contract.Order) {
		o.Policy.PayWithin, o.Policy.HandOverWithin = booking.Duration(10*time.Second), booking.Duration(10*time.Second)
	}
	requireCancelled := func(t *testing.T, l *sagaRun, v contract.View) {
		t.Helper()
		require.Equal(t, booking.TooLate, v.Reason)
		require.WithinDuration(t, placedAt.Add(20*time.Second), v.History[len(v.History)-1].At, time.Second)
		require.Zero(t, l.owed())
	}
	away := func(l *sagaRun, call string) { l.faults = func(c string) fault { return only(before, c == call) } }
	t.Run("Food", func(t *testing.T) {
		m := newMeal(t)
		quick(&m.in.Order)
		away(m.sagaRun, "start")
		requireCancelled(t, m.sagaRun, m.run())
		require.Equal(t, booking.JobCancelled, m.job(m.deliveries), "and it will never be started")
		require.Equal(t, []string{"order_placed", "order_cancelled"}, m.ownerMessages())
	})
	t.Run("Cafe", func(t *testing.T) {
		c := newCup(t)
		quick(&c.in.Order)
		away(c.sagaRun, "start")
		requireCancelled(t, c.sagaRun, c.run())
		require.Zero(t, c.held())
	})
	t.Run("CafeThatCannotBeNotified", func(t *testing.T) {
		c := newCup(t)
		quick(&c.in.Order)
		down := true
		c.faults = func(call string) fault { return only(before, down && call == "send") }
		c.env.RegisterDelayedCallback(func() { down = false }, 30*time.Second)
		c.decides(hour, contract.CompleteUpdate)
		require.Equal(t, booking.Completed, c.run().Status, "its kitchen has it")
		require.Equal(t, []string{"order_placed"}, c.ownerMessages())
	})
	t.Run("Cleaning", func(t *testing.T) {
		v := newVisit(t)
		quick(&v.in.Order)
		away(v.sagaRun, "assign")
		requireCancelled(t, v.sagaRun, v.run())
		require.False(t, v.registered)
	})
	t.Run("CleaningForNothing", func(t *testing.T) {
		v := newVisit(t)
		quick(&v.in.Order)
		v.in.Amount.Amount = 0
		away(v.sagaRun, "assign")
		requireCancelled(t, v.sagaRun, v.run())
	})
	t.Run("Lodging", func(t *testing.T) {
		s := newStay(t)
		s.in.Policy.PayWithin, s.in.Policy.ReserveWithin = booking.Duration(10*time.Second), booking.Duration(10*time.Second)
		away(s.sagaRun, "hold")
		requireCancelled(t, s.sagaRun, s.run())
		require.Zero(t, s.held())
	})
	t.Run("LodgingWhoseOwnerCannotBeNotified", func(t *testing.T) {
		s := newStay(t)
		s.in.Policy.PayWithin, s.in.Policy.ReserveWithin = booking.Duration(10*time.Second), booking.Duration(10*time.Second)
		away(s.sagaRun, "send")
		requireCancelled(t, s.sagaRun, s.run())
		require.Zero(t, s.held())
	})
}

// The order waits for the persons who carry it out, and needs attention when they are late.
func TestDeadline_OfPeople(t *testing.T) {
	t.Parallel()
	marked := func(l *sagaRun, after time.Duration) *bool {
		var is bool
		l.env.RegisterDelayedCallback(func() { is = l.row().View.NeedsAttention }, after)
		return &is
	}
	t.Run("Kitchen", func(t *testing.T) {
		c := newCup(t)
		begins := c.in.Drink.Begins().Sub(placedAt)
		before, late := marked(c.sagaRun, begins+59*time.Minute), marked(c.sagaRun, begins+61*time.Minute)
		c.decides(begins+2*hour, contract.CompleteUpdate)
		v := c.run()
		require.Equal(t, booking.Completed, v.Status)
		require.False(t, *before, "no café makes a drink days before its day")
		require.True(t, *late)
		require.False(t, v.NeedsAttention)
	})
	t.Run("NoFreeCleaner", func(t *testing.T) {
		v := newVisit(t)
		v.occupy()
		before, late := marked(v.sagaRun, 2*hour-time.Minute), marked(v.sagaRun, 2*hour+time.Minute)
		v.isFreed(3 * hour)
		assigned := marked(v.sagaRun, 3*hour+time.Minute)
		v.decides(4*hour, contract.CompleteUpdate)
		require.Equal(t, booking.Completed, v.run().Status)
		require.False(t, *before)
		require.True(t, *late)
		require.False(t, *assigned, "one has come")
	})
	t.Run("Cleaner", func(t *testing.T) {
		v := newVisit(t)
		before, late := marked(v.sagaRun, 24*hour-time.Minute), marked(v.sagaRun, 24*hour+time.Minute)
		v.decides(25*hour, contract.CompleteUpdate)
		require.Equal(t, booking.Completed, v.run().Status)
		require.False(t, *before)
		require.True(t, *late)
	})
}

// An order whose drink is not handed over by the end of its day, and some hours more, is
// cancelled.
func TestDeadline_OfADrinksDay(t *testing.T) {
	t.Parallel()
	lastCall := func(c *cup) time.Duration { return c.in.Drink.Ends().Add(3 * hour).Sub(placedAt) }
	t.Run("Over", func(t *testing.T) {
		c := newCup(t)
		v := c.run()
		require.Equal(t, booking.TooLate, v.Reason)
		require.WithinDuration(t, placedAt.Add(lastCall(c)), v.History[len(v.History)-1].At, time.Second)
		require.Equal(t, booking.JobCancelled, c.job(c.productions))
		require.EqualValues(t, 9000, c.provider[c.order+"/charge"].refunded)
		require.Zero(t, c.held())
	})
	t.Run("ServedAfterMidnight", func(t *testing.T) {
		c := newCup(t)
		c.decides(lastCall(c)-time.Second, contract.CompleteUpdate)
		require.Equal(t, booking.Completed, c.run().Status)
	})
	t.Run("ServedInTheVeryMoment", func(t *testing.T) {
		c := newCup(t)
		d := c.decides(lastCall(c), contract.CompleteUpdate)
		v := c.run()
		require.Contains(t, []booking.Status{booking.Completed, booking.Cancelled}, v.Status)
		require.Equal(t, v.Status == booking.Completed, d.err == nil, "the café gets the outcome")
	})
	t.Run("CancelledInTheVeryMoment", func(t *testing.T) {
		c := newCup(t)
		d := c.decides(lastCall(c), contract.CancelUpdate)
		require.Equal(t, booking.Cancelled, c.run().Status)
		require.Contains(t, []booking.Code{"", booking.AlreadyCancelled, booking.BeingCancelled}, d.code())
	})
	t.Run("OverBeforeTheKitchenIsLate", func(t *testing.T) {
		c := newCup(t)
		c.in.Policy.ServeWithin = booking.Duration(48 * hour)
		marked := false
		c.env.RegisterDelayedCallback(func() { marked = c.row().View.NeedsAttention }, lastCall(c)-time.Second)
		require.Equal(t, booking.TooLate, c.run().Reason)
		require.False(t, marked)
	})
}

// A timeout is recorded before anything is undone. Otherwise, if the task were lost and
// repeated, an update that arrived meanwhile would count, and the order would continue
// although it is undone.
func TestDeadline_IsRecordedFirst(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]func(*testing.T) (l *sagaRun, in any, ends time.Duration, undisturbed func() bool){
		"owner": func(t *testing.T) (*sagaRun, any, time.Duration, func() bool) {
			s := newStay(t, manual)
			return s.sagaRun, s.in, 24 * hour, func() bool { return s.owed() == 100000 && s.rooms() == 0 }
		},
		"drink's day": func(t *testing.T) (*sagaRun, any, time.Duration, func() bool) {
			c := newCup(t)
			return c.sagaRun, c.in, c.in.Drink.Ends().Add(3 * hour).Sub(placedAt), func() bool {
				return c.owed() == 9000 && c.held() > 0 && c.job(c.productions) == booking.JobStarted
			}
		},
		"payment in line": func(t *testing.T) (*sagaRun, any, time.Duration, func() bool) {
			c := newCup(t)
			c.in.Policy.PayWithin = booking.Duration(20 * time.Second)
			shut := true
			c.keptAway(&shut)
			return c.sagaRun, c.in, 20 * time.Second, func() bool { return c.held() > 0 }
		},
		"step": func(t *testing.T) (*sagaRun, any, time.Duration, func() bool) {
			c := newCup(t)
			c.in.Policy.PayWithin, c.in.Policy.HandOverWithin = booking.Duration(10*time.Second), booking.Duration(10*time.Second)
			c.setFaults(func(call string) fault { return only(before, call == "start") })
			return c.sagaRun, c.in, 20 * time.Second, func() bool { return c.owed() == 9000 && c.held() > 0 }
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, in, ends, undisturbed := order(t)
			recording, wasUndisturbed := 10*time.Second, false
			l.env.OnActivity(activities.RecordDecision, mock.Anything).After(recording).Return(nil)
			l.env.RegisterDelayedCallback(func() { wasUndisturbed = undisturbed() }, ends+recording/2)
			v := l.execute(in)
			require.Equal(t, booking.Cancelled, v.Status)
			require.True(t, wasUndisturbed, "it was undone before it was recorded why")
			require.Zero(t, l.owed())
		})
	}
}

// An order of an earlier build whose policy lacks a duration uses the default for it, not
// zero.
func TestDeadline_TimesThatAreMissing(t *testing.T) {
	t.Parallel()
	old := func(o *contract.Order) { o.Policy = contract.Policy{InPlace: true} }
	marked := func(l *sagaRun, after time.Duration) *bool {
		var is bool
		l.env.RegisterDelayedCallback(func() { is = l.row().View.NeedsAttention }, after)
		return &is
	}
	t.Run("Food", func(t *testing.T) {
		m := newMeal(t)
		old(&m.in.Order)
		before, late := marked(m.sagaRun, 2*hour-time.Minute), marked(m.sagaRun, 2*hour+time.Minute)
		m.decides(3*hour, contract.CompleteUpdate)
		require.Equal(t, booking.Delivered, m.run().Status)
		require.Equal(t, []bool{false, true}, []bool{*before, *late})
	})
	t.Run("FoodHandedOver", func(t *testing.T) {
		m := newMeal(t)
		old(&m.in.Order)
		down := true
		m.faults = func(c string) fault { return only(before, down && c == "start") }
		m.env.RegisterDelayedCallback(func() { down = false }, 30*time.Second)
		m.decides(hour, contract.CompleteUpdate)
		require.Equal(t, booking.Delivered, m.run().Status)
	})
	t.Run("Cafe", func(t *testing.T) {
		c := newCup(t)
		old(&c.in.Order)
		begins := c.in.Drink.Begins().Sub(placedAt)
		before, late := marked(c.sagaRun, begins+59*time.Minute), marked(c.sagaRun, begins+61*time.Minute)
		c.decides(c.in.Drink.Ends().Add(2*hour).Sub(placedAt), contract.CompleteUpdate)
		require.Equal(t, booking.Completed, c.run().Status, "served after midnight")
		require.Equal(t, []bool{false, true}, []bool{*before, *late})
	})
	t.Run("Cleaning", func(t *testing.T) {
		v := newVisit(t)
		old(&v.in.Order)
		v.occupy()
		before, late := marked(v.sagaRun, 2*hour-time.Minute), marked(v.sagaRun, 2*hour+time.Minute)
		v.isFreed(3 * hour)
		working, done := marked(v.sagaRun, 27*hour-time.Minute), marked(v.sagaRun, 27*hour+time.Minute)
		v.decides(28*hour, contract.CompleteUpdate)
		require.Equal(t, booking.Completed, v.run().Status)
		require.Equal(t, []bool{false, true, false, true}, []bool{*before, *late, *working, *done})
	})
	t.Run("Lodging", func(t *testing.T) {
		s := newStay(t)
		old(&s.in.Order)
		down := true
		s.faults = func(c string) fault { return only(before, down && c == "hold") }
		s.env.RegisterDelayedCallback(func() { down = false }, 30*time.Second)
		require.Equal(t, booking.Completed, s.run().Status)
	})
}
