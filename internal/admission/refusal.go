package admission

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Overloaded is the code of a request that got no slot in time.
const Overloaded = booking.Code("overloaded")

const (
	// spread is the number of seconds over which the repeats of refused requests are
	// spread, so that they do not arrive all at once.
	spread = 4
	// longestPause is the longest Retry-After of a refused request.
	longestPause = time.Minute
)

// TooBusy returns Overloaded for a request that got no slot in time, if it is not
// known how long that will last. No part of the request was started.
func TooBusy() *booking.Error { return tooBusy(0) }

// tooBusy returns Overloaded, with a pause of the least time plus a random part of spread.
func tooBusy(after time.Duration) *booking.Error {
	after = min(after, longestPause).Truncate(time.Second)
	return booking.Errorf(Overloaded, "this process has more requests than it serves at the same time").
		RetryIn(after + time.Duration(1+rand.IntN(spread))*time.Second)
}

// refusal returns Overloaded with the pause after which a new request is expected to get a slot
// in time, if that is known. A stalled queue is expected to stay so for as long again.
func (b *Budget) refusal() *booking.Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if idle := b.pace.idle(now); idle >= b.stallAfter {
		return tooBusy(idle)
	}
	return tooBusy(max(0, b.expected(b.pace.rate(now))-b.maxWait))
}

type arrivedKey struct{}

// Arrived records when the request of ctx arrived. All queues together may keep it
// for MaxWait.
func Arrived(ctx context.Context, at time.Time) context.Context {
	return context.WithValue(ctx, arrivedKey{}, at)
}

func arrivedAt(ctx context.Context, otherwise time.Time) time.Time {
	if at, ok := ctx.Value(arrivedKey{}).(time.Time); ok {
		return at
	}
	return otherwise
}
