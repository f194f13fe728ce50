package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"go.uber.org/zap"
)

const (
	// pollEvery is how long a stream waits for a tick before it reads anyway: an event
	// can become visible after its tick, when a transaction that was open beside it has
	// ended.
	pollEvery = time.Second
	// gather is how long a stream collects ticks before it reads. The first of them may
	// also come before its change is visible.
	gather = 20 * time.Millisecond
)

// stream is one reader's connection to the feed. It reads through the feedCache.
type stream struct {
	*server
	w     http.ResponseWriter
	conn  *http.ResponseController
	ticks <-chan struct{}
	of    followed
	// behind: there is more to read. A reader of some orders is behind until everything
	// before the beginning of the stream was read.
	behind bool
}

// streamEvents begins a stream. All its faults are found before the status is sent.
func (s *server) streamEvents(ctx context.Context, in *eventList) (*eventsAnswer, error) {
	if err := s.admitStream(ctx, in.caller); err != nil {
		return nil, err
	}
	ticks, leave := s.Hub.Ticks() // before the first read, so that no event is missed
	end := func() { leave(); s.endStream(in.caller) }
	st := &stream{server: s, ticks: ticks, of: in.followed()}
	greeting, first, err := st.start(ctx, in)
	if err != nil {
		end()
		return nil, err
	}
	return &eventsAnswer{Body: func(ctx huma.Context) {
		defer end()
		c := humagin.Unwrap(ctx)
		st.w, st.conn = c.Writer, http.NewResponseController(c.Writer)
		st.begin(greeting)
		if isHEAD(c.Request.Context()) {
			return
		}
		st.run(c.Request, first)
	}}, nil
}

// start reads the first events of the stream. A reader that begins now gets its cursor
// in the greeting, so that it can resume before any event has happened.
func (st *stream) start(ctx context.Context, in *eventList) (greeting []byte, first batch, err error) {
	after, field := in.After, "after"
	if in.LastEventID != "" {
		after, field = in.LastEventID, "Last-Event-ID"
	}
	if field == "after" && after == fromNow {
		if after, err = st.ReadModel.EndOfFeed(ctx); err != nil {
			return nil, batch{}, err
		}
		greeting = []byte("id: " + after + "\n\n")
	} else {
		st.behind = st.of != (followed{})
	}
	first, err = st.next(ctx, after)
	if err != nil {
		return nil, batch{}, cursorFault(err, field)
	}
	st.behind = first.size == eventsAtOnce
	return greeting, first, nil
}

// admitStream reserves a place for a stream; endStream releases it.
func (s *server) admitStream(ctx context.Context, caller string) error {
	if !s.Admission.Callers.OpenStream(caller) {
		return newProblem(tooManyStreamsOfOne, "this caller follows the events with %d streams here already", s.Admission.MaxStreamsOfOne)
	}
	if s.Admission.Streams.Enter(ctx) != nil {
		s.Admission.Callers.CloseStream(caller)
		return newProblem(tooManyStreams, "%d readers follow the events here already", s.Admission.MaxStreams)
	}
	return nil
}

func (s *server) endStream(caller string) {
	s.Admission.Callers.CloseStream(caller)
	s.Admission.Streams.Leave(true)
}

// begin sends the header. From here on the connection has no time limit as a whole: the
// server's read deadline no longer applies, and its write deadline is replaced by one
// for each write.
func (st *stream) begin(greeting []byte) {
	header := st.w.Header()
	header.Set("Content-Type", streamMediaType)
	header.Set("Cache-Control", "no-cache")
	header.Set("X-Accel-Buffering", "no") // otherwise nginx buffers events
	_ = st.write(greeting)                // run notices that the client has gone
}

// run sends the first events and all that follow, until the reader goes, is too slow,
// may no longer read, or the server shuts down.
func (st *stream) run(r *http.Request, first batch) {
	ctx, end := context.WithCancelCause(r.Context())
	defer end(nil)
	batches := make(chan batch)
	heartbeat := time.NewTicker(st.Heartbeat)
	defer heartbeat.Stop()

	err := st.write(first.of(st.of))
	go st.read(ctx, first.next, batches)
	go st.watch(ctx, r.Header, end)
	for err == nil {
		select {
		case s := <-batches:
			if text := s.of(st.of); len(text) > 0 {
				err = st.write(text)
			}
		case <-heartbeat.C:
			err = st.write([]byte(": alive\n\n"))
		case <-ctx.Done():
			err = context.Cause(ctx)
		case <-st.Closing:
			return
		}
	}
	st.Logger.Debug("stream of events has ended", zap.Error(err))
}

// read sends the events that follow the cursor, one batch after another, until ctx ends. It reads
// the next batch once the last one was sent. While the feed is away, the stream stays open and
// misses no event.
func (st *stream) read(ctx context.Context, after string, batches chan<- batch) {
	for ctx.Err() == nil {
		s, err := st.next(ctx, after)
		if err != nil {
			pause(ctx, pollEvery)
			continue
		}
		st.behind = s.size == eventsAtOnce
		if s.size == 0 {
			after = s.next
			st.awaitNews(ctx)
			continue
		}
		select {
		case batches <- s:
			after = s.next
		case <-ctx.Done():
		}
	}
}

// next returns the events that follow the cursor. For a reader that is behind and
// follows some orders, it reads only those.
func (st *stream) next(ctx context.Context, after string) (batch, error) {
	if st.behind && st.of != (followed{}) {
		return st.feed.catchUp(ctx, func(ctx context.Context) (batch, error) { return st.readBatch(ctx, st.of, after) })
	}
	return st.feed.read(ctx, after, st.behind)
}

// awaitNews returns when there may be new events.
func (st *stream) awaitNews(ctx context.Context) {
	again := time.NewTimer(pollEvery)
	defer again.Stop()
	select {
	case <-st.ticks:
		pause(ctx, gather)
	case <-again.C:
	case <-ctx.Done():
	}
	select {
	case <-st.ticks: // the following read covers this tick, too
	default:
	}
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// readBatch reads the events that follow a cursor and formats them for EventSource.
func (s *server) readBatch(ctx context.Context, of followed, after string) (batch, error) {
	events, next, err := s.eventsOf(ctx, of, after, eventsAtOnce)
	if err != nil {
		return batch{}, err
	}
	var text bytes.Buffer
	pieces := make([]piece, len(events))
	for i, e := range events {
		fmt.Fprintf(&text, "id: %s\nevent: %s\ndata: ", e.Cursor, e.Type)
		if err := s.huma.Marshal(&text, "application/json", envelope(e)); err != nil { // one line, with its line feed
			return batch{}, err
		}
		text.WriteByte('\n')
		pieces[i] = piece{orderOf(e), text.Len()}
	}
	return batch{text: text.Bytes(), size: len(events), next: next, pieces: pieces}, nil
}

// write fails for a reader that is slow or has vanished.
func (st *stream) write(text []byte) error {
	_ = st.conn.SetWriteDeadline(time.Now().Add(st.WriteWithin))
	if _, err := st.w.Write(text); err != nil {
		return err
	}
	return st.conn.Flush()
}

const streamMediaType = "text/event-stream"

var streamSchema = &huma.Schema{
	Type: huma.TypeString,
	Description: "Server-Sent Events. In each, id is the cursor of the events after it, event its type, and data the same " +
		"CloudEvent as in the list, on one line. A comment every 15 s shows that the stream is alive.",
}

// streams reports whether an operation can answer with a stream.
func streams(op *huma.Operation) bool {
	ok := op.Responses["200"]
	return ok != nil && ok.Content[streamMediaType] != nil
}

// prefersStream reports whether an Accept header names event streams and weighs nothing
// else higher. Browsers' EventSource names nothing else; a client that accepts anything
// gets JSON.
func prefersStream(accept []string) bool {
	var stream, other float64
	for _, part := range strings.Split(strings.Join(accept, ","), ",") {
		mediaType, params, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(mediaType), streamMediaType) {
			stream = max(stream, quality(params))
		} else if acceptsJSON([]string{part}) {
			other = max(other, quality(params))
		}
	}
	return stream > 0 && stream >= other
}
