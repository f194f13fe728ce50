package workflows_test

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// anyMoves changes the nights or rooms of a stay up to three times, at any time of its life.
// An owner whose guests are to wait for them may decide in the next hour.
func (s *stay) anyMoves(random *rand.Rand) {
	if !s.moved {
		return
	}
	if asked := s.changesAsked; len(asked) > 0 && random.IntN(2) == 0 { // the engine applies them again after a reset
		for i, c := range asked {
			s.asks(time.Duration(i+random.IntN(3))*time.Second, c)
		}
		return
	}
	span := s.in.CheckOutAt().Sub(placedAt)
	for range 1 + random.IntN(3) {
		at := []time.Duration{time.Second, hour, 2 * hour, 25 * hour, time.Duration(random.Int64N(int64(span)))}[random.IntN(5)]
		from := random.IntN(5) - 2
		s.moves(at, strconv.FormatUint(random.Uint64(), 10), from, from+1+random.IntN(4), 1+random.IntN(2), func(c *contract.StayChange) {
			c.Price.Amount = c.Price.Amount * int64(random.IntN(3)) / 2 // the place costs something else by now, or nothing
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

// movedTo is what a stay owes that was perhaps changed: all that was charged, less what was
// given back, of which its price is what changes have left.
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
	owed := books{held: from.DaysUntil(to) * v.Quantity}
	if s.in.Amount.Amount == 0 {
		return owed
	}
	p := s.paid()
	owed.money = p.Amount.Amount
	if p.Price() != v.Amount.Amount { // staff or others have given back what a change was to
		require.Greater(s, p.Price(), v.Amount.Amount)
		if len(p.Further) == 0 { // what is charged later is not given back for that
			require.True(s, p.HadNothingLeft())
		}
	}
	return owed
}
