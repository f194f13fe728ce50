package marketing

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// serving is a handler on the store, and its log.
func serving(s *store) (http.Handler, *observer.ObservedLogs) {
	core, logs := observer.New(zap.DebugLevel)
	return newHandler(s, &follower{}, nil, zap.New(core)), logs
}

// counted are the requests for recommendations that the handler counted.
func counted(t *testing.T, h http.Handler) string {
	t.Helper()
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	return answer.Body.String()
}

// A client that leaves cancels no statement, and affects no other client.
func TestHTTP_ClientLeaves(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := openStore(t, databaseURL)
		h, logs := serving(s)
		left, leave := context.WithCancel(t.Context())
		leave()
		for _, path := range []string{"/recommendations/alice", "/readyz"} {
			answer := httptest.NewRecorder()
			h.ServeHTTP(answer, httptest.NewRequestWithContext(left, http.MethodGet, path, http.NoBody))
			require.Equal(t, http.StatusOK, answer.Code, path)
		}
		require.Contains(t, counted(t, h), "\nyeyak_marketing_requests_total{status=\"499\"} 1\n")
		require.NotContains(t, counted(t, h), "status=\"200\"")
		require.Zero(t, logs.Len())
	})
}

// The same over a connection, whose request waits for the database when the
// client hangs up.
func TestHTTP_ClientHangsUp(t *testing.T) {
	t.Parallel()
	s := openStore(t, "sqlite://"+t.TempDir()+"/marketing.db")
	h, _ := serving(s)
	came, answered := make(chan context.Context, 1), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came <- r.Context()
		h.ServeHTTP(w, r)
		close(answered)
	}))
	t.Cleanup(server.Close)
	only, err := s.db.Conn(t.Context()) // the pool has one
	require.NoError(t, err)
	client, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	_, err = fmt.Fprint(client, "GET /recommendations/alice HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	request := <-came
	require.NoError(t, client.Close())
	<-request.Done()
	require.NoError(t, only.Close())
	<-answered
	require.Contains(t, counted(t, h), "\nyeyak_marketing_requests_total{status=\"499\"} 1\n")
	require.NotContains(t, counted(t, h), "status=\"503\"")
	require.True(t, s.prepared.Load())
}

// Only an error about a missing table makes the tables be created again.
func TestStore_PreparedUntilATableIsMissing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := openStore(t, databaseURL)
		off, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.recommend(off, "alice", 1)
		require.ErrorIs(t, err, context.Canceled)
		_, err = s.progress(off)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, s.take(off, "", progress{cursor: "a"}), context.Canceled)
		require.ErrorIs(t, s.take(t.Context(), "another cursor", progress{cursor: "a"}), errConcurrent)
		require.True(t, s.prepared.Load())

		for table, notices := range map[string]func() error{
			"offers": func() error { _, err := s.recommend(t.Context(), "alice", 1); return err },
			"bookings": func() error {
				return s.take(t.Context(), "", progress{cursor: "a", bookings: []booking{{OrderID: "1"}}})
			},
			"followed": func() error { _, err := s.progress(t.Context()); return err },
		} {
			_, err = s.db.ExecContext(t.Context(), "DROP TABLE marketing_"+table)
			require.NoError(t, err)
			require.Error(t, notices(), table)
			require.False(t, s.prepared.Load(), table)
			at, err := s.progress(t.Context())
			require.NoError(t, err)
			require.Empty(t, at.Cursor, "from the beginning")
		}
		_, err = s.db.ExecContext(t.Context(), "DELETE FROM marketing_followed")
		require.NoError(t, err)
		_, err = s.progress(t.Context())
		require.Error(t, err)
		_, err = s.progress(t.Context())
		require.NoError(t, err)
	})
}
