package api

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"golang.org/x/sync/semaphore"
)

// Admission is how much the API takes on at the same time. What is beyond is
// answered 503, and nothing of it is started: an API that takes on everything
// answers nobody in the end. Of what is zero there is a default, which
// config.Admission gives the reasons for.
type Admission struct {
	// MaxWrites is how many requests that place orders, decide on them or
	// change anything else are worked on at the same time, 512 by default.
	MaxWrites int
	// MaxStarts is how many of them start an order at Temporal, 16 by default.
	MaxStarts int
	// MaxReads is how many others are, 256 by default: they have a budget of
	// their own, so that customers see their orders while orders queue.
	MaxReads int
	// MaxWaiting is how many requests wait for their turn in either budget, 512
	// by default.
	MaxWaiting int
	// MaxWait is how long they do, 500 ms by default.
	MaxWait time.Duration
	// MaxStreams is how many readers may follow the feed of events at the same
	// time, 256 by default.
	MaxStreams int
	// MaxWaitingCalls is how many calls may wait for a cleaner before new ones
	// are refused; zero is no limit.
	MaxWaitingCalls int
}

func (a Admission) withDefaults() Admission {
	for number, byDefault := range map[*int]int{&a.MaxWrites: 512, &a.MaxStarts: 16, &a.MaxReads: 256, &a.MaxWaiting: 512, &a.MaxStreams: 256} {
		if *number <= 0 {
			*number = byDefault
		}
	}
	if a.MaxWait <= 0 {
		a.MaxWait = 500 * time.Millisecond
	}
	return a
}

// budgets are what requests are counted against. Health, metrics and
// documentation are not: who has to find out what is wrong is never sent away.
//
// Starts of orders are counted once more: a Temporal server that has too much to
// do serves no one in turn, and of many who ask it at the same time some wait
// for seconds. They wait here instead, first come, first served.
type budgets struct{ writes, starts, reads, streams *budget }

// of is the budget that a request is counted against for as long as it takes,
// nil for none. Streams are counted by themselves, for they stay.
func (b budgets) of(op *huma.Operation, accept []string) *budget {
	switch {
	case !sheds(op):
		return nil
	case op.Method != http.MethodGet:
		return b.writes
	case streams(op) && prefersStream(accept):
		return nil
	default:
		return b.reads
	}
}

// sheds tells whether requests for an operation are counted.
func sheds(op *huma.Operation) bool { return strings.HasPrefix(op.Path, "/v1/") }

// budget bounds how many requests are worked on at the same time, and how many
// wait for that, first come, first served.
type budget struct {
	slots, queue *semaphore.Weighted
	patience     time.Duration
	measured     budgetMetrics
}

func newBudget(slots, queue int, patience time.Duration, measured budgetMetrics) *budget {
	measured.limit.Set(float64(slots))
	return &budget{semaphore.NewWeighted(int64(slots)), semaphore.NewWeighted(int64(queue)), patience, measured}
}

// enter takes a slot, and tells whether there was one: at once, or within the
// time that requests wait, if there is room to wait. One whose ctx ends leaves
// the queue.
func (b *budget) enter(ctx context.Context) bool {
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

// leave gives the slot back.
func (b *budget) leave() {
	b.measured.inFlight.Dec()
	b.slots.Release(1)
}

// admitRequest lets a request in when its budget allows, before anything is
// done for it.
func (s *server) admitRequest(ctx huma.Context, next func(huma.Context)) {
	c := humagin.Unwrap(ctx)
	b := s.budgets.of(ctx.Operation(), c.Request.Header.Values("Accept"))
	if b == nil {
		next(ctx)
		return
	}
	if b.enter(c.Request.Context()) {
		defer b.leave()
		next(ctx)
		return
	}
	writeProblem(c, tooBusy())
}

// comeBackWithin is the longest time, in seconds, after which one who is sent
// away is asked to come back. They come back one by one, not all at once.
const comeBackWithin = 4

func tooBusy() *problem {
	p := newProblem(overloaded, "more is asked of this process than it takes on at the same time")
	p.header.Set("Retry-After", strconv.Itoa(1+rand.IntN(comeBackWithin)))
	return p
}
