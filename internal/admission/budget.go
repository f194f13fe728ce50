package admission

import (
	"context"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/yeyak/yeyak/booking"
)

// Budget bounds how many requests are worked on at the same time, and how many
// wait for that, first come, first served.
type Budget struct {
	slots, queue *semaphore.Weighted
	patience     time.Duration
	measured     budgetMetrics
}

func newBudget(slots, queue int, patience time.Duration, measured budgetMetrics) *Budget {
	measured.limit.Set(float64(slots))
	return &Budget{semaphore.NewWeighted(int64(slots)), semaphore.NewWeighted(int64(queue)), patience, measured}
}

// Enter takes a slot, and tells whether there was one: at once, or within the
// time that requests wait, if there is room to wait. One whose ctx ends leaves
// the queue.
func (b *Budget) Enter(ctx context.Context) bool {
	if b.slots.TryAcquire(1) {
		b.measured.entered(0)
		return true
	}
	if !b.queue.TryAcquire(1) {
		b.measured.full.Inc()
		return false
	}
	defer b.queue.Release(1)
	b.measured.waiting.Inc()
	defer b.measured.waiting.Dec()

	limited, cancel := context.WithTimeout(ctx, b.patience)
	defer cancel()
	begun := time.Now()
	if b.slots.Acquire(limited, 1) == nil {
		b.measured.entered(time.Since(begun))
		return true
	}
	if ctx.Err() == nil {
		b.measured.tooLong.Inc()
	}
	return false
}

// Leave gives the slot back.
func (b *Budget) Leave() {
	b.measured.inFlight.Dec()
	b.slots.Release(1)
}

// Overloaded is the code of a request that found no slot in time.
const Overloaded = booking.Code("overloaded")

// longestPause is the longest time, in seconds, after which a refused request
// may be repeated. The pauses are random, so that the repeats do not come all
// at once.
const longestPause = 4

// TooBusy is the refusal of a request that found no slot in time. Nothing of it
// was started.
func TooBusy() *booking.Error {
	return booking.Errorf(Overloaded, "more is asked of this process than it takes on at the same time").
		In(time.Duration(1+rand.IntN(longestPause)) * time.Second)
}
