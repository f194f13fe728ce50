package api

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/booking"
)

// often makes heartbeats frequent.
func often(d *testDeps) { d.Heartbeat = 10 * time.Millisecond }

// serve runs the API in net/http's server.
func (b *bundle) serve(change ...func(*http.Server)) *httptest.Server {
	server := httptest.NewUnstartedServer(b.handler)
	for _, f := range change {
		f(server.Config)
	}
	server.Start()
	b.t.Cleanup(server.Close)
	return server
}

// connection is a reader's end of a stream.
type connection struct {
	*http.Response
	t     *testing.T
	lines *bufio.Reader
	leave func()
}

// open requests a stream, without checking the answer.
func (b *bundle) open(server *httptest.Server, query string, headers ...string) *connection {
	b.t.Helper()
	ctx, leave := context.WithTimeout(b.t.Context(), time.Minute)
	b.t.Cleanup(leave)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/v1/events"+query, http.NoBody)
	require.NoError(b.t, err)
	r.Header.Set("Accept", streamMediaType)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	a, err := server.Client().Do(r)
	require.NoError(b.t, err)
	b.t.Cleanup(func() { a.Body.Close() })
	return &connection{a, b.t, bufio.NewReader(a.Body), leave}
}

// follow opens a stream and requires that it begins.
func (b *bundle) follow(server *httptest.Server, query string, headers ...string) *connection {
	b.t.Helper()
	c := b.open(server, query, headers...)
	require.Equal(b.t, http.StatusOK, c.StatusCode)
	require.Equal(b.t, streamMediaType, c.Header.Get("Content-Type"))
	return c
}

// message reads up to the next blank line.
func (c *connection) message() string {
	c.t.Helper()
	var message strings.Builder
	for {
		line, err := c.lines.ReadString('\n')
		require.NoError(c.t, err)
		if line == "\n" {
			return message.String()
		}
		message.WriteString(line)
	}
}

// event reads the id of the next event, skipping heartbeats.
func (c *connection) event() string {
	c.t.Helper()
	for {
		if id, found := strings.CutPrefix(c.message(), "id: "); found {
			id, _, _ = strings.Cut(id, "\n")
			return id
		}
	}
}

// problem reads the problem that was answered instead of a stream.
func (c *connection) problem(b *bundle, status int, code booking.Code) problem {
	c.t.Helper()
	text, err := io.ReadAll(c.Body)
	require.NoError(c.t, err)
	return b.problem(answer{c.Response, string(text)}, status, code)
}

func happenings(n int) []booking.Event {
	events := make([]booking.Event, n)
	for i := range events {
		events[i] = confirmed(fmt.Sprint("lodging-", i))
	}
	return events
}

func TestStream(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.happen(booking.Event{Key: "a"}, confirmed("lodging-1"))
	server := b.serve()

	c := b.follow(server, "?after=1")
	require.Equal(t, "no-cache", c.Header.Get("Cache-Control"))
	require.Equal(t, "no", c.Header.Get("X-Accel-Buffering"))
	require.Equal(t, "id: 2\nevent: ReservationConfirmed\ndata: "+confirmedJSON+"\n", c.message())

	b.store.happen(confirmed("lodging-2"))
	b.hub.Wake(orderIn("lodging-2", booking.Confirmed, ""))
	require.Equal(t, "3", c.event())
	b.store.happen(confirmed("lodging-3")) // without a tick
	require.Equal(t, "4", c.event())

	t.Run("FromTheBeginningToALongEnd", func(t *testing.T) {
		many := 3*eventsAtOnce + 7
		b.store.happen(happenings(many)...)
		c := b.follow(server, "")
		for n := range 4 + many {
			require.Equal(t, strconv.Itoa(n+1), c.event())
		}
	})
	t.Run("LastEventID", func(t *testing.T) {
		require.Equal(t, "4", b.follow(server, "", "Last-Event-ID", "3").event())
		require.Equal(t, "4", b.follow(server, "?after=1", "Last-Event-ID", "3").event(), "the query is the old one")
		require.Equal(t, "2", b.follow(server, "?after=1", "Last-Event-ID", "").event())
	})
}

func TestStream_NotBegun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := b.serve()
	p := b.open(server, "?after=bad").problem(b, 422, booking.InvalidCursor)
	require.Equal(t, []string{"after"}, fields(p))
	p = b.open(server, "?after=0", "Last-Event-ID", "bad").problem(b, 422, booking.InvalidCursor)
	require.Equal(t, []string{"Last-Event-ID"}, fields(p))
	p = b.open(server, "?form=1", "Last-Event-ID", strings.Repeat("1", 513)).problem(b, 422, booking.Invalid)
	require.Equal(t, []string{"Last-Event-ID", "form"}, fields(p))
	b.store.fail(errAway)
	c := b.open(server, "")
	c.problem(b, 503, booking.Unavailable)
	require.Equal(t, "2", c.Header.Get("Retry-After"))
}

// While the feed is away, the stream stays open and misses no event.
func TestStream_StaysWhileTheFeedIsAway(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.WarnLevel)
	b := setup(t, often, func(d *testDeps) { d.Logger = zap.New(core) })
	b.store.happen(happenings(2)...)
	c := b.follow(b.serve(), "")
	require.Equal(t, "1", c.event())
	require.Equal(t, "2", c.event())

	b.store.fail(errAway)
	b.store.happen(happenings(2)...)
	b.hub.Tick()
	for logs.Len() == 0 {
		require.Equal(t, ": alive\n", c.message())
	}
	for range 120 { // longer than pollEvery
		require.Equal(t, ": alive\n", c.message())
	}
	b.store.fail(nil)
	require.Equal(t, "3", c.event())
	require.Equal(t, "4", c.event())
	require.Equal(t, 1, logs.Len(), "one line an outage")
}

func TestStream_TooMany(t *testing.T) {
	t.Parallel()
	b := setup(t, often, func(d *testDeps) { d.MaxStreams = 2 })
	server := b.serve()
	b.follow(server, "")
	second := b.follow(server, "")
	refused := b.open(server, "")
	refused.problem(b, 503, tooManyStreams)
	require.Equal(t, "2", refused.Header.Get("Retry-After"))
	require.Equal(t, http.StatusOK, b.do("GET", "/v1/events", "").StatusCode, "lists continue")

	second.leave()
	b.open(server, "?after=bad") // uses no slot
	require.Eventually(t, func() bool { return b.open(server, "").StatusCode == http.StatusOK }, time.Minute, 10*time.Millisecond)
}

// A reader that is too slow is disconnected, and does not delay others.
func TestStream_SlowReader(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	b := setup(t, func(d *testDeps) {
		d.MaxStreams, d.WriteWithin, d.Logger = 1, time.Second, zap.New(core)
	})
	large := confirmed("lodging-1")
	large.Data.Item.Name = strings.Repeat("x", 100_000)
	for range 500 { // more than all buffers on the way hold
		b.store.happen(large)
	}
	b.store.happen(confirmed("lodging-2")) // which are enough for one event
	server := b.serve()
	slow, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { slow.Close() })
	_, err = fmt.Fprintf(slow, "GET /v1/events HTTP/1.1\r\nHost: x\r\nAccept: %s\r\n\r\n", streamMediaType)
	require.NoError(t, err)

	require.Eventually(t, func() bool { return logs.FilterMessage("request").Len() == 1 }, time.Minute, 10*time.Millisecond)
	line := logs.FilterMessage("request").All()[0].ContextMap()
	require.EqualValues(t, http.StatusOK, line["status"])
	require.Equal(t, "/v1/events", line["route"])
	require.Equal(t, "501", b.follow(server, "?after=500").event())
}

// A stream ends with its server: the grace period is for requests that end.
func TestStream_EndsWithTheServer(t *testing.T) {
	t.Parallel()
	closing := make(chan struct{})
	b := setup(t, func(d *testDeps) { d.Closing = closing })
	server := b.serve(func(s *http.Server) { s.RegisterOnShutdown(func() { close(closing) }) })
	idle := b.follow(server, "")
	b.store.happen(happenings(eventsAtOnce)...)
	behind := b.follow(server, "")
	behind.event()

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, server.Config.Shutdown(ctx), "it does not wait for them")
	for _, c := range []*connection{idle, behind} {
		_, err := io.ReadAll(c.lines)
		require.NoError(t, err, "an end, not a break")
	}
}

// The server's time limits of requests do not apply to streams.
func TestStream_OutlivesTheServersTimeouts(t *testing.T) {
	t.Parallel()
	b := setup(t, often, func(d *testDeps) { d.ReplyBudget = time.Millisecond })
	server := b.serve(func(s *http.Server) { s.ReadTimeout, s.WriteTimeout = spare/2, spare/2 })
	c := b.follow(server, "")
	for begun := time.Now(); time.Since(begun) < spare+200*time.Millisecond; {
		require.Equal(t, ": alive\n", c.message())
	}
	b.store.happen(happenings(1)...)
	require.Equal(t, "1", c.event())
}

func TestStream_HEAD(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *testDeps) { d.MaxStreams = 1 })
	b.store.happen(happenings(1)...)
	server := b.serve()
	for range 3 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+"/v1/events", http.NoBody)
		require.NoError(t, err)
		r.Header.Set("Accept", streamMediaType)
		a, err := server.Client().Do(r)
		require.NoError(t, err)
		a.Body.Close()
		require.Equal(t, http.StatusOK, a.StatusCode)
		require.Equal(t, streamMediaType, a.Header.Get("Content-Type"))
	}
	require.Equal(t, "1", b.follow(server, "").event())
}

// of is an event of an order of a customer and an owner.
func of(orderID, customerID, ownerID string) booking.Event {
	e := confirmed(orderID)
	e.Data.CustomerID, e.Data.OwnerID = customerID, ownerID
	return e
}

// TestStream_OfOnesOwn: a customer and an owner follow the events of their orders, as a
// list and as a stream; those of others are refused.
func TestStream_OfOnesOwn(t *testing.T) {
	t.Parallel()
	b := setup(t, members, often)
	b.store.happen(of("lodging-1", "1024", "olivia"), of("lodging-2", "1099", "olivia"), of("lodging-3", "1024", "sara"), booking.Event{Key: "x"})
	server := b.serve()
	ofCustomer := b.follow(server, "?customerId=1024", "Authorization", "Bearer alice")
	ofOwner := b.follow(server, "?ownerId=olivia", "Authorization", "Bearer bora")
	require.Equal(t, []string{"1", "3"}, []string{ofCustomer.happened(), ofCustomer.happened()})
	require.Equal(t, []string{"1", "2"}, []string{ofOwner.happened(), ofOwner.happened()})
	b.store.happen(happenings(3 * eventsAtOnce)...)
	b.store.happen(of("lodging-4", "1024", "olivia"))
	b.hub.Wake(orderIn("lodging-4", booking.Confirmed, ""))
	last := strconv.Itoa(3*eventsAtOnce + 5)
	require.Equal(t, last, ofCustomer.happened())

	items := func(token, query string) (subjects []string, next string) {
		part := decode[eventPart](t, b.as(token, "GET", "/v1/events"+query, ""))
		for _, e := range part.Items {
			subjects = append(subjects, e.Subject)
		}
		return subjects, part.Next
	}
	subjects, next := items("alice", "?customerId=1024")
	require.Equal(t, []string{"lodging-1", "lodging-3", "lodging-4"}, subjects)
	require.Equal(t, last, next)
	subjects, next = items("alice", "?customerId=1024&after=now")
	require.Empty(t, subjects)
	require.Equal(t, last, next)
	subjects, next = items("alice", "?customerId=1024&limit=2")
	require.Equal(t, []string{"lodging-1", "lodging-3"}, subjects)
	require.Equal(t, "3", next)
	subjects, next = items("alice", "?customerId=1024&after="+last)
	require.Empty(t, subjects)
	require.Equal(t, last, next)
	const both = "?customerId=1024&ownerId=sara"
	p := b.problem(b.as("alice", "GET", "/v1/events"+both, ""), http.StatusUnprocessableEntity, booking.Invalid)
	require.Equal(t, []string{"ownerId"}, fields(p))
	b.open(server, both, "Authorization", "Bearer alice").problem(b, http.StatusUnprocessableEntity, booking.Invalid)

	for token, query := range map[string]string{"alice": "?customerId=1099", "bora": "?ownerId=sara", "cora": "?customerId=1024"} {
		b.problem(b.as(token, "GET", "/v1/events"+query, ""), http.StatusForbidden, booking.NotAllowed)
		b.problem(b.as(token, "GET", "/v1/events", ""), http.StatusForbidden, booking.NotAllowed)
		b.open(server, query, "Authorization", "Bearer "+token).problem(b, http.StatusForbidden, booking.NotAllowed)
	}
}

// TestStream_OfOnesOwnIsNotTheWholeFeed: a reader of some orders that is far behind
// reads only those, and then new events from the cache.
func TestStream_OfOnesOwnIsNotTheWholeFeed(t *testing.T) {
	t.Parallel()
	feed := new(countedFeed)
	b := setup(t, members, func(d *testDeps) {
		feed.memory = d.ReadModel.(*memory)
		d.ReadModel = feed
	})
	b.store.happen(of("lodging-1", "1024", "olivia"))
	b.store.happen(happenings(50 * eventsAtOnce)...)
	b.store.happen(of("lodging-2", "1024", "olivia"))
	c := b.follow(b.serve(), "?customerId=1024", "Authorization", "Bearer alice")
	require.Equal(t, "1", c.happened())
	require.Equal(t, strconv.Itoa(50*eventsAtOnce+2), c.happened())
	require.EqualValues(t, 1, feed.ofOne.Load())
	b.store.happen(of("lodging-3", "1024", "olivia"))
	b.hub.Tick()
	require.Equal(t, strconv.Itoa(50*eventsAtOnce+3), c.happened())
	require.EqualValues(t, 1, feed.ofOne.Load(), "from where all read on")
	require.EqualValues(t, 1, feed.whole.Load(), "what is not theirs is not read")
}

// countedFeed counts the events read of the whole feed, and the reads of selected
// orders.
type countedFeed struct {
	*memory
	whole, ofOne atomic.Int32
}

func (c *countedFeed) Events(ctx context.Context, after string, limit int) ([]booking.Event, string, error) {
	events, next, err := c.memory.Events(ctx, after, limit)
	c.whole.Add(int32(len(events)))
	return events, next, err
}

func (c *countedFeed) EventsOf(ctx context.Context, f booking.EventFilter, after string, limit int) ([]booking.Event, string, error) {
	c.ofOne.Add(1)
	return c.memory.EventsOf(ctx, f, after, limit)
}

// TestStream_FromNow: a reader that begins now gets its cursor, and can resume there
// before any event has happened.
func TestStream_FromNow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.happen(happenings(3)...)
	server := b.serve()
	c := b.follow(server, "?after=now")
	require.Equal(t, "id: 3\n", c.message())
	c.leave()
	b.store.happen(happenings(1)...)
	require.Equal(t, "4", b.follow(server, "?after=now", "Last-Event-ID", "3").event())
	part := decode[eventPart](t, b.do("GET", "/v1/events?after=now", ""))
	require.Empty(t, part.Items)
	require.Equal(t, "4", part.Next)
	b.store.fail(errAway)
	b.problem(b.do("GET", "/v1/events?after=now", ""), 503, booking.Unavailable)
	b.open(server, "?after=now").problem(b, 503, booking.Unavailable)
}

// happened reads the id of the next event: the greeting may have one, too.
func (c *connection) happened() string {
	c.t.Helper()
	for {
		message := c.message()
		if id, found := strings.CutPrefix(message, "id: "); found && strings.Contains(message, "\nevent: ") {
			id, _, _ = strings.Cut(id, "\n")
			return id
		}
	}
}
