package workflows_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/rig/seed"
	"github.com/yeyak/yeyak/workflows/contract"
)

// schedules is how many orders of each kind are run below, each with its own faults and
// decisions.
const schedules = 625

// TestAnyFaultsAnyDecisions: whatever fails, and whatever is decided or done at the provider
// meanwhile, an order ends either completed, with its charges and nothing twice, or cancelled
// with nothing left. It is never shown as cancelled while something is outstanding. The audit
// finds no fault with any of them. YEYAK_SEED repeats a run.
func TestAnyFaultsAnyDecisions(t *testing.T) {
	t.Parallel()
	seed := seed.Of(t, "schedules")
	all := &auditedTrials{names: map[string]string{}, views: map[string]contract.View{}, items: map[string]bool{}, again: map[string]bool{}}
	t.Cleanup(func() { all.requireClean(t) })
	for kind, order := range map[booking.Kind]func(*testing.T, *rand.Rand) *trial{
		booking.Lodging: anyStay, booking.Food: anyMeal, booking.Cafe: anyCup, booking.Cleaning: anyVisit,
	} {
		for i := range uint64(schedules) {
			t.Run(fmt.Sprintf("%s/%d", kind, i), func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, i))
				s := order(t, random)
				anyRun(s, random)
				all.add(t, s)
			})
		}
	}
}

// trial is an order of some kind that runs with random faults and decisions.
type trial struct {
	*sagaRun
	in      any
	updates []string
	span    time.Duration // from its request to its end without faults
	// others does what other processes may do meanwhile.
	others func(*rand.Rand)
	// books is what is in effect for the order; owes is what has to be in effect for a
	// completed one.
	books func() books
	owes  books
	// owed is the part of owes that is left when the order ended as the view says; nil: all.
	owed func(contract.View) books
	// earlierRuns counts the order's earlier runs.
	earlierRuns int
	last        contract.View // after the last of them
	garbage     []*decision   // invalid updates
	cancels     []*cancel
	// notices are the messages that a completed order has sent.
	notices  []sentMessage
	failures *failures // of refunds that were done; nil: none fails
	// undone are the types of the compensation's events.
	placed, undone, cancelled booking.EventType
}

// sentMessage is a message to a person, and the message that withdraws it.
type sentMessage struct{ recipient, kind, off string }

// books is what is in effect for an order.
type books struct {
	money int64
	held  int
	job   booking.JobStatus // "" without one in effect
	busy  int               // cleaners
	known bool              // registered at management
}

func anyRun(s *trial, random *rand.Rand) {
	var kept promises
	defer kept.close()
	staff := s.anyRefunds(random)
	for range random.IntN(4) { // refunds are pending at the provider, or need a person there
		s.owing = append(s.owing, activities.Owed{Words: fmt.Sprint("owed ", random.IntN(2)), NeedsPerson: random.IntN(2) == 0})
	}
	s.anyOthers(random)
	s.check = func(p contract.Publication) { kept.check(p, s.booksAsReported) }
	if random.IntN(3) == 0 { // the process crashes, and the engine has no record of what it did
		s.setFaults(dyingAt(1+random.IntN(20), anyFaults(random)))
		s.anyDecisions(random)
		s.env.ExecuteWorkflow(s.flow, s.in)
		s.earlierRuns++
		s.startRun(s.env.Now().Add(10 * time.Second))
	}
	s.setFaults(anyFaults(random))
	s.anyDecisions(random)
	staff.decide(s)
	first := s.execute(s.in)
	s.requireInBalance(first)

	if random.IntN(3) == 0 { // an operator resets it to its beginning
		s.earlierRuns++
		payment, _ := s.ledger.Payment(s.Context(), s.order) // none if it was cancelled before anything was done
		s.startRun(s.env.Now().Add(time.Second))
		if in, ok := s.in.(contract.Lodging); ok {
			in.Place.Confirmation = booking.Auto // no owner would answer a second time
			s.in = in
		}
		s.anyDecisions(random)
		staff.decide(s) // those that are made already are repeated under their keys
		second := s.execute(s.in)
		s.requireInBalance(second)
		if payment.Reason != "" {
			require.Equal(s, booking.Cancelled, second.Status, "what was undone stays undone")
		}
	}
	require.Empty(s, kept.close())
}

// refundsByStaff are the refunds of an order that staff makes, and when.
type refundsByStaff struct {
	at      []time.Duration
	amounts []int64
}

// anyRefunds are up to three refunds, which may be made at the same time and may exceed the
// payment.
func (s *trial) anyRefunds(random *rand.Rand) (all refundsByStaff) {
	if random.IntN(2) == 0 {
		return all
	}
	amount := s.in.(contract.Input).View().Amount.Amount
	for range 1 + random.IntN(3) {
		all.at = append(all.at, []time.Duration{0, time.Second, hour, hour, time.Duration(random.Int64N(int64(s.span)))}[random.IntN(5)])
		all.amounts = append(all.amounts, 1+random.Int64N(max(1, amount*3/4)))
	}
	return all
}

func (r refundsByStaff) decide(s *trial) {
	for i, at := range r.at {
		s.staffRefunds(at, strconv.Itoa(i), r.amounts[i])
	}
}

// dyingAt is a crash at the n-th call, and other faults before it.
func dyingAt(n int, faults func(string) fault) func(string) fault {
	return func(call string) fault {
		if n--; n <= 0 {
			return death
		}
		return faults(call)
	}
}

// anyFaults makes calls fail, at most six times each: the test environment stops an activity
// after ten attempts. The faults have a random source of their own, since overtaken calls are
// made beside the test.
func anyFaults(seeds *rand.Rand) func(string) fault {
	random := rand.New(rand.NewPCG(seeds.Uint64(), seeds.Uint64()))
	often, left := random.Float64(), map[string]int{}
	return func(call string) fault {
		if _, known := left[call]; !known {
			left[call] = random.IntN(7)
		}
		if left[call] == 0 || random.Float64() > often {
			return none
		}
		left[call]--
		return []fault{before, nothing, after, late}[random.IntN(4)]
	}
}

// anyDecisions sends up to three decisions at any time, some of them at the same time as
// another one. An order that only a decision ends is cancelled by its operator in the end.
func (s *trial) anyDecisions(random *rand.Rand) {
	moments := []time.Duration{
		0, time.Millisecond, time.Second, 20 * time.Second, hour, 24 * hour, 24*hour + time.Millisecond,
		s.span - 30*hour, s.span - 19*hour, time.Duration(random.Int64N(int64(s.span))),
	}
	for range random.IntN(4) {
		at := max(0, moments[random.IntN(len(moments))])
		if random.IntN(8) == 0 {
			s.env.RegisterDelayedCallback(s.env.CancelWorkflow, at)
			continue
		}
		update := s.updates[random.IntN(len(s.updates))]
		if update == contract.CancelUpdate && random.IntN(2) == 0 {
			s.expects(at, random.IntN(4) == 0)
			continue
		}
		if random.IntN(4) == 0 { // it cannot be delivered at that time
			s.storesDecision(at, update, at+moments[random.IntN(5)])
			continue
		}
		s.decides(at, update)
	}
	if random.IntN(3) == 0 {
		s.anyGarbage(max(0, moments[random.IntN(len(moments))]), random)
	}
	for range random.IntN(4) { // the payment provider sends a notice
		s.env.RegisterDelayedCallback(func() { s.env.SignalWorkflow(contract.PaymentNoticeSignal, nil) }, max(0, moments[random.IntN(len(moments))]))
	}
	if s.others != nil {
		s.others(random)
	}
	s.othersMeanwhile(random, moments)
	s.anyConfirming(random)
	s.env.RegisterDelayedCallback(s.env.CancelWorkflow, s.span+48*hour)
}

// requireDecided checks the history against the decisions: each note belongs to the person who
// wrote it, and no entry names a person except the end of the order that they cancelled.
func (s *trial) requireDecided(v contract.View) {
	s.Helper()
	for i, e := range v.History {
		if e.Decision == contract.ChangeUpdate {
			require.Contains(s, []string{"", "1024"}, e.By, v.History)
		} else if e.Decision == contract.ResolveUpdate {
			require.Equal(s, "1025", e.By, v.History)
		} else if e.Note != "" || e.Decision == contract.RefundUpdate && e.Refused != "" { // of a refund that has failed and ended
			require.Equal(s, "1024", e.By, v.History)
		} else if e.By != "" {
			require.Equal(s, booking.Cancelled, e.Status, v.History)
			before := slices.DeleteFunc(slices.Clone(v.History[:i]), func(e contract.Entry) bool { return e.Decision != "" })
			require.Equal(s, before[len(before)-1].By, e.By, v.History)
		}
	}
}

// requireInBalance checks the books once all late calls have taken effect.
func (s *trial) requireInBalance(v contract.View) {
	s.Helper()
	defer s.logIfFailed(v)
	s.finishLateCalls()
	s.othersEnd()
	s.failuresEnd()
	s.last = v
	require.True(s, v.Status.Final())
	require.False(s, v.NeedsAttention)
	for _, d := range s.garbage {
		require.False(s, d.accepted)
	}
	s.requireDecided(v)
	s.requireMessagesInBalance(v.Status != booking.Cancelled)
	s.requireConfirmationMessages(v)
	refunds := s.refundsInBalance()
	if v.Status != booking.Cancelled {
		owed := s.owes
		if s.owed != nil {
			owed = s.owed(v)
		}
		owed.money -= refunds.byProvider
		require.Equal(s, owed, s.books())
		s.requireDeparture(v)
		return
	}
	is := s.booksWithoutHand()
	require.Equal(s, books{money: is.money}, is)
	s.requireKept(v, is.money, refunds)
	s.requireNothingLeft(v)
	s.requireEventsInBalance(v)
}

// requireMessagesInBalance checks that each message of a completed order was sent once, and
// that each message of a cancelled one was withdrawn.
func (s *trial) requireMessagesInBalance(accepted bool) {
	s.Helper()
	for _, n := range s.notices {
		on, off := 0, 0
		for _, kind := range s.messagesTo(n.recipient) {
			switch kind {
			case n.kind, "reservation_to_decide":
				on++
			case n.off:
				off++
			}
		}
		switch {
		case accepted && s.earlierRuns == 0:
			require.Equal(s, []int{1, 0}, []int{on, off}, "%+v", n)
		case accepted: // an earlier run may have begun to undo it, and this one finished the work
			require.LessOrEqual(s, off, on, "%+v", n)
			require.LessOrEqual(s, on, 1, "%+v", n)
		default:
			require.LessOrEqual(s, on, 1, "%+v", n)
			require.Equal(s, on, off, "%+v", n)
		}
	}
}

// requireNothingLeft checks that a cancelled order shows nothing as under way, and that a
// declined payment has its event, whichever run met that.
func (s *trial) requireNothingLeft(v contract.View) {
	s.Helper()
	require.Nil(s, v.PaymentDeferred)
	require.Nil(s, v.Cleaner())
	if v.Delivery != nil {
		require.Equal(s, booking.JobCancelled, v.Delivery.Status)
	}
	if v.Production != nil {
		require.Equal(s, booking.JobCancelled, v.Production.Status)
	}
	payment, err := s.ledger.Payment(s.Context(), s.order)
	declined := err == nil && payment.Status == booking.Declined
	require.Equal(s, declined, slices.Contains(s.published, booking.PaymentDeclinedEvent))
}

// requireEventsInBalance checks that the events add up to the provider's amounts, and that the
// compensation's events have the order of the story's.
func (s *trial) requireEventsInBalance(v contract.View) {
	s.Helper()
	endState := []booking.EventType{s.placed, booking.PaymentApproved, s.undone, booking.PaymentCancelApproved, s.cancelled}
	switch {
	case s.owes.money == 0:
		endState = []booking.EventType{s.placed, s.undone, s.cancelled}
	case s.refundedNothing():
		endState = []booking.EventType{s.placed, booking.PaymentApproved, s.undone, s.cancelled}
	}
	var story []booking.EventType
	for _, e := range s.published {
		if slices.Contains(endState, e) || e == booking.PaymentDeclinedEvent {
			story = append(story, e)
		}
	}
	if slices.Contains(story, s.placed) {
		require.Equal(s, endState, story)
		require.True(s, s.row().View.Placed, "what came into being stays listed")
		if refund, found := s.feed()[booking.PaymentCancelApproved]; found {
			require.NotNil(s, refund.Payment.Part)
			require.LessOrEqual(s, refund.Payment.Part.Amount, refund.Payment.Amount.Amount)
		}
		return
	}
	for _, e := range story {
		require.Equal(s, booking.PaymentDeclinedEvent, e)
	}
}

// anyOrder is what may happen to orders of every kind.
func anyOrder(o *contract.Order, price *booking.Money, random *rand.Rand) {
	o.Policy.InPlace = random.IntN(4) > 0
	if random.IntN(4) == 0 {
		o.Policy.PayWithin = 0
	}
	if random.IntN(4) == 0 { // some have a close deadline
		o.Policy.PayWithin = min(o.Policy.PayWithin, booking.Duration(5*time.Second))
		o.Policy.HandOverWithin, o.Policy.ReserveWithin = booking.Duration(5*time.Second), booking.Duration(5*time.Second)
	}
	switch random.IntN(16) {
	case 0:
		o.Withdrawal = &contract.Withdrawal{Reason: booking.ByCustomer}
	case 1: // it is started too late
		o.PlacedAt = o.PlacedAt.Add(-2 * time.Second)
		o.StartBy = o.PlacedAt.Add(time.Second)
	case 2:
		o.StartBy, o.DispatchedAt = placedAt.Add(24*365*hour), placedAt
	}
	if random.IntN(3) > 0 {
		o.Cancellation = anyPolicy(booking.KindOf(o.OrderID), random)
		o.CountsChanges = random.IntN(4) > 0
	}
	if random.IntN(8) == 0 {
		o.PaymentMethod = "pm_card_chargeDeclined"
	} else {
		anyToConfirm(o, random)
	}
	if random.IntN(4) == 0 {
		o.Amount.Amount, price.Amount = 0, 0
	}
}

func isOpen(s booking.JobStatus) booking.JobStatus {
	if s == booking.JobCancelled {
		return ""
	}
	return s
}

func anyStay(t *testing.T, random *rand.Rand) *trial {
	s := newStay(t)
	anyOrder(&s.in.Order, &s.in.Place.Price, random)
	s.policed = s.in.Cancellation != nil
	if random.IntN(2) == 0 {
		s.in.Place.Confirmation = booking.Manual
	}
	s.moved = random.IntN(3) == 0
	if s.moved {
		require.NoError(t, s.stock.SetCapacity(t.Context(), s.item, week.From, week.To, 1+random.IntN(3)))
	}
	if random.IntN(6) == 0 {
		s.setStock(0)
	}
	return &trial{
		sagaRun: s.sagaRun, in: s.in, others: s.anyMoves, span: s.in.CheckOutAt().Sub(placedAt),
		updates: []string{
			contract.ConfirmUpdate, contract.RejectUpdate, contract.CancelUpdate, contract.CompleteUpdate, contract.NoShowUpdate,
		},
		books: func() books { return books{money: s.owed(), held: s.nightsHeld()} },
		owes:  books{money: s.in.Amount.Amount, held: 2},
		owed: func(v contract.View) books {
			if s.moved {
				return s.movedTo(v)
			}
			owed := books{money: s.in.Amount.Amount, held: 2}
			if freed := v.FreedNights(); freed != nil {
				owed.held = s.in.CheckIn.DaysUntil(freed.From)
			}
			return owed
		},
		notices: []sentMessage{{s.in.Place.OwnerID, "reservation_placed", "reservation_cancelled"}},
		placed:  booking.ReservationPlaced, undone: booking.ReservationCancelConfirmed, cancelled: booking.ReservationCanceled,
	}
}

func anyMeal(t *testing.T, random *rand.Rand) *trial {
	m := newMeal(t)
	anyOrder(&m.in.Order, &m.in.Menu.Price, random)
	m.policed = m.in.Cancellation != nil
	return &trial{
		sagaRun: m.sagaRun, in: m.in, span: 24 * hour,
		updates: []string{contract.CancelUpdate, contract.CompleteUpdate},
		books:   func() books { return books{money: m.owed(), job: isOpen(m.job(m.deliveries))} },
		owes:    books{money: m.in.Amount.Amount, job: booking.JobDelivered},
		notices: []sentMessage{{m.in.Menu.OwnerID, "order_placed", "order_cancelled"}},
		placed:  booking.OrderPlaced, undone: booking.DeliveryCanceled, cancelled: booking.OrderCanceled,
	}
}

func anyCup(t *testing.T, random *rand.Rand) *trial {
	c := newCup(t)
	anyOrder(&c.in.Order, &c.in.Drink.Price, random)
	c.policed = c.in.Cancellation != nil
	if random.IntN(6) == 0 {
		c.setStock(1) // less than is ordered
	}
	c.moved = random.IntN(3) == 0
	return &trial{
		sagaRun: c.sagaRun, in: c.in, span: c.in.Drink.Ends().Sub(placedAt),
		updates: []string{contract.CancelUpdate, contract.CompleteUpdate},
		others: func(random *rand.Rand) {
			if random.IntN(4) == 0 {
				c.isDeleted(time.Duration(random.Int64N(int64(25 * hour))))
			}
			c.anyRefills(random)
		},
		books: func() books { return books{money: c.owed(), held: c.held(), job: isOpen(c.job(c.productions))} },
		owes:  books{money: c.in.Amount.Amount, held: c.in.Quantity, job: booking.JobCompleted},
		owed: func(v contract.View) books {
			owed := c.refilledTo(v)
			owed.job = booking.JobCompleted
			return owed
		},
		notices: []sentMessage{{c.in.Drink.OwnerID, "order_placed", "order_cancelled"}},
		placed:  booking.OrderPlaced, undone: booking.ProductionCanceled, cancelled: booking.OrderCanceled,
	}
}

func anyVisit(t *testing.T, random *rand.Rand) *trial {
	v := newVisit(t)
	anyOrder(&v.in.Order, &v.in.Amount, random)
	v.policed = v.in.Cancellation != nil
	busy := random.IntN(2) == 0
	if busy {
		v.occupy()
	}
	return &trial{
		sagaRun: v.sagaRun, in: v.in, span: 24 * hour,
		updates: []string{contract.CancelUpdate, contract.CompleteUpdate},
		others: func(random *rand.Rand) {
			if busy {
				v.isFreed(time.Duration(random.Int64N(int64(20 * hour))))
			}
		},
		books: func() books {
			return books{money: v.owed(), busy: v.busy(), known: v.registered}
		},
		owes: books{money: v.in.Amount.Amount, known: true},
		notices: []sentMessage{
			{v.in.CustomerID, "call_confirmed", "call_cancelled"}, {v.in.CustomerID, "cleaner_assigned", "assignment_cancelled"},
			{v.kim.ID, "call_assigned", "call_cancelled"},
		},
		placed: booking.CallPlaced, undone: booking.AssignmentCanceled, cancelled: booking.CallCanceled,
	}
}
