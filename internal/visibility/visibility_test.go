package visibility_test

import (
	"context"
	"database/sql"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/internal/visibility"
)

// made is a new database with Temporal's own schema.
func made(t *testing.T) (database string, db *sql.DB) {
	t.Helper()
	database = pgtest.New(t)
	migrate(t, database, newest)
	return database, open(t, database)
}

var partial = regexp.MustCompile(` WHERE \((\w+) IS NOT NULL\)$`)

// An index is lean if its column may be NULL and is not searched with IS NULL. Changed to
// lean and back to stock, every definition is the original one.
func TestChange_LeanAndStock(t *testing.T) {
	t.Parallel()
	database, db := made(t)
	stock := definitions(t, db)
	require.True(t, check(t, database, visibility.Stock).OK())
	first := check(t, database, visibility.Lean)
	require.False(t, first.OK())

	report := change(t, database, visibility.Lean)
	lean := definitions(t, db)
	require.Equal(t, slices.Sorted(maps.Keys(stock)), slices.Sorted(maps.Keys(lean)), "the same names")
	require.Equal(t, first.Differ, report.Changed)
	nullable := nullable(t, db)
	for name, definition := range lean {
		own := regexp.MustCompile(`\(namespace_id, (\w+)`).FindStringSubmatch(stock[name])
		require.NotNil(t, own, stock[name])
		if !nullable[own[1]] || own[1] == "temporalnamespacedivision" || own[1] == "parent_workflow_id" {
			require.Equal(t, stock[name], definition)
			require.Contains(t, kept(report), name, "the reason is reported")
			continue
		}
		require.Equal(t, stock[name]+" WHERE ("+own[1]+" IS NOT NULL)", definition)
		require.NotContains(t, kept(report), name)
	}
	require.Equal(t, []int{63, 11}, []int{report.Partial, report.Full})

	before := oids(t, db)
	require.Empty(t, change(t, database, visibility.Lean).Changed)
	require.Equal(t, before, oids(t, db), "nothing is built twice")
	require.Len(t, change(t, database, visibility.Stock).Changed, 63)
	require.Equal(t, stock, definitions(t, db))
}

func kept(r visibility.Report) (names []string) {
	for _, k := range r.Kept {
		names = append(names, k.Name)
	}
	return names
}

// nullable are the table's columns that may be NULL.
func nullable(t *testing.T, db *sql.DB) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	rows, err := db.QueryContext(t.Context(), "SELECT column_name FROM information_schema.columns WHERE table_name = 'executions_visibility' AND is_nullable = 'YES'")
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		all[name] = true
	}
	require.NoError(t, rows.Err())
	return all
}

// oids identify the existing indexes, which others of the same names would not have.
func oids(t *testing.T, db *sql.DB) (all string) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(),
		"SELECT string_agg(indexrelid::text, ' ' ORDER BY indexrelid) FROM pg_index WHERE indrelid = to_regclass('executions_visibility')").Scan(&all))
	return all
}

// Temporal's migrations drop indexes, recreate them and create others. The next run finds
// the new ones and makes them lean.
func TestChange_ThroughVersionsOfTheSchema(t *testing.T) {
	t.Parallel()
	database := pgtest.New(t)
	migrate(t, database, "1.5")
	db := open(t, database)
	require.Contains(t, change(t, database, visibility.Lean).Changed, "by_keyword_01")
	old := definitions(t, db)

	migrate(t, database, newest)
	after := check(t, database, visibility.Lean)
	require.NotEmpty(t, after.Differ)
	now := definitions(t, db)
	for name, definition := range old {
		if strings.HasPrefix(name, "by_root_") { // 1.6 recreates its column, which is never NULL
			require.Regexp(t, partial, definition)
			require.NotContains(t, now[name], "WHERE")
			require.NotContains(t, after.Differ, name)
			continue
		}
		require.Equal(t, definition, now[name])
	}
	for _, name := range after.Differ {
		require.NotContains(t, old, name)
		require.NotContains(t, now[name], "WHERE")
	}
	require.Contains(t, after.Differ, "by_temporal_keyword_01")
	require.Equal(t, after.Differ, change(t, database, visibility.Lean).Changed, "what the migrations have made, and nothing else")
	_, fresh := made(t)
	change(t, database, visibility.Stock)
	require.Equal(t, definitions(t, fresh), definitions(t, db))
}

// An index that is not the schema's, or has another condition, is not changed.
func TestChange_LeavesOthersAlone(t *testing.T) {
	t.Parallel()
	database, db := made(t)
	execute(t.Context(), t, db,
		`CREATE INDEX "By Memo" ON executions_visibility (namespace_id, encoding, memo)`,
		`CREATE INDEX mine ON executions_visibility (keyword01)`,
		`CREATE INDEX closed ON executions_visibility (namespace_id, close_time) WHERE status = 2`,
		`CREATE UNIQUE INDEX once ON executions_visibility (namespace_id, keyword01)`,
		`CREATE INDEX "Two ON ""WHERE" ON executions_visibility (namespace_id, keyword02) WITH (fillfactor = 80)`)
	before := definitions(t, db)
	report := change(t, database, visibility.Lean)
	after := definitions(t, db)
	for _, name := range []string{"By Memo", "mine", "closed", "once"} {
		require.Equal(t, before[name], after[name])
		require.Contains(t, kept(report), name)
	}
	const odd = `Two ON "WHERE`
	require.Equal(t, before[odd]+" WHERE (keyword02 IS NOT NULL)", after[odd], "a name may be anything")
	change(t, database, visibility.Stock)
	require.Equal(t, before, definitions(t, db))
}

// An unusable index is rebuilt.
func TestChange_InvalidIndex(t *testing.T) {
	t.Parallel()
	database, db := made(t)
	want := definitions(t, db)
	execute(t.Context(), t, db, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'by_status'::regclass")
	require.Equal(t, []string{"by_status"}, check(t, database, visibility.Stock).Differ)
	require.Equal(t, []string{"by_status"}, change(t, database, visibility.Stock).Changed)
	require.Equal(t, want, definitions(t, db))
}

func TestCheck_OtherDatabase(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.New(t))
	_, err := visibility.Check(t.Context(), db, visibility.Lean)
	require.EqualError(t, err, "there is no table executions_visibility: want Temporal's visibility database, with its schema")
	_, err = visibility.Change(t.Context(), db, visibility.Lean, func(string) {})
	require.ErrorContains(t, err, "there is no table executions_visibility")
}

func TestReport_Print(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, visibility.Report{
		Want: visibility.Lean, Partial: 2, Full: 3, Changed: []string{"a"}, Differ: []string{"b", "c"}, Left: []string{"yeyak_next_7"},
		Kept: []visibility.Kept{{Name: "b", Why: "b is never NULL"}, {Name: "longer", Why: "it holds a constraint"}},
	}.Print(&out))
	require.Equal(t, `5 indexes of executions_visibility: 2 partial, 3 full. 1 were changed.
Not as a lean store has them, or not usable: b, c.
Left behind by a run that did not come to its end, or is at work: yeyak_next_7.
Full in a lean store too:
  b       b is never NULL
  longer  it holds a constraint
`, out.String())
}

// Of two concurrent runs the second waits, and finds the work done.
func TestChange_TwoAtOnce(t *testing.T) {
	t.Parallel()
	database, _ := made(t)
	for _, forms := range [][2]visibility.Form{{visibility.Lean, visibility.Lean}, {visibility.Stock, visibility.Lean}} {
		var both sync.WaitGroup
		var reports [2]visibility.Report
		var errs [2]error
		for i, form := range forms {
			db := open(t, database)
			both.Go(func() { reports[i], errs[i] = visibility.Change(t.Context(), db, form, func(string) {}) })
		}
		both.Wait()
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
		require.True(t, reports[0].OK() && reports[1].OK(), "%+v", reports)
		if forms[0] == forms[1] {
			require.ElementsMatch(t, []int{63, 0}, []int{len(reports[0].Changed), len(reports[1].Changed)})
		}
	}
}

// A run that waits for another one is cancelled when its time has passed, and has changed
// nothing.
func TestChange_WaitsForAnother(t *testing.T) {
	t.Parallel()
	database, db := made(t)
	other := transaction(t, open(t, database), "READ COMMITTED", "SELECT pg_advisory_xact_lock(8747531310558767475)")
	before := oids(t, db)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := visibility.Change(ctx, open(t, database), visibility.Lean, func(string) {})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "wait for another run")
	require.Equal(t, before, oids(t, db))
	require.NoError(t, other.Rollback())
	change(t, database, visibility.Lean)
}

// transaction begins a transaction that stays open.
func transaction(t *testing.T, db *sql.DB, isolation string, statements ...string) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(context.WithoutCancel(t.Context()), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback() })
	execute(t.Context(), t, tx, append([]string{"SET TRANSACTION ISOLATION LEVEL " + isolation}, statements...)...)
	return tx
}
