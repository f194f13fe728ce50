package orders

import (
	"math"
	"sync"
	"time"
)

// line is how long the inbox is, and how fast this process works it off. Other
// processes help: what it tells of waiting is rather too long.
type line struct {
	mu   sync.Mutex
	open int
	// dispatched are orders and took is the time for these; what is long ago counts less.
	dispatched float64
	took       time.Duration
	stands     bool
}

const (
	// halfLife: an order counts half once so many were dispatched after it.
	halfLife = 64
	// enoughDispatched is of how many orders the rate is taken.
	enoughDispatched = mostAtOnce
	// unknownWait is what is said of a line that stands, or of which no rate is known:
	// nothing tells for how long the engine is away.
	unknownWait = 30 * time.Second
)

// holds notes how many there are.
func (l *line) holds(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = n
}

// joined notes that there is one more.
func (l *line) joined() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open++
}

// left notes that one has left.
func (l *line) left() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = max(0, l.open-1)
}

// moves notes how long it took to dispatch so many orders. The rate is that of
// working time: neither an empty line nor an engine that is away makes it slower.
func (l *line) moves(orders int, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	older := math.Exp2(-float64(orders) / halfLife)
	l.dispatched = l.dispatched*older + float64(orders)
	l.took = time.Duration(float64(l.took)*older) + took
	l.stands = false
}

// stops notes that the engine takes none, or that the inbox cannot be read.
func (l *line) stops() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stands = true
}

// wait is how long an order that joins now waits once the line moves, and whether
// the rate is known. The wait for that is unknownWait.
func (l *line) wait() (d time.Duration, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known = l.dispatched >= enoughDispatched
	if known {
		d = time.Duration(float64(l.open) * float64(l.took) / l.dispatched)
	}
	if l.stands || !known {
		d = max(d, unknownWait)
	}
	return d, known
}
