package workflows_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// schedules is how many lives an order is given below, each with faults and
// decisions of its own.
const schedules = 1500

// TestLodging_AnyFaultsAnyDecisions: whatever fails, whenever, and whatever is
// decided meanwhile, an order ends either standing, with exactly one charge
// and one hold, or cancelled with none; and it is never shown as cancelled
// while something is owed. YEYAK_SEED repeats the schedule of one seed.
func TestLodging_AnyFaultsAnyDecisions(t *testing.T) {
	t.Parallel()
	seeds := make([]uint64, schedules)
	for i := range seeds {
		seeds[i] = rand.Uint64()
	}
	if seed := os.Getenv("YEYAK_SEED"); seed != "" {
		n, err := strconv.ParseUint(seed, 10, 64)
		require.NoError(t, err)
		seeds = []uint64{n}
	}
	t.Logf("first seed: %d", seeds[0])
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { anyLife(t, rand.New(rand.NewPCG(seed, 0))) })
	}
}

func anyLife(t *testing.T, random *rand.Rand) {
	s := newStay(t, func(in *contract.Lodging) {
		in.Policy.InPlace = random.IntN(4) > 0
		if random.IntN(2) == 0 {
			in.Place.Confirmation = booking.Manual
		}
		if random.IntN(8) == 0 {
			in.PaymentMethod = "pm_card_chargeDeclined"
		}
	})
	if random.IntN(6) == 0 {
		s.setRooms(0)
	}
	capacity := s.rooms()
	s.check = func(p contract.Publication) {
		if p.View.Status == booking.Cancelled {
			require.Zero(t, s.owed(), "shown as cancelled while money is owed")
			require.Equal(t, capacity, s.rooms(), "shown as cancelled while stock is held")
		}
	}
	s.faults = anyFaults(random)
	s.anyDecisions(random)
	first := s.run()
	s.requireInBalance(first, capacity)

	if random.IntN(3) == 0 { // an operator resets it to its beginning
		payment, _ := s.ledger.Payment(t.Context(), s.order) // none when it was cancelled before anything was done
		s.live(first.History[len(first.History)-1].At.Add(time.Second))
		s.in.Place.Confirmation = booking.Auto // nobody is there to be asked again
		s.anyDecisions(random)
		second := s.run()
		s.requireInBalance(second, capacity)
		if payment.Why != "" {
			require.Equal(t, booking.Cancelled, second.Status, "what was undone stays undone")
		}
	}
}

// anyFaults makes calls fail, at most six times each: the test environment
// gives up on an activity after ten attempts.
func anyFaults(random *rand.Rand) func(string) fault {
	often, left := random.Float64(), map[string]int{}
	return func(call string) fault {
		if _, known := left[call]; !known {
			left[call] = random.IntN(7)
		}
		if left[call] == 0 || random.Float64() > often {
			return none
		}
		left[call]--
		return []fault{before, after, late}[random.IntN(3)]
	}
}

// anyDecisions sends up to three decisions, at any time of the order's life
// and some of them at the very moment at which another one is made.
func (s *stay) anyDecisions(random *rand.Rand) {
	stayed := s.in.CheckOutAt().Sub(placedAt)
	moments := []time.Duration{
		0, time.Millisecond, time.Second, 20 * time.Second, hour, 24 * hour, 24*hour + time.Millisecond,
		s.in.CheckInAt().Sub(placedAt) + hour, time.Duration(random.Int64N(int64(stayed))),
	}
	updates := []string{contract.ConfirmUpdate, contract.RejectUpdate, contract.CancelUpdate, contract.CompleteUpdate}
	for range random.IntN(4) {
		at := moments[random.IntN(len(moments))]
		if random.IntN(8) == 0 {
			s.env.RegisterDelayedCallback(s.env.CancelWorkflow, at)
			continue
		}
		s.decides(at, updates[random.IntN(len(updates))])
	}
}

// requireInBalance checks the books once everything that was late has come in.
func (s *stay) requireInBalance(v contract.View, capacity int) {
	s.Helper()
	s.settle()
	require.True(s, v.Status.Final())
	if v.Status == booking.Completed {
		require.Equal(s, s.in.Amount.Amount, s.owed(), "one charge")
		require.Equal(s, capacity-1, s.rooms(), "one hold")
		return
	}
	require.Zero(s, s.owed(), "nothing is charged")
	require.Equal(s, capacity, s.rooms(), "nothing is held")
	require.False(s, v.NeedsAttention)
	s.requireEventsInBalance()
}

// requireEventsInBalance checks that who adds up money from events comes to
// the same as the provider.
func (s *stay) requireEventsInBalance() {
	s.Helper()
	charged, refunded := 0, 0
	for _, e := range s.published {
		switch e {
		case booking.PaymentApproved:
			charged++
		case booking.PaymentCancelApproved:
			refunded++
			require.LessOrEqual(s, refunded, charged, "a refund follows a charge")
		}
	}
	require.Equal(s, charged, refunded)
}
