package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// strict keeps 70 percent after a no-show, and refunds half the price of nights that are
// free again.
func strict(in *contract.Lodging) {
	half(in)
	in.Cancellation.NoShow, in.Cancellation.EarlyDeparture = new(30), 50
}

// arrival is the time of check-in, since the order was placed.
func (s *stay) arrival() time.Duration { return s.in.CheckInAt().Sub(placedAt) }

// early is the ledger's entry of the refund for an early departure.
func (s *stay) early() (booking.Entry, bool) {
	payment, err := s.ledger.Payment(s.Context(), s.order)
	require.NoError(s, err)
	return payment.Entry(contract.EarlyKey(s.order))
}

// TestLodging_NoShow: from check-in on the owner may report that the guests did not come.
// The policy's part is kept, the rooms are free again, the customer gets a message and the
// feed an event.
func TestLodging_NoShow(t *testing.T) {
	t.Parallel()
	t.Run("ByThePolicy", func(t *testing.T) {
		s := newStay(t, strict)
		s.policed = true
		tooEarly := s.decides(s.arrival()-time.Second, contract.NoShowUpdate)
		d := s.decides(s.arrival(), contract.NoShowUpdate)
		again := s.decides(s.arrival()+hour, contract.NoShowUpdate)
		v := s.run()
		require.Equal(t, booking.NotCheckedIn, tooEarly.code())
		require.NoError(t, d.err)
		require.Equal(t, booking.Cancelled, d.view.Status)
		require.False(t, again.accepted)
		require.Equal(t, booking.NoShow, v.Reason)
		require.Equal(t, []booking.Status{booking.Received, booking.Paid, booking.Confirmed, booking.Cancelling, booking.Cancelled}, statuses(v))
		keep, tier := s.lastKept()
		require.EqualValues(t, 70_000, keep)
		require.Equal(t, "no_show", tier)
		require.EqualValues(t, 70_000, s.owed())
		require.EqualValues(t, 70_000, kept(v))
		require.Equal(t, 1, s.rooms())
		require.Equal(t, "1024", s.refundRequests[0].By)
		require.EqualValues(t, "so I say", v.History[3].Note)
		require.Equal(t, []string{"no_show"}, s.messagesTo(s.customer))
		require.Equal(t, int64(30_000), s.sentTo(s.customer)[0].Data.Refund.Amount)
		require.Contains(t, s.ownerMessages(), "reservation_cancelled")
		require.Equal(t, booking.NoShow, s.lastEvent().Data.Reason)
		_, begun := s.early()
		require.False(t, begun)
	})
	t.Run("WithoutAPolicy", func(t *testing.T) {
		s := newStay(t)
		s.decides(s.arrival()+20*hour, contract.NoShowUpdate)
		v := s.run()
		s.requireUndone(v, booking.NoShow)
		require.Nil(t, v.FinalAmounts)
	})
	t.Run("AsByTheLastTier", func(t *testing.T) {
		s := newStay(t, half)
		s.policed = true
		s.decides(s.arrival(), contract.NoShowUpdate)
		require.EqualValues(t, 50_000, kept(s.run()))
	})
	t.Run("ForNothing", func(t *testing.T) {
		s := newStay(t, strict)
		s.in.Amount.Amount, s.in.Place.Price.Amount = 0, 0
		s.decides(s.arrival(), contract.NoShowUpdate)
		require.Equal(t, booking.NoShow, s.run().Reason)
		require.Nil(t, s.sentTo(s.customer)[0].Data.Refund)
	})
	t.Run("PaidByHand", func(t *testing.T) {
		s := newStay(t, strict)
		s.policed = true
		s.cannotRefund()
		s.decides(s.arrival(), contract.NoShowUpdate)
		s.resolves(s.arrival() + hour)
		v := s.run()
		require.Equal(t, booking.NoShow, v.Reason)
		require.EqualValues(t, 100_000, s.owed(), "the provider has refunded nothing")
		require.EqualValues(t, 70_000, kept(v))
		require.EqualValues(t, 30_000, v.FinalAmounts.Refunded.Amount)
		require.Equal(t, []string{"refund_failed", "no_show"}, s.messagesTo(s.customer))
		require.EqualValues(t, 30_000, s.sentTo(s.customer)[1].Data.Refund.Amount)
	})
	t.Run("AfterTheGuestsHaveLeft", func(t *testing.T) {
		s := newStay(t, strict)
		s.policed = true
		s.decides(s.arrival()+hour, contract.CompleteUpdate)
		d := s.decides(s.arrival()+hour, contract.NoShowUpdate)
		v := s.run()
		require.Equal(t, booking.AlreadyCompleted, d.code())
		require.Equal(t, booking.Completed, v.Status)
	})
	t.Run("WhileAwaitingOwner", func(t *testing.T) {
		s := newStay(t, manual)
		d := s.decides(hour, contract.NoShowUpdate)
		s.run()
		require.Equal(t, booking.NotConfirmed, d.code())
	})
	t.Run("KeptAndDeliveredAfterCheckOut", func(t *testing.T) {
		s := newStay(t, strict)
		s.policed = true
		end := s.in.CheckOutAt().Sub(placedAt)
		s.storesDecision(end-hour, contract.NoShowUpdate, end+30*time.Second)
		require.Equal(t, booking.NoShow, s.run().Reason)
		require.EqualValues(t, 70_000, s.owed())
	})
	t.Run("AfterAReset", func(t *testing.T) {
		s := newStay(t, strict)
		s.policed = true
		s.decides(s.arrival(), contract.NoShowUpdate)
		first := s.run()
		s.startRun(first.History[len(first.History)-1].At.Add(hour))
		second := s.run()
		require.Equal(t, booking.NoShow, second.Reason)
		require.Equal(t, first.FinalAmounts.Kept, second.FinalAmounts.Kept)
		require.EqualValues(t, 70_000, s.owed())
		require.Equal(t, []string{"no_show"}, s.messagesTo(s.customer), "notified once")
	})
}

// TestLodging_EarlyDepartureRefunds: guests who leave early are refunded, once, what the
// policy refunds for the nights that are free again, and are notified. The order's end does
// not wait for the provider, but its saga does.
func TestLodging_EarlyDepartureRefunds(t *testing.T) {
	t.Parallel()
	leave := func(s *stay) *decision { return s.decides(s.arrival()+hour, contract.CompleteUpdate) }
	t.Run("ByThePolicy", func(t *testing.T) {
		s := newStay(t, strict)
		s.policed = true
		leave(s)
		v := s.run()
		require.Equal(t, booking.Completed, v.Status)
		require.Equal(t, &secondNight, v.FreedNights())
		e, _ := s.early()
		require.Equal(t, booking.EntryDone, e.State)
		require.Equal(t, booking.EarlyDeparture, e.Reason)
		require.EqualValues(t, 25_000, e.Amount.Amount)
		require.EqualValues(t, 25_000, v.DepartureDue())
		require.Equal(t, "1024", e.By)
		require.EqualValues(t, 75_000, s.owed())
		require.Equal(t, []string{"refunded"}, s.messagesTo(s.customer))
		require.Len(t, s.refunded(), 1)
		require.EqualValues(t, 25_000, s.refunded()[0].Payment.Part.Amount)
		require.Equal(t, booking.Charged, s.refunded()[0].Payment.Status)
	})
	t.Run("NothingWithoutNightsOrAPolicy", func(t *testing.T) {
		for name, test := range map[string]struct {
			change func(*contract.Lodging)
			after  time.Duration
		}{"NoPolicy": {func(*contract.Lodging) {}, hour}, "NothingForNights": {half, hour}, "LastNight": {strict, 25 * hour}} {
			t.Run(name, func(t *testing.T) {
				s := newStay(t, test.change)
				s.policed = s.in.Cancellation != nil
				s.decides(s.arrival()+test.after, contract.CompleteUpdate)
				require.Zero(t, s.run().DepartureDue())
				_, begun := s.early()
				require.False(t, begun)
				require.Empty(t, s.messagesTo(s.customer))
			})
		}
	})
	t.Run("WhileTheProviderIsAway", func(t *testing.T) {
		s := newStay(t, strict)
		s.policed = true
		away := true
		s.setFaults(func(call string) fault { return only(before, away && call == "refund") })
		d := leave(s)
		var ended contract.View
		s.env.RegisterDelayedCallback(func() { ended, away = s.row().View, false }, s.arrival()+hour+20*time.Second)
		s.run()
		require.Equal(t, booking.Completed, d.view.Status)
		require.Equal(t, booking.Completed, ended.Status)
		require.EqualValues(t, 75_000, s.owed())
	})
	t.Run("LessIsLeft", func(t *testing.T) {
		s := newStay(t, strict)
		s.policed = true
		s.staffRefunds(hour, "1", 90_000)
		leave(s)
		s.run()
		e, _ := s.early()
		require.EqualValues(t, 10_000, e.Amount.Amount)
		require.Zero(t, s.owed())
	})
	t.Run("NothingIsLeft", func(t *testing.T) {
		s := newStay(t, strict)
		s.policed = true
		s.staffRefunds(hour, "1", 100_000)
		leave(s)
		require.Equal(t, booking.Completed, s.run().Status)
		_, begun := s.early()
		require.False(t, begun)
	})
	t.Run("PaidByHand", func(t *testing.T) {
		s := newStay(t, strict)
		s.policed = true
		s.cannotRefund()
		leave(s)
		var marked contract.View
		s.env.RegisterDelayedCallback(func() { marked = s.row().View }, s.arrival()+2*hour)
		s.resolves(s.arrival() + 3*hour)
		v := s.run()
		require.True(t, marked.NeedsAttention)
		require.Equal(t, booking.Completed, marked.Status)
		require.False(t, v.NeedsAttention)
		e, _ := s.early()
		require.True(t, e.ByHand)
		require.ElementsMatch(t, []string{"refund_failed", "refunded"}, s.messagesTo(s.customer))
	})
	t.Run("AfterAReset", func(t *testing.T) {
		s := newStay(t, strict)
		s.policed = true
		leave(s)
		first := s.run()
		s.startRun(first.History[len(first.History)-1].At.Add(hour))
		require.Equal(t, booking.Completed, s.run().Status)
		require.EqualValues(t, 75_000, s.owed(), "once")
		require.Equal(t, []string{"refunded"}, s.messagesTo(s.customer))
	})
	t.Run("UndoneAfterACrash", func(t *testing.T) {
		s := newStay(t, strict)
		s.policed = true
		dead := false
		s.setFaults(func(call string) fault { // the process dies once the refund has begun
			dead = dead || call == "refund"
			return only(death, dead)
		})
		leave(s)
		s.env.ExecuteWorkflow(s.flow, s.in)
		e, begun := s.early()
		require.True(t, begun)
		require.Equal(t, booking.EntryPending, e.State)
		s.setFaults(nil)
		s.startRun(placedAt.Add(s.arrival() + 2*hour))
		s.env.RegisterDelayedCallback(s.env.CancelWorkflow, 0)
		v := s.run()
		e, _ = s.early()
		require.Equal(t, booking.EntryDone, e.State, "it is followed")
		if v.Status == booking.Cancelled {
			require.Zero(t, s.owed())
		}
	})
}
