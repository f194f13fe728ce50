package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows"
	"github.com/yeyak/yeyak/workflows/contract"
)

// stay is one reservation in a world of its own.
type stay struct {
	*sagaRun
	in contract.Lodging
	// changeRequests are the changes that moves has requested.
	changeRequests []contract.StayChange
}

func newStay(t *testing.T, change ...func(*contract.Lodging)) *stay {
	t.Parallel()
	l := newSagaRun(t, booking.Lodging, workflows.Lodging)
	l.setStock(1)
	s := &stay{sagaRun: l, in: contract.Lodging{
		Order: l.placed(100000), Rooms: 1,
		Place: booking.Place{
			ID: l.item, Name: "Seaside Inn", OwnerID: "owner-of-" + l.item, Price: booking.Money{Amount: 50000, Currency: "KRW"},
			Confirmation: booking.Auto, ConfirmWithin: booking.Duration(24 * time.Hour), TimeZone: "Asia/Seoul",
			CheckInTime: booking.Clock{Hour: 15}, CheckOutTime: booking.Clock{Hour: 11},
		},
		CheckIn: firstNight, CheckOut: departure,
	}}
	for _, c := range change {
		c(&s.in)
	}
	return s
}

func manual(in *contract.Lodging)  { in.Place.Confirmation = booking.Manual }
func durable(in *contract.Lodging) { in.Policy.InPlace = false }

func (s *stay) run() contract.View { return s.execute(s.in) }

func (s *stay) rooms() int { return s.capacity() - s.held() }

// nightsHeld is how many nights of a room are held.
func (s *stay) nightsHeld() (held int) {
	days, err := s.stock.Days(context.Background(), s.item, week.From, week.To)
	require.NoError(s, err)
	for _, d := range days {
		held += d.Capacity - d.Remaining
	}
	return held
}

// completed are the events of a reservation without failures.
var completed = []booking.EventType{
	booking.ReservationPlaced, booking.PaymentApproved, booking.ReservationConfirmed,
	booking.ReservationStatusChanged, booking.ReservationStatusChanged,
}

func TestLodging(t *testing.T) {
	t.Parallel()
	t.Run("ConfirmedAndCompleted", func(t *testing.T) {
		s := newStay(t)
		v := s.run()
		require.Equal(t, []booking.Status{booking.Received, booking.Paid, booking.Confirmed, booking.Completed}, statuses(v))
		require.Equal(t, completed, s.events())
		require.Equal(t, booking.Confirmed, s.row().Decision.Status)
		require.EqualValues(t, 100000, s.owed())
		require.Zero(t, s.rooms())
		require.WithinDuration(t, s.in.CheckOutAt(), v.History[3].At, time.Second)
	})
	t.Run("SoldOut", func(t *testing.T) {
		s := newStay(t)
		s.setStock(0)
		v := s.run()
		require.Equal(t, booking.SoldOut, v.Reason)
		require.Equal(t, []booking.Status{booking.Received, booking.Paid, booking.Cancelling, booking.Cancelled}, statuses(v))
		require.Equal(t, []booking.EventType{
			booking.ReservationPlaced, booking.PaymentApproved, booking.ReservationCancelConfirmed,
			booking.PaymentCancelApproved, booking.ReservationCanceled,
		}, s.events())
		require.Zero(t, s.owed())
		require.Empty(t, s.ownerMessages())
	})
	t.Run("Declined", func(t *testing.T) {
		s := newStay(t, func(in *contract.Lodging) { in.PaymentMethod = "pm_card_chargeDeclined" })
		v := s.run()
		require.Equal(t, booking.PaymentDeclined, v.Reason)
		require.Equal(t, []booking.EventType{booking.PaymentDeclinedEvent}, s.events())
		require.Equal(t, 1, s.rooms())
		require.False(t, v.Listed())
	})
	t.Run("OwnerConfirms", func(t *testing.T) {
		s := newStay(t, manual)
		d := s.decides(hour, contract.ConfirmUpdate)
		again := s.decides(2*hour, contract.ConfirmUpdate)
		v := s.run()
		require.Equal(t, booking.Confirmed, d.view.Status)
		require.Equal(t, booking.AlreadyConfirmed, again.code())
		require.Equal(t, []booking.Status{booking.Received, booking.Paid, booking.AwaitingOwner, booking.Confirmed, booking.Completed}, statuses(v))
		require.EqualValues(t, "so I say", v.History[3].Note)
		require.Equal(t, booking.AwaitingOwner, s.row().Decision.Status)
	})
	t.Run("OwnerConfirmsAtTheLastMoment", func(t *testing.T) {
		s := newStay(t, manual)
		s.env.OnActivity(activities.RecordDecision, mock.Anything).After(10 * time.Second).Return(nil) // its worker has died
		d := s.decides(24*hour-2*time.Second, contract.ConfirmUpdate)
		v := s.run()
		require.Equal(t, booking.Confirmed, d.view.Status)
		require.Equal(t, booking.Completed, v.Status)
	})
	t.Run("OwnerRejects", func(t *testing.T) {
		s := newStay(t, manual)
		d := s.decides(hour, contract.RejectUpdate)
		v := s.run()
		require.Equal(t, booking.Cancelled, d.view.Status)
		s.requireUndone(v, booking.RejectedByOwner)
	})
	t.Run("OwnerSilent", func(t *testing.T) {
		s := newStay(t, manual)
		v := s.run()
		s.requireUndone(v, booking.OwnerTimeout)
		require.WithinDuration(t, placedAt.Add(24*hour), v.History[4].At, time.Minute)
	})
}

// requireUndone checks that everything of a cancelled reservation is undone.
func (s *stay) requireUndone(v contract.View, reason booking.Reason) {
	s.Helper()
	require.Equal(s, booking.Cancelled, v.Status)
	require.Equal(s, reason, v.Reason)
	require.Zero(s, s.owed())
	require.Equal(s, 1, s.rooms())
	require.Contains(s, s.ownerMessages(), "reservation_cancelled", "the owner knows that it is off")
	types := s.events()
	require.Equal(s, []booking.EventType{
		booking.ReservationCancelConfirmed, booking.PaymentCancelApproved, booking.ReservationCanceled,
	}, types[len(types)-3:])
}

func TestLodging_Cancel(t *testing.T) {
	t.Parallel()
	t.Run("WhileAwaitingOwner", func(t *testing.T) {
		s := newStay(t, manual)
		d := s.decides(hour, contract.CancelUpdate)
		v := s.run()
		require.Equal(t, booking.Cancelled, d.view.Status)
		s.requireUndone(v, booking.ByCustomer)
	})
	t.Run("WhileConfirmed", func(t *testing.T) {
		s := newStay(t)
		d := s.decides(hour, contract.CancelUpdate)
		v := s.run()
		require.Equal(t, booking.Cancelled, d.view.Status)
		s.requireUndone(v, booking.ByCustomer)
	})
	t.Run("AcceptedBeforeCheckOutAndRecordedAfter", func(t *testing.T) {
		s := newStay(t, func(in *contract.Lodging) { in.Place.CheckInTime = booking.Clock{Hour: 23, Minute: 59} })
		s.env.OnActivity(activities.RecordDecision, mock.Anything).After(72 * hour).Return(nil) // no worker runs
		d := s.decides(s.in.CheckInAt().Sub(placedAt)-hour, contract.CancelUpdate)
		s.requireUndone(s.run(), booking.ByCustomer)
		require.Equal(t, booking.Cancelled, d.view.Status)
	})
	t.Run("AfterCheckIn", func(t *testing.T) {
		s := newStay(t)
		d := s.decides(s.in.CheckInAt().Sub(placedAt)+hour, contract.CancelUpdate)
		v := s.run()
		require.Equal(t, booking.AlreadyCheckedIn, d.code())
		require.Equal(t, booking.Completed, v.Status)
	})
	t.Run("ByOperator", func(t *testing.T) {
		s := newStay(t)
		s.env.RegisterDelayedCallback(s.env.CancelWorkflow, hour)
		s.requireUndone(s.run(), booking.ByOperator)
	})
	t.Run("ByOperatorWhileAwaitingOwner", func(t *testing.T) {
		s := newStay(t, manual)
		s.env.RegisterDelayedCallback(s.env.CancelWorkflow, hour)
		s.requireUndone(s.run(), booking.ByOperator)
	})
	t.Run("TwiceAtOnce", func(t *testing.T) {
		s := newStay(t)
		one, two := s.decides(hour, contract.CancelUpdate), s.decides(hour, contract.CancelUpdate)
		s.requireUndone(s.run(), booking.ByCustomer)
		require.Equal(t, booking.Cancelled, one.view.Status)
		require.False(t, two.accepted, "no update is spent on what happens already")
		require.Equal(t, booking.BeingCancelled, two.code())
	})
	t.Run("WhileStockIsRetried", func(t *testing.T) {
		s := newStay(t)
		s.faults = func(call string) fault { return only(before, call == "hold") }
		s.decides(20*time.Second, contract.CancelUpdate)
		v := s.run()
		require.Equal(t, []booking.Status{booking.Received, booking.Paid, booking.Cancelling, booking.Cancelled}, statuses(v))
		require.Zero(t, s.owed())
		require.Equal(t, []booking.EventType{
			booking.ReservationPlaced, booking.PaymentApproved, booking.ReservationCancelConfirmed,
			booking.PaymentCancelApproved, booking.ReservationCanceled,
		}, s.events())
		require.Empty(t, s.ownerMessages())
	})
	t.Run("WhilePaymentLosesItsAnswer", func(t *testing.T) {
		s := newStay(t)
		s.faults = func(call string) fault { return only(after, call == "charge") }
		s.decides(20*time.Second, contract.CancelUpdate)
		v := s.run()
		require.Equal(t, booking.ByCustomer, v.Reason)
		require.Zero(t, s.owed())
		require.Equal(t, []booking.EventType{
			booking.ReservationPlaced, booking.PaymentApproved, booking.ReservationCancelConfirmed,
			booking.PaymentCancelApproved, booking.ReservationCanceled,
		}, s.events(), "a refund follows a charge")
		require.True(t, v.Listed(), "it was charged and refunded: the order took effect")
	})
	t.Run("WhilePaymentIsRetried", func(t *testing.T) {
		s := newStay(t)
		s.faults = func(call string) fault { return only(before, call == "charge") }
		d := s.decides(20*time.Second, contract.CancelUpdate) // the test environment stops after ten attempts
		v := s.run()
		require.Equal(t, booking.ByCustomer, v.Reason)
		require.Equal(t, booking.Cancelled, d.view.Status)
		require.Equal(t, []booking.Status{booking.Received, booking.PaymentPending, booking.Cancelling, booking.Cancelled}, statuses(v))
		require.Zero(t, s.owed())
		require.Empty(t, s.events(), "an unpaid reservation never came into being")
	})
}

func TestLodging_TooLate(t *testing.T) {
	t.Parallel()
	t.Run("OverBeforeItBegan", func(t *testing.T) {
		s := newStay(t)
		s.placedLate(0)
		v := s.run()
		require.Equal(t, booking.TooLate, v.Reason)
		require.Zero(t, s.owed())
		require.Zero(t, s.provider[s.order+"/charge"].charged, "it was never charged")
		require.False(t, v.Listed())
	})
	t.Run("AfterAReset", func(t *testing.T) {
		s := newStay(t)
		first := s.run()
		s.startRun(first.History[3].At.Add(hour))
		require.Equal(t, booking.Completed, s.run().Status, "what was completed stays paid for")
		require.EqualValues(t, 100000, s.owed())
	})
}

// placedLate places the reservation a moment before the end of its stay.
func (s *stay) placedLate(before time.Duration) {
	s.in.PlacedAt = s.in.CheckOutAt().Add(-before)
	s.startRun(s.in.PlacedAt)
}

func TestLodging_Complete(t *testing.T) {
	t.Parallel()
	t.Run("BeforeCheckIn", func(t *testing.T) {
		s := newStay(t)
		d := s.decides(hour, contract.CompleteUpdate)
		s.run()
		require.Equal(t, booking.NotCheckedIn, d.code())
	})
	t.Run("CheckedOutEarly", func(t *testing.T) {
		s := newStay(t)
		at := s.in.CheckInAt().Add(hour)
		d := s.decides(at.Sub(placedAt), contract.CompleteUpdate)
		v := s.run()
		require.Equal(t, booking.Completed, d.view.Status)
		require.WithinDuration(t, at, v.History[len(v.History)-1].At, time.Minute)
		require.Equal(t, &secondNight, v.FreedNights())
		require.Equal(t, 1, s.nightsHeld(), "the night that is used")
		require.Equal(t, &secondNight, s.lastEvent().Data.Freed)
		require.EqualValues(t, 100000, s.owed())
	})
	t.Run("AtCheckOutNothingIsFree", func(t *testing.T) {
		s := newStay(t)
		v := s.run()
		require.Nil(t, v.FreedNights())
		require.Equal(t, 2, s.nightsHeld())
		require.Nil(t, s.lastEvent().Data.Freed)
	})
	t.Run("InTheLastNight", func(t *testing.T) {
		s := newStay(t)
		s.decides(s.in.CheckInAt().Sub(placedAt)+24*hour, contract.CompleteUpdate)
		require.Nil(t, s.run().FreedNights(), "it has begun")
		require.Equal(t, 2, s.nightsHeld())
	})
	t.Run("WhileInventoryIsAway", func(t *testing.T) {
		for name, cancelled := range map[string]bool{"Alone": false, "CancelledByOperator": true} {
			t.Run(name, func(t *testing.T) {
				s := newStay(t)
				away := true
				s.faults = func(call string) fault { return only(before, away && call == "shorten") }
				at := s.in.CheckInAt().Sub(placedAt) + hour
				d := s.decides(at, contract.CompleteUpdate)
				late := s.decides(at+time.Second, contract.CancelUpdate)
				if cancelled {
					s.env.RegisterDelayedCallback(s.env.CancelWorkflow, at+2*time.Second)
				}
				var seen contract.View
				s.env.RegisterDelayedCallback(func() { seen, away = s.row().View, false }, at+20*time.Second)
				v := s.run()
				require.Equal(t, booking.Confirmed, seen.Status, "until it is done")
				require.Equal(t, booking.AlreadyCompleted, late.code())
				require.Equal(t, booking.Completed, d.view.Status, "the guests have left")
				require.Equal(t, &secondNight, v.FreedNights())
				require.Equal(t, 1, s.nightsHeld())
			})
		}
	})
	t.Run("FreeNightsAreThoseOfTheDeparture", func(t *testing.T) {
		s := newStay(t)
		away := true
		s.faults = func(call string) fault { return only(before, away && call == "shorten") }
		s.env.OnActivity(activities.RecordDecision, mock.Anything).After(48 * hour).Return(nil) // it is recorded long after
		s.decides(s.in.CheckInAt().Sub(placedAt)+hour, contract.CompleteUpdate)
		s.env.RegisterDelayedCallback(func() { away = false }, s.in.CheckOutAt().Sub(placedAt)+5*time.Second)
		s.run()
		require.Equal(t, 1, s.nightsHeld())
	})
	t.Run("AfterAReset", func(t *testing.T) {
		s := newStay(t)
		at := s.in.CheckInAt().Add(hour)
		s.decides(at.Sub(placedAt), contract.CompleteUpdate)
		s.run()
		s.startRun(at.Add(hour))
		s.in.Place.Confirmation = booking.Manual // its guests have stayed: the owner is not asked
		v := s.run()
		require.Equal(t, booking.Completed, v.Status)
		require.Less(t, v.History[len(v.History)-1].At.Sub(at), 2*hour, "its guests have left")
		require.Equal(t, &secondNight, v.FreedNights())
		require.Equal(t, 1, s.nightsHeld())
	})
	t.Run("AfterAResetWhileMessagesCannotBeSent", func(t *testing.T) {
		s := newStay(t)
		s.run()
		s.startRun(s.in.CheckOutAt().Add(hour))
		s.in.Policy.AttentionAfter = booking.Duration(20 * time.Second)
		away := true
		s.faults = func(call string) fault { return only(before, away && call == "send") }
		s.env.RegisterDelayedCallback(func() { away = false }, 30*time.Second)
		require.Equal(t, booking.Completed, s.run().Status, "what has ended is not too late")
		require.EqualValues(t, 100000, s.owed())
	})
}

var secondNight = booking.Nights{From: firstNight.AddDays(1), To: departure}

// lastEvent is the newest event of the order in the feed.
func (s *stay) lastEvent() booking.Event {
	all := s.inFeed()
	return all[len(all)-1]
}
