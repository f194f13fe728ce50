package e2e

import (
	"syscall"
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

// roomy is how much memory must be free for databases to be in memory.
const roomy = 2 << 30

// databases makes a folder for databases: in memory, so that tests do not wait for a
// disk, unless there is too little or the disk is to be slow.
func databases() (*scratch.Folder, error) {
	const memory, name = "/dev/shm", "yeyak-e2e-"
	var fs syscall.Statfs_t
	if err := syscall.Statfs(memory, &fs); err != nil || fs.Bavail*uint64(fs.Bsize) < roomy || pgtest.CommitDelay() > 0 {
		return scratch.Make("", name)
	}
	return scratch.Make(memory, name)
}

// scratchDir is a folder for the databases of t.
func scratchDir(t testing.TB) string {
	t.Helper()
	folder, err := databases()
	require.NoError(t, err)
	t.Cleanup(func() { _ = folder.Remove() })
	return folder.Path
}
