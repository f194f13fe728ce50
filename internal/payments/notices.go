package payments

import (
	"context"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Notices says how a sandbox reports changes of a charge.
type Notices struct {
	// URL is where the Server sends notices, none if it is "", and Secret signs them. The
	// Sandbox delivers its notices in process and needs neither.
	URL, Secret string
	// Late is the time until a notice is sent. If LateUpTo is more, the time is random between
	// the two, so that notices overtake each other.
	Late, LateUpTo time.Duration
	// Twice: each is sent twice. Forged: the Server signs with another secret. Lost: none
	// is sent.
	Twice, Forged, Lost bool
}

// noticeSwitches are Notices as JSON, without the secret, with the numbers of sent notices.
type noticeSwitches struct {
	URL      string `json:"url"`
	Late     string `json:"late"`
	Twice    bool   `json:"twice"`
	Forged   bool   `json:"forged"`
	Lost     bool   `json:"lost"`
	Sent     int64  `json:"sent"`     // accepted by the receiver
	UnderWay int64  `json:"underWay"` // delayed, or repeated until they are accepted
}

func (c *conduct) noticesInWords() noticeSwitches {
	n := c.Behaviour().Notices
	return noticeSwitches{n.URL, rangeInWords(n.Late, n.LateUpTo), n.Twice, n.Forged, n.Lost, c.sender.sent.Load(), c.sender.underWay.Load()}
}

// set changes the switches of notices, and returns a fault for every wrong field.
func (n *Notices) set(value json.RawMessage) (faults []fieldError) {
	fields, ok := valueOf[map[string]json.RawMessage](value)
	if !ok {
		return []fieldError{{"notices", "must be an object"}}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if complaint := n.setOne(name, fields[name]); complaint != "" {
			faults = append(faults, fieldError{"notices." + name, complaint})
		}
	}
	return faults
}

func (n *Notices) setOne(name string, value json.RawMessage) (complaint string) {
	switch name {
	case "url":
		return setURL(&n.URL, value)
	case "secret":
		text, ok := valueOf[string](value)
		if !ok {
			return "must be a text, such as whsec_sandbox"
		}
		n.Secret = text
		return ""
	case "late":
		return setRange(&n.Late, &n.LateUpTo, value)
	case "twice":
		return setBool(&n.Twice, value)
	case "forged":
		return setBool(&n.Forged, value)
	case "lost":
		return setBool(&n.Lost, value)
	default:
		return "is not a switch of notices: these are url, secret, late, twice, forged and lost"
	}
}

func setURL(to *string, value json.RawMessage) (complaint string) {
	text, ok := valueOf[string](value)
	u, err := url.Parse(text)
	if !ok || text != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		return "must be a URL such as http://127.0.0.1:8080/v1/payments/notices"
	}
	*to = text
	return ""
}

// notice is a notice with its object as the Server shows it.
type notice struct {
	booking.PaymentNotice
	object any
}

// Bounds of the time between two attempts to send a notice, how long it is tried, and how
// many are sent at a time.
const (
	soonestTry  = 500 * time.Millisecond
	latestTry   = 30 * time.Second
	noticesLast = time.Hour
	sentAtOnce  = 8
)

// sender sends notices until it is closed. Notices under way are lost then.
type sender struct {
	send  func(context.Context, notice, Notices) error // after an error it is sent again
	ctx   context.Context                              // a notice outlives the request that caused it
	end   context.CancelFunc
	slots chan struct{}

	mu             sync.Mutex
	closed         bool
	all            sync.WaitGroup
	sent, underWay atomic.Int64
}

func newSender(send func(context.Context, notice, Notices) error) *sender {
	ctx, end := context.WithCancel(context.Background())
	return &sender{send: send, ctx: ctx, end: end, slots: make(chan struct{}, sentAtOnce)}
}

// Close ends the sending of notices.
func (c *conduct) Close() {
	h := c.sender
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.end()
	h.all.Wait()
}

// beside runs f in a goroutine of its own, unless the sender is closed.
func (h *sender) beside(f func(context.Context)) (runs bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.all.Go(func() { f(h.ctx) })
	}
	return !h.closed
}

// sendAs sends a notice as the switches say.
func (h *sender) sendAs(n notice, as Notices) {
	if as.Lost {
		return
	}
	copies := 1
	if as.Twice {
		copies++
	}
	for range copies {
		h.underWay.Add(1)
		runs := h.beside(func(ctx context.Context) {
			defer h.underWay.Add(-1)
			h.deliver(ctx, n, as)
		})
		if !runs {
			h.underWay.Add(-1)
		}
	}
}

func (h *sender) deliver(ctx context.Context, n notice, as Notices) {
	ctx, cancel := context.WithTimeout(ctx, noticesLast)
	defer cancel()
	wait, again := as.late(), soonestTry
	for {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		if h.once(ctx, n, as) == nil {
			h.sent.Add(1)
			return
		}
		wait, again = again, min(2*again, latestTry)
	}
}

func (h *sender) once(ctx context.Context, n notice, as Notices) error {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
		return h.send(ctx, n, as)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (n Notices) late() time.Duration {
	if n.LateUpTo <= n.Late {
		return n.Late
	}
	return n.Late + rand.N(n.LateUpTo-n.Late+1)
}
