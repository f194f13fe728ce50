package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows"
	"github.com/yeyak/yeyak/workflows/contract"
)

// meal is one order of food in a world of its own.
type meal struct {
	*sagaRun
	in contract.Food
}

func newMeal(t *testing.T) *meal {
	t.Parallel()
	l := newSagaRun(t, booking.Food, workflows.Food)
	return &meal{sagaRun: l, in: contract.Food{
		Order:    l.placed(24000),
		Menu:     booking.Menu{ID: l.item, Name: "Bibimbap", OwnerID: "owner-of-" + l.item, Price: booking.Money{Amount: 12000, Currency: "KRW"}},
		Quantity: 2, Address: "1 Harbour Road",
	}}
}

func (m *meal) run() contract.View { return m.execute(m.in) }

func TestFood(t *testing.T) {
	t.Parallel()
	t.Run("Delivered", func(t *testing.T) {
		m := newMeal(t)
		d := m.decides(hour, contract.CompleteUpdate)
		late := m.decides(hour, contract.CancelUpdate)
		v := m.run()
		require.Equal(t, booking.Delivered, d.view.Status)
		require.Equal(t, booking.AlreadyDelivered, late.code())
		require.Equal(t, []booking.Status{booking.Received, booking.Paid, booking.Delivering, booking.Delivered}, statuses(v))
		require.Equal(t, []booking.EventType{booking.OrderPlaced, booking.PaymentApproved, booking.DeliveryStarted, booking.DeliveryCompleted}, m.events())
		require.Equal(t, booking.Delivering, m.row().Decision.Status)
		require.Equal(t, booking.JobDelivered, v.Delivery.Status)
		require.Equal(t, booking.JobDelivered, m.job(m.deliveries))
		require.EqualValues(t, 24000, m.owed())
	})
	t.Run("StandsOncePaidThoughDeliveryIsAway", func(t *testing.T) {
		m := newMeal(t)
		m.faults = func(call string) fault { return only(before, call == "start") }
		m.env.RegisterDelayedCallback(func() { m.setFaults(nil) }, 20*time.Second)
		m.decides(hour, contract.CompleteUpdate)
		v := m.run()
		require.Equal(t, booking.Paid, m.row().Decision.Status)
		require.Equal(t, booking.JobWaiting, m.row().Decision.Delivery.Status)
		require.Equal(t, booking.Delivered, v.Status)
	})
	t.Run("NoCancelWithoutTheDelivery", func(t *testing.T) {
		m := newMeal(t)
		down := true
		m.faults = func(call string) fault { return only(nothing, down && call == "stop") }
		refused := m.decides(10*time.Minute, contract.CancelUpdate)
		var notCancelled contract.View
		m.env.RegisterDelayedCallback(func() { notCancelled, down = m.row().View, false }, 11*time.Minute)
		cancelled := m.decides(12*time.Minute, contract.CancelUpdate)
		v := m.run()
		require.Equal(t, booking.DeliveryUnavailable, refused.code())
		require.Equal(t, booking.Delivering, notCancelled.Status)
		require.Equal(t, booking.Cancelled, cancelled.view.Status)
		require.Equal(t, booking.JobCancelled, v.Delivery.Status)
		require.Zero(t, m.owed())
		types := m.events()
		require.Equal(t, []booking.EventType{booking.DeliveryCanceled, booking.PaymentCancelApproved, booking.OrderCanceled}, types[len(types)-3:])
	})
	t.Run("CancelWhoseOutcomeIsUnknownIsFinished", func(t *testing.T) {
		m := newMeal(t)
		m.faults = func(call string) fault { return only(after, call == "stop") }
		d := m.decides(10*time.Minute, contract.CancelUpdate)
		m.run()
		require.Equal(t, booking.Cancelled, d.view.Status)
		require.Zero(t, m.owed())
	})
	t.Run("CancelledTwiceAtOnceWhileDeliveryIsAway", func(t *testing.T) {
		m := newMeal(t)
		n := 0
		m.faults = func(call string) fault {
			if call == "stop" {
				n++
			}
			return only(nothing, call == "stop" && n == 1)
		}
		one, two := m.decides(10*time.Minute, contract.CancelUpdate), m.decides(10*time.Minute, contract.CancelUpdate)
		early, later := m.decides(10*time.Minute+time.Second, contract.CancelUpdate), m.decides(10*time.Minute+3*time.Second, contract.CancelUpdate)
		require.Equal(t, booking.Cancelled, m.run().Status)
		require.Equal(t, booking.DeliveryUnavailable, one.code())
		require.Equal(t, booking.DeliveryUnavailable, two.code(), "the other one has the same answer")
		require.False(t, early.accepted, "the service is left alone for a moment")
		require.Equal(t, booking.DeliveryUnavailable, early.code())
		require.Equal(t, time.Second, early.after())
		require.Equal(t, booking.Cancelled, later.view.Status)
		require.Equal(t, 2, n)
	})
	t.Run("CourierDeliversWhileACancelIsRefused", func(t *testing.T) {
		m := newMeal(t)
		var delivered, again *decision
		m.faults = func(call string) fault {
			if call == "stop" {
				delivered, again = m.decidesNow(contract.CompleteUpdate), m.decidesNow(contract.CompleteUpdate)
				return nothing
			}
			return none
		}
		cancel := m.decides(10*time.Minute, contract.CancelUpdate)
		v := m.run()
		require.Equal(t, booking.DeliveryUnavailable, cancel.code())
		require.Equal(t, booking.Delivered, delivered.view.Status, "the courier's word counts")
		require.Equal(t, booking.DecisionPending, again.code())
		require.Equal(t, time.Second, again.after())
		require.Equal(t, booking.Delivered, v.Status)
		require.EqualValues(t, 24000, m.owed(), "what was eaten is paid for")
	})
	t.Run("CourierDeliversWhileACancelIsAgreedTo", func(t *testing.T) {
		m := newMeal(t)
		var delivered *decision
		m.faults = func(call string) fault {
			if call == "stop" {
				delivered = m.decidesNow(contract.CompleteUpdate)
			}
			return none
		}
		cancel := m.decides(10*time.Minute, contract.CancelUpdate)
		require.Equal(t, booking.Cancelled, m.run().Status)
		require.Equal(t, booking.Cancelled, cancel.view.Status)
		require.True(t, delivered.accepted)
		require.Equal(t, booking.BeingCancelled, delivered.code())
		require.Zero(t, m.owed())
	})
	t.Run("CourierDeliversWhileAnOperatorCancels", func(t *testing.T) {
		m := newMeal(t)
		d := m.decides(10*time.Minute, contract.CompleteUpdate)
		m.env.RegisterDelayedCallback(m.env.CancelWorkflow, 10*time.Minute)
		late := m.decides(10*time.Minute, contract.CancelUpdate)
		require.Equal(t, booking.Delivered, m.run().Status, "what the customer was notified of holds")
		require.Equal(t, booking.Delivered, d.view.Status)
		require.Equal(t, booking.AlreadyDelivered, late.code())
		require.EqualValues(t, 24000, m.owed())
	})
	t.Run("CancelRefusedWhileAnOperatorCancels", func(t *testing.T) {
		m := newMeal(t)
		m.faults = func(call string) fault {
			if call == "stop" {
				m.env.CancelWorkflow()
				return nothing
			}
			return none
		}
		d := m.decides(10*time.Minute, contract.CancelUpdate)
		v := m.run()
		require.Equal(t, booking.Cancelled, v.Status)
		require.NotEqual(t, booking.DeliveryUnavailable, d.code(), "no customer gets the answer that the order continues")
	})
	t.Run("TwoCancelsRefusedWhileAnOperatorCancels", func(t *testing.T) {
		m := newMeal(t)
		m.faults = func(call string) fault {
			if call == "stop" {
				m.env.CancelWorkflow()
				return nothing
			}
			return none
		}
		one, two := m.decides(10*time.Minute, contract.CancelUpdate), m.decides(10*time.Minute, contract.CancelUpdate)
		require.Equal(t, booking.Cancelled, m.run().Status)
		require.Equal(t, booking.Cancelled, one.view.Status)
		require.Equal(t, booking.Cancelled, two.view.Status)
	})
	t.Run("PageShowsTheDeliveryCancelledWhileTheRefundWaits", func(t *testing.T) {
		m := newMeal(t)
		m.in.Policy.InPlace = false
		down := true
		m.faults = func(call string) fault { return only(before, down && call == "begin refund") }
		m.decides(10*time.Minute, contract.CancelUpdate)
		var seen contract.View
		m.env.RegisterDelayedCallback(func() { seen, down = m.row().View, false }, 10*time.Minute+5*time.Second)
		m.run()
		require.Equal(t, booking.Cancelling, seen.Status)
		require.Equal(t, booking.JobCancelled, seen.Delivery.Status)
	})
	t.Run("CourierNeverComes", func(t *testing.T) {
		m := newMeal(t)
		var seen contract.View
		m.env.RegisterDelayedCallback(func() { seen = m.row().View }, 3*hour)
		m.decides(4*hour, contract.CompleteUpdate)
		v := m.run()
		require.True(t, seen.NeedsAttention)
		require.Equal(t, booking.Delivering, seen.Status)
		require.Equal(t, booking.Delivered, v.Status)
		require.False(t, v.NeedsAttention)
	})
	t.Run("RefundDoesNotWaitForTheShop", func(t *testing.T) {
		m := newMeal(t)
		m.env.RegisterDelayedCallback(func() {
			m.setFaults(func(call string) fault { return only(before, call == "withdraw") })
		}, time.Minute)
		m.decides(10*time.Minute, contract.CancelUpdate)
		var owed int64 = -1
		m.env.RegisterDelayedCallback(func() { owed = m.owed(); m.setFaults(nil) }, 10*time.Minute+10*time.Second)
		m.run()
		require.Zero(t, owed, "refunded while the shop cannot be notified")
	})
	t.Run("Settled", func(t *testing.T) {
		m := newMeal(t)
		m.decides(hour, contract.CompleteUpdate)
		m.env.RegisterDelayedCallback(m.env.CancelWorkflow, 2*hour)
		lost := m.execute(m.in) // as if the workflow was lost during the delivery
		lost.Status, lost.History = booking.Delivering, lost.History[:3]
		lost.PaymentDeferred, lost.ExpiresAt = &contract.Deferral{Until: placedAt.Add(hour)}, placedAt.Add(hour) // as in an outdated row
		lost.NextAction = &booking.NextAction{}
		m.startRun(placedAt.Add(3 * hour))
		m.in.Settle = &lost
		v := m.run()
		require.Equal(t, booking.ByOperator, v.Reason)
		require.Nil(t, v.PaymentDeferred)
		require.Nil(t, v.NextAction)
		require.Zero(t, v.ExpiresAt)
		require.Equal(t, []booking.Status{booking.Received, booking.Paid, booking.Delivering, booking.Cancelling, booking.Cancelled}, statuses(v))
		require.Zero(t, m.owed())
		require.Equal(t, booking.JobCancelled, m.job(m.deliveries))
		require.Equal(t, booking.Delivering, m.row().Decision.Status, "what was answered once stays the answer")
	})
}
