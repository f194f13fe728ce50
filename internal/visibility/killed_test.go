package visibility_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/driver/pgdriver"

	"github.com/yeyak/yeyak/internal/visibility"
)

// If a process is killed at any point of a run, each name has a usable index, and the next
// run changes all indexes to their form and removes what was left.
func TestChange_KilledAnywhere(t *testing.T) {
	t.Parallel()
	database, db := made(t)
	change(t, database, visibility.Lean)
	want := definitions(t, db)
	for _, after := range []bool{false, true} {
		for statements := 1; ; statements++ {
			// A btree and a GIN index are full again.
			execute(t.Context(), t, db,
				"DROP INDEX by_keyword_01", "CREATE INDEX by_keyword_01 ON executions_visibility (namespace_id, Keyword01, (COALESCE(close_time, '9999-12-31 23:59:59')) DESC, start_time DESC, run_id)",
				"DROP INDEX by_build_ids", "CREATE INDEX by_build_ids ON executions_visibility USING GIN (namespace_id, BuildIds jsonb_path_ops)")
			victim := &mortal{Connector: pgdriver.NewConnector(pgdriver.WithDSN(database)), left: statements, after: after}
			mine := sql.OpenDB(victim)
			_, err := visibility.Change(t.Context(), mine, visibility.Lean, func(string) {})
			require.NoError(t, mine.Close())
			if err == nil {
				require.Greater(t, statements, 15, "it is killed in between")
				require.Equal(t, want, definitions(t, db))
				break
			}
			require.ErrorIs(t, err, errKilled)
			found := definitions(t, db)
			for name, definition := range want {
				require.Contains(t, found, name)
				require.NotContains(t, found[name], "invalid")
				if name != "by_keyword_01" && name != "by_build_ids" {
					require.Equal(t, definition, found[name])
				}
			}
			require.LessOrEqual(t, len(found), len(want)+1)
			if len(found) > len(want) {
				require.False(t, check(t, database, visibility.Lean).OK(), "what is left behind is reported")
			}
			change(t, database, visibility.Lean)
			require.Equal(t, want, definitions(t, db))
		}
	}
}

// A run whose statement is killed leaves an unusable index. The report names it, and the
// next run removes it, also a run to the other form.
func TestChange_KilledWhileBuilding(t *testing.T) {
	t.Parallel()
	database, db := made(t)
	want := definitions(t, db)
	keeps := transaction(t, open(t, database), "READ COMMITTED", row)
	done := begin(t, database, visibility.Lean)
	session := waits(t, db, "CREATE INDEX CONCURRENTLY", 1)
	_, err := db.ExecContext(t.Context(), "SELECT pg_terminate_backend($1)", session)
	require.NoError(t, err)
	require.ErrorContains(t, <-done, "build index ")
	require.NoError(t, keeps.Rollback())

	left := check(t, database, visibility.Stock)
	require.Empty(t, left.Differ)
	require.Len(t, left.Left, 1)
	require.False(t, left.OK())
	require.Contains(t, definitions(t, db)[left.Left[0]], "invalid")
	require.Empty(t, change(t, database, visibility.Stock).Changed)
	require.Equal(t, want, definitions(t, db))
}

// A canceled run ends at once, although the transaction that it waits for continues.
func TestChange_Canceled(t *testing.T) {
	t.Parallel()
	database, db := made(t)
	keeps := transaction(t, open(t, database), "READ COMMITTED", row)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	own := open(t, database)
	go func() {
		_, err := visibility.Change(ctx, own, visibility.Lean, func(string) {})
		done <- err
	}()
	waits(t, db, "CREATE INDEX CONCURRENTLY", 1)
	cancel()
	require.ErrorContains(t, <-done, "build index ")
	require.NoError(t, keeps.Rollback())
	change(t, database, visibility.Lean)
}

var errKilled = errors.New("killed")

// mortal is a connector whose connections are cut before, or after, the last of so many
// statements.
type mortal struct {
	driver.Connector
	left  int
	after bool
}

// Connect implements driver.Connector.
func (m *mortal) Connect(ctx context.Context) (driver.Conn, error) {
	if m.left <= 0 {
		return nil, errKilled
	}
	conn, err := m.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &mortalConn{conn.(*pgdriver.Conn), m}, nil
}

type mortalConn struct {
	*pgdriver.Conn
	of *mortal
}

// do runs a statement, unless the connection is cut before it.
func (c *mortalConn) do(statement func() error) error {
	c.of.left--
	if c.of.left > 0 {
		return statement()
	}
	var err error
	if c.of.after && c.of.left == 0 {
		err = statement()
	}
	return errors.Join(errKilled, err, c.Close())
}

// ExecContext implements driver.ExecerContext.
func (c *mortalConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (r driver.Result, err error) {
	err = c.do(func() error { r, err = c.Conn.ExecContext(ctx, query, args); return err })
	return r, err
}

// QueryContext implements driver.QueryerContext.
func (c *mortalConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (rows driver.Rows, err error) {
	err = c.do(func() error { rows, err = c.Conn.QueryContext(ctx, query, args); return err })
	return rows, err
}

// BeginTx implements driver.ConnBeginTx.
func (c *mortalConn) BeginTx(ctx context.Context, o driver.TxOptions) (tx driver.Tx, err error) {
	err = c.do(func() error { tx, err = c.Conn.BeginTx(ctx, o); return err })
	return mortalTx{c, tx}, err
}

type mortalTx struct {
	conn *mortalConn
	driver.Tx
}

// Commit implements driver.Tx.
func (t mortalTx) Commit() error { return t.conn.do(t.Tx.Commit) }
