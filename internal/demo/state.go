package demo

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Kind is a kind of outage.
type Kind string

// The kinds of outages, in their order.
const (
	ProviderSlow  Kind = "provider_slow"
	InventoryAway Kind = "inventory_away"
	WorkerKilled  Kind = "worker_killed"
)

// Kinds lists all kinds.
func Kinds() []Kind { return []Kind{ProviderSlow, InventoryAway, WorkerKilled} }

// Phase is the phase of a demonstration.
type Phase string

// The phases. Idle: no demonstration runs.
const (
	Idle       Phase = ""
	Opening    Phase = "opening" // offers are registered
	Calm       Phase = "calm"
	Failing    Phase = "failing" // a service fails
	Recovering Phase = "healing" // the service works again, and some orders have not recovered yet
	Ending     Phase = "ending"  // no more orders are placed
	Auditing   Phase = "auditing"
)

// Outage is one outage, and the orders that met it.
type Outage struct {
	Kind  Kind
	Began time.Time
	// Ended is when the service worked again, and RecoveredAt when all orders that had met the
	// outage had recovered or were no longer waited for; zero until then.
	Ended, RecoveredAt time.Time
	// Delayed counts the orders that met the outage. Of these, Recovered have recovered, and
	// Unrecovered are no longer waited for.
	Delayed, Recovered, Unrecovered int
	// Waiting are the orders that have not recovered yet, and Examples some that have.
	Waiting  []Wait
	Examples []Example
}

// Example is an order to show. What is its item, "" for a call for a cleaner.
type Example struct {
	ID, What string
}

// Awaited is what an order waits for: an answer to its request, its first decision, the
// service that carries it out, or an action.
type Awaited string

// What orders wait for. Those from Confirm on are actions.
const (
	Answer   Awaited = "answer"
	Decision Awaited = "decision"
	Work     Awaited = "work"
	Confirm  Awaited = "confirm"
	Reject   Awaited = "reject"
	Cancel   Awaited = "cancel"
	Complete Awaited = "complete" // of a delivery, a production or a cleaning
	Change   Awaited = "change"   // of a stay: one more night
	Refund   Awaited = "refund"   // of a part of the price, as goodwill
)

// Wait is an order that has not recovered yet.
type Wait struct {
	Example
	// Number is the order's number in the plan.
	Number   int
	Customer string
	// Status is the last status that was read, "" if the order is not known to exist.
	Status booking.Status
	For    Awaited
	// Last is the answer to the latest request.
	Last string
}

// String implements fmt.Stringer.
func (w Wait) String() string {
	return fmt.Sprintf("order %d of %s (%s, %s) is %s and waits for: %s; the latest answer was %s", w.Number, w.Customer,
		cmp.Or(w.ID, "no id"), cmp.Or(w.What, "cleaning"), cmp.Or(string(w.Status), "not known to exist"), w.For, cmp.Or(w.Last, "none"))
}

// Result is the result of a demonstration.
type Result struct {
	At time.Time
	// Clean: the audit was complete and found nothing, and the demonstration had no error.
	Clean bool
	// Says is the audit's report, "" for none. Failure is the demonstration's error, "" for
	// none.
	Says, Failure string
}

// State is the state of a demonstration.
type State struct {
	// Version grows with each change.
	Version int64
	Phase   Phase
	Began   time.Time
	// Now is the present outage, or the last one until all its orders have recovered.
	Now *Outage
	// Past are the earlier outages, newest first.
	Past []Outage
	// Orders counts the placed orders, and Finished those that ended as planned.
	Orders, Finished int
	// Delayed counts the orders that have met an outage, and Recovered those of them that
	// have recovered.
	Delayed, Recovered int
	// Surprises counts the orders that have not recovered or got an unexpected answer. Left has
	// some of them.
	Surprises int
	Left      []Wait
	// Result is the result of the last demonstration that has ended.
	Result *Result
}

// Runs reports whether a demonstration is running.
func (s State) Runs() bool { return s.Phase != Idle }

// The maximum of past outages, of examples, and of orders that have not recovered.
const (
	mostPast        = 20
	mostExamples    = 5
	mostUnrecovered = 20
)

// board holds the state.
type board struct {
	mu      sync.Mutex
	state   State
	changed chan struct{} // closed at the next change
}

func newBoard() *board { return &board{changed: make(chan struct{})} }

// change changes the state, and closes the channel of readers.
func (b *board) change(how func(*State)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	how(&b.state)
	b.state.Version++
	close(b.changed)
	b.changed = make(chan struct{})
}

// now returns a copy of the state, and a channel that is closed when the state changes.
func (b *board) now() (State, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.state
	if s.Now != nil {
		is := s.Now.copied()
		s.Now = &is
	}
	s.Past = slices.Clone(s.Past) // past outages do not change
	s.Left = slices.Clone(s.Left)
	return s, b.changed
}

// waitingCount is how many orders that met the outage have not recovered yet.
func (o *Outage) waitingCount() int { return o.Delayed - o.Recovered - o.Unrecovered }

func (o *Outage) copied() Outage {
	is := *o
	is.Waiting, is.Examples = slices.Clone(o.Waiting), slices.Clone(o.Examples)
	return is
}
