package pgtest_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/rig/pgserver"
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

func TestNew_OneDatabasePerTest(t *testing.T) {
	t.Parallel()
	one, two := open(t, pgtest.New(t)), open(t, pgtest.New(t))
	for _, db := range []*sql.DB{one, two} {
		_, err := db.ExecContext(t.Context(), "CREATE TABLE things (id bigint)")
		require.NoError(t, err)
	}
}

// TestTemplate_IsFilledOnce: each test gets a copy, and sees no other test's changes.
func TestTemplate_IsFilledOnce(t *testing.T) {
	t.Parallel()
	filled := 0
	template := pgtest.Template{Fill: func(ctx context.Context, url string) error {
		filled++
		return pgserver.Execute(ctx, url, "CREATE TABLE things AS SELECT 42 AS answer")
	}}
	t.Run("Copies", func(t *testing.T) {
		for range 4 {
			t.Run("Copy", func(t *testing.T) {
				t.Parallel()
				db := open(t, template.New(t))
				_, err := db.ExecContext(t.Context(), "INSERT INTO things VALUES (1)")
				require.NoError(t, err)
				var sum int
				require.NoError(t, db.QueryRowContext(t.Context(), "SELECT sum(answer) FROM things").Scan(&sum))
				require.Equal(t, 43, sum)
			})
		}
	})
	require.Equal(t, 1, filled)
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
