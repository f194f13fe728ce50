package store

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A power cut must not lose commits that the sagas know of.
func TestSQLite_SyncsEveryCommit(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "test.db"), Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal"} {
		var got string
		require.NoError(t, db.bun.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
		require.Equal(t, want, got, pragma)
	}
}
