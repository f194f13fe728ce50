package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// made is a database of ensureTables, changed by statements.
func made(t *testing.T, statements ...string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "temporal.db")
	require.NoError(t, ensureTables(file))
	db := open(t, file)
	for _, statement := range statements {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	require.NoError(t, db.Close())
	return file
}

func open(t *testing.T, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

const (
	namespace = `INSERT INTO namespaces (partition_id, id, name, notification_version, data, data_encoding, is_global) VALUES (1, x'01', 'orders', 1, x'02', 'Proto3', 0)`
	order     = `INSERT INTO executions_visibility (namespace_id, run_id, start_time, execution_time, workflow_id, workflow_type_name, status, memo, encoding, task_queue, search_attributes)
		VALUES ('1', '2', '2026-01-01 00:00:00', '2026-01-01 00:00:00', 'lodging-1', 'Lodging', 1, '', '', 'sagas', '{"Keyword01":"confirmed"}')`
)

func besides(t *testing.T, file string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	for _, e := range entries {
		if e.Name() != filepath.Base(file) {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestEnsureTables_OfThisServer(t *testing.T) {
	t.Parallel()
	file := made(t, namespace, order)
	before, err := os.Stat(file)
	require.NoError(t, err)
	require.NoError(t, ensureTables(file))
	after, err := os.Stat(file)
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after))
	require.Empty(t, besides(t, file))
}

// An older server has fewer tables and columns. After the upgrade its data are there, and the
// old file is unchanged.
func TestEnsureTables_OfAnOlderServer(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]string{"Journal": "DELETE", "WAL": "WAL"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := made(t, "PRAGMA journal_mode = "+mode, namespace, order,
				"DROP TABLE current_chasm_executions", "DROP INDEX by_temporal_int_01", "ALTER TABLE executions_visibility DROP COLUMN TemporalInt01")
			require.NoError(t, ensureTables(file))
			kept := besides(t, file)
			require.Len(t, kept, 1)
			require.True(t, strings.HasPrefix(kept[0], "temporal.db.before-"), kept[0])
			for _, database := range []string{file, filepath.Join(filepath.Dir(file), kept[0])} {
				db := open(t, database)
				var found string
				require.NoError(t, db.QueryRowContext(t.Context(), "SELECT name FROM namespaces").Scan(&found))
				require.Equal(t, "orders", found)
				require.NoError(t, db.QueryRowContext(t.Context(), "SELECT workflow_id FROM executions_visibility WHERE Keyword01 = 'confirmed'").Scan(&found))
				require.Equal(t, "lodging-1", found)
				require.NoError(t, db.Close())
			}
			_, err := open(t, file).ExecContext(t.Context(), "SELECT 1 FROM current_chasm_executions, executions_visibility WHERE TemporalInt01 = 1")
			require.NoError(t, err)
			require.NoError(t, ensureTables(file))
			require.Equal(t, kept, besides(t, file), "once is enough")
		})
	}
}

func TestEnsureTables_OfANewerServer(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"Column": "ALTER TABLE namespaces ADD COLUMN mood TEXT",
		"Table":  "CREATE TABLE moods (mood TEXT)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := made(t, namespace, change)
			before, err := os.ReadFile(file)
			require.NoError(t, err)
			require.ErrorContains(t, ensureTables(file), "does not know column mood of table")
			after, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, before, after, "it is left as it was")
			require.Empty(t, besides(t, file))
		})
	}
}

func TestEnsureTables_NoDatabase(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "temporal.db")
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("no database ", 500)), 0o600))
	require.ErrorContains(t, ensureTables(file), file)
	require.Empty(t, besides(t, file))
}
