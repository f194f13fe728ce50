package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// refills requests another quantity after a while.
func (c *cup) refills(after time.Duration, id string, quantity int, more ...func(*contract.QuantityChange)) *decision {
	q := contract.QuantityChange{
		ChangeRequest: contract.ChangeRequest{ID: id, By: "1024", At: placedAt.Add(after)}, Quantity: quantity, Price: c.in.Drink.Price,
	}
	for _, m := range more {
		m(&q)
	}
	c.changeRequests, c.moved = append(c.changeRequests, q), true
	return c.sendChange(after, q)
}

func (c *cup) sendChange(after time.Duration, q contract.QuantityChange) *decision {
	var d decision
	c.env.RegisterDelayedCallback(func() { c.sendRaw(contract.ChangeUpdate, &d, q) }, after)
	return &d
}

// made is the quantity that the café produces for the order.
func (c *cup) made() int {
	j, err := c.productions.Job(context.Background(), c.order)
	require.NoError(c, err)
	return j.Quantity
}

// serves makes the café hand the order over on its day.
func (c *cup) serves() { c.decides(c.in.DayBegins().Sub(placedAt)+hour, contract.CompleteUpdate) }

// requireIs checks the quantity, price and stock of an order that was handed over.
func (c *cup) requireIs(v contract.View, quantity int, amount int64) {
	c.Helper()
	require.Equal(c, booking.Completed, v.Status)
	require.Equal(c, quantity, v.Quantity)
	require.Equal(c, amount, v.Amount.Amount)
	require.Nil(c, v.Production.Change)
	require.Equal(c, quantity, c.held())
	require.Equal(c, quantity, c.made())
	require.Equal(c, amount, c.owed())
	p, err := c.ledger.Payment(context.Background(), c.order)
	require.NoError(c, err)
	require.Equal(c, amount, p.Price())
}

func TestCafeChange(t *testing.T) {
	t.Parallel()
	t.Run("More", func(t *testing.T) {
		c := newCup(t)
		c.setStock(5)
		d := c.refills(hour, "1", 4, func(q *contract.QuantityChange) { q.Price.Amount, q.Expect = 5000, "+10000/KRW" })
		c.serves()
		v := c.run()
		require.NoError(t, d.err)
		require.Equal(t, booking.InProduction, d.view.Status)
		require.Equal(t, 4, d.view.Quantity)
		c.requireIs(v, 4, 19000)
		require.Equal(t, []booking.Lot{{Quantity: 2, Amount: 9000}, {Quantity: 2, Amount: 10000}}, v.Production.Lots)
		require.Contains(t, c.events(), booking.OrderChanged)
		require.Equal(t, []string{"order_placed", "order_changed"}, c.ownerMessages())
		require.Empty(t, c.messagesTo(c.customer), "they are answered")
	})
	t.Run("Fewer", func(t *testing.T) {
		c := newCup(t)
		d := c.refills(hour, "1", 1, func(q *contract.QuantityChange) { q.Expect = "-4500/KRW" })
		c.serves()
		v := c.run()
		require.NoError(t, d.err)
		c.requireIs(v, 1, 4500)
		require.Contains(t, c.messagesTo(c.customer), string(booking.RefundedMessage))
	})
	t.Run("MoreAndThenAsBefore", func(t *testing.T) {
		c := newCup(t)
		c.refills(hour, "1", 3, func(q *contract.QuantityChange) { q.Price.Amount = 2000 })
		c.refills(2*hour, "2", 2, func(q *contract.QuantityChange) { q.Price.Amount, q.Expect = 2000, "-2000/KRW" })
		c.serves()
		c.requireIs(c.run(), 2, 9000)
	})
	t.Run("ForTheCustomer", func(t *testing.T) {
		c := newCup(t)
		c.refills(hour, "1", 3, func(q *contract.QuantityChange) { q.ForCustomer = true })
		c.serves()
		c.requireIs(c.run(), 3, 13500)
		require.Equal(t, []string{"order_changed"}, c.messagesTo(c.customer))
	})
	t.Run("ByThePolicy", func(t *testing.T) {
		c := newCup(t)
		c.in.Cancellation = &booking.CancellationPolicy{Tiers: []booking.Tier{{Status: booking.InProduction, Percent: 50}}}
		c.refills(hour, "1", 1)
		c.serves()
		v := c.run()
		require.Equal(t, 1, v.Quantity)
		require.EqualValues(t, 6750, v.Amount.Amount, "half of the price of what is cancelled is kept")
		require.EqualValues(t, 6750, c.owed())
	})
	t.Run("SoldOut", func(t *testing.T) {
		c := newCup(t)
		d := c.refills(hour, "1", 4)
		c.serves()
		c.requireIs(c.run(), 2, 9000)
		require.Equal(t, booking.Code(booking.SoldOut), d.code())
		require.Contains(t, c.events(), booking.OrderChangeRefused)
	})
	t.Run("Declined", func(t *testing.T) {
		c := newCup(t)
		c.env.RegisterDelayedCallback(func() { c.declines = true }, hour/2)
		d := c.refills(hour, "1", 3)
		c.serves()
		c.requireIs(c.run(), 2, 9000)
		require.Equal(t, booking.Code(booking.PaymentDeclined), d.code())
	})
	t.Run("ByAnotherMethodThanTheOrder", func(t *testing.T) {
		c := newCup(t)
		c.in.PaymentMethod = "pm_1Abc"
		used := c.refills(hour, "1", 3)
		d := c.refills(2*hour, "2", 3, func(q *contract.QuantityChange) { q.PaymentMethod = "pm_1Def" })
		c.serves()
		c.requireIs(c.run(), 3, 13500)
		require.Equal(t, booking.Code(booking.PaymentDeclined), used.code(), "the order's method can pay once")
		require.NoError(t, d.err)
	})
	t.Run("TheAnswerOfTheChargeIsLost", func(t *testing.T) {
		c := newCup(t)
		c.env.RegisterDelayedCallback(func() { c.setFaults(func(call string) fault { return only(after, call == "charge") }) }, hour/2)
		d := c.refills(hour, "1", 3)
		c.serves()
		c.requireIs(c.run(), 2, 9000)
		require.Equal(t, booking.Code(booking.PaymentUnavailable), d.code())
	})
	t.Run("TheCafeIsAway", func(t *testing.T) {
		c := newCup(t)
		c.env.RegisterDelayedCallback(func() { c.setFaults(func(call string) fault { return only(after, call == "change job") }) }, hour/2)
		d := c.refills(hour, "1", 3)
		c.serves()
		c.requireIs(c.run(), 2, 9000)
		require.Equal(t, booking.Code(booking.CafeUnavailable), d.code(), "the café's answer was lost, and it makes as many as before")
	})
	t.Run("CancelledMeanwhile", func(t *testing.T) {
		c := newCup(t)
		c.env.RegisterDelayedCallback(func() { c.setFaults(func(call string) fault { return only(before, call == "change job") }) }, hour/2)
		d := c.refills(hour, "1", 3)
		cancel := c.decides(hour+10*time.Second, contract.CancelUpdate)
		v := c.run()
		require.NoError(t, cancel.err)
		require.Equal(t, booking.BeingCancelled, d.code())
		require.Equal(t, booking.Cancelled, v.Status)
		require.Nil(t, v.Production.Change)
		require.Zero(t, c.owed())
		require.Zero(t, c.held())
		require.Equal(t, booking.JobCancelled, c.job(c.productions))
	})
	t.Run("CancelledAfterwards", func(t *testing.T) {
		c := newCup(t)
		c.in.Cancellation = &booking.CancellationPolicy{Tiers: []booking.Tier{{Status: booking.InProduction, Percent: 50}}}
		c.refills(hour, "1", 3)
		c.decides(2*hour, contract.CancelUpdate)
		v := c.run()
		require.EqualValues(t, 6750, v.FinalAmounts.Kept.Amount, "half of what it cost by then")
		require.EqualValues(t, 6750, c.owed())
		require.Zero(t, c.held())
	})
	t.Run("HandedOverMeanwhile", func(t *testing.T) {
		c := newCup(t)
		c.env.RegisterDelayedCallback(func() { c.setFaults(func(call string) fault { return only(before, call == "change job") }) }, hour/2)
		d := c.refills(hour, "1", 3)
		served := c.decides(hour+10*time.Second, contract.CompleteUpdate)
		v := c.run()
		require.NoError(t, served.err)
		c.requireIs(v, 2, 9000)
		require.Equal(t, booking.Superseded, d.code())
	})
	t.Run("TheMenuIsDeletedMeanwhile", func(t *testing.T) {
		c := newCup(t)
		c.env.RegisterDelayedCallback(func() { c.setFaults(func(call string) fault { return only(before, call == "change job") }) }, hour/2)
		c.refills(hour, "1", 3)
		c.isDeleted(hour + 10*time.Second)
		v := c.run()
		require.Equal(t, booking.MenuDeleted, v.Reason)
		require.Zero(t, c.owed())
		require.Zero(t, c.held())
	})
	t.Run("OnItsDay", func(t *testing.T) {
		c := newCup(t)
		d := c.refills(c.in.DayBegins().Sub(placedAt), "1", 3)
		c.serves()
		c.requireIs(c.run(), 2, 9000)
		require.Equal(t, booking.NotChangeable, d.code())
		require.False(t, d.accepted)
	})
	t.Run("Refused", func(t *testing.T) {
		c := newCup(t)
		same := c.refills(hour, "1", 2)
		otherwise := c.refills(2*hour, "2", 3, func(q *contract.QuantityChange) { q.Expect = "+1/KRW" })
		old := c.refills(3*hour, "3", 3, func(q *contract.QuantityChange) { q.Version = 1 })
		none := c.refills(4*hour, "4", 0)
		c.refills(5*hour, "5", 3, func(q *contract.QuantityChange) { q.Content = "3" })
		reused := c.refills(6*hour, "5", 1, func(q *contract.QuantityChange) { q.Content = "1" })
		c.serves()
		c.requireIs(c.run(), 3, 13500)
		for code, d := range map[booking.Code]*decision{
			booking.NotChangeable: same, booking.QuoteChanged: otherwise, booking.VersionChanged: old, booking.Invalid: none,
			booking.IdempotencyKeyReused: reused,
		} {
			require.Equal(t, code, d.code())
			require.False(t, d.accepted, "it costs nothing")
		}
	})
	t.Run("ForNothing", func(t *testing.T) {
		c := newCup(t)
		c.in.Amount.Amount, c.in.Drink.Price.Amount = 0, 0
		c.refills(hour, "1", 3)
		dearer := c.refills(2*hour, "2", 1, func(q *contract.QuantityChange) { q.Price.Amount = 100 })
		c.serves()
		v := c.run()
		require.Equal(t, 3, v.Quantity)
		require.Equal(t, booking.NotChangeable, dearer.code())
		require.Empty(t, c.provider)
	})
}

// TestCafeChange_AfterAReset: a run that remembers nothing finds out what the order was
// changed to, and undoes what was not made.
func TestCafeChange_AfterAReset(t *testing.T) {
	c := newCup(t)
	c.setStock(5)
	c.refills(hour, "1", 3)
	c.env.RegisterDelayedCallback(func() { c.setFaults(func(call string) fault { return only(after, call == "change job") }) }, 2*hour)
	c.refills(3*hour, "2", 5)
	c.env.RegisterDelayedCallback(func() { c.setFaults(func(string) fault { return death }) }, 3*hour+10*time.Second)
	c.env.RegisterDelayedCallback(c.env.CancelWorkflow, 4*hour)
	c.env.ExecuteWorkflow(c.flow, c.in)
	require.Equal(t, 5, c.held(), "the open change is held")
	require.Equal(t, 5, c.made())

	c.setFaults(nil)
	c.startRun(placedAt.Add(7 * hour))
	again := c.sendChange(10*time.Second, c.changeRequests[0])
	c.serves()
	c.requireIs(c.run(), 3, 13500)
	require.Equal(t, booking.NotChangeable, again.code())
}

// recordsLate makes the record of the first decision take ten minutes. Later ones are recorded
// at once.
func (l *sagaRun) recordsLate() {
	l.env.OnActivity(activities.RecordDecision, mock.Anything).After(10 * time.Minute).Return(nil).Once()
	l.env.OnActivity(activities.RecordDecision, mock.Anything).Return(nil)
}

// TestCafeChange_ServedWhileItIsRecorded: the drinks are handed over while a change is being
// recorded. The change is not made then, and nothing is charged for it.
func TestCafeChange_ServedWhileItIsRecorded(t *testing.T) {
	c := newCup(t)
	c.setStock(5)
	c.recordsLate()
	d := c.refills(hour, "1", 5)
	served := c.decides(hour+time.Minute, contract.CompleteUpdate)
	c.requireIs(c.run(), 2, 9000)
	require.NoError(t, served.err)
	require.Equal(t, booking.Superseded, d.code())
	require.Empty(t, c.paid().Further)
}

// TestCafeChange_MadeLate: a late call of a dead process makes a change after the next run has
// read the hold, and before it drops the change. The production has been changed by then.
func TestCafeChange_MadeLate(t *testing.T) {
	c := newCup(t)
	c.setStock(5)
	c.env.RegisterDelayedCallback(func() { c.setFaults(func(call string) fault { return only(before, call == "make change") }) }, hour)
	c.refills(2*hour, "1", 5)
	c.env.RegisterDelayedCallback(func() { c.setFaults(func(string) fault { return death }) }, 3*hour)
	c.env.RegisterDelayedCallback(c.env.CancelWorkflow, 4*hour)
	c.env.ExecuteWorkflow(c.flow, c.in)
	require.Equal(t, 5, c.made())

	c.setFaults(c.madeLate())
	c.startRun(placedAt.Add(7 * hour))
	c.serves()
	c.requireIs(c.run(), 5, 22500)
	require.Empty(t, c.holdChanges)
}

// TestCafeChange_AppliedAgain: after a reset the engine may apply earlier changes again. The
// last of them counts.
func TestCafeChange_AppliedAgain(t *testing.T) {
	c := newCup(t)
	c.setStock(5)
	c.refills(hour, "1", 3)
	c.refills(2*hour, "2", 5)
	c.env.RegisterDelayedCallback(func() { c.setFaults(func(string) fault { return death }) }, 3*hour)
	c.env.RegisterDelayedCallback(c.env.CancelWorkflow, 4*hour)
	c.env.ExecuteWorkflow(c.flow, c.in)

	c.setFaults(nil)
	c.startRun(placedAt.Add(7 * hour))
	again := c.sendChange(10*time.Second, c.changeRequests[0])
	c.serves()
	v := c.run()
	require.NoError(t, again.err)
	require.Equal(t, 5, again.view.Quantity)
	c.requireIs(v, 5, 22500)
}

// TestCafeChange_CancelledThenReset: an order that was cancelled after a change shows what it
// had last, also when a run that remembers nothing undoes it again.
func TestCafeChange_CancelledThenReset(t *testing.T) {
	c := newCup(t)
	c.refills(hour, "1", 3)
	c.decides(2*hour, contract.CancelUpdate)
	require.Equal(t, 3, c.run().Quantity)
	c.startRun(placedAt.Add(7 * hour))
	v := c.run()
	require.Equal(t, booking.Cancelled, v.Status)
	require.Equal(t, 3, v.Quantity)
	require.EqualValues(t, 13500, v.Amount.Amount)
	require.Zero(t, c.owed())
}
