package admission

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"golang.org/x/time/rate"
)

// RefillTime is the time in which an empty token bucket of a caller fills up.
const RefillTime = 10 * time.Second

// Share names a resource of which one caller may use only a part.
type Share string

// All shares.
const (
	ShareOfRequests Share = "requests"
	ShareOfStreams  Share = "streams"
	ShareOfCalls    Share = "calls" // calls that wait for a cleaner
	ShareOfInbox    Share = "inbox"
)

// Callers bounds what a process does for one caller, so that there is room for
// the others. Each caller has a token bucket that holds the requests of one
// RefillTime. A caller without a name is not counted.
type Callers struct {
	limits  Limits
	refused map[Share]prometheus.Counter

	mu sync.Mutex
	// recent holds the buckets used since rotatedAt, older those used in the RefillTime
	// before. A bucket that is not used for RefillTime is full, like a new one, so it
	// is forgotten.
	recent, older map[string]*rate.Limiter
	rotatedAt     time.Time
	streams       map[string]int // open streams
}

func newCallers(l Limits, registry prometheus.Registerer) *Callers {
	refused := promauto.With(registry).NewCounterVec(prometheus.CounterOpts{
		Name: "yeyak_callers_refused_total", Help: "Requests that were answered 429 since their caller has as much as one may, by what that is.",
	}, []string{"of"})
	c := &Callers{limits: l, refused: map[Share]prometheus.Counter{}, recent: map[string]*rate.Limiter{}, streams: map[string]int{}}
	for _, of := range []Share{ShareOfRequests, ShareOfStreams, ShareOfCalls, ShareOfInbox} {
		c.refused[of] = refused.WithLabelValues(string(of))
	}
	return c
}

// Refused counts a request that was refused because its caller has used its share.
func (c *Callers) Refused(of Share) { c.refused[of].Inc() }

// counts reports whether there is a limit for the caller.
func (c *Callers) counts(caller string) bool { return caller != "" && c.limits.PerSecond > 0 }

// Quota says how many requests a caller may send.
type Quota struct {
	Most, Left int
	// Exceeded means that the request is over the limit.
	Exceeded bool
	// Reset is the time until Left is Most again. If the request is over the limit,
	// it is the time until the next one is admitted.
	Reset time.Duration
}

// Request counts a request of the caller. A request over the limit uses no token.
// It returns false for a caller that is not counted.
func (c *Callers) Request(caller string) (Quota, bool) {
	if !c.counts(caller) {
		return Quota{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	bucket := c.bucket(caller, now)
	return c.quota(bucket, now, !bucket.AllowN(now, 1)), true
}

// Exceeded reports whether a request of the caller would be over the limit, without
// counting it. It is for a request that may have to be refused before it is known
// whether it counts for the caller.
func (c *Callers) Exceeded(caller string) (Quota, bool) {
	if !c.counts(caller) {
		return Quota{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	bucket := c.recent[caller]
	if bucket == nil {
		bucket = c.older[caller]
	}
	if bucket == nil || bucket.TokensAt(now) >= 1 {
		return Quota{}, false
	}
	return c.quota(bucket, now, true), true
}

// quota is the caller's quota after a request.
func (c *Callers) quota(bucket *rate.Limiter, now time.Time, exceeded bool) Quota {
	left := bucket.TokensAt(now)
	q := Quota{Most: bucket.Burst(), Left: int(left), Exceeded: exceeded}
	missing := float64(q.Most) - left
	if exceeded {
		c.Refused(ShareOfRequests)
		q.Left, missing = 0, 1-left
	}
	q.Reset = time.Duration(missing / float64(bucket.Limit()) * float64(time.Second))
	return q
}

// bucket returns the caller's bucket, a new one if it has none.
func (c *Callers) bucket(caller string, now time.Time) *rate.Limiter {
	if now.Sub(c.rotatedAt) >= RefillTime {
		c.recent, c.older, c.rotatedAt = map[string]*rate.Limiter{}, c.recent, now
	}
	b := c.recent[caller]
	if b == nil {
		b = c.older[caller]
	}
	if b == nil {
		b = rate.NewLimiter(rate.Limit(c.limits.PerSecond), c.limits.PerSecond*int(RefillTime/time.Second))
	}
	c.recent[caller] = b
	return b
}

// OpenStream reserves a stream for the caller. It returns false if the caller already has
// MaxStreamsOfOne.
func (c *Callers) OpenStream(caller string) bool {
	if !c.counts(caller) {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.streams[caller] >= c.limits.MaxStreamsOfOne {
		c.Refused(ShareOfStreams)
		return false
	}
	c.streams[caller]++
	return true
}

// CloseStream releases a stream that OpenStream reserved.
func (c *Callers) CloseStream(caller string) {
	if !c.counts(caller) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.streams[caller]--; c.streams[caller] == 0 {
		delete(c.streams, caller)
	}
}
