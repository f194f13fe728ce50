package main

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "github.com/uptrace/bun/driver/pgdriver" // the "pg" driver of database/sql

	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
	indexes "github.com/yeyak/yeyak/internal/visibility"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// Exit codes for scripts: 0 if the indexes are as configured, 1 if they are not, 2 if
// that could not be found out.
func TestVisibility_ExitCodes(t *testing.T) {
	t.Parallel()
	database := pgtest.New(t)
	run := func(c config.Visibility) int {
		c.Database, c.Wait, c.Log = config.URL(database), time.Minute, config.Log{Level: "info", Format: "console"}
		err := visibility{c}.Run(t.Context())
		if err == nil {
			return 0
		}
		with, ok := errors.AsType[exit](err)
		require.True(t, ok, "%v", err)
		return with.code
	}
	lean, stock := config.Visibility{Indexes: indexes.Lean}, config.Visibility{Indexes: indexes.Stock}
	checkLean, checkStock := lean, stock
	checkLean.Check, checkStock.Check = true, true
	require.Equal(t, 2, run(lean), "there is no such table")
	require.Equal(t, 2, run(checkLean))

	db, err := sql.Open("pg", database)
	require.NoError(t, err)
	defer db.Close()
	for _, statement := range []string{
		"CREATE TABLE executions_visibility (namespace_id text NOT NULL, keyword01 text)",
		"CREATE INDEX by_keyword_01 ON executions_visibility (namespace_id, keyword01)",
	} {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	require.Equal(t, []int{1, 0}, []int{run(checkLean), run(checkStock)})
	require.Equal(t, 0, run(lean))
	require.Equal(t, []int{0, 1}, []int{run(checkLean), run(checkStock)})
	require.Equal(t, 0, run(stock))
	require.Equal(t, []int{1, 0}, []int{run(checkLean), run(checkStock)})
}

func TestMisunderstood(t *testing.T) {
	t.Parallel()
	wrong := errors.New("--wait is wrong")
	for command, code := range map[string]int{"audit": 2, "visibility": 2, "migrate": 0} {
		with, _ := errors.AsType[exit](misunderstood(wrong, []string{command, "--wait=no"}))
		require.Equal(t, code, with.code, command)
	}
	require.Equal(t, wrong, misunderstood(wrong, nil))
}
