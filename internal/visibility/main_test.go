package visibility_test

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/driver/pgdriver"

	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/internal/visibility"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// program is one of Temporal's programs, which `make test` names, or builds.
func program(variable, name string) string {
	return cmp.Or(os.Getenv(variable), filepath.Join("..", "..", "bin", name))
}

// newest migrates a schema to the version that the server needs.
const newest = ""

// migrate migrates the database to a version of Temporal's own schema.
func migrate(t testing.TB, database, version string) {
	t.Helper()
	tasks := [][]string{{"update-schema", "--schema-name", "postgresql/v12/visibility"}}
	if version != newest {
		tasks[0] = append(tasks[0], "--version", version)
	}
	var there bool
	db := open(t, database)
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT to_regclass('schema_version') IS NOT NULL").Scan(&there))
	if !there {
		tasks = append([][]string{{"setup-schema", "--version", "0.0"}}, tasks...)
	}
	u, err := url.Parse(database)
	require.NoError(t, err)
	for _, task := range tasks {
		cmd := exec.CommandContext(t.Context(), program("YEYAK_TEMPORAL_SERVER", "temporal-server"), append([]string{
			"schema", "--plugin", "postgres12_pgx", "--endpoint", u.Hostname(), "--port", u.Port(), "--database", strings.TrimPrefix(u.Path, "/"),
		}, task...)...)
		cmd.Env = append(cmd.Environ(), "SQL_USER="+u.User.Username(), "SQL_PASSWORD=")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s", strings.Join(task, " "), bytes.TrimSpace(out))
	}
}

// open opens a pool of its own on the database.
func open(t testing.TB, database string) *sql.DB {
	t.Helper()
	db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(database), pgdriver.WithReadTimeout(10*time.Minute)))
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// change runs Change on the database.
func change(t testing.TB, database string, to visibility.Form) visibility.Report {
	t.Helper()
	r, err := visibility.Change(t.Context(), open(t, database), to, func(string) {})
	require.NoError(t, err)
	require.True(t, r.OK(), "%+v", r)
	return r
}

// check runs Check on the database.
func check(t testing.TB, database string, want visibility.Form) visibility.Report {
	t.Helper()
	r, err := visibility.Check(t.Context(), open(t, database), want)
	require.NoError(t, err)
	return r
}

// definitions are the indexes of the table by name, as PostgreSQL describes them.
func definitions(t testing.TB, db *sql.DB) map[string]string {
	t.Helper()
	all := map[string]string{}
	rows, err := db.QueryContext(t.Context(), `SELECT c.relname, pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ', invalid' END
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = to_regclass('executions_visibility')`)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var name, definition string
		require.NoError(t, rows.Scan(&name, &definition))
		all[name] = definition
	}
	require.NoError(t, rows.Err())
	return all
}

// execute runs statements, each by itself.
func execute(ctx context.Context, t testing.TB, db interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}, statements ...string,
) {
	t.Helper()
	for _, s := range statements {
		_, err := db.ExecContext(ctx, s)
		require.NoError(t, err, s)
	}
}
