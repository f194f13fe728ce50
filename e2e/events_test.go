package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// listener follows the feed like a browser's EventSource.
type listener struct {
	system *system
	query  string
	body   io.ReadCloser
	lines  *bufio.Scanner
	last   string     // the id of the last event
	seen   []happened // across all connections
}

// happened is the part of an event that is checked.
type happened struct {
	SpecVersion string    `json:"specversion"`
	ID          string    `json:"id"`
	Source      string    `json:"source"`
	Type        string    `json:"type"`
	Subject     string    `json:"subject"`
	Time        time.Time `json:"time"`
	Data        struct {
		Kind   string `json:"kind"`
		Status string `json:"status"`
	} `json:"data"`
}

// listen connects to the feed.
func (s *system) listen(query string) *listener {
	s.Helper()
	l := &listener{system: s, query: query}
	l.connect()
	return l
}

// connect resumes after the last event, with the first query.
func (l *listener) connect() {
	s := l.system
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), waitLimit)
	atEnd(s, cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/v1/events"+l.query, nil)
	require.NoError(s, err)
	s.present(r)
	r.Header.Set("Accept", "text/event-stream")
	if l.last != "" {
		r.Header.Set("Last-Event-ID", l.last)
	}
	a, err := http.DefaultClient.Do(r)
	require.NoError(s, err)
	atEnd(s, func() { _ = a.Body.Close() })
	require.Equal(s, http.StatusOK, a.StatusCode)
	require.Equal(s, "text/event-stream", a.Header.Get("Content-Type"))
	l.body, l.lines = a.Body, bufio.NewScanner(a.Body)
}

// ofOrder reports whether an event is about an order and not about the catalogue.
func (h happened) ofOrder() bool { return h.Data.Status != "" }

// read reads n more events about orders, and skips others.
func (l *listener) read(n int) {
	l.system.Helper()
	var name string
	for n > 0 && l.lines.Scan() {
		field, value, _ := strings.Cut(l.lines.Text(), ": ")
		switch field {
		case "id":
			l.last = value
		case "event":
			name = value
		case "data":
			var e happened
			require.NoError(l.system, json.Unmarshal([]byte(value), &e))
			require.Equal(l.system, name, e.Type)
			if e.ofOrder() {
				l.seen = append(l.seen, e)
				n--
			}
		}
	}
	require.NoError(l.system, l.lines.Err())
	require.Zero(l.system, n, "the stream has ended")
}

// feed reads the whole list of events about orders.
func (s *system) feed() (events []happened) {
	s.Helper()
	after := ""
	for {
		var part struct {
			Items []happened
			Next  string
		}
		s.get("/v1/events?limit=7&after="+after).with(s, http.StatusOK).into(s, &part)
		if len(part.Items) == 0 {
			return events
		}
		for _, e := range part.Items {
			if e.ofOrder() {
				events = append(events, e)
			}
		}
		after = part.Next
	}
}

// A reader of the stream that resumes with Last-Event-ID after each disconnect sees
// exactly the list's events, each once.
func TestEvents_Stream(t *testing.T) {
	t.Parallel()
	const perOrder, perCancel = 4, 3
	eachStorage(t, func(t *testing.T, s *system) {
		place := s.place(50)
		first := s.reserve(place).with(t, http.StatusCreated).body.ID
		l := s.listen("?after=")
		l.read(perOrder)
		for _, e := range l.seen {
			require.Equal(t, "1.0", e.SpecVersion)
			require.Equal(t, "/yeyak/lodging", e.Source)
			require.Equal(t, first, e.Subject)
			require.Equal(t, "lodging", e.Data.Kind)
			require.WithinDuration(t, time.Now(), e.Time, time.Minute)
		}

		placed := make(chan []answer, 1)
		go func() { placed <- s.atOnce(20, func(int) answer { return s.reserve(place) }) }()
		for range 7 { // while orders are placed
			l.read(5)
			_ = l.body.Close()
			l.connect()
		}
		orders := receive(t, placed, "the answers")
		_ = l.body.Close()
		for _, a := range orders[:5] { // while disconnected
			s.decide(a.with(t, http.StatusCreated).body.ID, "cancel").with(t, http.StatusOK)
		}
		l.connect()
		l.read(20*perOrder + 5*perCancel - 7*5)

		s.eventually(func() bool { return len(s.feed()) == len(l.seen) })
		require.Equal(t, s.feed(), l.seen)
		ids := map[string]bool{}
		for _, e := range l.seen {
			require.False(t, ids[e.ID], e.ID)
			ids[e.ID] = true
		}

		s.reserve(place).with(t, http.StatusCreated) // and it goes on
		l.read(perOrder)
	})
}

// A process that stops does not wait for its streams.
func TestEvents_StreamsEndWithTheProcess(t *testing.T) {
	t.Parallel()
	s := boot(t)
	s.reserve(s.place(1)).with(t, http.StatusCreated)
	s.eventually(func() bool { return len(s.eventIDs()) == 6 }) // two of these are about the place
	l := s.listen("")
	l.read(4)
	before := len(s.logged())
	stop(s, s.app) // breaks a stream that does not end by itself
	for l.lines.Scan() {
		require.Empty(t, l.lines.Text())
	}
	require.NoError(t, l.lines.Err(), "the stream ends without an error")
	for _, line := range s.logged()[before:] {
		require.Equal(t, "Failed to poll for task.", line, "the engine's client may say that it was interrupted")
	}
}
