package visibility_test

import (
	"database/sql"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/visibility"
)

// A row is written only to the indexes that have a value of it: PostgreSQL logs, for an
// order that begins and for one that ends, a fraction of what it logs with stock indexes.
func TestChange_WritesLess(t *testing.T) {
	t.Parallel()
	database, db := made(t)
	const begins = `INSERT INTO executions_visibility (namespace_id, run_id, start_time, execution_time, workflow_id, workflow_type_name, status, encoding, task_queue, search_attributes)
		VALUES ('orders', gen_random_uuid()::text, now(), now(), 'lodging-1', 'Lodging', 1, 'Proto3', 'sagas',
			'{"Keyword01": "lodging", "Keyword02": "alice", "Keyword03": "bora", "Keyword04": "place", "Keyword05": "confirmed", "Bool01": false, "BuildIds": ["unversioned"]}')`
	const ends = `UPDATE executions_visibility SET status = 2, close_time = now(), history_length = 15, history_size_bytes = 6000, execution_duration = 7, state_transition_count = 4
		WHERE run_id = (SELECT min(run_id) FROM executions_visibility WHERE status = 1)`
	logged := func() (begun, ended int) {
		execute(t.Context(), t, db, begins, begins, ends) // the first entry of an index creates its pages
		return walRecords(t, db, begins), walRecords(t, db, ends)
	}
	stockBegun, stockEnded := logged()
	change(t, database, visibility.Lean)
	begun, ended := logged()
	t.Logf("records of the log for an order that begins: %d, stock %d; that ends: %d, stock %d", begun, stockBegun, ended, stockEnded)
	require.Less(t, begun, stockBegun/2)
	require.Less(t, ended, stockEnded/2)
}

// walRecords runs a statement and counts what it adds to the write-ahead log.
func walRecords(t *testing.T, db *sql.DB, statement string) int {
	t.Helper()
	var text []byte
	require.NoError(t, db.QueryRowContext(t.Context(), "EXPLAIN (ANALYZE, WAL, FORMAT JSON) "+statement).Scan(&text))
	var explained []struct {
		Plan struct {
			Records int `json:"WAL Records"`
		}
	}
	require.NoError(t, json.Unmarshal(text, &explained))
	require.Positive(t, explained[0].Plan.Records)
	return explained[0].Plan.Records
}
