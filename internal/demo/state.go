package demo

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Kind is a way in which services fail.
type Kind string

// The ways, in the order in which they come.
const (
	ProviderSlow  Kind = "provider_slow"
	InventoryAway Kind = "inventory_away"
	WorkerKilled  Kind = "worker_killed"
)

// Kinds are all of them.
func Kinds() []Kind { return []Kind{ProviderSlow, InventoryAway, WorkerKilled} }

// Phase is what a demonstration is at.
type Phase string

// The phases. Idle is before the first one, and after its end.
const (
	Idle       Phase = ""
	Opening    Phase = "opening" // businesses are filled
	Calm       Phase = "calm"
	Failing    Phase = "failing" // a service is
	Recovering Phase = "healing" // it is back, and orders that met that are not yet where they belong
	Ending     Phase = "ending"  // no more orders are placed
	Auditing   Phase = "auditing"
)

// Outage is one failure, and the orders that met it.
type Outage struct {
	Kind  Kind
	Began time.Time
	// Ended is when the service was back, and Healed when each order that had met the
	// outage was where it belongs; zero until then.
	Ended, RecoveredAt time.Time
	// Hurt are the orders that met it, of which Back are where they belong, and GivenUp are not
	// and are waited for no longer.
	Delayed, Recovered, GivenUp int
	// Waiting are those that are waited for, and Examples some of those that are back.
	Waiting  []Wait
	Examples []Example
}

// Example is an order to look at. What was ordered is "" for a call for a cleaner.
type Example struct {
	ID, What string
}

// Awaited is what an order waits for: an answer to its request, its first decision, those
// who carry it out, or a deed.
type Awaited string

// What orders wait for; from Confirm on the deeds.
const (
	Answer   Awaited = "answer"
	Decision Awaited = "decision"
	Work     Awaited = "work"
	Confirm  Awaited = "confirm"
	Reject   Awaited = "reject"
	Cancel   Awaited = "cancel"
	Complete Awaited = "complete" // it is delivered, handed over, or cleaned
	Change   Awaited = "change"   // of a stay, by a night more
	Refund   Awaited = "refund"   // a part, as goodwill
)

// Wait is an order that is not where it belongs.
type Wait struct {
	Example
	// Number is that of the order in the plan of the demonstration.
	Number   int
	Customer string
	// Status is what it was last seen in, "" for an order that is not known to exist.
	Status booking.Status
	For    Awaited
	// Last is what the latest request was answered.
	Last string
}

// String implements fmt.Stringer.
func (w Wait) String() string {
	return fmt.Sprintf("order %d of %s (%s, %s) is %s and waits for: %s; the latest answer was %s", w.Number, w.Customer,
		cmp.Or(w.ID, "no id"), cmp.Or(w.What, "cleaning"), cmp.Or(string(w.Status), "not known to exist"), w.For, cmp.Or(w.Last, "none"))
}

// Result is how a demonstration ended.
type Result struct {
	At time.Time
	// Clean: the audit has found nothing wrong, could look at everything, and nothing else
	// went wrong.
	Clean bool
	// Says is the audit's report, "" for none. Failure is what went wrong besides.
	Says, Failure string
}

// State is where a demonstration stands.
type State struct {
	// Version grows with each change.
	Version int64
	Phase   Phase
	Began   time.Time
	// Now is what fails, or has yet to heal.
	Now *Outage
	// Past are outages of before, the latest first.
	Past []Outage
	// Orders were placed; Finished are where they were planned to come.
	Orders, Finished int
	// Hurt have met an outage, and Healed are those of them that are where they belong.
	Delayed, Recovered int
	// Surprises are answers that no person could explain, and orders that were given up. Left
	// are some of these orders.
	Surprises int
	Left      []Wait
	// Result is that of the last demonstration that has ended.
	Result *Result
}

// Runs tells whether a demonstration is under way.
func (s State) Runs() bool { return s.Phase != Idle }

// most of the past, and of examples, are kept.
const (
	mostPast     = 20
	mostExamples = 5
	mostUnrecovered     = 20
)

// board holds the state.
type board struct {
	mu      sync.Mutex
	state   State
	changed chan struct{} // closed at the next change
}

func newBoard() *board { return &board{changed: make(chan struct{})} }

// change changes the state, and wakes those who watch.
func (b *board) change(how func(*State)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	how(&b.state)
	b.state.Version++
	close(b.changed)
	b.changed = make(chan struct{})
}

// now is a copy of the state, and a channel that is closed when there is another one.
func (b *board) now() (State, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.state
	if s.Now != nil {
		is := s.Now.copied()
		s.Now = &is
	}
	s.Past = slices.Clone(s.Past) // whose outages do not change any more
	s.Left = slices.Clone(s.Left)
	return s, b.changed
}

// left is how many of the orders that met it are waited for.
func (o *Outage) waitingCount() int { return o.Delayed - o.Recovered - o.GivenUp }

func (o *Outage) copied() Outage {
	is := *o
	is.Waiting, is.Examples = slices.Clone(o.Waiting), slices.Clone(o.Examples)
	return is
}
