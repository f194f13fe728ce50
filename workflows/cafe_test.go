package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows"
	"github.com/yeyak/yeyak/workflows/contract"
)

// cup is one order of a drink in a world of its own.
type cup struct {
	*sagaRun
	in contract.Cafe
	// changeRequests are the changes that refills has requested.
	changeRequests []contract.QuantityChange
}

func newCup(t *testing.T) *cup {
	t.Parallel()
	l := newSagaRun(t, booking.Cafe, workflows.Cafe)
	l.setStock(3)
	return &cup{sagaRun: l, in: contract.Cafe{
		Order: l.placed(9000),
		Drink: booking.Drink{
			ID: l.item, Name: "Einspänner", OwnerID: "owner-of-" + l.item, Price: booking.Money{Amount: 4500, Currency: "KRW"},
			Date: firstNight, TimeZone: "Asia/Seoul",
		},
		Quantity: 2,
	}}
}

func (c *cup) run() contract.View { return c.execute(c.in) }

// isDeleted deletes the drink after a while.
func (c *cup) isDeleted(after time.Duration) {
	c.env.RegisterDelayedCallback(func() {
		_, err := c.stock.Close(context.Background(), c.item)
		require.NoError(c, err)
		c.env.SignalWorkflow(contract.ForceCancelSignal, booking.MenuDeleted)
	}, after)
}

func TestCafe(t *testing.T) {
	t.Parallel()
	t.Run("Served", func(t *testing.T) {
		c := newCup(t)
		d := c.decides(hour, contract.CompleteUpdate)
		c.isDeleted(2 * hour)
		v := c.run()
		require.Equal(t, booking.Completed, d.view.Status)
		require.Equal(t, []booking.Status{booking.Received, booking.Paid, booking.InProduction, booking.Completed}, statuses(v))
		require.Equal(t, []booking.EventType{booking.OrderPlaced, booking.PaymentApproved, booking.ProductionStarted, booking.ProductionCompleted}, c.events())
		require.Equal(t, booking.JobCompleted, v.Production.Status)
		require.Equal(t, 2, c.held())
		require.EqualValues(t, 9000, c.owed())
		require.Equal(t, []string{"order_placed"}, c.ownerMessages())
	})
	t.Run("NoKitchenWaitsForAMessage", func(t *testing.T) {
		c := newCup(t)
		c.faults = func(call string) fault { return only(before, call == "send") }
		var job booking.JobStatus
		c.env.RegisterDelayedCallback(func() { job = c.job(c.productions) }, 5*time.Second)
		served := c.decides(10*time.Second, contract.CompleteUpdate)
		var messages []string
		c.env.RegisterDelayedCallback(func() { messages = c.ownerMessages(); c.setFaults(nil) }, 15*time.Second)
		v := c.run()
		require.True(t, booking.Cafe.Decides(c.row().Decision.Status))
		require.Equal(t, booking.JobStarted, job)
		require.Equal(t, booking.Completed, served.view.Status)
		require.Empty(t, messages)
		require.Equal(t, booking.Completed, v.Status)
		require.Equal(t, []string{"order_placed"}, c.ownerMessages(), "the café is notified in the end")
	})
	t.Run("NotifiedThoughAnOperatorCancelsTooLate", func(t *testing.T) {
		c := newCup(t)
		c.faults = func(call string) fault { return only(before, call == "send") }
		served := c.decides(10*time.Second, contract.CompleteUpdate)
		c.env.RegisterDelayedCallback(c.env.CancelWorkflow, 10*time.Second)
		c.env.RegisterDelayedCallback(func() { c.setFaults(nil) }, 15*time.Second)
		require.Equal(t, booking.Completed, c.run().Status)
		require.Equal(t, booking.Completed, served.view.Status)
		require.Equal(t, []string{"order_placed"}, c.ownerMessages(), "the café is notified in the end")
	})
	t.Run("CancelledBeforeTheCafeIsNotified", func(t *testing.T) {
		c := newCup(t)
		c.faults = func(call string) fault { return only(before, call == "send") }
		c.decides(10*time.Second, contract.CancelUpdate)
		require.Equal(t, booking.Cancelled, c.run().Status)
		require.Empty(t, c.ownerMessages(), "an owner without a message gets none that withdraws it")
	})
	t.Run("RefundDoesNotWaitForTheCafe", func(t *testing.T) {
		c := newCup(t)
		c.env.RegisterDelayedCallback(func() {
			c.setFaults(func(call string) fault { return only(before, call == "withdraw") })
		}, time.Minute)
		c.decides(10*time.Minute, contract.CancelUpdate)
		var owed int64 = -1
		c.env.RegisterDelayedCallback(func() { owed = c.owed(); c.setFaults(nil) }, 10*time.Minute+10*time.Second)
		c.run()
		require.Zero(t, owed)
		require.Equal(t, []string{"order_placed", "order_cancelled"}, c.ownerMessages())
	})
	t.Run("SoldOut", func(t *testing.T) {
		c := newCup(t)
		c.setStock(1)
		v := c.run()
		require.Equal(t, booking.SoldOut, v.Reason)
		require.Empty(t, c.provider, "payments got no request")
		require.Empty(t, c.events())
	})
	t.Run("CafeAway", func(t *testing.T) {
		c := newCup(t)
		down := true
		c.faults = func(call string) fault { return only(nothing, down && (call == "hold" || call == "release")) }
		var refused contract.View
		c.env.RegisterDelayedCallback(func() { refused, down = *c.row().Decision, false }, 20*time.Second)
		v := c.run()
		require.Equal(t, booking.Cancelling, refused.Status, "answered at once, though the café is away")
		require.Equal(t, booking.CafeUnavailable, refused.Reason)
		require.Equal(t, booking.Cancelled, v.Status)
		require.Zero(t, c.owed())
		require.Zero(t, c.held())
	})
	t.Run("HoldWhoseOutcomeIsUnknownIsFinished", func(t *testing.T) {
		c := newCup(t)
		n := 0
		c.faults = func(call string) fault { n++; return only(after, call == "hold" && n < 4) }
		c.decides(hour, contract.CompleteUpdate)
		require.Equal(t, booking.Completed, c.run().Status)
		require.Equal(t, 2, c.held())
	})
	t.Run("Declined", func(t *testing.T) {
		c := newCup(t)
		c.in.PaymentMethod = "pm_card_chargeDeclined"
		v := c.run()
		require.Equal(t, booking.PaymentDeclined, v.Reason)
		require.Zero(t, c.held())
		require.Equal(t, []booking.EventType{booking.PaymentDeclinedEvent}, c.events())
	})
	t.Run("CancelledWhileProductionIsAway", func(t *testing.T) {
		c := newCup(t)
		down := true
		c.faults = func(call string) fault { return only(before, down && (call == "start" || call == "cancel")) }
		c.decides(10*time.Second, contract.CancelUpdate)
		var held int
		var owed int64 = -1
		c.env.RegisterDelayedCallback(func() { held, owed, down = c.held(), c.owed(), false }, 20*time.Second)
		v := c.run()
		require.Zero(t, held, "the count rises again")
		require.Zero(t, owed, "and the money is refunded")
		require.Equal(t, booking.ByCustomer, v.Reason)
		require.Equal(t, booking.JobCancelled, c.job(c.productions), "which shows once production answers again")
	})
	t.Run("DrinkDeleted", func(t *testing.T) {
		c := newCup(t)
		c.isDeleted(hour)
		v := c.run()
		require.Equal(t, booking.MenuDeleted, v.Reason)
		require.Zero(t, c.held())
		require.Zero(t, c.owed())
		require.Equal(t, booking.JobCancelled, c.job(c.productions))
		require.Equal(t, []string{"order_placed", "order_cancelled"}, c.ownerMessages())
	})
	t.Run("OfADeletedDrink", func(t *testing.T) {
		c := newCup(t)
		_, err := c.stock.Close(t.Context(), c.item)
		require.NoError(t, err)
		v := c.run()
		require.Equal(t, booking.MenuDeleted, v.Reason)
		require.Empty(t, c.provider)
	})
	t.Run("UnpaidWhenItsDayIsOver", func(t *testing.T) {
		c := newCup(t)
		c.in.PlacedAt = c.in.Drink.Ends().Add(-20 * time.Second)
		c.startRun(c.in.PlacedAt)
		c.faults = func(call string) fault { return only(before, call == "charge") }
		v := c.run()
		require.Equal(t, booking.TooLate, v.Reason)
		require.Zero(t, c.owed())
		require.Zero(t, c.held())
	})
}
