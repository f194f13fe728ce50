package workflows_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// week is the days that stays are moved between.
var week = booking.DailyQuantity{From: firstNight.AddDays(-2), To: departure.AddDays(4)}

// newMove is a stay of one room from the 24th to the 26th, at a place with some rooms.
func newMove(t *testing.T, rooms int, change ...func(*contract.Lodging)) *stay {
	s := newStay(t, change...)
	s.moved = true
	require.NoError(t, s.stock.SetCapacity(t.Context(), s.item, week.From, week.To, rooms))
	return s
}

// moves requests a change after a while: from and to are days after the stay's first night.
func (s *stay) moves(after time.Duration, id string, from, to, rooms int, more ...func(*contract.StayChange)) *decision {
	c := contract.StayChange{
		ChangeRequest: contract.ChangeRequest{ID: id, By: "1024", At: placedAt.Add(after)},
		CheckIn:       firstNight.AddDays(from), CheckOut: firstNight.AddDays(to), Rooms: rooms, Price: s.in.Place.Price, EachKeeps: true,
	}
	zone, err := booking.Zone(s.in.Place.TimeZone)
	require.NoError(s, err)
	c.Begins, c.Ends = c.CheckIn.At(s.in.Place.CheckInTime, zone), c.CheckOut.At(s.in.Place.CheckOutTime, zone)
	for _, m := range more {
		m(&c)
	}
	s.changeRequests = append(s.changeRequests, c)
	return s.sendChange(after, c)
}

func (s *stay) sendChange(after time.Duration, c contract.StayChange) *decision {
	var d decision
	s.env.RegisterDelayedCallback(func() { s.sendRaw(contract.ChangeUpdate, &d, c) }, after)
	return &d
}

// remaining is how many rooms are left on each day of the week.
func (s *stay) remaining() (left []int) {
	days, err := s.stock.Days(context.Background(), s.item, week.From, week.To)
	require.NoError(s, err)
	for _, d := range days {
		left = append(left, d.Remaining)
	}
	return left
}

// paid are the order's payment and how much of it was charged and not refunded.
func (w *world) paid() booking.Payment {
	p, err := w.ledger.Payment(context.Background(), w.order)
	require.NoError(w, err)
	return p
}

func (s *stay) requireAsItWas(v contract.View) {
	require.Equal(s, booking.Completed, v.Status)
	require.Equal(s, firstNight.String(), v.CheckIn)
	require.Equal(s, departure.String(), v.CheckOut)
	require.Nil(s, v.Change)
	require.Nil(s, v.Prices)
	require.EqualValues(s, 100000, v.Amount.Amount)
	require.EqualValues(s, 100000, s.owed())
	require.EqualValues(s, 100000, s.paid().Price())
}

func TestLodgingChange(t *testing.T) {
	t.Parallel()
	t.Run("Longer", func(t *testing.T) {
		s := newMove(t, 2)
		d := s.moves(hour, "1", 1, 5, 1, func(c *contract.StayChange) { c.Price.Amount, c.Expect = 60000, "+130000/KRW" })
		v := s.run()
		require.NoError(t, d.err)
		require.Equal(t, booking.Confirmed, d.view.Status)
		require.Equal(t, firstNight.AddDays(1).String(), d.view.CheckIn)
		require.EqualValues(t, 230000, d.view.Amount.Amount, "the night that is kept costs what it did")
		require.Equal(t, []booking.NightPrice{
			{From: firstNight.AddDays(1), To: firstNight.AddDays(2), Amount: 50000}, {From: firstNight.AddDays(2), To: firstNight.AddDays(5), Amount: 60000},
		}, d.view.Prices)
		require.Equal(t, booking.Completed, v.Status)
		require.WithinDuration(t, v.History[len(v.History)-1].At, firstNight.AddDays(5).At(s.in.Place.CheckOutTime, s.zone()), time.Second)
		require.EqualValues(t, 230000, s.owed())
		require.EqualValues(t, 230000, s.paid().Price())
		require.Equal(t, []int{2, 2, 2, 1, 1, 1, 1, 2}, s.remaining())
		require.Contains(t, s.events(), booking.ReservationChanged)
		require.Contains(t, s.ownerMessages(), string(booking.ChangedMessage))
	})
	t.Run("Shorter", func(t *testing.T) {
		s := newMove(t, 2)
		d := s.moves(hour, "1", 0, 1, 1, func(c *contract.StayChange) { c.Expect = "-50000/KRW" })
		v := s.run()
		require.NoError(t, d.err)
		require.EqualValues(t, 50000, v.Amount.Amount)
		require.EqualValues(t, 50000, s.owed())
		require.EqualValues(t, 50000, s.paid().Price())
		require.Contains(t, s.messagesTo(s.customer), string(booking.RefundedMessage))
		require.Equal(t, []int{2, 2, 1, 2, 2, 2, 2, 2}, s.remaining())
	})
	t.Run("ForTheCustomer", func(t *testing.T) {
		s := newMove(t, 2)
		own := s.moves(hour, "1", 0, 3, 1)
		another := s.moves(2*hour, "2", 0, 4, 1, func(c *contract.StayChange) { c.ForCustomer = true })
		s.run()
		require.NoError(t, own.err)
		require.NoError(t, another.err)
		changed := slices.DeleteFunc(s.messagesTo(s.customer), func(m string) bool { return m != string(booking.ChangedMessage) })
		require.Len(t, changed, 1, "the customer's own change is answered, and they are notified of another's")
	})
	t.Run("MoreRoomsThenFewer", func(t *testing.T) {
		s := newMove(t, 3)
		more := s.moves(hour, "1", 0, 2, 3)
		fewer := s.moves(2*hour, "2", 0, 2, 2)
		v := s.run()
		require.NoError(t, more.err)
		require.EqualValues(t, 300000, more.view.Amount.Amount)
		require.NoError(t, fewer.err)
		require.EqualValues(t, 200000, v.Amount.Amount)
		require.EqualValues(t, 200000, s.owed())
		require.Equal(t, 2, v.Quantity)
	})
	t.Run("MoreRoomsAtALowerPriceThenAsBefore", func(t *testing.T) {
		s := newMove(t, 3)
		cheaper := func(c *contract.StayChange) { c.Price.Amount = 10000 }
		s.moves(hour, "1", 0, 2, 2, cheaper)
		fewer := s.moves(2*hour, "2", 0, 2, 1, cheaper, func(c *contract.StayChange) { c.Expect = "-20000/KRW" })
		v := s.run()
		require.NoError(t, fewer.err)
		require.EqualValues(t, 100000, v.Amount.Amount)
		require.EqualValues(t, 100000, s.owed())
	})
	t.Run("OfAnEarlierBuild", func(t *testing.T) {
		s := newMove(t, 3)
		earlier := func(c *contract.StayChange) { c.Price.Amount, c.EachKeeps = 10000, false }
		s.moves(hour, "1", 0, 2, 2, earlier)
		s.moves(2*hour, "2", 0, 2, 1, earlier)
		require.EqualValues(t, 60000, s.run().Amount.Amount, "each room costs the same then")
	})
	t.Run("SoldOut", func(t *testing.T) {
		s := newMove(t, 1)
		s.setStock(2)
		d := s.moves(hour, "1", 0, 2, 3)
		s.requireAsItWas(s.run())
		require.Equal(t, booking.Code(booking.SoldOut), d.code())
		require.Empty(t, s.paid().Further)
		require.Equal(t, []int{1, 1, 1, 1, 1, 1, 1, 1}, s.remaining())
	})
	t.Run("Declined", func(t *testing.T) {
		s := newMove(t, 2)
		s.env.RegisterDelayedCallback(func() { s.declines = true }, hour/2)
		d := s.moves(hour, "1", 0, 4, 1)
		s.requireAsItWas(s.run())
		require.Equal(t, booking.Code(booking.PaymentDeclined), d.code())
		require.Equal(t, []int{2, 2, 1, 1, 2, 2, 2, 2}, s.remaining())
		require.Contains(t, s.events(), booking.ReservationChangeRefused)
	})
	t.Run("ByAnotherMethodThanTheOrder", func(t *testing.T) {
		s := newMove(t, 2, func(in *contract.Lodging) { in.PaymentMethod = "pm_1Abc" })
		used := s.moves(hour, "1", 0, 3, 1)
		d := s.moves(2*hour, "2", 0, 3, 1, func(c *contract.StayChange) { c.PaymentMethod = "pm_1Def" })
		v := s.run()
		require.Equal(t, booking.Code(booking.PaymentDeclined), used.code(), "the order's method can pay once")
		require.NoError(t, d.err)
		require.EqualValues(t, 150000, v.Amount.Amount)
		require.EqualValues(t, 150000, s.owed())
		further := s.paid().Further
		require.Equal(t, "pm_1Def", further[len(further)-1].Method)
		held, err := s.stock.Hold(t.Context(), booking.Hold{Key: s.in.OrderID + "/hold", OrderID: s.order, ItemID: s.item, Quantity: 1, From: firstNight, To: departure})
		require.NoError(t, err)
		for _, c := range held.Changed.All {
			require.NotContains(t, c.Agreed, "pm_1Def", "stock has no need of it")
		}
	})
	t.Run("OwnerAgrees", func(t *testing.T) {
		s := newMove(t, 2, manual)
		s.decides(hour, contract.ConfirmUpdate)
		d := s.moves(2*hour, "1", 0, 3, 1)
		other := s.moves(2*hour+time.Minute, "2", 0, 4, 1)
		agreed := s.decides(3*hour, contract.ConfirmUpdate)
		again := s.decides(4*hour, contract.ConfirmUpdate)
		v := s.run()
		require.NoError(t, d.err)
		require.Equal(t, contract.ChangeAwaitingOwner, d.view.Change.State)
		require.Equal(t, departure.String(), d.view.CheckOut)
		require.Equal(t, booking.ChangePending, other.code())
		require.NoError(t, agreed.err)
		require.Equal(t, departure.AddDays(1).String(), agreed.view.CheckOut)
		require.Equal(t, booking.AlreadyConfirmed, again.code())
		require.Equal(t, booking.Completed, v.Status)
		require.EqualValues(t, 150000, s.owed())
		require.Contains(t, s.messagesTo(s.customer), string(booking.ChangedMessage))
	})
	t.Run("OwnerRefuses", func(t *testing.T) {
		s := newMove(t, 2, manual)
		s.decides(hour, contract.ConfirmUpdate)
		d := s.moves(2*hour, "1", 2, 5, 2)
		no := s.decides(3*hour, contract.RejectUpdate)
		v := s.run()
		require.NoError(t, d.err)
		require.NoError(t, no.err)
		s.requireAsItWas(v)
		require.Equal(t, []int{2, 2, 1, 1, 2, 2, 2, 2}, s.remaining())
		require.Contains(t, s.messagesTo(s.customer), string(booking.ChangeRefusedMessage))
		last := v.History[len(v.History)-2]
		require.Equal(t, contract.ChangeUpdate, last.Decision)
		require.Equal(t, booking.Code(booking.RejectedByOwner), last.Refused)
		require.EqualValues(t, "so I say", last.Note)
	})
	t.Run("OwnerIsSilent", func(t *testing.T) {
		s := newMove(t, 2, manual)
		s.decides(hour, contract.ConfirmUpdate)
		s.moves(2*hour, "1", 2, 5, 2)
		s.requireAsItWas(s.run())
		require.Equal(t, []int{2, 2, 1, 1, 2, 2, 2, 2}, s.remaining())
	})
	t.Run("CancelledMeanwhile", func(t *testing.T) {
		s := newMove(t, 2, manual)
		s.decides(hour, contract.ConfirmUpdate)
		s.moves(2*hour, "1", 2, 5, 2)
		cancel := s.decides(3*hour, contract.CancelUpdate)
		v := s.run()
		require.NoError(t, cancel.err)
		require.Equal(t, booking.Cancelled, v.Status)
		require.Nil(t, v.Change)
		require.Zero(t, s.owed())
		require.Equal(t, []int{2, 2, 2, 2, 2, 2, 2, 2}, s.remaining())
	})
	t.Run("CancelledAfterwards", func(t *testing.T) {
		s := newMove(t, 2, func(in *contract.Lodging) {
			in.Cancellation = &booking.CancellationPolicy{Tiers: []booking.Tier{{Before: new(booking.Duration(48 * hour)), Percent: 50}}}
		})
		s.moves(hour, "1", 0, 4, 1)
		cancel := s.decides(2*hour, contract.CancelUpdate)
		v := s.run()
		require.NoError(t, cancel.err)
		require.Equal(t, booking.Cancelled, v.Status)
		require.EqualValues(t, 100000, v.FinalAmounts.Kept.Amount, "half of what it cost by then")
		require.EqualValues(t, 100000, s.owed())
	})
	halfUntil := func(before time.Duration) func(*contract.Lodging) {
		return func(in *contract.Lodging) {
			in.Cancellation = &booking.CancellationPolicy{Tiers: []booking.Tier{{Before: new(booking.Duration(before)), Percent: 50}}}
			in.CountsChanges = true
		}
	}
	for name, keeps := range map[string]int64{"": 50000, "OfAnEarlierBuild": 37500} {
		t.Run("CancelledAfterItWasShortened"+name, func(t *testing.T) {
			s := newMove(t, 2, halfUntil(48*hour))
			s.in.CountsChanges = name == ""
			s.moves(hour, "1", 0, 1, 1)
			s.decides(2*hour, contract.CancelUpdate)
			v := s.run()
			require.Equal(t, booking.Cancelled, v.Status)
			require.Equal(t, keeps, v.FinalAmounts.Kept.Amount, "half of all that was ordered")
			require.Equal(t, keeps, s.owed())
		})
	}
	t.Run("CancelledAfterItWasMovedToALaterDay", func(t *testing.T) {
		s := newMove(t, 2, halfUntil(24*hour))
		moved := s.moves(s.in.CheckInAt().Sub(placedAt)-hour, "1", 3, 5, 1)
		cancel := s.decides(s.in.CheckInAt().Sub(placedAt), contract.CancelUpdate)
		v := s.run()
		require.NoError(t, moved.err)
		require.NoError(t, cancel.err)
		require.Equal(t, booking.Cancelled, v.Status)
		require.EqualValues(t, 100000, v.FinalAmounts.Kept.Amount, "the tier had passed")
		require.Equal(t, booking.TierNone, v.FinalAmounts.Tier)
	})
	t.Run("CancelledAfterItWasMovedInTime", func(t *testing.T) {
		s := newMove(t, 2, halfUntil(24*hour))
		s.moves(hour, "1", 3, 5, 1)
		s.decides(s.in.CheckInAt().Sub(placedAt), contract.CancelUpdate)
		v := s.run()
		require.Equal(t, booking.Cancelled, v.Status)
		require.EqualValues(t, 50000, v.FinalAmounts.Kept.Amount, "the tier holds by the new day")
	})
	for name, now := range map[string]bool{"": true, "OfAnEarlierBuild": false} {
		t.Run("GuestsLeaveEarlyAfterItWasChanged"+name, func(t *testing.T) {
			s := newMove(t, 2, halfUntil(24*hour))
			s.in.CountsChanges, s.in.Cancellation.EarlyDeparture = now, 100
			s.moves(hour, "1", 0, 3, 1, func(c *contract.StayChange) { c.Price.Amount = 90000 }) // 50, 50 and 90
			s.decides(s.arrival()+25*hour, contract.CompleteUpdate)
			v := s.run()
			require.Equal(t, booking.Completed, v.Status)
			require.NotNil(t, v.FreedNights())
			nights := int64(v.FreedNights().From.DaysUntil(v.FreedNights().To))
			due := 90000 + 50000*(nights-1)
			if !now {
				due = 190000 * nights / 3
			}
			require.Equal(t, due, v.DepartureDue(), "what these nights cost, and not a part of the price")
			require.Equal(t, v.Amount.Amount-due, s.owed())
		})
	}
	t.Run("WhileTheOwnerIsToDecide", func(t *testing.T) {
		s := newMove(t, 2, manual)
		d := s.moves(hour, "1", 0, 3, 1)
		s.decides(2*hour, contract.ConfirmUpdate)
		v := s.run()
		require.NoError(t, d.err)
		require.Equal(t, booking.AwaitingOwner, d.view.Status)
		require.Equal(t, departure.AddDays(1).String(), d.view.CheckOut)
		require.Equal(t, booking.Completed, v.Status)
		require.EqualValues(t, 150000, s.owed())
	})
	t.Run("AfterCheckIn", func(t *testing.T) {
		s := newMove(t, 2)
		moved := s.moves(s.in.CheckInAt().Sub(placedAt)+hour, "1", 1, 3, 1)
		longer := s.moves(s.in.CheckInAt().Sub(placedAt)+2*hour, "2", 0, 3, 1)
		v := s.run()
		require.Equal(t, booking.AlreadyCheckedIn, moved.code())
		require.NoError(t, longer.err)
		require.Equal(t, departure.AddDays(1).String(), v.CheckOut)
		require.EqualValues(t, 150000, s.owed())
	})
	t.Run("QuotedOtherwise", func(t *testing.T) {
		s := newMove(t, 2)
		d := s.moves(hour, "1", 0, 3, 1, func(c *contract.StayChange) { c.Expect = "+1/KRW" })
		s.requireAsItWas(s.run())
		require.Equal(t, booking.QuoteChanged, d.code())
		require.False(t, d.accepted)
	})
	t.Run("Nothing", func(t *testing.T) {
		s := newMove(t, 2)
		d := s.moves(hour, "1", 0, 2, 1)
		s.requireAsItWas(s.run())
		require.Equal(t, booking.NotChangeable, d.code())
	})
	t.Run("UnderTheKeyOfAnother", func(t *testing.T) {
		s := newMove(t, 3)
		s.moves(hour, "1", 0, 2, 2, func(c *contract.StayChange) { c.Content = "2 rooms" })
		another := s.moves(2*hour, "1", 0, 2, 3, func(c *contract.StayChange) { c.Content = "3 rooms" })
		v := s.run()
		require.Equal(t, booking.IdempotencyKeyReused, another.code())
		require.False(t, another.accepted)
		require.Equal(t, 2, v.Quantity)
		require.EqualValues(t, 200000, s.owed())
	})
	t.Run("Overtaken", func(t *testing.T) {
		s := newMove(t, 3)
		has := func(rooms int) func(*contract.StayChange) {
			return func(c *contract.StayChange) {
				c.Has = booking.DailyQuantity{From: firstNight, To: departure, Quantity: rooms}
			}
		}
		more := s.moves(hour, "1", 0, 2, 2, has(1))
		longer := s.moves(2*hour, "2", 0, 3, 1, has(1))
		again := s.moves(3*hour, "2", 0, 3, 2, has(2))
		v := s.run()
		require.NoError(t, more.err)
		require.Equal(t, booking.Superseded, longer.code())
		require.False(t, longer.accepted)
		require.NoError(t, again.err)
		require.Equal(t, 2, v.Quantity, "the other change is in effect")
		require.EqualValues(t, 300000, s.owed())
	})
	t.Run("SeenOtherwiseAndNotChangeable", func(t *testing.T) {
		s := newMove(t, 2)
		d := s.moves(hour, "1", 0, 2, 1, func(c *contract.StayChange) { c.Version = 1 })
		s.requireAsItWas(s.run())
		require.Equal(t, booking.VersionChanged, d.code(), "what the caller has seen comes first")
	})
	t.Run("SeenOtherwise", func(t *testing.T) {
		s := newMove(t, 2)
		seen := func(version int64) func(*contract.StayChange) {
			return func(c *contract.StayChange) { c.Version = version }
		}
		old := s.moves(hour, "1", 0, 3, 1, seen(1))
		var none decision
		s.env.RegisterDelayedCallback(func() { s.sendRaw(contract.CancelUpdate, &none, contract.Decision{Version: 1}) }, hour)
		var now decision
		s.env.RegisterDelayedCallback(func() {
			s.sendRaw(contract.CancelUpdate, &now, contract.Decision{Version: s.row().View.Version})
		}, 2*hour)
		require.Equal(t, booking.Cancelled, s.run().Status)
		require.Equal(t, booking.VersionChanged, old.code())
		require.Equal(t, booking.VersionChanged, none.code())
		require.NoError(t, now.err)
	})
	t.Run("TheInventoryIsAway", func(t *testing.T) {
		s := newMove(t, 2)
		s.env.RegisterDelayedCallback(func() {
			s.setFaults(func(call string) fault {
				if call == "change hold" {
					return before
				}
				return none
			})
		}, hour/2)
		d := s.moves(hour, "1", 0, 3, 1)
		s.requireAsItWas(s.run())
		require.Equal(t, booking.InventoryUnavailable, d.code())
	})
	t.Run("SettledWhileItWaits", func(t *testing.T) {
		s := newMove(t, 2)
		s.env.RegisterDelayedCallback(s.env.CancelWorkflow, 2*hour)
		lost := s.execute(s.in) // as if the workflow was lost while the owner decides
		lost.Status, lost.History = booking.Confirmed, lost.History[:3]
		lost.Change = &contract.PendingChange{ID: "1", State: contract.ChangeAwaitingOwner, Rooms: 2}
		s.startRun(placedAt.Add(3 * hour))
		s.in.Settle = &lost
		v := s.run()
		require.Equal(t, booking.ByOperator, v.Reason)
		require.False(t, v.Changing())
		require.False(t, s.row().Decision.Changing())
	})
	t.Run("TheAnswerOfTheChargeIsLost", func(t *testing.T) {
		s := newMove(t, 2)
		s.env.RegisterDelayedCallback(func() {
			s.setFaults(func(call string) fault {
				if call == "charge" {
					return after
				}
				return none
			})
		}, hour/2)
		d := s.moves(hour, "1", 0, 3, 1)
		s.requireAsItWas(s.run())
		require.Equal(t, booking.Code(booking.PaymentUnavailable), d.code())
		require.Equal(t, []int{2, 2, 1, 1, 2, 2, 2, 2}, s.remaining())
	})
}

func (s *stay) zone() *time.Location {
	zone, err := booking.Zone(s.in.Place.TimeZone)
	require.NoError(s, err)
	return zone
}

// TestLodgingChange_ChargeIsPrevented: a charge that is certain not to be made counts as
// declined. The order has not ended, and its customer gets no message that says so.
func TestLodgingChange_ChargeIsPrevented(t *testing.T) {
	s := newMove(t, 2)
	s.env.RegisterDelayedCallback(func() {
		_, err := s.ledger.PreventFurther(context.Background(), booking.Charge{
			Key: booking.ChangeKey(s.order, "1"), OrderID: s.order, Amount: booking.Money{Amount: 50000, Currency: "KRW"},
		})
		require.NoError(t, err)
	}, hour-time.Minute)
	d := s.moves(hour, "1", 0, 3, 1)
	v := s.run()
	require.EqualValues(t, booking.PaymentDeclined, d.code())
	require.NotContains(t, d.err.Error(), "ended")
	s.requireAsItWas(v)
}

// TestLodgingChange_AfterAReset: a run that remembers nothing finds out what the reservation
// was changed to, and undoes what was not made.
func TestLodgingChange_AfterAReset(t *testing.T) {
	s := newMove(t, 3, func(in *contract.Lodging) { in.Place.Confirmation = booking.Manual })
	s.decides(hour, contract.ConfirmUpdate)
	s.moves(2*hour, "1", 1, 4, 1)
	s.decides(3*hour, contract.ConfirmUpdate)
	s.moves(4*hour, "2", 1, 4, 2)
	died := false
	s.env.RegisterDelayedCallback(func() { died = true; s.setFaults(func(string) fault { return death }) }, 5*hour)
	s.env.RegisterDelayedCallback(s.env.CancelWorkflow, 6*hour)
	s.env.ExecuteWorkflow(s.flow, s.in)
	require.True(t, died)
	require.Equal(t, []int{3, 3, 3, 1, 1, 1, 3, 3}, s.remaining(), "the open change is held")

	s.setFaults(nil)
	s.startRun(placedAt.Add(7 * hour))
	s.in.Place.Confirmation = booking.Auto
	v := s.run()
	require.Equal(t, booking.Completed, v.Status)
	require.Equal(t, firstNight.AddDays(1).String(), v.CheckIn)
	require.Equal(t, firstNight.AddDays(4).String(), v.CheckOut)
	require.Equal(t, 1, v.Quantity)
	require.EqualValues(t, 150000, v.Amount.Amount)
	require.Equal(t, []int{3, 3, 3, 2, 2, 2, 3, 3}, s.remaining())
	require.EqualValues(t, 150000, s.owed())
	require.EqualValues(t, 150000, s.paid().Price())
}

// TestLodgingChange_LeftWhileItIsRecorded: the guests check out while a change is being
// recorded. The change is not made then, and nothing is charged for it.
func TestLodgingChange_LeftWhileItIsRecorded(t *testing.T) {
	s := newMove(t, 2)
	s.recordsLate()
	d := s.moves(s.arrival()+hour, "1", 0, 4, 1)
	left := s.decides(s.arrival()+hour+time.Minute, contract.CompleteUpdate)
	v := s.run()
	require.Equal(t, booking.Superseded, d.code())
	require.NoError(t, left.err)
	require.Equal(t, booking.Completed, v.Status)
	require.Equal(t, departure.String(), v.CheckOut)
	require.EqualValues(t, 100000, s.owed())
	require.Empty(t, s.paid().Further)
}

// TestLodgingChange_CancelledWhileItIsRecorded: a change that is being recorded when the
// reservation is cancelled is not made, and nothing is charged for it.
func TestLodgingChange_CancelledWhileItIsRecorded(t *testing.T) {
	s := newMove(t, 2)
	s.recordsLate()
	d := s.moves(hour, "1", 0, 4, 1)
	cancel := s.decides(hour+time.Minute, contract.CancelUpdate)
	v := s.run()
	require.Equal(t, booking.BeingCancelled, d.code())
	require.NoError(t, cancel.err)
	require.Equal(t, booking.Cancelled, v.Status)
	require.Zero(t, s.owed())
	require.Empty(t, s.paid().Further)
	require.Equal(t, []int{2, 2, 2, 2, 2, 2, 2, 2}, s.remaining())
}

// madeLate makes the change of the order's stock just before it is dropped, as a late call of
// a dead process does.
func (w *world) madeLate() func(call string) fault {
	return func(call string) fault {
		if call == "drop change" {
			for _, c := range w.holdChanges {
				_, err := w.stock.MakeChange(context.Background(), c)
				require.NoError(w, err)
			}
			w.holdChanges = nil
		}
		return none
	}
}

// TestLodgingChange_MadeLate: a late call of a dead process makes a change after the next run
// has read the hold, and before it drops the change. The reservation shows it, and its customer
// has paid for it.
func TestLodgingChange_MadeLate(t *testing.T) {
	s := newMove(t, 3, func(in *contract.Lodging) { in.Place.Confirmation = booking.Manual })
	s.decides(hour, contract.ConfirmUpdate)
	s.moves(2*hour, "1", 1, 4, 2)
	s.env.RegisterDelayedCallback(func() { s.setFaults(func(string) fault { return death }) }, 3*hour)
	s.env.RegisterDelayedCallback(s.env.CancelWorkflow, 4*hour)
	s.env.ExecuteWorkflow(s.flow, s.in)
	require.Equal(t, []int{3, 3, 2, 1, 1, 1, 3, 3}, s.remaining(), "the open change is held")

	s.setFaults(s.madeLate())
	s.startRun(placedAt.Add(7 * hour))
	s.in.Place.Confirmation = booking.Auto
	v := s.run()
	require.Empty(t, s.holdChanges)
	require.Equal(t, booking.Completed, v.Status)
	require.Equal(t, firstNight.AddDays(1).String(), v.CheckIn)
	require.Equal(t, firstNight.AddDays(4).String(), v.CheckOut)
	require.Equal(t, 2, v.Quantity)
	require.Nil(t, v.Change)
	require.Equal(t, []int{3, 3, 3, 1, 1, 1, 3, 3}, s.remaining())
	require.EqualValues(t, 300000, v.Amount.Amount)
	require.EqualValues(t, 300000, s.owed())
	require.EqualValues(t, 300000, s.paid().Price())
	require.Contains(t, s.events(), booking.ReservationChanged)
}

// TestLodgingChange_MadeLateWhileItIsRefused: the engine applies the change again after a
// reset, and the owner refuses it this time. By then a late call has made it, since the owner
// had agreed to it before. Its customer is not charged twice.
func TestLodgingChange_MadeLateWhileItIsRefused(t *testing.T) {
	s := newMove(t, 3, func(in *contract.Lodging) { in.Place.Confirmation = booking.Manual })
	s.decides(hour, contract.ConfirmUpdate)
	s.moves(2*hour, "1", 0, 3, 1)
	s.setFaults(s.madeLate())
	s.decides(3*hour, contract.RejectUpdate)
	v := s.run()
	require.Equal(t, booking.Completed, v.Status)
	require.Equal(t, departure.AddDays(1).String(), v.CheckOut)
	require.Nil(t, v.Change)
	require.EqualValues(t, 150000, v.Amount.Amount)
	require.EqualValues(t, 150000, s.owed())
	require.EqualValues(t, 150000, s.paid().Price())
	require.Equal(t, []int{3, 3, 2, 2, 2, 3, 3, 3}, s.remaining())
}

// TestLodgingChange_AppliedAgain: after a reset the engine may apply earlier changes again.
// The last of them counts.
func TestLodgingChange_AppliedAgain(t *testing.T) {
	s := newMove(t, 3)
	s.moves(hour, "1", 0, 3, 1, func(c *contract.StayChange) {
		c.Has = booking.DailyQuantity{From: firstNight, To: departure, Quantity: 1}
	})
	s.moves(2*hour, "2", 0, 3, 2)
	s.env.RegisterDelayedCallback(func() { s.setFaults(func(string) fault { return death }) }, 5*hour)
	s.env.RegisterDelayedCallback(s.env.CancelWorkflow, 6*hour)
	s.env.ExecuteWorkflow(s.flow, s.in)

	s.setFaults(nil)
	s.startRun(placedAt.Add(7 * hour))
	again := s.sendChange(time.Second, s.changeRequests[0])
	v := s.run()
	require.NoError(t, again.err)
	require.Equal(t, 2, again.view.Quantity)
	require.Equal(t, 2, v.Quantity)
	require.EqualValues(t, 300000, v.Amount.Amount)
	require.EqualValues(t, 300000, s.owed())
	require.Equal(t, []int{3, 3, 1, 1, 1, 3, 3, 3}, s.remaining())
}

// TestLodgingChange_CancelledThenReset: a reservation that was cancelled after a change shows
// what it had last, also when a run that remembers nothing undoes it again.
func TestLodgingChange_CancelledThenReset(t *testing.T) {
	s := newMove(t, 3)
	s.moves(hour, "1", 1, 4, 2)
	s.decides(2*hour, contract.CancelUpdate)
	first := s.run()
	require.EqualValues(t, 300000, first.Amount.Amount)
	s.startRun(placedAt.Add(7 * hour))
	second := s.run()
	require.Equal(t, booking.Cancelled, second.Status)
	require.Equal(t, []any{first.CheckIn, first.CheckOut, first.Quantity, first.Amount}, []any{second.CheckIn, second.CheckOut, second.Quantity, second.Amount})
	require.Zero(t, s.owed())
}
