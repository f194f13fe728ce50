package lab

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Do sends the n-th request of a load.
type Do func(ctx context.Context, n int) error

// Load is the number of connections, and the duration.
type Load struct {
	Connections int           `json:"connections"`
	Length      time.Duration `json:"length"`
}

// Run is the result of a load.
type Run struct {
	Took time.Duration `json:"took"`
	// Latencies are those of all requests, ascending.
	Latencies []time.Duration `json:"latencies"`
}

// PerSecond is the rate of answers.
func (r Run) PerSecond() float64 { return float64(len(r.Latencies)) / r.Took.Seconds() }

// Quantile is a quantile of the latencies, in milliseconds.
func (r Run) Quantile(q float64) float64 {
	if len(r.Latencies) == 0 {
		return 0
	}
	return Milliseconds(r.Latencies[min(int(q*float64(len(r.Latencies))), len(r.Latencies)-1)])
}

// Milliseconds converts a duration.
func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Closed sends requests over so many connections until the time is up. Each connection
// sends its next request when it has the answer to the last. The first error ends it.
func Closed(ctx context.Context, l Load, do Do) (Run, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	latencies := make([][]time.Duration, l.Connections)
	begun := time.Now()
	var all sync.WaitGroup
	for i := range latencies {
		all.Go(func() {
			for time.Since(begun) < l.Length && ctx.Err() == nil {
				sent := time.Now()
				if err := do(ctx, int(next.Add(1)-1)); err != nil {
					cancel(err)
					return
				}
				latencies[i] = append(latencies[i], time.Since(sent))
			}
		})
	}
	all.Wait()
	return finished(ctx, begun, latencies)
}

// Paced sends so many requests a second, whether or not earlier ones have been answered.
// The latency of a request counts from when it was due.
func Paced(ctx context.Context, perSecond int, length time.Duration, do Do) (Run, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	latencies := make([][]time.Duration, int(length.Seconds()*float64(perSecond)))
	begun := time.Now()
	var all sync.WaitGroup
	for n := range latencies {
		due := begun.Add(time.Duration(n) * time.Second / time.Duration(perSecond))
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			if err := do(ctx, n); err != nil {
				cancel(err)
				return
			}
			latencies[n] = append(latencies[n], time.Since(due))
		})
	}
	all.Wait()
	return finished(ctx, begun, latencies)
}

func finished(ctx context.Context, begun time.Time, latencies [][]time.Duration) (Run, error) {
	r := Run{Took: time.Since(begun), Latencies: slices.Concat(latencies...)}
	slices.Sort(r.Latencies)
	err := context.Cause(ctx)
	if err == nil && len(r.Latencies) == 0 {
		err = errors.New("nothing was answered in time")
	}
	return r, err
}
