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
	// lookAgain is how long a stream waits to be told of news before it looks
	// for itself: an event can come to light after its tick, when a transaction
	// that was open beside it has ended.
	lookAgain = time.Second
	// gather is how long a stream lets ticks come together. The first of them
	// may also be ahead of its change.
	gather = 20 * time.Millisecond
)

// stream is one reader's connection to the feed. What it reads, it reads
// through the window.
type stream struct {
	*server
	w     http.ResponseWriter
	conn  *http.ResponseController
	ticks <-chan struct{}
	of    followed
	// behind: more follows than was read last. A reader who follows some orders only is
	// behind until all that is older than the beginning of the stream was read.
	behind bool
}

// streamEvents begins a stream: what can be wrong with it is found out while
// there still is a status to say so with.
func (s *server) streamEvents(ctx context.Context, in *eventList) (*eventsAnswer, error) {
	if err := s.admitStream(ctx, in.caller); err != nil {
		return nil, err
	}
	ticks, leave := s.Hub.Ticks() // before the first look, so that nothing happens unseen
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

// start reads what the stream begins with. A reader who follows from now on is told
// the place in the greeting: it can go on there although nothing has happened yet.
func (st *stream) start(ctx context.Context, in *eventList) (greeting []byte, first stretch, err error) {
	after, field := in.After, "after"
	if in.LastEventID != "" {
		after, field = in.LastEventID, "Last-Event-ID"
	}
	if field == "after" && after == fromNow {
		if after, err = st.ReadModel.EndOfFeed(ctx); err != nil {
			return nil, stretch{}, err
		}
		greeting = []byte("id: " + after + "\n\n")
	} else {
		st.behind = st.of != (followed{})
	}
	first, err = st.look(ctx, after)
	if err != nil {
		return nil, stretch{}, cursorFault(err, field)
	}
	st.behind = first.size == eventsAtOnce
	return greeting, first, nil
}

// admitStream lets one more stream in, which endStream ends.
func (s *server) admitStream(ctx context.Context, caller string) error {
	if !s.Admission.Callers.Follow(caller) {
		return newProblem(tooManyStreamsOfOne, "this caller follows the events with %d streams here already", s.Admission.MaxStreamsOfOne)
	}
	if s.Admission.Streams.Enter(ctx) != nil {
		s.Admission.Callers.Leave(caller)
		return newProblem(tooManyStreams, "%d readers follow the events here already", s.Admission.MaxStreams)
	}
	return nil
}

func (s *server) endStream(caller string) {
	s.Admission.Callers.Leave(caller)
	s.Admission.Streams.Leave(true)
}

// begin sends the header. From here on the reader may stay as long as it wants:
// the server's deadline for requests is over once this one has been read, and
// its deadline for answers gives way to one for each write.
func (st *stream) begin(greeting []byte) {
	header := st.w.Header()
	header.Set("Content-Type", streamMediaType)
	header.Set("Cache-Control", "no-cache")
	header.Set("X-Accel-Buffering", "no") // nginx would hold events back
	_ = st.write(greeting)                // who has gone already is noticed by run
}

// run sends what was found first and all that follows it, until the reader goes,
// falls too far behind, may not read it any more, or the server shuts down.
func (st *stream) run(r *http.Request, first stretch) {
	ctx, end := context.WithCancelCause(r.Context())
	defer end(nil)
	stretches := make(chan stretch)
	heartbeat := time.NewTicker(st.Heartbeat)
	defer heartbeat.Stop()

	err := st.write(first.of(st.of))
	go st.read(ctx, first.next, stretches)
	go st.watch(ctx, r.Header, end)
	for err == nil {
		select {
		case s := <-stretches:
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

// read hands over what follows the cursor, stretch by stretch, until ctx ends.
// It looks on only when a stretch was taken. While the feed cannot be read the
// reader stays, and so does its place: it misses nothing.
func (st *stream) read(ctx context.Context, after string, stretches chan<- stretch) {
	for ctx.Err() == nil {
		s, err := st.look(ctx, after)
		if err != nil {
			pause(ctx, lookAgain)
			continue
		}
		st.behind = s.size == eventsAtOnce
		if s.size == 0 {
			after = s.next
			st.awaitNews(ctx)
			continue
		}
		select {
		case stretches <- s:
			after = s.next
		case <-ctx.Done():
		}
	}
}

// look answers what follows the cursor. A reader who is behind, and follows some
// orders only, reads theirs only.
func (st *stream) look(ctx context.Context, after string) (stretch, error) {
	if st.behind && st.of != (followed{}) {
		return st.window.catchUp(ctx, func(ctx context.Context) (stretch, error) { return st.readStretch(ctx, st.of, after) })
	}
	return st.window.look(ctx, after, st.behind)
}

// awaitNews returns when there may be something new.
func (st *stream) awaitNews(ctx context.Context) {
	again := time.NewTimer(lookAgain)
	defer again.Stop()
	select {
	case <-st.ticks:
		pause(ctx, gather)
	case <-again.C:
	case <-ctx.Done():
	}
	select {
	case <-st.ticks: // the look that follows is for this one, too
	default:
	}
}

// pause waits, and not longer than ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// readStretch reads what follows a cursor and writes it the way EventSource
// wants it.
func (s *server) readStretch(ctx context.Context, of followed, after string) (stretch, error) {
	events, next, err := s.eventsOf(ctx, of, after, eventsAtOnce)
	if err != nil {
		return stretch{}, err
	}
	var text bytes.Buffer
	pieces := make([]piece, len(events))
	for i, e := range events {
		fmt.Fprintf(&text, "id: %s\nevent: %s\ndata: ", e.Cursor, e.Type)
		if err := s.huma.Marshal(&text, "application/json", envelope(e)); err != nil { // one line, with its end
			return stretch{}, err
		}
		text.WriteByte('\n')
		pieces[i] = piece{orderOf(e), text.Len()}
	}
	return stretch{text: text.Bytes(), size: len(events), next: next, pieces: pieces}, nil
}

// write gives a reader that is slow or has vanished up after a while.
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

// streams tells whether an operation can answer with a stream.
func streams(op *huma.Operation) bool {
	ok := op.Responses["200"]
	return ok != nil && ok.Content[streamMediaType] != nil
}

// prefersStream tells whether an Accept header names event streams, and gives
// nothing else more weight than them: browsers' EventSource names nothing else,
// and who takes anything gets JSON.
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
