package visibility_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/visibility"
)

// row inserts the row of a workflow that begins.
const row = `INSERT INTO executions_visibility (namespace_id, run_id, start_time, execution_time, workflow_id, workflow_type_name, status, encoding, search_attributes)
	VALUES ('orders', gen_random_uuid()::text, now(), now(), 'one', 'Lodging', 1, 'Proto3', '{"Keyword01": "lodging", "Bool01": true}')`

// While a run waits for a transaction, other sessions read and write as usual: its locks,
// held or awaited, block none of them.
func TestChange_LocksNothingOut(t *testing.T) {
	t.Parallel()
	for waitingAt, by := range map[string]struct{ isolation, statement string }{
		"CREATE INDEX CONCURRENTLY": {"READ COMMITTED", row},
		"DROP INDEX CONCURRENTLY":   {"READ COMMITTED", "SELECT FROM executions_visibility WHERE namespace_id = 'orders' AND keyword01 = 'lodging'"},
	} {
		t.Run(waitingAt, func(t *testing.T) {
			t.Parallel()
			database, db := made(t)
			execute(t.Context(), t, db, row)
			open := transaction(t, open(t, database), by.isolation, by.statement)
			done := begin(t, database, visibility.Lean)
			waits(t, db, waitingAt, 1)
			besides(t, db)
			require.NoError(t, open.Rollback())
			require.NoError(t, <-done)
			require.True(t, check(t, database, visibility.Lean).OK())
		})
	}
}

// besides reads and writes like a server. A statement that had to wait for the run would
// wait for as long as the test blocks the run.
func besides(t *testing.T, db *sql.DB) {
	t.Helper()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	execute(t.Context(), t, conn, "SET lock_timeout = '20s'", row,
		"UPDATE executions_visibility SET status = 2, close_time = now() WHERE namespace_id = 'orders'",
		"SELECT count(*) FROM executions_visibility WHERE namespace_id = 'orders' AND keyword01 = 'lodging'",
		"SELECT count(*) FROM executions_visibility WHERE namespace_id = 'orders' AND bool01",
		"RESET lock_timeout")
}

// begin runs Change in the background.
func begin(t *testing.T, database string, to visibility.Form) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	db := open(t, database)
	go func() {
		_, err := visibility.Change(t.Context(), db, to, func(string) {})
		done <- err
	}()
	return done
}

// waits returns when so many statements with that beginning have been seen to wait for a
// lock, each in its own transaction. It returns the session of the last one.
func waits(t *testing.T, db *sql.DB, statement string, times int) (session int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	seen := map[time.Time]bool{}
	for len(seen) < times {
		var began time.Time
		err := db.QueryRowContext(ctx, `SELECT pid, xact_start FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1`, statement+"%").Scan(&session, &began)
		if err == nil {
			seen[began] = true
		}
		require.NoError(t, ctx.Err(), "no %s waits: %v", statement, err)
		time.Sleep(10 * time.Millisecond)
	}
	return session
}

// An exchange that does not get its lock in time lets the statements behind it through,
// and is tried again.
func TestChange_ExchangeIsTriedAgain(t *testing.T) {
	t.Parallel()
	database, db := made(t)
	holds := transaction(t, open(t, database), "READ COMMITTED", "ALTER INDEX by_bool_02 RENAME TO other_name")
	done := begin(t, database, visibility.Lean)
	waits(t, db, "DO ", 2)
	require.NoError(t, holds.Rollback())
	require.NoError(t, <-done)
	require.True(t, check(t, database, visibility.Lean).OK())
}
