package api

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

const (
	// eventsAtOnce is how many events a stream reads and holds at a time.
	eventsAtOnce = 100
	// readsAtOnce limits the concurrent reads of all streams that have caught up, and
	// as many of those that are behind. Writes to the database come first, and a reader
	// that is behind does not delay others.
	readsAtOnce = 1
	// readWithin is the time limit of a read, including the wait for its turn.
	readWithin = 5 * time.Second
	// batchesKept is more than the batches between any two readers that have caught
	// up.
	batchesKept = 16
)

// batch is the events that follow a cursor in the feed, formatted for streams.
type batch struct {
	text []byte
	size int    // in events
	next string // the cursor to continue from
	// pieces are the events of the text.
	pieces []piece
}

// piece is one event of a batch: its order's customer and owner, and where it ends in
// the text.
type piece struct {
	of  followed
	end int
}

// of is the text of the selected events.
func (s batch) of(f followed) []byte {
	if f == (followed{}) {
		return s.text
	}
	var text []byte
	begin := 0
	for _, p := range s.pieces {
		if f.has(p.of) {
			text = append(text, s.text[begin:p.end]...)
		}
		begin = p.end
	}
	return text
}

// feedCache caches the newest part of the feed for all streams: readers that have caught
// up read the same events, and one of them reads for all.
type feedCache struct {
	fetch  func(ctx context.Context, after string) (batch, error)
	turns  chan struct{} // a token per read
	behind chan struct{} // a token per read of a reader that is behind
	log    *zap.Logger

	mu      sync.Mutex
	kept    map[string]batch // by the cursor before each; batches are added, but never change
	oldest  []string         // cursors of kept, the oldest first
	end     string           // a cursor without events after it
	endSeen time.Time        // when the read began that found no events after end
	failing bool             // the last read failed
}

func newFeedCache(read func(context.Context, string) (batch, error), log *zap.Logger) *feedCache {
	return &feedCache{
		fetch: read, turns: make(chan struct{}, readsAtOnce), behind: make(chan struct{}, readsAtOnce), log: log, kept: map[string]batch{},
	}
}

// read returns the events that follow the cursor: all events that existed at the call, or
// the first eventsAtOnce of them.
func (c *feedCache) read(ctx context.Context, after string, behind bool) (batch, error) {
	since, turns := time.Now(), c.turns
	if behind {
		turns = c.behind
	}
	if s, known := c.known(after, since); known {
		return s, nil
	}
	return c.inTurn(ctx, turns, func(limited context.Context) (batch, error) {
		if s, known := c.known(after, since); known { // another reader has read it meanwhile
			return s, nil
		}
		begun := time.Now()
		s, err := c.noted(ctx, limited, func(ctx context.Context) (batch, error) { return c.fetch(ctx, after) })
		if err == nil {
			c.keep(after, s, begun)
		}
		return s, err
	})
}

// catchUp reads for one reader that is behind, and caches nothing.
func (c *feedCache) catchUp(ctx context.Context, read func(context.Context) (batch, error)) (batch, error) {
	return c.inTurn(ctx, c.behind, func(limited context.Context) (batch, error) { return c.noted(ctx, limited, read) })
}

// inTurn calls read in one of the turns, with a deadline.
func (c *feedCache) inTurn(ctx context.Context, turns chan struct{}, read func(context.Context) (batch, error)) (batch, error) {
	limited, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	select {
	case turns <- struct{}{}:
		defer func() { <-turns }()
		return read(limited)
	case <-limited.Done():
		return batch{}, limited.Err()
	}
}

// noted calls read, and records whether it failed. A read that its reader has cancelled
// records nothing.
func (c *feedCache) noted(ctx, limited context.Context, read func(context.Context) (batch, error)) (batch, error) {
	s, err := read(limited)
	if ctx.Err() == nil {
		c.note(err)
	}
	return s, err
}

func (c *feedCache) known(after string, since time.Time) (batch, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, known := c.kept[after]; known {
		return s, true
	}
	return batch{next: after}, c.end == after && c.endSeen.After(since)
}

// keep caches a read that began at begun.
func (c *feedCache) keep(after string, s batch, begun time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.size == 0 {
		c.end, c.endSeen = after, begun
		return
	}
	if _, known := c.kept[after]; known {
		return
	}
	if len(c.oldest) == batchesKept {
		delete(c.kept, c.oldest[0])
		c.oldest = c.oldest[1:]
	}
	c.kept[after], c.oldest = s, append(c.oldest, after)
}

// note logs an outage once: streams keep trying.
func (c *feedCache) note(err error) {
	if errors.Is(err, &booking.Error{Code: booking.InvalidCursor}) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil && !c.failing {
		c.log.Warn("events cannot be read for streams", zap.Error(err))
	}
	c.failing = err != nil
}
