package crowd

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// Record is one request. Failure says how it was answered instead of as
// expected, "" for one that was.
type Record struct {
	Begun   time.Time
	Took    time.Duration
	What    string
	Failure string
}

func (r Record) ended() time.Time { return r.Begun.Add(r.Took) }

// Tally is what came of all requests.
type Tally struct {
	Requests, Failed, Orders int
	// Slowest answer, failures included, and the quantiles.
	P50, P99, Slowest time.Duration
	// Failures are the first few, Slow the slowest few, in words.
	Failures, Slow []string
}

// tell is how many requests are told of.
const tell = 10

// Tally sums up so far.
func (c *Crowd) Tally() Tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := Sum(c.records)
	t.Orders = len(c.orders)
	return t
}

// Sum is what came of the requests.
func Sum(records []Record) Tally {
	t := Tally{Requests: len(records)}
	for _, r := range records {
		if r.Failure == "" {
			continue
		}
		if t.Failed++; len(t.Failures) < tell {
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
	for _, r := range fastest[max(0, len(fastest)-tell):] {
		t.Slow = append(t.Slow, fmt.Sprintf("%s %s: %s", r.Begun.Format(time.TimeOnly), r.What, r.Took.Round(time.Millisecond)))
	}
	t.P50, t.P99, t.Slowest = quantile(0.50), quantile(0.99), quantile(1)
	return t
}

// Availability is the share of requests that were answered as expected, in
// words. It is rounded down: one failure is never 100 %.
func (t Tally) Availability() string {
	if t.Requests == 0 {
		return "0.00 %"
	}
	percent := 100 * float64(t.Requests-t.Failed) / float64(t.Requests)
	return fmt.Sprintf("%.2f %%", math.Floor(100*percent)/100)
}

// Outage is how the crowd saw something die.
type Outage struct {
	// Requests that ended since, and those of them that failed until it was over.
	Requests, Failed int
	// Until the last failure, and until the last failure or slow answer: since
	// the death, 0 when there was none. It is over when for a while there was
	// neither: what comes later has another cause.
	UntilAnswered, UntilFast time.Duration
	// LongestToRest is how long the slowest order, of those that came to rest
	// since, had been on its way.
	LongestToRest time.Duration
}

// over is how long it has to go well for an outage to be over.
const over = 5 * time.Second

// Outage tells what became of requests that ended after an instant. An answer
// that took longer than slow is a slow one.
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
		if after > o.UntilFast+over {
			break
		}
		o.UntilFast = after
		if r.Failure != "" {
			o.Failed++
			o.UntilAnswered = after
		}
	}
	for _, r := range c.rests {
		if r.at.After(since) {
			o.LongestToRest = max(o.LongestToRest, r.took)
		}
	}
	return o
}

// rest is an order that was seen at rest, and for how long it had been on its way.
type rest struct {
	at   time.Time
	took time.Duration
}

func (c *Crowd) rested(o *order) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rests = append(c.rests, rest{now, now.Sub(o.asked)})
}
