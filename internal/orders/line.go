package orders

import (
	"sync"
	"time"
)

// line is how long the inbox is, and how fast this process works it off. Other
// processes help: what it tells of waiting is rather too long.
type line struct {
	mu   sync.Mutex
	open int
	gone []time.Time // when orders left it, of late
}

const (
	// ofLate is for how long what left the line tells how fast it moves.
	ofLate = 30 * time.Second
	// unknownWait is what is said of a line that does not move: the engine is away,
	// and nothing tells for how long.
	unknownWait = 30 * time.Second
)

// holds notes how many there are.
func (l *line) holds(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = n
}

// empty tells whether there are none, as far as this process knows.
func (l *line) empty() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open == 0
}

// joined notes that there is one more.
func (l *line) joined() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open++
}

// left notes that one has left.
func (l *line) left(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = max(0, l.open-1)
	l.forget(at)
	l.gone = append(l.gone, at)
}

func (l *line) forget(at time.Time) {
	n := 0
	for n < len(l.gone) && at.Sub(l.gone[n]) > ofLate {
		n++
	}
	l.gone = l.gone[n:]
}

// wait is how long an order waits that joins now, and whether that is known.
func (l *line) wait(at time.Time) (d time.Duration, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(at)
	if len(l.gone) == 0 {
		return unknownWait, false
	}
	took := max(at.Sub(l.gone[0]), time.Second)
	return time.Duration(l.open) * took / time.Duration(len(l.gone)), true
}
