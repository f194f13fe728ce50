package workflows_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// anyMoves changes the nights or rooms of a stay up to three times, at any time. An owner
// who has to accept a change may decide in the next hour.
func (s *stay) anyMoves(random *rand.Rand) {
	if !s.moved {
		return
	}
	if sentAgain(random, s.changeRequests, s.sendChange) {
		return
	}
	span := s.in.CheckOutAt().Sub(placedAt)
	for range 1 + random.IntN(3) {
		at := []time.Duration{time.Second, hour, 2 * hour, 25 * hour, time.Duration(random.Int64N(int64(span)))}[random.IntN(5)]
		from := random.IntN(5) - 2
		s.moves(at, strconv.FormatUint(random.Uint64(), 10), from, from+1+random.IntN(4), 1+random.IntN(2), func(c *contract.StayChange) {
			c.Price.Amount = c.Price.Amount * int64(random.IntN(3)) / 2 // the place has another price by now, or is free
		})
		if update := []string{contract.ConfirmUpdate, contract.RejectUpdate, ""}[random.IntN(3)]; update != "" {
			s.decides(at+time.Duration(random.Int64N(int64(hour))), update)
		}
	}
	if random.IntN(4) == 0 {
		s.env.RegisterDelayedCallback(func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.declines = true
		}, time.Duration(random.Int64N(int64(30*hour))))
	}
}

// movedTo is what has to be in effect for a stay that may have been changed.
func (s *stay) movedTo(v contract.View) books {
	s.Helper()
	from, err := booking.ParseDate(v.CheckIn)
	require.NoError(s, err)
	to, err := booking.ParseDate(v.CheckOut)
	require.NoError(s, err)
	if freed := v.FreedNights(); freed != nil {
		to = freed.From
	}
	require.Nil(s, v.Change)
	return s.paidFor(v, s.in.Amount.Amount == 0, books{held: from.DaysUntil(to) * v.Quantity})
}

// paidFor adds the money that has to be in effect for an order that may have been changed:
// all charges less the refunds. The order's price is what changes have left of it.
func (w *world) paidFor(v contract.View, free bool, owed books) books {
	w.Helper()
	if free {
		return owed
	}
	p, err := w.ledger.Payment(context.Background(), w.order)
	require.NoError(w, err)
	owed.money = p.Amount.Amount
	if p.Price() != v.Amount.Amount { // staff or others have refunded what a change was to refund
		require.Greater(w, p.Price(), v.Amount.Amount)
		if len(p.Further) == 0 { // a later charge is not refunded for that
			require.True(w, p.HadNothingLeft())
		}
	}
	return owed
}

// sentAgain repeats the changes of an earlier run, in half of the runs that have any, as
// the engine applies updates again after a reset.
func sentAgain[C any](random *rand.Rand, changes []C, send func(time.Duration, C) *decision) bool {
	if len(changes) == 0 || random.IntN(2) != 0 {
		return false
	}
	for i, c := range changes {
		send(time.Duration(i+random.IntN(3))*time.Second, c)
	}
	return true
}

// anyRefills changes the quantity up to three times, at any time before the drink's day.
func (c *cup) anyRefills(random *rand.Rand) {
	if !c.moved {
		return
	}
	if sentAgain(random, c.changeRequests, c.sendChange) {
		return
	}
	span := c.in.DayBegins().Sub(placedAt)
	for range 1 + random.IntN(3) {
		at := []time.Duration{time.Second, hour, 2 * hour, 24 * hour, time.Duration(random.Int64N(int64(span)))}[random.IntN(5)]
		c.refills(at, strconv.FormatUint(random.Uint64(), 10), 1+random.IntN(4), func(q *contract.QuantityChange) {
			q.Price.Amount = q.Price.Amount * int64(random.IntN(3)) / 2 // the drink has another price by now, or is free
		})
	}
	if random.IntN(4) == 0 {
		c.env.RegisterDelayedCallback(func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.declines = true
		}, time.Duration(random.Int64N(int64(30*hour))))
	}
}

// refilledTo is what has to be in effect for an order whose quantity may have been changed.
func (c *cup) refilledTo(v contract.View) books {
	c.Helper()
	require.Nil(c, v.Production.Change)
	require.Equal(c, v.Quantity, c.made())
	return c.paidFor(v, c.in.Amount.Amount == 0, books{held: v.Quantity})
}
