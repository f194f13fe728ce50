package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/pgtest"
	"github.com/yeyak/yeyak/internal/store"
)

// many is how many things of each kind there are in the tables below: far more
// than a page shows.
const many = 30_000

// filled has a catalogue, cleaners and calls of that many, of whom hardly any
// were withdrawn, and of the drinks nearly all were deleted.
func filled(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), pgtest.New(t), store.Options{Timeout: 5 * time.Minute})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	for _, service := range []string{"catalogue", "fulfilment", "management"} {
		_, err := store.Migrate(t.Context(), db, service)
		require.NoError(t, err)
	}
	for _, table := range []string{"places", "menus", "drinks"} {
		_, err := db.SQL().ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO %s (id, doc, created_at)
			SELECT n::text, format('{"ownerId":"owner-%%s","date":"2026-12-%%s"%%s}', n %% 1000, 10 + n %% 18,
				CASE WHEN n %% 500 = 0 THEN ',"withdrawn":true' END)::json, now() - n * interval '1 second'
			FROM generate_series(1, %d) AS n`, table, many))
		require.NoError(t, err)
	}
	for _, statement := range []string{
		"UPDATE drinks SET deleted = id::int % 50 > 0",
		fmt.Sprintf(`INSERT INTO cleaners (id, name, order_id, free_since, withdrawn, created_at)
			SELECT n::text, 'Kim', CASE WHEN n %% 2 = 0 THEN n::text ELSE '' END, n, n %% 500 = 0, now() - n * interval '1 second'
			FROM generate_series(1, %d) AS n`, many),
		fmt.Sprintf(`INSERT INTO assignments (order_id, state, cleaner_id, cleaner_name, told, why, acted, at)
			SELECT n::text, CASE WHEN n %% 2 = 0 THEN 'assigned' ELSE 'done' END, n::text, 'Kim', TRUE, '', FALSE, now()
			FROM generate_series(1, %d) AS n`, many),
		fmt.Sprintf(`INSERT INTO registrations (order_id, customer_id, tel, location, state, reason, acted, at)
			SELECT n::text, 'c', '', '', CASE WHEN n %% 2 = 0 THEN 'done' ELSE 'undone' END, '', FALSE, now() - n * interval '1 second'
			FROM generate_series(1, %d) AS n`, many),
		"VACUUM ANALYZE",
	} {
		_, err := db.SQL().ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	return db
}

// TestLists_OfTheCatalogueReadNoMoreThanAPage: what a list reads does not grow
// with what there is, however rare or frequent that is which it selects.
func TestLists_OfTheCatalogueReadNoMoreThanAPage(t *testing.T) {
	t.Parallel()
	db := filled(t)
	catalogue, crew, management := store.NewCatalogue(db), store.NewCrew(db), store.NewManagement(db)
	for name, f := range map[string]booking.CatalogueFilter{
		"All": {}, "Owner": {OwnerID: "owner-7"}, "Withdrawn": {Withdrawn: true}, "Nobody": {OwnerID: "nobody"},
		"OwnersWithdrawn": {OwnerID: "owner-500", Withdrawn: true},
	} {
		t.Run("Places/"+name, func(t *testing.T) { readsAPage(t, db, selected(catalogue.Places, f)) })
		t.Run("Menus/"+name, func(t *testing.T) { readsAPage(t, db, selected(catalogue.Menus, f)) })
		t.Run("Drinks/"+name, func(t *testing.T) { readsAPage(t, db, selected(catalogue.Drinks, f)) })
		f.Date = booking.Date{Year: 2026, Month: 12, Day: 13}
		t.Run("Drinks/Date"+name, func(t *testing.T) { readsAPage(t, db, selected(catalogue.Drinks, f)) })
	}
	for _, withdrawn := range []bool{false, true} {
		t.Run(fmt.Sprintf("Cleaners/%t", withdrawn), func(t *testing.T) {
			readsAPage(t, db, selected(crew.Cleaners, booking.CleanerFilter{Withdrawn: withdrawn}))
		})
	}
	t.Run("Count", func(t *testing.T) {
		n, err := catalogue.CountMenus(t.Context(), booking.CatalogueFilter{})
		require.NoError(t, err)
		require.Equal(t, booking.CountedTo, n, "of far more")
		n, err = catalogue.CountMenus(t.Context(), booking.CatalogueFilter{OwnerID: "owner-7"})
		require.NoError(t, err)
		require.Equal(t, many/1000, n)
	})
	t.Run("Calls", func(t *testing.T) { readsAPage(t, db, management.Calls) })
	t.Run("AssignmentsOf", func(t *testing.T) {
		readsAPage(t, db, func(ctx context.Context, _ booking.Page) ([]booking.Assignment, string, error) {
			calls, err := crew.AssignmentsOf(ctx, "500")
			return calls, "", err
		})
	})
}

const pageOfTest = 20

// readsAPage requires of a list's first part, and of one from its middle, that
// it is read out of an index and from few pages of the database.
func readsAPage[T any](t *testing.T, db *store.DB, list func(context.Context, booking.Page) ([]T, string, error)) {
	t.Helper()
	page := booking.Page{Limit: pageOfTest}
	for range 3 {
		var next string
		for _, statement := range db.Queries(func() {
			var err error
			_, next, err = list(t.Context(), page)
			require.NoError(t, err)
		}) {
			requireCheap(t, db.SQL(), statement)
		}
		if page.Cursor = next; next == "" {
			return
		}
	}
}

type plan struct {
	NodeType string `json:"Node Type"`
	Hit      int    `json:"Shared Hit Blocks"`
	Read     int    `json:"Shared Read Blocks"`
	Plans    []plan
}

func requireCheap(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	var text []byte
	require.NoError(t, db.QueryRowContext(t.Context(), "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "+statement).Scan(&text))
	var plans []struct{ Plan plan }
	require.NoError(t, json.Unmarshal(text, &plans))
	top := plans[0].Plan
	var nodes func(plan)
	nodes = func(p plan) {
		require.NotEqual(t, "Seq Scan", p.NodeType, "%s\n%s", statement, text)
		for _, child := range p.Plans {
			nodes(child)
		}
	}
	nodes(top)
	require.LessOrEqual(t, top.Hit+top.Read, 4*pageOfTest, "%s\n%s", statement, text)
}
