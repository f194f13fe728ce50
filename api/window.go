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
	// looksAtOnce bounds what all streams together take of the database, for those who
	// have caught up and as much for those who are behind: those who write to it come
	// first, and a reader who is behind delays no other one.
	looksAtOnce = 1
	// lookFor is how long a look at the feed may take, its turn included.
	lookFor = 5 * time.Second
	// stretchesKept is more than the stretches between one reader who has
	// caught up and another.
	stretchesKept = 16
)

// stretch is what follows a cursor in the feed, the way it goes out to streams.
type stretch struct {
	text []byte
	size int    // in events
	next string // the cursor to go on from
	// pieces are those of the text, one for each event.
	pieces []piece
}

// piece is one event of a stretch: whose order it is of, and where it ends.
type piece struct {
	of  followed
	end int
}

// of is the text of the events that are followed.
func (s stretch) of(f followed) []byte {
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

// window is the newest part of the feed, which all streams look through:
// readers who have caught up take the same way, and one of them reads for all.
type window struct {
	read   func(ctx context.Context, after string) (stretch, error)
	turns  chan struct{} // holds a token for each read
	behind chan struct{} // and this for those of readers who are behind
	log    *zap.Logger

	mu      sync.Mutex
	kept    map[string]stretch // by the cursor before each; it may get longer, but never changes
	oldest  []string           // cursors of kept, the oldest first
	end     string             // a cursor that nothing followed
	endSeen time.Time          // when the read began that found so
	failing bool               // the last read did
}

func newWindow(read func(context.Context, string) (stretch, error), log *zap.Logger) *window {
	return &window{
		read: read, turns: make(chan struct{}, looksAtOnce), behind: make(chan struct{}, looksAtOnce), log: log, kept: map[string]stretch{},
	}
}

// look answers what follows the cursor, all that was there when it was asked or
// the beginning of that.
func (w *window) look(ctx context.Context, after string, behind bool) (stretch, error) {
	asked, turns := time.Now(), w.turns
	if behind {
		turns = w.behind
	}
	if s, known := w.known(after, asked); known {
		return s, nil
	}
	return w.inTurn(ctx, turns, func(limited context.Context) (stretch, error) {
		if s, known := w.known(after, asked); known { // somebody has read it meanwhile
			return s, nil
		}
		begun := time.Now()
		s, err := w.noted(ctx, limited, func(ctx context.Context) (stretch, error) { return w.read(ctx, after) })
		if err == nil {
			w.keep(after, s, begun)
		}
		return s, err
	})
}

// catchUp reads for one reader who is behind, and keeps nothing.
func (w *window) catchUp(ctx context.Context, read func(context.Context) (stretch, error)) (stretch, error) {
	return w.inTurn(ctx, w.behind, func(limited context.Context) (stretch, error) { return w.noted(ctx, limited, read) })
}

// inTurn calls read in one of the turns, with a context that ends in time.
func (w *window) inTurn(ctx context.Context, turns chan struct{}, read func(context.Context) (stretch, error)) (stretch, error) {
	limited, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	select {
	case turns <- struct{}{}:
		defer func() { <-turns }()
		return read(limited)
	case <-limited.Done():
		return stretch{}, limited.Err()
	}
}

// noted calls read, and notes whether the feed answers. Of a reader who has left that
// says nothing.
func (w *window) noted(ctx, limited context.Context, read func(context.Context) (stretch, error)) (stretch, error) {
	s, err := read(limited)
	if ctx.Err() == nil {
		w.note(err)
	}
	return s, err
}

func (w *window) known(after string, asked time.Time) (stretch, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s, known := w.kept[after]; known {
		return s, true
	}
	return stretch{next: after}, w.end == after && w.endSeen.After(asked)
}

// keep remembers what a read has found that began then.
func (w *window) keep(after string, s stretch, begun time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.size == 0 {
		w.end, w.endSeen = after, begun
		return
	}
	if _, known := w.kept[after]; known {
		return
	}
	if len(w.oldest) == stretchesKept {
		delete(w.kept, w.oldest[0])
		w.oldest = w.oldest[1:]
	}
	w.kept[after], w.oldest = s, append(w.oldest, after)
}

// note logs an outage, once, since streams go on trying all the time.
func (w *window) note(err error) {
	if errors.Is(err, &booking.Error{Code: booking.InvalidCursor}) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil && !w.failing {
		w.log.Warn("events cannot be read for streams", zap.Error(err))
	}
	w.failing = err != nil
}
