package demo

import (
	"slices"
	"sync"
	"time"
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
	Idle     Phase = ""
	Opening  Phase = "opening" // businesses are filled
	Calm     Phase = "calm"
	Failing  Phase = "failing" // a service is
	Healing  Phase = "healing" // it is back, and orders that met that are not yet where they belong
	Ending   Phase = "ending"  // no more orders are placed
	Auditing Phase = "auditing"
)

// Outage is one failure, and the orders that met it.
type Outage struct {
	Kind  Kind
	Began time.Time
	// Ended is when the service was back, and Healed when each order that had met the
	// outage was where it belongs; zero until then.
	Ended, Healed time.Time
	// Hurt are the orders that met it, of which Back are where they belong, and GivenUp are not
	// and are waited for no longer.
	Hurt, Back, GivenUp int
	// Waiting are some of those that are not, and Examples some of those that are.
	Waiting, Examples []Example
}

// Example is an order to look at. What was ordered is "" for a call for a cleaner.
type Example struct {
	ID, What string
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
	Hurt, Healed int
	// Surprises are answers that no person could explain, and orders that were given up.
	Surprises int
	// Result is that of the last demonstration that has ended.
	Result *Result
}

// Runs tells whether a demonstration is under way.
func (s State) Runs() bool { return s.Phase != Idle }

// most of the past, and of examples, are kept.
const (
	mostPast     = 20
	mostExamples = 5
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
	return s, b.changed
}

// left is how many of the orders that met it are waited for.
func (o *Outage) left() int { return o.Hurt - o.Back - o.GivenUp }

func (o *Outage) copied() Outage {
	is := *o
	is.Waiting, is.Examples = slices.Clone(o.Waiting), slices.Clone(o.Examples)
	return is
}
