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

// A look is one list, or count, that the store answers.
type look struct {
	method  string // of the store: Type.Method
	service string
	// read reads a page that begins at the cursor and returns the next one.
	read func(ctx context.Context, db *store.DB, cursor string) (next string, err error)
	// rows is how many rows it may look at: its page, or all that is open.
	rows int
	// each is how many blocks it may read for a row; 3 unless set.
	each int
	// sorts: what it has read, it may put in order.
	sorts bool
	// index is the one that SQLite has to use; any unless set.
	index string
	// counts: it answers how many rows there are, up to booking.CountedTo, and
	// may look at as many as it counts.
	counts bool
}

// counting is a look at a count. For each row it reads no more than its entry in
// an index, and the row where that is not known to be there for all.
func counting(method, service string, of func(context.Context, *store.DB) (int, error)) look {
	return look{method: method, service: service, counts: true, each: 2, read: func(ctx context.Context, db *store.DB, _ string) (string, error) {
		_, err := of(ctx, db)
		return "", err
	}}
}

// pageOfPlans is the size of the pages that are looked at.
const pageOfPlans = 50

// firstOf reads the first page of all there is.
func firstOf[T any](all iter.Seq2[T, error]) error {
	for _, err := range all {
		return err
	}
	return nil
}

// looks are all lists and counts of the store. TestPlans_KnowEveryList holds
// that none is missing.
func looks(t *testing.T) []look {
	return slices.Concat(looksAtOrders(t), looksAtJobs(t), looksAtCatalogue(t), looksAtCrew(t), looksAtRest(), looksAtOperators(), looksAtEverything())
}

// TestPlans_KnowEveryList: what answers more than one row has a look here.
func TestPlans_KnowEveryList(t *testing.T) {
	t.Parallel()
	// These read everything there is, once, for whom there is no page.
	everything := []string{
		"Audits.SinceDone",                        // no list, but how long ago
		"Outbox.Waiting",                          // in the order of its key; there is only what the feed does not have yet
		"Sandbox.Totals", "SandboxIntents.Totals", // for the tests of payments
	}
	known := map[string]bool{}
	for _, l := range looks(t) {
		known[l.method] = true
	}
	for _, service := range []any{
		&store.Catalogue{}, &store.Crew{}, &store.Inbox{}, &store.Inventory{}, &store.Jobs{}, &store.Management{}, &store.Mypage{},
		&store.Notifications{}, &store.Outbox{}, &store.Payments{}, &store.Sandbox{}, &store.SandboxIntents{}, &store.Audits{}, &store.Actions{}, &store.Bulk{},
	} {
		of := reflect.TypeOf(service)
		for i := range of.NumMethod() {
			method := of.Method(i)
			name := of.Elem().Name() + "." + method.Name
			if answersMany(method.Type) && !slices.Contains(everything, name) {
				require.True(t, known[name], "%s has no look in the tests of plans", name)
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
	for _, l := range looks(t) {
		*sent = nil
		_, err := l.read(t.Context(), db, "")
		require.NoError(t, err, l.method)
		for _, statement := range slices.Clone(*sent) {
			requireSQLiteIndexes(t, db, l, statement)
		}
	}
}

func requireSQLiteIndexes(t *testing.T, db *store.DB, l look, statement string) {
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
			!strings.HasSuffix(table, " VALUES CLAUSE") && !slices.Contains(small, table)
		require.False(t, bare, "%s reads a whole table: %s: %s", l.method, detail, statement)
		if !l.sorts && !strings.Contains(statement, "UNION ALL") {
			require.NotContains(t, detail, "TEMP B-TREE", "%s sorts: %s", l.method, statement)
		}
	}
	require.NoError(t, rows.Err())
	require.True(t, used, "%s does not use %s: %s", l.method, l.index, statement)
}

// small are tables that hold a row for each process or each thing that a list
// names anyway, and what queries name themselves.
var small = []string{"breaker_row", "payment_breakers", "page", "live", "moves", "sums", "part", "found", "counted", "CONSTANT ROW"}

// node is a part of PostgreSQL's plan, with what came of it.
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

// requireBounded requires of a statement that it costs what it shows, however
// much there is.
func requireBounded(t *testing.T, db *store.DB, l look, statement string) {
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
	// Of each stretch that is merged no more is read than the page holds; it is
	// found from the root of its index.
	const toFind = 6
	stretches := 1 + strings.Count(statement, "UNION ALL")
	most := stretches * (each*(l.rows+1) + toFind)
	if l.counts {
		counted := int(plan.Plans[0].Rows)
		require.LessOrEqual(t, counted, booking.CountedTo, "%s counts too far: %s", l.method, statement)
		most = each*(counted+1) + stretches*toFind
	}
	require.LessOrEqual(t, plan.Hit+plan.Read, most, "%s reads more than it shows: %s", l.method, statement)
}

// TestPlans_PostgreSQL: at a million orders, jobs and drinks, no list reads a whole
// table, and each costs what it shows, whether what it asks for is rare or
// frequent.
func TestPlans_PostgreSQL(t *testing.T) {
	t.Parallel()
	db := crowded(t)
	sent := db.Record()
	for _, l := range looks(t) {
		cursor := ""
		for range 2 { // the first page, and one that goes on from a cursor
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
