package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
)

// onEachTable runs the test on an openTable of each database.
func onEachTable(t *testing.T, test func(*testing.T, *DB)) {
	for name, fresh := range map[string]func(testing.TB) string{
		"postgres": pgtest.New,
		"sqlite":   func(t testing.TB) string { return "sqlite://" + filepath.Join(t.TempDir(), "test.db") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, openTable(t, fresh(t)))
		})
	}
}

// openTable opens a database with a table of unique numbers; a COMMIT with an odd one
// fails.
func openTable(t *testing.T, url string) *DB {
	t.Helper()
	db, err := Open(t.Context(), url, Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	for _, statement := range []string{
		"CREATE TABLE IF NOT EXISTS even (n integer PRIMARY KEY)",
		"CREATE TABLE IF NOT EXISTS numbers (n integer UNIQUE, even integer REFERENCES even (n) DEFERRABLE INITIALLY DEFERRED)",
		"INSERT INTO even VALUES (0), (2), (4) ON CONFLICT DO NOTHING",
	} {
		_, err := db.bun.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	if db.dialect.oneWriter {
		_, err := db.bun.ExecContext(t.Context(), "PRAGMA foreign_keys = ON") // its only connection
		require.NoError(t, err)
	}
	return db
}

// put inserts n, and does more before the commit.
func put(ctx context.Context, db *DB, n int, more ...func(context.Context) error) error {
	return db.inTx(ctx, "put", func(ctx context.Context, q bun.IDB) error {
		if _, err := q.NewRaw("INSERT INTO numbers VALUES (?, ?)", n, n).Exec(ctx); err != nil {
			return err
		}
		for _, f := range more {
			if err := f(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

func requirePut(t *testing.T, db *DB, n, want int) {
	t.Helper()
	var got int
	require.NoError(t, db.bun.NewRaw("SELECT count(*) FROM numbers WHERE n = ?", n).Scan(t.Context(), &got))
	require.Equal(t, want, got)
}

func TestInTx_NothingDone(t *testing.T) {
	t.Parallel()
	onEachTable(t, func(t *testing.T, db *DB) {
		require.NoError(t, put(t.Context(), db, 2))
		requirePut(t, db, 2, 1)

		err := put(t.Context(), db, 2)
		require.ErrorIs(t, err, booking.ErrNothingDone, "a statement was refused")
		require.ErrorContains(t, err, "put: ")

		err = put(t.Context(), db, 3)
		require.ErrorIs(t, err, booking.ErrNothingDone, "the commit was refused")
		requirePut(t, db, 3, 0)

		own := errors.New("ours")
		err = put(t.Context(), db, 4, func(context.Context) error { return own })
		require.ErrorIs(t, err, booking.ErrNothingDone)
		require.ErrorIs(t, err, own, "the cause is kept")
		requirePut(t, db, 4, 0)

		refusal := booking.Errorf(booking.Unavailable, "no")
		err = put(t.Context(), db, 4, func(context.Context) error { return refusal })
		require.Equal(t, refusal, err, "a refusal is an answer")

		cancelled, cancel := context.WithCancel(t.Context())
		err = put(cancelled, db, 4, func(context.Context) error { cancel(); return nil })
		require.ErrorIs(t, err, booking.ErrNothingDone, "the commit was not sent")
		requirePut(t, db, 4, 0)

		// Another process holds the lock for longer than the deadline.
		require.NoError(t, put(t.Context(), db, 4, func(context.Context) error {
			hurried, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			require.ErrorIs(t, put(hurried, db, 4), booking.ErrNothingDone)
			return nil
		}))
		requirePut(t, db, 4, 1)
	})
}

func TestInTx_NothingDoneByAServerThatIsAway(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	silent := l.Addr().String() // accepts connections and never answers
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	for name, address := range map[string]string{"Refusing": "127.0.0.1:1", "Silent": silent} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := Open(t.Context(), "postgres://user@"+address+"/db?sslmode=disable", Options{Timeout: 100 * time.Millisecond})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			require.ErrorIs(t, put(t.Context(), db, 2), booking.ErrNothingDone)
		})
	}
}

func TestInTx_NothingDoneWhileTheServerIsDown(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t)
	db := openTable(t, cluster.New(t))
	require.NoError(t, put(t.Context(), db, 2))
	require.NoError(t, cluster.Stop())
	require.ErrorIs(t, put(t.Context(), db, 4), booking.ErrNothingDone)
	require.NoError(t, cluster.Start())
	requirePut(t, db, 4, 0)
	require.NoError(t, put(t.Context(), db, 4))
}

// The outcome of a COMMIT without an answer is unknown.
func TestInTx_CommitWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		at      string // the statement at which the connection breaks
		deliver bool   // the statement reaches the server
		hang    bool   // there is no answer, and the connection stays open
		nothing bool
		put     int
	}{
		"CommitArrives":              {at: "COMMIT", deliver: true, put: 1},
		"CommitArrivesWithoutAnswer": {at: "COMMIT", deliver: true, hang: true, put: 1},
		"CommitIsLost":               {at: "COMMIT"},
		"CommitIsLostWithoutAnswer":  {at: "COMMIT", hang: true},
		"InsertArrives":              {at: "INSERT", deliver: true, hang: true, nothing: true},
		"InsertIsLost":               {at: "INSERT", nothing: true},
		"BeginIsLost":                {at: "BEGIN", hang: true, nothing: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			direct := pgtest.New(t)
			db := openTable(t, direct)
			between := newProxy(t, direct)
			between.breakAt(tt.at, tt.deliver, tt.hang)
			var err error
			// On a busy machine the deadline may pass before the statement.
			for timeout := 300 * time.Millisecond; !between.broken(); timeout *= 2 {
				unsure, opened := Open(t.Context(), between.url, Options{Timeout: timeout})
				require.NoError(t, opened)
				err = put(t.Context(), unsure, 2)
				require.Error(t, err)
				require.NoError(t, unsure.Close())
			}
			require.Equal(t, tt.nothing, errors.Is(err, booking.ErrNothingDone), err)
			if tt.put == 1 {
				require.Eventually(t, func() bool {
					var n int
					return db.bun.NewRaw("SELECT count(*) FROM numbers").Scan(t.Context(), &n) == nil && n == 1
				}, time.Minute, 10*time.Millisecond, "it was committed all the same")
				return
			}
			requirePut(t, db, 2, 0)
		})
	}
}

// A session that is ended while it commits may have committed.
func TestInTx_SessionEndedAtTheCommit(t *testing.T) {
	t.Parallel()
	db := openTable(t, pgtest.New(t))
	err := db.inTx(t.Context(), "put", func(ctx context.Context, q bun.IDB) error {
		var session int
		if err := q.NewRaw("SELECT pg_backend_pid()").Scan(ctx, &session); err != nil {
			return err
		}
		_, err := db.bun.ExecContext(ctx, "SELECT pg_terminate_backend(?, 5000)", session)
		return err
	})
	require.Error(t, err)
	require.NotErrorIs(t, err, booking.ErrNothingDone)
}

// proxy is between the store and a server, and breaks connections.
type proxy struct {
	url, server string

	mu            sync.Mutex
	at            []byte
	deliver, hang bool
	broke         bool
}

func newProxy(t *testing.T, serverURL string) *proxy {
	t.Helper()
	u, err := url.Parse(serverURL)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{server: u.Host}
	u.Host = l.Addr().String()
	p.url = u.String()
	var beside sync.WaitGroup
	t.Cleanup(func() {
		require.NoError(t, l.Close())
		beside.Wait()
	})
	beside.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			beside.Go(func() { p.serve(client) })
		}
	})
	return p
}

// breakAt breaks the connection that sends the statement.
func (p *proxy) breakAt(statement string, deliver, hang bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at, p.deliver, p.hang = []byte(statement), deliver, hang
}

// broken reports whether a connection has sent the statement.
func (p *proxy) broken() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.broke
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	broken := make(chan struct{})
	go func() {
		answer := make([]byte, 64<<10)
		for {
			n, err := server.Read(answer)
			select {
			case <-broken:
				return
			default:
			}
			if _, wrote := client.Write(answer[:n]); err != nil || wrote != nil {
				client.Close()
				return
			}
		}
	}()
	statement := make([]byte, 64<<10)
	for {
		n, err := client.Read(statement)
		if err != nil {
			return
		}
		p.mu.Lock()
		breaks, deliver, hang := p.at != nil && bytes.Contains(statement[:n], p.at), p.deliver, p.hang
		p.broke = p.broke || breaks
		p.mu.Unlock()
		if breaks {
			close(broken)
		}
		if !breaks || deliver {
			if _, err := server.Write(statement[:n]); err != nil {
				return
			}
		}
		if breaks {
			if hang {
				_, _ = io.Copy(io.Discard, client) // until the client closes it
			}
			return
		}
	}
}
