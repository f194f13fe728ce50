package admission

import (
	"container/list"
	"context"
	"math"
	"sync"
	"time"
)

// Budget bounds how many requests are worked on at the same time, and how many
// wait for that, first come, first served.
type Budget struct {
	slots, room int
	// patience is how long a request waits for its turn; standstill, for how long
	// the queue may stand still until it is given up.
	patience, standstill time.Duration
	measured             budgetMetrics

	mu    sync.Mutex
	taken int
	queue *list.List // of *waiting
	pace  pace
}

// Use is how much of the budget is taken, of how much, and how many requests wait.
func (b *Budget) Use() (taken, slots, waiting int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.taken, b.slots, b.queue.Len()
}

// limits are the numbers of one budget.
type limits struct {
	slots, room          int
	patience, standstill time.Duration
}

func newBudget(l limits, measured budgetMetrics) *Budget {
	measured.limit.Set(float64(l.slots))
	return &Budget{
		slots: l.slots, room: l.room, patience: l.patience, standstill: l.standstill, measured: measured,
		queue: list.New(), pace: pace{slots: l.slots},
	}
}

// waiting is a request in the queue. turn is closed when it has a slot.
type waiting struct {
	turn  chan struct{}
	place *list.Element // nil once it has a slot
}

// cause is why a request has no slot.
type cause string

const (
	admitted      cause = ""
	full          cause = "full"            // the queue has no room
	notInTime     cause = "not_in_time"     // the turn is expected too late
	standsStill   cause = "stands_still"    // no turn has ended for too long
	waitedTooLong cause = "waited_too_long" // the turn did not come
	gone          cause = "gone"            // the request has ended
)

// causes are those with which requests are refused.
var causes = []cause{full, notInTime, standsStill, waitedTooLong}

// Enter takes a slot, at once or within the time that requests wait, counted from
// their arrival (see Arrived). It fails as Overloaded: at once if the queue is
// full or stands still, or if the turn is not expected in time; later if the
// turn does not come in time, or the queue comes to stand still. It does
// not wait any longer than ctx lasts.
func (b *Budget) Enter(ctx context.Context) error {
	now := time.Now()
	why := b.enter(ctx, now, arrivedAt(ctx, now).Add(b.patience))
	if why == admitted {
		return nil
	}
	if why != gone {
		b.measured.shed[why].Inc()
	}
	return b.refusal()
}

// Await is Enter for a request that is served in another way if its turn does
// not come: it waits for as long as ctx lasts, however long the queue is, and is
// not counted as shed. It fails at once only if the queue is full.
func (b *Budget) Await(ctx context.Context) error {
	if b.enter(ctx, time.Now(), time.Time{}) == admitted {
		return nil
	}
	b.measured.untaken.Inc()
	return b.refusal()
}

// enter takes a slot before end. With a zero end it waits until ctx ends, however
// long the queue is.
func (b *Budget) enter(ctx context.Context, now, end time.Time) cause {
	w, why := b.join(now, end)
	waited := time.Duration(0)
	if w != nil {
		why = b.wait(ctx, w, end)
		waited = time.Since(now)
	}
	if why == admitted {
		b.measured.entered(waited)
	}
	return why
}

// join takes a free slot, or a place in the queue. A nil place is a slot, or a
// cause.
func (b *Budget) join(now, end time.Time) (*waiting, cause) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taken < b.slots {
		b.take(now)
		return nil, admitted
	}
	anyhow := end.IsZero()
	switch {
	case b.queue.Len() >= b.room:
		return nil, full
	case !anyhow && b.pace.idle(now) >= b.standstill:
		return nil, standsStill
	case !anyhow && b.expected(b.pace.atMost(now)) > end.Sub(now):
		return nil, notInTime
	}
	w := &waiting{turn: make(chan struct{})}
	w.place = b.queue.PushBack(w)
	b.measured.waiting.Inc()
	return w, admitted
}

// take takes a free slot.
func (b *Budget) take(now time.Time) {
	if b.taken++; b.taken == b.slots {
		b.pace.filled(now)
	}
}

// expected is how long a request waits that joins the queue now, at a rate; 0 when
// that is not known.
func (b *Budget) expected(rate float64, known bool) time.Duration {
	if !known {
		return 0
	}
	seconds := float64(b.queue.Len()+1) / rate
	if seconds > endless.Seconds() { // also with a rate of 0
		return endless
	}
	return time.Duration(seconds * float64(time.Second))
}

// endless is longer than anything waits.
const endless = 365 * 24 * time.Hour

// wait waits for the turn until ctx ends or, unless end is zero, until then or
// until the queue has stood still for too long.
func (b *Budget) wait(ctx context.Context, w *waiting, end time.Time) cause {
	var look <-chan time.Time
	var timer *time.Timer
	if !end.IsZero() {
		timer = time.NewTimer(b.nextLook(time.Now(), end))
		defer timer.Stop()
		look = timer.C
	}
	for {
		select {
		case <-w.turn:
			return admitted
		case <-ctx.Done():
			return b.abandon(w, gone)
		case now := <-look:
			switch next := b.nextLook(now, end); {
			case !now.Before(end):
				return b.abandon(w, waitedTooLong)
			case next <= 0:
				return b.abandon(w, standsStill)
			default:
				timer.Reset(next)
			}
		}
	}
}

// nextLook is after what time a request that waits is to be looked at: when its
// time is over, or when its queue has stood still for too long if no turn ends.
func (b *Budget) nextLook(now, end time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return min(end.Sub(now), b.standstill-b.pace.idle(now))
}

// abandon takes a request out of the queue. If its turn has come meanwhile, a
// request that is gone passes it on, and any other takes it.
func (b *Budget) abandon(w *waiting, why cause) cause {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case w.place != nil:
		b.leaveQueue(w)
		return why
	case why == gone:
		b.pass()
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

// Leave gives the slot back. served tells whether the turn was of use: one that
// ended because what it needs did not answer is none that the queue can be
// reckoned with.
func (b *Budget) Leave(served bool) {
	b.measured.inFlight.Dec()
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.next()
	b.pace.left(now, served, b.taken)
}

// pass gives a slot on that was not used.
func (b *Budget) pass() {
	b.next()
	if b.taken < b.slots {
		b.pace.freed(time.Now())
	}
}

// next hands a slot to the first in the queue, or frees it.
func (b *Budget) next() {
	first := b.queue.Front()
	if first == nil {
		b.taken--
		return
	}
	w := first.Value.(*waiting)
	b.leaveQueue(w)
	close(w.turn)
}

// Rate is how many turns end in a second while all are taken, NaN when that is not
// known.
func (b *Budget) Rate() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	rate, known := b.pace.rate(time.Now())
	if !known {
		return math.NaN()
	}
	return rate
}
