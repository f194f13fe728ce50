package admission

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Overloaded is the code of a request that found no slot in time.
const Overloaded = booking.Code("overloaded")

const (
	// spread is over how many seconds the repeats of refused requests are spread, so
	// that they do not come all at once.
	spread = 4
	// longestPause is the longest time after which a refused request is asked to come
	// back.
	longestPause = time.Minute
)

// TooBusy is the refusal of a request that found no slot in time, when nothing is
// known of how long that will last. Nothing of the request was started.
func TooBusy() *booking.Error { return tooBusy(0) }

// tooBusy asks for a repeat after a time, and a little later.
func tooBusy(after time.Duration) *booking.Error {
	after = min(after, longestPause).Truncate(time.Second)
	return booking.Errorf(Overloaded, "more is asked of this process than it takes on at the same time").
		In(after + time.Duration(1+rand.IntN(spread))*time.Second)
}

// refusal asks for a repeat when there is room again, as far as that is known: when
// a request that joins the queue is expected to have its turn in time. A queue that
// stands still is expected to do so for as long again.
func (b *Budget) refusal() *booking.Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if idle := b.pace.idle(now); idle >= b.standstill {
		return tooBusy(idle)
	}
	return tooBusy(max(0, b.expected(b.pace.rate(now))-b.patience))
}

type arrivedKey struct{}

// Arrived notes when the request of ctx arrived. In all queues together it waits
// for as long as one request may.
func Arrived(ctx context.Context, at time.Time) context.Context {
	return context.WithValue(ctx, arrivedKey{}, at)
}

func arrivedAt(ctx context.Context, otherwise time.Time) time.Time {
	if at, ok := ctx.Value(arrivedKey{}).(time.Time); ok {
		return at
	}
	return otherwise
}
