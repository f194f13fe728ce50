package orders

import (
	"math"
	"sync"
	"time"
)

// inboxQueue is the length of the inbox, and the rate at which this process empties it. Other
// processes help, so its estimates are rather too long.
type inboxQueue struct {
	mu   sync.Mutex
	open int
	// dispatched counts orders and took is the time for these; both decay with age.
	dispatched float64
	took       time.Duration
	stopped    bool
}

const (
	// halfLife is the number of later orders after which an order counts half.
	halfLife = 64
	// enoughDispatched is the number of orders from which the rate is known.
	enoughDispatched = mostAtOnce
	// unknownWait is the estimate while the queue does not move, or its rate is not known:
	// the end of an engine's outage cannot be known.
	unknownWait = 30 * time.Second
)

// setLength sets the number of orders.
func (l *inboxQueue) setLength(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = n
}

// empty reports whether there are none, as far as this process knows.
func (l *inboxQueue) empty() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open == 0
}

// joined counts one order more.
func (l *inboxQueue) joined() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open++
}

// left counts one order less.
func (l *inboxQueue) left() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = max(0, l.open-1)
}

// dispatchedIn records the time that it took to dispatch so many orders. Only working time counts:
// neither an empty inbox nor an engine that is away reduces the rate.
func (l *inboxQueue) dispatchedIn(orders int, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	older := math.Exp2(-float64(orders) / halfLife)
	l.dispatched = l.dispatched*older + float64(orders)
	l.took = time.Duration(float64(l.took)*older) + took
	l.stopped = false
}

// markStopped records that the engine accepts no orders, or that the inbox cannot be read.
func (l *inboxQueue) markStopped() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
}

// wait is how long an order that joins now has to wait, and whether the rate is known. If
// it is not, the wait is unknownWait.
func (l *inboxQueue) wait() (d time.Duration, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known = l.dispatched >= enoughDispatched
	if known {
		d = time.Duration(float64(l.open) * float64(l.took) / l.dispatched)
	}
	if l.stopped || !known {
		d = max(d, unknownWait)
	}
	return d, known
}
