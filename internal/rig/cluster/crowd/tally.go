package crowd

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// Record is one request. Failure describes an unexpected answer, "" for an expected one.
type Record struct {
	Begun   time.Time
	Took    time.Duration
	What    string
	Failure string
}

func (r Record) ended() time.Time { return r.Begun.Add(r.Took) }

// Tally is the summary of requests.
type Tally struct {
	Requests, Failed, Orders int
	// Quantiles and maximum of the durations, failures included.
	P50, P99, Slowest time.Duration
	// Failures describes the first few failures, Slow the slowest few requests.
	Failures, Slow []string
}

// maxDescribed is how many requests are described.
const maxDescribed = 10

// Tally summarizes the requests so far.
func (c *Crowd) Tally() Tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := Sum(c.records)
	t.Orders = len(c.orders)
	return t
}

// Sum summarizes requests.
func Sum(records []Record) Tally {
	t := Tally{Requests: len(records)}
	for _, r := range records {
		if r.Failure == "" {
			continue
		}
		if t.Failed++; len(t.Failures) < maxDescribed {
			t.Failures = append(t.Failures, fmt.Sprintf("%s %s: %s", r.Begun.Format(time.TimeOnly), r.What, r.Failure))
		}
	}
	fastest := slices.SortedFunc(slices.Values(records), func(a, b Record) int { return cmp.Compare(a.Took, b.Took) })
	quantile := func(q float64) time.Duration {
		if len(fastest) == 0 {
			return 0
		}
		return fastest[min(int(q*float64(len(fastest))), len(fastest)-1)].Took
	}
	for _, r := range fastest[max(0, len(fastest)-maxDescribed):] {
		t.Slow = append(t.Slow, fmt.Sprintf("%s %s: %s", r.Begun.Format(time.TimeOnly), r.What, r.Took.Round(time.Millisecond)))
	}
	t.P50, t.P99, t.Slowest = quantile(0.50), quantile(0.99), quantile(1)
	return t
}

// Availability is the share of expected answers, as text. It is rounded down: one
// failure is never 100 %.
func (t Tally) Availability() string {
	if t.Requests == 0 {
		return "0.00 %"
	}
	percent := 100 * float64(t.Requests-t.Failed) / float64(t.Requests)
	return fmt.Sprintf("%.2f %%", math.Floor(100*percent)/100)
}

// Outage is how the crowd noticed that a process died.
type Outage struct {
	// Requests that ended since then, and those of them that failed during the outage.
	Requests, Failed int
	// The times until the last failure, and until the last failure or slow answer, since
	// the process died; 0 if there was none. The outage ends when there is neither for
	// healthyFor: later failures have another cause.
	UntilAnswered, UntilFast time.Duration
	// LongestToStable is the longest time between the request for an order and its stable
	// status, of the orders that got one since then.
	LongestToStable time.Duration
}

// healthyFor is how long all answers have to be good until an outage has ended.
const healthyFor = 5 * time.Second

// Outage summarizes the requests that ended after since. An answer that took longer than
// slow is a slow one.
func (c *Crowd) Outage(since time.Time, slow time.Duration) (o Outage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	later := slices.DeleteFunc(slices.Clone(c.records), func(r Record) bool { return r.ended().Before(since) })
	slices.SortFunc(later, func(a, b Record) int { return a.ended().Compare(b.ended()) })
	o.Requests = len(later)
	for _, r := range later {
		after := r.ended().Sub(since)
		if r.Failure == "" && r.Took <= slow {
			continue
		}
		if after > o.UntilFast+healthyFor {
			break
		}
		o.UntilFast = after
		if r.Failure != "" {
			o.Failed++
			o.UntilAnswered = after
		}
	}
	for _, r := range c.stable {
		if r.at.After(since) {
			o.LongestToStable = max(o.LongestToStable, r.took)
		}
	}
	return o
}

// stableOrder is when an order was seen in its stable status, and how long that took.
type stableOrder struct {
	at   time.Time
	took time.Duration
}

func (c *Crowd) recordStable(o *order) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stable = append(c.stable, stableOrder{now, now.Sub(o.requested)})
}
