package pgtest_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/rig/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pg", url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestNew_GivesEachTestItsOwnDatabase(t *testing.T) {
	t.Parallel()
	one, two := open(t, pgtest.New(t)), open(t, pgtest.New(t))
	for _, db := range []*sql.DB{one, two} {
		_, err := db.ExecContext(t.Context(), "CREATE TABLE things (id bigint)")
		require.NoError(t, err)
	}
}

func TestCluster_KeepsDataThroughAnOutage(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t)
	db := open(t, cluster.New(t))
	_, err := db.ExecContext(t.Context(), "CREATE TABLE things AS SELECT 42 AS answer")
	require.NoError(t, err)

	require.NoError(t, cluster.Stop())
	require.Error(t, db.PingContext(t.Context()))

	require.NoError(t, cluster.Start())
	var answer int
	require.NoError(t, eventually(t.Context(), func() error {
		return db.QueryRowContext(t.Context(), "SELECT answer FROM things").Scan(&answer)
	}))
	require.Equal(t, 42, answer)
}

// eventually repeats f, since each connection that the outage broke fails once.
func eventually(ctx context.Context, f func() error) error {
	err := f()
	for tries := 0; err != nil && tries < 10 && ctx.Err() == nil; tries++ {
		err = f()
	}
	return err
}
