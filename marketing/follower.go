package marketing

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// failure is why the follower does not make progress at the moment. It is logged once,
// until there is another one or none.
type failure struct {
	what string
	err  error
}

// Kinds of setbacks.
const (
	feedAway       = "the event feed is away"
	feedRefuses    = "the event feed refuses to be read"
	feedUnreadable = "the event feed cannot be understood"
	databaseAway   = "the marketing database is away"
)

func (s failure) Error() string { return s.what + ": " + s.err.Error() }

func (s failure) Unwrap() error { return s.err }

// longestPause is the longest pause after a failure, unless the usual one is longer.
const longestPause = 30 * time.Second

// follower reads the feed page by page.
type follower struct {
	feed      feed
	store     *store
	pollEvery time.Duration
	log       *zap.Logger

	caughtUp atomic.Bool // as far as is known: the last read of the feed found nothing
	failure  string      // the one that was logged
}

func newFollower(f feed, s *store, pollEvery time.Duration, log *zap.Logger) *follower {
	return &follower{feed: f, store: s, pollEvery: pollEvery, log: log}
}

// follow runs until ctx ends, with any dependency away.
func (f *follower) follow(ctx context.Context) {
	setbacks := 0
	for ctx.Err() == nil {
		more, err := f.step(ctx)
		if ctx.Err() != nil {
			return
		}
		f.report(err)
		switch {
		case err != nil:
			f.caughtUp.Store(false)
			setbacks++
			pause(ctx, f.backoff(setbacks))
		case more:
			setbacks = 0
		default:
			setbacks = 0
			pause(ctx, f.pollEvery)
		}
	}
}

// step processes one page and reports whether there is probably another one. It keeps
// nothing in memory: it continues from what was written last, by this process or
// another.
func (f *follower) step(ctx context.Context) (more bool, err error) {
	at, err := f.store.progress(ctx)
	if err != nil {
		return false, failure{databaseAway, err}
	}
	from := at.Cursor
	p, err := f.feed.after(ctx, from)
	if err != nil {
		return false, err
	}
	if p.next != from || !at.Complete {
		err := f.store.take(ctx, from, f.read(from, p))
		if errors.Is(err, errConcurrent) {
			return true, nil
		}
		if err != nil {
			return false, failure{databaseAway, err}
		}
	}
	f.caughtUp.Store(!p.full())
	return p.full(), nil
}

// read parses a page. Unreadable events are skipped: one bad event must not block all
// later ones. The log says where it is, without its content: events name customers.
func (f *follower) read(from string, p page) progress {
	made := progress{cursor: p.next, complete: !p.full()}
	for i, raw := range p.items {
		if err := made.add(raw); err != nil {
			f.log.Warn("an event cannot be read and is skipped",
				zap.String("after", from), zap.Int("position", i), zap.Error(err))
		}
	}
	return made
}

// progress is the result of a page.
type progress struct {
	cursor      string
	complete    bool // nothing followed it in the feed
	lastEventAt time.Time
	bookings    []booking // each order once
	offers      []offer   // each item once
}

func (p *progress) add(raw json.RawMessage) error {
	e, err := readEvent(raw)
	if err != nil {
		return err
	}
	b, booked, err := e.booking()
	if err != nil {
		return err
	}
	o, offered, err := e.offer()
	if err != nil {
		return err
	}
	p.lastEventAt = e.Time
	switch {
	case booked:
		p.addBooking(b)
	case offered:
		p.addOffer(o)
	}
	return nil
}

func (p *progress) addBooking(b booking) {
	for i := range p.bookings {
		if known := &p.bookings[i]; known.OrderID == b.OrderID {
			known.Cancelled = known.Cancelled || b.Cancelled
			return
		}
	}
	p.bookings = append(p.bookings, b)
}

func (p *progress) addOffer(o offer) {
	for i := range p.offers {
		if known := &p.offers[i]; known.Kind == o.Kind && known.ItemID == o.ItemID {
			o.Deleted = o.Deleted || known.Deleted
			*known = o
			return
		}
	}
	p.offers = append(p.offers, o)
}

// report logs what changes.
func (f *follower) report(err error) {
	var s failure
	switch {
	case errors.As(err, &s):
		if s.what != f.failure {
			f.log.Warn(s.what, zap.Error(s.err))
		}
		f.failure = s.what
	case err == nil && f.failure != "":
		f.log.Info("the event feed is followed again")
		f.failure = ""
	}
}

// backoff is the pause after n setbacks in a row: longer each time, with random jitter.
func (f *follower) backoff(setbacks int) time.Duration {
	d := f.pollEvery
	for range setbacks - 1 {
		if d >= longestPause {
			break
		}
		d = min(2*d, longestPause)
	}
	return d/2 + rand.N(d/2+1)
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
