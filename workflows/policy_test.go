package workflows_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// half refunds everything until three days before check-in, and half after that.
func half(in *contract.Lodging) {
	in.Cancellation = &booking.CancellationPolicy{Tiers: []booking.Tier{
		{Before: new(booking.Duration(72 * hour)), Percent: 100}, {Before: new(booking.Duration(0)), Percent: 50},
	}}
}

// byStatus refunds 90 percent, less a fee, of an order that is paid, and nothing once it is
// being made or delivered.
func byStatus() *booking.CancellationPolicy {
	return &booking.CancellationPolicy{Tiers: []booking.Tier{{Status: booking.Paid, Percent: 90}}, Fee: 100}
}

// lastKept is what the last requested refund was to keep, and by which tier.
func (w *world) lastKept() (keep int64, tier string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	require.NotEmpty(w, w.refundRequests)
	last := w.refundRequests[len(w.refundRequests)-1]
	return last.Keep, last.Tier
}

// cancels sends a cancel by the customer after a while.
func (l *sagaRun) cancels(after time.Duration, d contract.Decision) *decision {
	var came decision
	l.env.RegisterDelayedCallback(func() { l.sendRaw(contract.CancelUpdate, &came, d) }, after)
	return &came
}

// TestPolicy_OfAStay: what a cancel keeps depends on the time of the decision, and the
// refund is requested so.
func TestPolicy_OfAStay(t *testing.T) {
	t.Parallel()
	checkIn := newStayIn(t).CheckInAt().Sub(placedAt)
	for name, test := range map[string]struct {
		after time.Duration
		keep  int64
		tier  string
	}{
		"Early": {hour, 0, "before:72h"}, "LastMoment": {checkIn - 72*hour, 0, "before:72h"},
		"AfterIt": {checkIn - 72*hour + time.Second, 50_000, "before:0s"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStay(t, half)
			s.policed = true
			s.decides(test.after, contract.CancelUpdate)
			v := s.run()
			require.Equal(t, booking.Cancelled, v.Status)
			keep, tier := s.lastKept()
			require.Equal(t, test.keep, keep)
			require.Equal(t, test.tier, tier)
			require.Equal(t, "1024", s.refundRequests[0].By)
			require.Equal(t, s.in.CheckInAt().UTC(), v.Terms.CheckInAt)
			require.Equal(t, kept(v), s.owed(), "it says what was kept")
			require.Equal(t, v.Amount.Amount, v.FinalAmounts.Kept.Amount+v.FinalAmounts.Refunded.Amount)
		})
	}
}

func newStayIn(t *testing.T) contract.Lodging {
	in := contract.Lodging{CheckIn: firstNight, CheckOut: departure}
	in.Place.TimeZone, in.Place.CheckInTime = "Asia/Seoul", booking.Clock{Hour: 15}
	require.False(t, in.CheckInAt().IsZero())
	return in
}

// TestPolicy_OtherCancellationsRefundAll: a rejection or a timeout of the owner, a
// cancellation by an operator, and `yeyak settle` keep nothing, however late. A reservation
// that its owner has not confirmed can be cancelled free of charge.
func TestPolicy_OtherCancellationsRefundAll(t *testing.T) {
	t.Parallel()
	late := newStayIn(t).CheckInAt().Sub(placedAt) - hour
	longConfirmWithin := func(in *contract.Lodging) {
		in.Place.Confirmation, in.Place.ConfirmWithin = booking.Manual, booking.Duration(30*24*hour)
	}
	for name, test := range map[string]struct {
		change func(*contract.Lodging)
		do     func(*stay)
		reason booking.Reason
		tier   string
	}{
		"Rejected":    {longConfirmWithin, func(s *stay) { s.decides(late, contract.RejectUpdate) }, booking.RejectedByOwner, ""},
		"Silence":     {manual, func(*stay) {}, booking.OwnerTimeout, ""},
		"Operator":    {half, func(s *stay) { s.env.RegisterDelayedCallback(s.env.CancelWorkflow, late) }, booking.ByOperator, ""},
		"Unconfirmed": {longConfirmWithin, func(s *stay) { s.decides(late, contract.CancelUpdate) }, booking.ByCustomer, booking.TierUnconfirmed},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStay(t, half, test.change)
			test.do(s)
			v := s.run()
			s.requireUndone(v, test.reason)
			keep, tier := s.lastKept()
			require.Zero(t, keep)
			require.Equal(t, test.tier, tier)
			require.Equal(t, booking.Settlement{
				Refunded: v.Amount, Kept: booking.Money{Currency: v.Amount.Currency}, Tier: test.tier,
			}, *v.FinalAmounts)
		})
	}
	t.Run("Settled", func(t *testing.T) {
		s := newStay(t, half)
		lost := s.in.View()
		lost.Status, lost.Placed = booking.Confirmed, true
		s.startRun(placedAt.Add(late))
		_, in, err := contract.Settlement(lost, s.in.Policy, "", booking.SystemID)
		require.NoError(t, err)
		s.execute(in)
		keep, _ := s.lastKept()
		require.Zero(t, keep)
	})
	t.Run("DrinkDeleted", func(t *testing.T) {
		c := newCup(t)
		c.in.Cancellation = byStatus()
		c.isDeleted(hour)
		require.Equal(t, booking.MenuDeleted, c.run().Reason)
		keep, _ := c.lastKept()
		require.Zero(t, keep)
	})
}

// TestPolicy_QuoteChanged: a cancel with another quote than the order's is refused and not
// counted as an update; a later cancel with the right quote is accepted.
func TestPolicy_QuoteChanged(t *testing.T) {
	s := newStay(t, half)
	s.policed = true
	at := s.in.CheckInAt().Sub(placedAt) - 71*hour
	stale := s.cancels(at, contract.Decision{By: "1024", Expect: "before:72h/100000"})
	right := s.cancels(at+time.Minute, contract.Decision{By: "1024", Expect: "before:0s/50000"})
	v := s.run()
	require.Equal(t, booking.QuoteChanged, stale.code())
	require.ErrorContains(t, stale.err, "50000 KRW")
	require.False(t, stale.accepted)
	require.True(t, right.accepted)
	require.Equal(t, booking.Cancelled, right.view.Status)
	require.Equal(t, booking.ByCustomer, v.Reason)
	keep, _ := s.lastKept()
	require.EqualValues(t, 50_000, keep)
}

// TestPolicy_WithoutOne: an order without a policy refunds everything, and its view has no
// terms; a customer may send the quote.
func TestPolicy_WithoutOne(t *testing.T) {
	s := newStay(t)
	stale := s.cancels(hour, contract.Decision{Expect: "before:72h/100000"})
	right := s.cancels(2*hour, contract.Decision{Expect: "all/100000"})
	v := s.run()
	require.Equal(t, booking.QuoteChanged, stale.code())
	require.NoError(t, right.err)
	require.Nil(t, v.Terms)
	require.Nil(t, v.FinalAmounts)
	require.Zero(t, s.owed())
}

// TestPolicy_WhenDecided: the refund depends on the status in which the order was when the
// customer decided, even if the order continues while that is recorded.
func TestPolicy_WhenDecided(t *testing.T) {
	t.Parallel()
	t.Run("Drink", func(t *testing.T) {
		c := newCup(t)
		c.policed, c.in.Cancellation = true, byStatus()
		var d *decision
		c.faults = func(call string) fault {
			if call == "start" && d == nil {
				d = &decision{}
				c.sendRaw(contract.CancelUpdate, d, contract.Decision{Expect: "status:paid/8000"})
			}
			return none
		}
		v := c.run()
		require.NoError(t, d.err)
		require.Equal(t, booking.ByCustomer, v.Reason)
		keep, tier := c.lastKept()
		require.Equal(t, "status:paid", tier)
		require.EqualValues(t, 1000, keep)
	})
	t.Run("InProduction", func(t *testing.T) {
		c := newCup(t)
		c.policed, c.in.Cancellation = true, byStatus()
		stale := c.cancels(hour, contract.Decision{Expect: "status:paid/8000"})
		c.cancels(2*hour, contract.Decision{Expect: "none/0"})
		c.run()
		require.Equal(t, booking.QuoteChanged, stale.code())
		keep, tier := c.lastKept()
		require.Equal(t, booking.TierNone, tier)
		require.EqualValues(t, 9000, keep)
	})
	t.Run("Meal", func(t *testing.T) {
		m := newMeal(t)
		m.policed, m.in.Cancellation = true, byStatus()
		m.cancels(hour, contract.Decision{Expect: "none/0"})
		require.Equal(t, booking.ByCustomer, m.run().Reason)
		keep, _ := m.lastKept()
		require.Equal(t, m.in.Amount.Amount, keep)
	})
	t.Run("Visit", func(t *testing.T) {
		v := newVisit(t)
		v.policed = true
		v.in.Cancellation = &booking.CancellationPolicy{Tiers: []booking.Tier{{Within: new(booking.Duration(10 * time.Minute)), Percent: 100}}, Fee: 100}
		v.decides(9*time.Minute, contract.CancelUpdate)
		require.Equal(t, booking.ByCustomer, v.run().Reason)
		keep, tier := v.lastKept()
		require.Equal(t, "within:10m", tier)
		require.EqualValues(t, 100, keep)
	})
}

// TestPolicy_KeptDecision: a cancel that could not be delivered at once refunds what its
// customer was quoted when it was made.
func TestPolicy_KeptDecision(t *testing.T) {
	s := newStay(t, half)
	s.policed = true
	last := s.in.CheckInAt().Add(-72 * hour)
	made := last.Add(-time.Minute)
	d := s.cancels(last.Add(hour).Sub(placedAt), contract.Decision{By: "1024", At: made, Expect: "before:72h/100000"})
	require.Equal(t, booking.ByCustomer, s.run().Reason)
	require.NoError(t, d.err)
	keep, tier := s.lastKept()
	require.Zero(t, keep)
	require.Equal(t, "before:72h", tier)
}

// TestPolicy_AfterAReset: the first decision is in the ledger. A run that does not remember
// it requests something else, and shows what the ledger has.
func TestPolicy_AfterAReset(t *testing.T) {
	s := newStay(t, half)
	s.policed = true
	s.decides(s.in.CheckInAt().Sub(placedAt)-hour, contract.CancelUpdate)
	first := s.run()
	s.startRun(first.History[len(first.History)-1].At.Add(time.Second))
	second := s.run()
	require.Equal(t, booking.ByCustomer, second.Reason)
	require.Equal(t, first.FinalAmounts.Kept, second.FinalAmounts.Kept)
	require.Equal(t, first.FinalAmounts.Refunded, second.FinalAmounts.Refunded)
	require.Equal(t, kept(second), s.owed())
	payment, err := s.ledger.Payment(context.Background(), s.order)
	require.NoError(t, err)
	require.Equal(t, booking.ByCustomer, payment.Reason)
}

// refundedUnder are the names of the activities that were started to refund the charge.
func (l *sagaRun) refundedUnder() *[]string {
	var names []string
	note := func(info *activity.Info) {
		if strings.HasPrefix(info.ActivityType.Name, "Refund") {
			names = append(names, info.ActivityType.Name)
		}
	}
	l.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) { note(info) })
	l.env.SetOnLocalActivityStartedListener(func(info *activity.Info, _ context.Context, _ []any) { note(info) })
	return &names
}

// TestPolicy_KeepsUnderANameOfItsOwn: a worker of a build without policies does not know
// the activity that keeps something, and so does not refund everything.
func TestPolicy_KeepsUnderANameOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*contract.Lodging){"InPlace": func(*contract.Lodging) {}, "Durable": durable} {
		for want, after := range map[string]time.Duration{
			"RefundPayment": hour, "RefundKeeping": newStayIn(t).CheckInAt().Sub(placedAt) - hour,
		} {
			t.Run(name+"/"+want, func(t *testing.T) {
				s := newStay(t, half, change)
				s.policed = true
				names := s.refundedUnder()
				s.decides(after, contract.CancelUpdate)
				v := s.run()
				require.Equal(t, []string{want}, *names)
				require.Equal(t, kept(v), s.owed())
			})
		}
	}
}
