package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/driver/sqliteshim"
	"modernc.org/sqlite"

	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/internal/rig/scratch"
)

// slowCommits makes SQLite's commits as slow as pgtest makes those of PostgreSQL: `make
// test-slow` runs the tests like that.
func slowCommits() {
	if pgtest.CommitDelay() == 0 {
		return
	}
	sqliteshim.Driver().(*sqlite.Driver).RegisterConnectionHook(func(c sqlite.ExecQuerierContext, _ string) error {
		c.(sqlite.HookRegisterer).RegisterCommitHook(func() int32 {
			time.Sleep(pgtest.CommitDelay())
			return 0
		})
		return nil
	})
}

// databases makes a folder for databases: in memory if possible, unless the disk is to be
// slow.
func databases() (*scratch.Folder, error) {
	const name = "yeyak-e2e-"
	if pgtest.CommitDelay() > 0 {
		return scratch.Make("", name)
	}
	return scratch.MakeInMemory(name)
}

// scratchDir is a folder for the databases of t.
func scratchDir(t testing.TB) string {
	t.Helper()
	folder, err := databases()
	require.NoError(t, err)
	t.Cleanup(func() { _ = folder.Remove() })
	return folder.Path
}
