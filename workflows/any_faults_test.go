package workflows_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows"
	"github.com/yeyak/yeyak/workflows/contract"
)

// schedules is how many lives an order is given below, each with faults and
// decisions of its own.
const schedules = 1500

// TestLodging_AnyFaultsAnyDecisions: whatever fails, whenever, and whatever is
// decided meanwhile, an order ends either standing, with exactly one charge
// and one hold, or cancelled with none; and it is never shown as cancelled
// while something is owed. YEYAK_SEED repeats a run.
func TestLodging_AnyFaultsAnyDecisions(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	if given := os.Getenv("YEYAK_SEED"); given != "" {
		n, err := strconv.ParseUint(given, 10, 64)
		require.NoError(t, err)
		seed = n
	}
	fmt.Printf("seed of this run's schedules: YEYAK_SEED=%d\n", seed)
	for i := range uint64(schedules) {
		t.Run(strconv.FormatUint(i, 10), func(t *testing.T) { anyLife(t, rand.New(rand.NewPCG(seed, i))) })
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
	var broken []string // promises; an activity must not end the test
	s.check = func(p contract.Publication) {
		if p.View.Status != booking.Cancelled || s.isDead() {
			return
		}
		if owed, rooms := s.owed(), s.rooms(); owed != 0 || rooms != capacity {
			broken = append(broken, fmt.Sprintf("shown as cancelled while %d is owed and %d of %d rooms are left", owed, rooms, capacity))
		}
	}
	if random.IntN(3) == 0 { // the process dies, and the engine has no record of anything that it did
		s.faults = dyingAt(1+random.IntN(20), anyFaults(random))
		s.anyDecisions(random)
		s.env.ExecuteWorkflow(workflows.Lodging, s.in)
		s.revive()
		s.live(s.env.Now().Add(10 * time.Second))
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
	require.Empty(t, broken)
}

// dyingAt is death at the n-th call, and other faults before it.
func dyingAt(n int, faults func(string) fault) func(string) fault {
	return func(call string) fault {
		if n--; n <= 0 {
			return death
		}
		return faults(call)
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

// requireEventsInBalance checks that who follows the events comes to the same
// as the provider, and is told of the way back in the order of the way there.
func (s *stay) requireEventsInBalance() {
	s.Helper()
	var story []booking.EventType
	for _, e := range s.published {
		if e != booking.ReservationStatusChanged && e != booking.ReservationConfirmed {
			story = append(story, e)
		}
	}
	if slices.Contains(story, booking.ReservationPlaced) {
		require.Equal(s, []booking.EventType{
			booking.ReservationPlaced, booking.PaymentApproved, booking.ReservationCancelConfirmed,
			booking.PaymentCancelApproved, booking.ReservationCanceled,
		}, story)
		require.True(s, s.row().View.Placed, "what was paid for stays listed")
		return
	}
	for _, e := range story {
		require.Equal(s, booking.PaymentDeclinedEvent, e)
	}
}
