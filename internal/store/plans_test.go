package store_test

import (
	"context"
	"encoding/json"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// A query is one list or count of the store.
type query struct {
	method  string // Type.Method of the store
	service string
	// read reads a page from the cursor and returns the next one.
	read func(ctx context.Context, db *store.DB, cursor string) (next string, err error)
	// rows is how many rows it may read: its page, or all that is open.
	rows int
	// each is how many blocks it may read per row; 3 by default.
	each int
	// sorts: it may sort what it has read.
	sorts bool
	// index is the one that SQLite has to use; any by default.
	index string
	// counts: it counts rows, up to booking.CountedTo, and may read as many.
	counts bool
}

// counting is the query of a count. For each row it reads only the index entry, and the
// row if it may not be visible to all.
func counting(method, service string, of func(context.Context, *store.DB) (int, error)) query {
	return query{method: method, service: service, counts: true, each: 2, read: func(ctx context.Context, db *store.DB, _ string) (string, error) {
		_, err := of(ctx, db)
		return "", err
	}}
}

// pageOfPlans is the page size in these tests.
const pageOfPlans = 50

// firstOf reads the first page of everything.
func firstOf[T any](all iter.Seq2[T, error]) error {
	for _, err := range all {
		return err
	}
	return nil
}

// queries are all lists and counts of the store. TestPlans_KnowEveryList shows that none
// is missing.
func queries(t *testing.T) []query {
	return slices.Concat(queriesOfOrders(t), queriesOfJobs(t), queriesOfCatalogue(t), queriesOfCrew(t), unfilteredQueries(), queriesOfOperators(), queriesOfMembers(), queriesOfDecisions(), queriesOfEverything())
}

// TestPlans_KnowEveryList: every method that returns more than one row has a query here.
func TestPlans_KnowEveryList(t *testing.T) {
	t.Parallel()
	// These read everything once, without pages.
	everything := []string{
		"Audits.SinceDone",                        // a duration, not a list
		"Decisions.Forget",                        // deletes a bounded number
		"Outbox.Waiting",                          // in the order of its key; it contains only what the feed does not have yet
		"Sandbox.Totals", "SandboxIntents.Totals", // for the tests of payments
	}
	known := map[string]bool{}
	for _, l := range queries(t) {
		known[l.method] = true
	}
	for _, service := range []any{
		&store.Catalogue{}, &store.Crew{}, &store.Inbox{}, &store.Inventory{}, &store.Jobs{}, &store.Management{}, &store.Mypage{},
		&store.Notifications{}, &store.Outbox{}, &store.Payments{}, &store.Sandbox{}, &store.SandboxIntents{}, &store.Audits{}, &store.Actions{}, &store.Bulk{}, &store.Members{}, &store.Decisions{},
	} {
		of := reflect.TypeOf(service)
		for i := range of.NumMethod() {
			method := of.Method(i)
			name := of.Elem().Name() + "." + method.Name
			if answersMany(method.Type) && !slices.Contains(everything, name) {
				require.True(t, known[name], "%s has no query in the tests of plans", name)
			}
		}
	}
}

func answersMany(method reflect.Type) bool {
	for i := range method.NumOut() {
		switch method.Out(i).Kind() {
		case reflect.Slice, reflect.Map, reflect.Func, reflect.Int, reflect.Int64:
			return true
		}
	}
	return false
}

// TestPlans_SQLite: no list reads a table without an index, and none sorts.
func TestPlans_SQLite(t *testing.T) {
	t.Parallel()
	db := open(t, sqliteURL(t))
	for _, service := range store.Services() {
		_, err := store.Migrate(t.Context(), db, service)
		require.NoError(t, err)
	}
	sent := db.Record()
	for _, l := range queries(t) {
		*sent = nil
		_, err := l.read(t.Context(), db, "")
		require.NoError(t, err, l.method)
		for _, statement := range slices.Clone(*sent) {
			requireSQLiteIndexes(t, db, l, statement)
		}
	}
}

func requireSQLiteIndexes(t *testing.T, db *store.DB, l query, statement string) {
	t.Helper()
	if !strings.HasPrefix(strings.TrimSpace(statement), "SELECT") && !strings.HasPrefix(strings.TrimSpace(statement), "WITH") {
		return
	}
	rows, err := db.SQL().QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+statement)
	require.NoError(t, err, statement)
	defer rows.Close()
	used := l.index == ""
	for rows.Next() {
		var id, parent, unused int
		var detail string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
		used = used || strings.Contains(detail, "INDEX "+l.index+" ")
		table, bare := strings.CutPrefix(detail, "SCAN ")
		bare = bare && !strings.Contains(table, "INDEX") && !strings.HasPrefix(table, "(") &&
			!strings.HasSuffix(table, " VALUES CLAUSE") && !strings.HasSuffix(table, " CONSTANT ROWS") && !slices.Contains(small, table)
		require.False(t, bare, "%s reads a whole table: %s: %s", l.method, detail, statement)
		if !l.sorts && !strings.Contains(statement, "UNION ALL") {
			require.NotContains(t, detail, "TEMP B-TREE", "%s sorts: %s", l.method, statement)
		}
	}
	require.NoError(t, rows.Err())
	require.True(t, used, "%s does not use %s: %s", l.method, l.index, statement)
}

// small are tables with a row for each process or for each thing of a page, and the
// names of subqueries.
var small = []string{"breaker_row", "payment_breakers", "page", "live", "moves", "sums", "part", "found", "counted", "CONSTANT ROW"}

// node is a node of PostgreSQL's plan, with its measurements.
type node struct {
	Type     string  `json:"Node Type"`
	Relation string  `json:"Relation Name"`
	Hit      int     `json:"Shared Hit Blocks"`
	Read     int     `json:"Shared Read Blocks"`
	Rows     float64 `json:"Actual Rows"`
	Removed  float64 `json:"Rows Removed by Filter"`
	Plans    []node  `json:"Plans"`
}

// walk calls f for the node and all below it.
func (n node) walk(f func(node)) {
	f(n)
	for _, below := range n.Plans {
		below.walk(f)
	}
}

func planOf(t *testing.T, db *store.DB, statement string) node {
	t.Helper()
	var text string
	err := db.SQL().QueryRowContext(t.Context(), "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "+statement).Scan(&text)
	require.NoError(t, err, statement)
	var plans []struct{ Plan node }
	require.NoError(t, json.Unmarshal([]byte(text), &plans))
	return plans[0].Plan
}

// requireBounded requires that a statement's cost depends on its result and not on the
// size of tables.
func requireBounded(t *testing.T, db *store.DB, l query, statement string) {
	t.Helper()
	if !strings.HasPrefix(strings.TrimSpace(statement), "SELECT") && !strings.HasPrefix(strings.TrimSpace(statement), "WITH") {
		return
	}
	plan := planOf(t, db, statement)
	plan.walk(func(n node) {
		whole := n.Type == "Seq Scan" && !slices.Contains(small, n.Relation)
		require.False(t, whole, "%s reads a whole table: %s", l.method, statement)
	})
	each := l.each
	if each == 0 {
		each = 3
	}
	// Of each merged index range at most a page is read, after a descent from the root
	// of its index.
	const toFind = 6
	ranges := 1 + strings.Count(statement, "UNION ALL")
	most := ranges * (each*(l.rows+1) + toFind)
	if l.counts {
		counted := int(plan.Plans[0].Rows)
		require.LessOrEqual(t, counted, booking.CountedTo, "%s counts too far: %s", l.method, statement)
		most = each*(counted+1) + ranges*toFind
	}
	require.LessOrEqual(t, plan.Hit+plan.Read, most, "%s reads more than it shows: %s", l.method, statement)
}

// TestPlans_PostgreSQL: with a million orders, jobs and drinks, no list reads a whole
// table, and the cost of each depends on its result, for rare and for frequent rows.
func TestPlans_PostgreSQL(t *testing.T) {
	t.Parallel()
	db := crowded(t)
	sent := db.Record()
	for _, l := range queries(t) {
		cursor := ""
		for range 2 { // the first page, and one from a cursor
			*sent = nil
			next, err := l.read(t.Context(), db, cursor)
			require.NoError(t, err, l.method)
			statements := slices.Clone(*sent)
			for _, statement := range statements {
				requireBounded(t, db, l, statement)
			}
			if cursor = next; cursor == "" {
				break
			}
		}
	}
	n, err := store.NewCatalogue(db).CountMenus(t.Context(), booking.CatalogueFilter{})
	require.NoError(t, err)
	require.Equal(t, booking.CountedTo, n, "of far more")
}
