package orders

import (
	"context"
	"sync/atomic"
)

// sending is what is known of a call to the engine: the client's interceptor records it,
// below all retries.
type sending struct{ begun, sent atomic.Bool }

type sendingKey struct{}

// watched is a context under which a call is recorded.
func watched(ctx context.Context) (context.Context, *sending) {
	s := &sending{}
	return context.WithValue(ctx, sendingKey{}, s), s
}

// NoteCall records that a call to the engine has begun or, with sent, that it is sent, if
// its caller watches it.
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

// nothing reports whether it is certain that nothing of the call has reached the engine. It
// is not for a call that was not recorded.
func (s *sending) nothing() bool { return s.begun.Load() && !s.sent.Load() }
