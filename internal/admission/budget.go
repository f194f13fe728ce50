package admission

import (
	"container/list"
	"context"
	"math"
	"sync"
	"time"
)

// Budget bounds how many requests are served at the same time, and how many wait
// for a slot. The queue is first in, first out.
type Budget struct {
	slots, room int
	// maxWait is how long a request waits for a slot. A queue in which no slot was freed for
	// stallAfter is stalled, and its requests are refused.
	maxWait, stallAfter time.Duration
	measured            budgetMetrics

	mu    sync.Mutex
	busy  int
	queue *list.List // elements are *waiting
	pace  pace
}

// Use is how much of the budget is in use, of how much, and how many requests wait.
func (b *Budget) Use() (busy, slots, waiting int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.busy, b.slots, b.queue.Len()
}

// limits are the numbers of one budget.
type limits struct {
	slots, room         int
	maxWait, stallAfter time.Duration
}

func newBudget(l limits, measured budgetMetrics) *Budget {
	measured.limit.Set(float64(l.slots))
	return &Budget{
		slots: l.slots, room: l.room, maxWait: l.maxWait, stallAfter: l.stallAfter, measured: measured,
		queue: list.New(), pace: pace{slots: l.slots},
	}
}

// waiting is a request in the queue. granted is closed when the request has a slot.
type waiting struct {
	granted chan struct{}
	place   *list.Element // nil once the request has a slot
}

// cause says why a request has no slot.
type cause string

const (
	admitted      cause = ""
	full          cause = "full"            // the queue has no room
	notInTime     cause = "not_in_time"     // the slot is expected too late
	stalled       cause = "stands_still"    // no slot has been freed for too long
	waitedTooLong cause = "waited_too_long" // the slot did not come free in time
	gone          cause = "gone"            // the request has ended
)

// causes are the reasons for which requests are refused.
var causes = []cause{full, notInTime, stalled, waitedTooLong}

// Enter takes a slot, at once or within maxWait, counted from the request's arrival (see
// Arrived). It returns Overloaded at once if the queue is full or stalled, or if a slot is not
// expected in time. It returns Overloaded later if no slot comes free in time, or the queue
// stalls. It never waits longer than ctx.
func (b *Budget) Enter(ctx context.Context) error {
	now := time.Now()
	cause := b.enter(ctx, now, arrivedAt(ctx, now).Add(b.maxWait))
	if cause == admitted {
		return nil
	}
	if cause != gone {
		b.measured.shed[cause].Inc()
	}
	return b.refusal()
}

// Await is Enter for a request that has another way to be served. It waits until
// ctx ends, however long the queue is, and is not counted as shed. It fails at
// once only if the queue is full.
func (b *Budget) Await(ctx context.Context) error {
	if b.enter(ctx, time.Now(), time.Time{}) == admitted {
		return nil
	}
	b.measured.servedOtherwise.Inc()
	return b.refusal()
}

// enter takes a slot before end. If end is zero it waits until ctx ends.
func (b *Budget) enter(ctx context.Context, now, end time.Time) cause {
	w, cause := b.join(now, end)
	waited := time.Duration(0)
	if w != nil {
		cause = b.wait(ctx, w, end)
		waited = time.Since(now)
	}
	if cause == admitted {
		b.measured.entered(waited)
	}
	return cause
}

// join takes a free slot, joins the queue, or refuses. Only a request in the queue
// gets a waiting; the cause distinguishes the other two.
func (b *Budget) join(now, end time.Time) (*waiting, cause) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy < b.slots {
		b.occupy(now)
		return nil, admitted
	}
	unlimited := end.IsZero()
	switch {
	case b.queue.Len() >= b.room:
		return nil, full
	case !unlimited && b.pace.idle(now) >= b.stallAfter:
		return nil, stalled
	case !unlimited && b.expected(b.pace.atMost(now)) > end.Sub(now):
		return nil, notInTime
	}
	w := &waiting{granted: make(chan struct{})}
	w.place = b.queue.PushBack(w)
	b.measured.waiting.Inc()
	return w, admitted
}

// take takes a free slot.
func (b *Budget) occupy(now time.Time) {
	if b.busy++; b.busy == b.slots {
		b.pace.filled(now)
	}
}

// expected is how long a request that joins the queue now would wait at the rate; 0 if the rate
// is not known.
func (b *Budget) expected(rate float64, known bool) time.Duration {
	if !known {
		return 0
	}
	seconds := float64(b.queue.Len()+1) / rate
	if seconds > endless.Seconds() { // also if the rate is 0
		return endless
	}
	return time.Duration(seconds * float64(time.Second))
}

// endless is longer than any request waits.
const endless = 365 * 24 * time.Hour

// wait waits for a slot until ctx ends or, unless end is zero, until end or until the queue is
// stalled.
func (b *Budget) wait(ctx context.Context, w *waiting, end time.Time) cause {
	var check <-chan time.Time
	var timer *time.Timer
	if !end.IsZero() {
		timer = time.NewTimer(b.nextCheck(time.Now(), end))
		defer timer.Stop()
		check = timer.C
	}
	for {
		select {
		case <-w.granted:
			return admitted
		case <-ctx.Done():
			return b.abandon(w, gone)
		case now := <-check:
			switch next := b.nextCheck(now, end); {
			case !now.Before(end):
				return b.abandon(w, waitedTooLong)
			case next <= 0:
				return b.abandon(w, stalled)
			default:
				timer.Reset(next)
			}
		}
	}
}

// nextCheck is the time until a waiting request is checked again: until its end, or until its
// queue is stalled if no slot is freed.
func (b *Budget) nextCheck(now, end time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return min(end.Sub(now), b.stallAfter-b.pace.idle(now))
}

// abandon removes a request from the queue. If it has got a slot meanwhile, a request that is
// gone leaves the slot to the next one, and any other request uses it.
func (b *Budget) abandon(w *waiting, cause cause) cause {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case w.place != nil:
		b.leaveQueue(w)
		return cause
	case cause == gone:
		b.admitNext()
		return gone
	default:
		return admitted
	}
}

func (b *Budget) leaveQueue(w *waiting) {
	b.queue.Remove(w.place)
	w.place = nil
	b.measured.waiting.Dec()
}

// Leave gives the slot back. served reports whether the slot was of use. A request
// that ended because its dependency did not answer does not count for the rate.
func (b *Budget) Leave(served bool) {
	b.measured.inFlight.Dec()
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.next()
	b.pace.left(now, served, b.busy)
}

// admitNext gives an unused slot to the next request.
func (b *Budget) admitNext() {
	b.next()
	if b.busy < b.slots {
		b.pace.freed(time.Now())
	}
}

// next gives a slot to the first request in the queue, or frees it.
func (b *Budget) next() {
	first := b.queue.Front()
	if first == nil {
		b.busy--
		return
	}
	w := first.Value.(*waiting)
	b.leaveQueue(w)
	close(w.granted)
}

// Rate is how many slots are freed per second while all are in use, NaN if
// that is not known.
func (b *Budget) Rate() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	rate, known := b.pace.rate(time.Now())
	if !known {
		return math.NaN()
	}
	return rate
}
