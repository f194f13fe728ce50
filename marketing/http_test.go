package marketing

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/internal/rig/pgtest"
)

func TestRecommendations_Answer(t *testing.T) {
	t.Parallel()
	f := newFakeFeed(t,
		placed("lodging-1", "alice", "place-1"), placed("lodging-2", "bora", "place-1"), placed("lodging-3", "bora", "place-2"),
		placed("lodging-4", "a/b+c d%", "place-3"))
	s := start(t, f, "sqlite://"+t.TempDir()+"/marketing.db", zap.NewNop())
	s.requireCaughtUp(f)
	a := s.get("/recommendations/alice")
	require.Equal(t, http.StatusOK, a.status)
	require.JSONEq(t, `{"customerId":"alice","items":[
		{"kind":"lodging","item":{"id":"place-2","name":"Name of place-2"},"because":"also_booked","customers":1},
		{"kind":"lodging","item":{"id":"place-3","name":"Name of place-3"},"because":"popular","customers":1}]}`, a.raw)
	require.Equal(t, "application/json; charset=utf-8", a.header.Get("Content-Type"))
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	require.Len(t, s.get("/recommendations/alice?limit=1").body.Items, 1)
	require.Equal(t, []string{"popular place-1 2", "popular place-2 1"}, s.recommended("a/b+c d%"), "ids are what they are")
	require.Equal(t, "a+b", s.get("/recommendations/a+b").body.CustomerID)
	require.Equal(t, http.StatusOK, s.request(http.MethodHead, "/recommendations/alice").status)
	require.JSONEq(t, `{"status":"ok"}`, s.get("/healthz").raw)
	require.JSONEq(t, `{"cursor":"+/4==","caughtUp":true,"lastEventAt":"2026-11-24T01:38:28.914974Z"}`, s.get("/readyz").raw)
}

func TestRecommendations_UnknownCustomer(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		f := newFakeFeed(t)
		s := start(t, f, databaseURL, zap.NewNop())
		require.JSONEq(t, `{"customerId":"alice","items":[]}`, s.get("/recommendations/alice").raw, "even in its first moment")
		s.requireCaughtUp(f)
		require.JSONEq(t, `{"cursor":"","caughtUp":true,"lastEventAt":null}`, s.get("/readyz").raw)
	})
}

func TestRecommendations_InvalidInput(t *testing.T) {
	t.Parallel()
	s := start(t, newFakeFeed(t), "sqlite://"+t.TempDir()+"/marketing.db", zap.NewNop())
	const wantLimit = "must be a whole number from 1 to 50"
	for path, want := range map[string][]fieldError{
		"alice?limit=0":                    {{"limit", wantLimit}},
		"alice?limit=51":                   {{"limit", wantLimit}},
		"alice?limit=-1":                   {{"limit", wantLimit}},
		"alice?limit=":                     {{"limit", wantLimit}},
		"alice?limit=five":                 {{"limit", wantLimit}},
		"alice?limit=1.5":                  {{"limit", wantLimit}},
		"alice?limit=99999999999999999999": {{"limit", wantLimit}},
		"alice?limit=5&limit=6":            {{"limit", "is given more than once"}},
		"alice?limit=%zz":                  {{"query", "cannot be read"}},
		"alice?offset=1&after=x":           {{"after", "is not a parameter of this request"}, {"offset", "is not a parameter of this request"}},
		"%20":                              {{"customerId", "is blank"}},
		"a%00b":                            {{"customerId", "contains characters that are not text"}},
		"%ff":                              {{"customerId", "contains characters that are not text"}},
		strings.Repeat("x", 201):           {{"customerId", "is longer than 200 characters"}},
		"%20?limit=0":                      {{"customerId", "is blank"}, {"limit", wantLimit}},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			a := s.get("/recommendations/" + path)
			require.Equal(t, http.StatusUnprocessableEntity, a.status, a.raw)
			require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
			require.Equal(t, problem{
				Type: "about:blank", Title: "Unprocessable Entity", Status: a.status, Code: validationFailed,
				Detail: a.body.Detail, Errors: want,
			}, a.body.problem)
			require.NotEmpty(t, a.body.Detail)
		})
	}
	require.Equal(t, http.StatusOK, s.get("/recommendations/"+strings.Repeat("가", 200)+"?limit=50").status)
}

func TestHTTP_UnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	s := start(t, newFakeFeed(t), "sqlite://"+t.TempDir()+"/marketing.db", zap.NewNop())
	for _, path := range []string{"/", "/recommendations", "/recommendations/", "/recommendations/a/b", "/recommendations/a/", "/v1/events"} {
		a := s.get(path)
		require.Equal(t, http.StatusNotFound, a.status, path)
		require.Equal(t, notFound, a.body.Code)
		require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
	}
	for _, path := range []string{"/recommendations/alice", "/healthz", "/readyz"} {
		a := s.request(http.MethodPost, path)
		require.Equal(t, http.StatusMethodNotAllowed, a.status, path)
		require.Equal(t, methodNotAllowed, a.body.Code)
		require.Equal(t, "GET, HEAD", a.header.Get("Allow"))
	}
}

// The service starts without its database, works once it is there, and reports when it
// is not.
func TestHTTP_DatabaseAway(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t)
	databaseURL := cluster.New(t)
	require.NoError(t, cluster.Stop())
	f := newFakeFeed(t, placed("lodging-1", "alice", "place-1"))
	s := start(t, f, databaseURL, zap.NewNop())
	requireAway := func() {
		t.Helper()
		for _, path := range []string{"/readyz", "/recommendations/alice"} {
			a := s.get(path)
			require.Equal(t, http.StatusServiceUnavailable, a.status, path)
			require.Equal(t, unavailable, a.body.Code)
			require.Equal(t, "2", a.header.Get("Retry-After"))
		}
		require.Equal(t, http.StatusOK, s.get("/healthz").status)
	}
	requireAway()
	require.NoError(t, cluster.Start())
	s.requireCaughtUp(f)
	require.Equal(t, []string{"popular place-1 1"}, s.recommended("minho"))

	require.NoError(t, cluster.Stop())
	requireAway()
	require.NoError(t, cluster.Start())
	f.add(placed("lodging-2", "bora", "place-1"))
	s.requireCaughtUp(f)
	require.Equal(t, []string{"popular place-1 2"}, s.recommended("minho"))
}

// Of the requests that fail while the database is away, the first is logged; the number
// of the others is logged once requests are answered again.
func TestHTTP_DatabaseAwayIsLoggedOnce(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	cluster := pgtest.NewCluster(t)
	databaseURL := cluster.New(t)
	f := newFakeFeed(t, placed("lodging-1", "alice", "place-1"))
	s := start(t, f, databaseURL, zap.New(core))
	s.requireCaughtUp(f)
	require.NoError(t, cluster.Stop())
	const requested = 50
	for range requested {
		require.Equal(t, http.StatusServiceUnavailable, s.get("/recommendations/alice").status)
	}
	fails := logs.FilterMessage("requests fail").Len()
	require.NoError(t, cluster.Start())
	s.requireCaughtUp(f)
	again := logs.FilterMessage("requests are answered again").All()
	require.Len(t, again, fails)
	failed := int64(0)
	for _, line := range again {
		failed += line.ContextMap()["failed"].(int64)
	}
	require.GreaterOrEqual(t, failed, int64(requested))
	require.Less(t, fails, requested/2)
}

// net/http's messages are in the log, with one message, and at Debug if they name a
// client; any flood of them is limited.
func TestHTTP_ServerLog(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	said := newServerLog(zap.New(core))
	const written = 500
	for port := range written {
		said.Print("http: Accept error: too many open files")
		said.Printf("http: TLS handshake error from 192.0.2.1:%d: EOF", port)
	}
	for level, want := range map[zapcore.Level]string{
		zap.WarnLevel: "http: Accept error: too many open files", zap.DebugLevel: "http: TLS handshake error from 192.0.2.1:0: EOF",
	} {
		lines := logs.FilterLevelExact(level).All()
		require.Equal(t, "server", lines[0].Message)
		require.Equal(t, "http", lines[0].LoggerName)
		require.Equal(t, map[string]any{"says": want}, lines[0].ContextMap())
		require.Less(t, len(lines), written/2)
	}
}

// A body that never arrives holds its connection no longer than readTimeout, though the
// answer does not wait for it.
func TestHTTP_StalledBody(t *testing.T) {
	t.Parallel()
	s := start(t, newFakeFeed(t), "sqlite://"+t.TempDir()+"/marketing.db", zap.NewNop())
	require.Equal(t, 5*time.Second, s.http.ReadTimeout)
	for _, path := range []string{"/healthz", "/recommendations/alice", "/nowhere"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Address())
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(waitLimit)))
			_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", path)
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, conn)
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "it stays open")
		})
	}
}

// deadlines is an answer that records the deadlines that its request has got.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error { d.set = append(d.set, at); return nil }

// A slow answer to a request without a body does not count as a client that has left.
func TestHTTP_NoDeadlineWithoutABody(t *testing.T) {
	t.Parallel()
	h, _ := serving(openStore(t, "sqlite://"+t.TempDir()+"/marketing.db"))
	for body, want := range map[string][]time.Time{"": {{}}, "{": nil} {
		answer := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		h.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/recommendations/alice", strings.NewReader(body)))
		require.Equal(t, want, answer.set)
	}
}

func TestHTTP_Metrics(t *testing.T) {
	t.Parallel()
	f := newFakeFeed(t, placed("lodging-1", "alice", "place-1"))
	s := start(t, f, "sqlite://"+t.TempDir()+"/marketing.db", zap.NewNop())
	s.requireCaughtUp(f)
	s.get("/recommendations/alice")
	s.get("/recommendations/alice?limit=0")
	a := s.get("/metrics")
	require.Equal(t, http.StatusOK, a.status)
	require.Contains(t, a.raw, "\nyeyak_marketing_caught_up 1\n")
	require.Contains(t, a.raw, "\nyeyak_marketing_requests_total{status=\"200\"} 1\n")
	require.Contains(t, a.raw, "\nyeyak_marketing_requests_total{status=\"422\"} 1\n")
	require.Contains(t, a.raw, "\ngo_goroutines ")
}
