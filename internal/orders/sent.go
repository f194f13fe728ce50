package orders

import (
	"context"
	"sync/atomic"
)

// sending is what is known of a call to the engine, of whatever it returns: the
// wiring notes it, below all retries.
type sending struct{ begun, sent atomic.Bool }

type sendingKey struct{}

// watched is a context under which a call is noted.
func watched(ctx context.Context) (context.Context, *sending) {
	s := &sending{}
	return context.WithValue(ctx, sendingKey{}, s), s
}

// NoteCall notes that a call to the engine is begun with, or that it is sent, if
// that matters to its caller.
func NoteCall(ctx context.Context, sent bool) {
	s, ok := ctx.Value(sendingKey{}).(*sending)
	if !ok {
		return
	}
	s.begun.Store(true)
	if sent {
		s.sent.Store(true)
	}
}

// nothing tells whether it is certain that nothing of the call has reached the
// engine. A call that was not noted at all may have.
func (s *sending) nothing() bool { return s.begun.Load() && !s.sent.Load() }
