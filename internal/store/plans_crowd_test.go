package store_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/internal/store"
)

const (
	million = 1_000_000
	// plenty is the size of tables that have few lists: a plan that reads a whole table
	// reads far more than a page of these as well.
	plenty = 100_000
	// open4All is the number of open orders, calls and payments.
	open4All = 300
	// heldOfOne is the number of orders that hold some of the rare drink.
	heldOfOne = 20
)

// ofMillion are the tables with that many rows.
var ofMillion = []string{"orders", "jobs", "drinks"}

// key10 is the id of the i-th row of each table.
func key10(i int) string { return fmt.Sprintf("k%09d", i) }

// midOfCrowd is an instant before which half of the crowd's orders were placed.
var midOfCrowd = time.Date(2026, 1, 1, 0, 0, 500_000, 0, time.UTC)

const insertOrders = `INSERT INTO orders (id, listed, paid, view, request_hash, version, placed_at,
			customer_id, owner_id, item_id, status, needs_attention, cancelling_since, kind)
		SELECT ` + id + `, TRUE, TRUE, '{}', '', 1, timestamptz '2026-01-01' + i * interval '1 second', `

// crowd fills the tables. The rare rows are the oldest: a list that scans backwards
// through frequent rows to a rare one scans everything.
var crowd = []string{
	insertOrders + `CASE WHEN i <= 5 THEN 'rare' WHEN i % 10 < 4 THEN 'frequent' ELSE 'customer-' || i % 50000 END,
			CASE WHEN i <= 5 THEN 'rare' WHEN i % 10 < 7 THEN 'frequent' ELSE 'owner-' || i % 1000 END,
			CASE WHEN i <= 100 THEN 'rare' ELSE 'frequent' END, split_part(pair, '/', 2), i % 20 = 0, CASE WHEN pair LIKE '%/cancelling' THEN i END, split_part(pair, '/', 1)
		FROM (SELECT i, (ARRAY[` + pairs() + `])[1 + i / 2 % ` + numberOfPairs() + `] AS pair FROM generate_series(1, 600) AS i) AS made`,
	insertOrders + `CASE WHEN i % 10 < 4 THEN 'frequent' ELSE 'customer-' || i % 50000 END,
			CASE WHEN i % 10 < 7 THEN 'frequent' ELSE 'owner-' || i % 1000 END,
			'frequent', CASE WHEN i % 100 = 0 THEN 'cancelled' ELSE 'completed' END, FALSE, NULL, 'cleaning'
		FROM generate_series(601, ?) AS i`,
	`INSERT INTO jobs SELECT CASE WHEN i % 2 = 0 THEN 'delivery' ELSE 'production' END, ` + id + `,
			CASE WHEN i <= 6 THEN 'rare' WHEN i % 10 < 6 THEN 'frequent' ELSE 'owner-' || i % 1000 END,
			CASE WHEN i <= 6 THEN 'rare' WHEN i % 10 < 6 THEN 'frequent' ELSE 'item-' || i % 1000 END,
			'item', 1, '', CASE WHEN i <= 40 AND i % 4 < 2 THEN 'started' WHEN i <= 40 THEN 'cancelled'
				WHEN i % 2 = 0 THEN 'delivered' ELSE 'completed' END,
			'', TRUE, timestamptz '2026-01-01' + i * interval '1 second', timestamptz '2026-01-01'
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO events (key, type, order_id, at, data) SELECT ` + id + `, 'OrderPlaced', ` + id + `, now(), json_build_object(
			'customerId', CASE WHEN i <= 5 THEN 'rare' WHEN i % 10 < 4 THEN 'frequent' ELSE 'customer-' || i % 5000 END,
			'ownerId', CASE WHEN i <= 5 THEN 'rare' WHEN i % 10 < 7 THEN 'frequent' ELSE 'owner-' || i % 1000 END)
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO messages SELECT ` + id + `, ` + id + `,
			CASE WHEN i <= 5 THEN 'rare' WHEN i % 2 = 0 THEN 'frequent' WHEN i % 10 < 5 THEN 'prevented' ELSE 'owner-' || i % 1000 END, 'type', 'text',
			CASE WHEN i % 2 = 1 AND i % 10 < 5 THEN 'prevented' ELSE 'sent' END, '', timestamptz '2026-01-01' + i * interval '1 second'
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO payments SELECT ` + id + `, ` + id + `, 1, 'KRW', '', '', 'charged', '', 0, now(), now(), i <= 100 FROM generate_series(1, ?) AS i`,
	`INSERT INTO payment_entries SELECT ` + id + `, ` + id + ` || '/refund', 'refund', 1, 'KRW', 'customer', '', '', '', 'done', '', FALSE, now(), now()
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO payment_charges SELECT ` + id + `, ` + id + `|| '/change/1', 1, 'KRW', 'pm_card_visa', '', 'ch_2', 'charged', now(), now()
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO payment_disputes SELECT ` + id + `, 'du_1', 1, 'KRW', 'lost', NULL, now() FROM generate_series(1, ?) AS i`,
	`INSERT INTO sandbox_parts SELECT ` + id + `, ` + id + `, 1, now() FROM generate_series(1, ?) AS i`,
	`INSERT INTO registrations SELECT ` + id + `, 'customer', '', '', CASE WHEN i <= 1000 THEN 'done' ELSE 'undone' END, '', FALSE,
			timestamptz '2026-01-01' + i * interval '1 second'
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO assignments (order_id, state, cleaner_id, cleaner_name, told, why, acted, at)
		SELECT ` + id + `, CASE WHEN i <= 100 THEN 'waiting' WHEN i <= 200 THEN 'assigned' ELSE 'done' END,
			CASE WHEN i <= 200 THEN ` + id + ` ELSE 'frequent' END, '', i > 200, '', FALSE, now()
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO cleaners (id, name, order_id, free_since, withdrawn, created_at)
		SELECT ` + id + `, 'name', '', i, i <= 100, timestamptz '2026-01-01' + i * interval '1 second' FROM generate_series(1, ?) AS i`,
	`INSERT INTO stock SELECT 'place-' || i / 1000, to_char(date '2026-01-01' + (i % 1000), 'YYYY-MM-DD'), 10, 5, FALSE
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO holds SELECT ` + id + `, ` + id + `, CASE WHEN i <= 20 THEN 'drink-rare' ELSE 'place-' || i % 100 END,
			to_char(date '2026-01-01' + (i % 900), 'YYYY-MM-DD'), to_char(date '2026-01-02' + (i % 900), 'YYYY-MM-DD'), 1,
			CASE WHEN i <= 20 OR i / 100 % 2 = 0 THEN 'done' ELSE 'undone' END, '', FALSE, now()
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO hold_changes SELECT ` + id + ` || '/change/1', ` + id + ` || '/hold', '2026-01-01', '2026-01-02', 1, 'done', '', TRUE, 1, '', now()
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO places (id, doc, created_at) SELECT ` + id + `, ('{' || ` + offered + `)::json, timestamptz '2026-01-01' + i * interval '1 second'
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO menus (id, doc, created_at) SELECT ` + id + `, ('{' || ` + offered + `)::json, timestamptz '2026-01-01' + i * interval '1 second'
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO drinks (id, doc, created_at, deleted, ends_at)
		SELECT ` + id + `, ('{"date":"' || day || '",' || ` + offered + `)::json, timestamptz '2026-01-01' + i * interval '1 second', i % 10 = 0, day::date + interval '1 day'
		FROM (SELECT i, CASE WHEN i <= 5 THEN '2029-01-05' WHEN i % 3 = 0 THEN to_char(date '2026-06-01' + i / 3 % 700, 'YYYY-MM-DD') WHEN i % 10 < 6 THEN '2025-12-25'
				ELSE to_char(date '2025-01-01' + i % 300, 'YYYY-MM-DD') END AS day
			FROM generate_series(1, ?) AS i) AS made`,
	`INSERT INTO inbox SELECT ` + id + `, 'food', 'customer', '{}', '', '', timestamptz '2026-01-01' + i * interval '1 second', timestamptz '2026-01-02',
			CASE WHEN i <= 300 THEN 'waiting' ELSE 'started' END, '', '', FALSE, NULL, 0, '', CASE WHEN i > 300 THEN timestamptz '2026-01-03' END
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO members SELECT CASE WHEN i <= 5 THEN 'rare' WHEN i % 10 < 6 THEN 'frequent' ELSE 'owner-' || i % 1000 END,
			CASE WHEN i = 3 THEN 'rare' ELSE 'person-' || i END, '', 'staff', '1024', now()
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO kept_decisions (order_id, id, kind, decision, note, caller, decided_at, state, tries, outcome, settled_at)
		SELECT ` + id + `, 'u', 'food', 'cancel', '', '', timestamptz '2026-01-01' + i * interval '1 second',
			CASE WHEN i <= 300 THEN 'waiting' ELSE 'delivered' END, 0, '', CASE WHEN i > 300 THEN timestamptz '2026-01-03' END
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO audit_findings SELECT ` + id + `, 'money', CASE WHEN i <= 5 THEN 'rare' ELSE 'frequent' END, '', 'says', '', 1,
			timestamptz '2026-01-01' + i * interval '1 second', timestamptz '2026-01-02', CASE WHEN i > 300 THEN timestamptz '2026-01-03' END
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO audit_findings SELECT 'a' || i, 'abandoned', 'k' || lpad((1000 + i)::text, 9, '0'), '', 'says', '', 1,
			timestamptz '2026-01-01' + i * interval '1 second', timestamptz '2026-01-02', NULL
		FROM generate_series(1, ? / 1000) AS i`,
	`INSERT INTO operator_actions (id, at, by_id, action, order_id, reason, outcome)
		SELECT ` + id + `, timestamptz '2026-01-01' + i * interval '1 second', '1024', 'cancel',
			CASE WHEN i <= 5 THEN 'rare' WHEN i % 10 < 4 THEN 'frequent' ELSE 'food-' || i END, '', CASE WHEN i % 2 = 0 THEN 'done' ELSE '' END
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO bulk_runs (id, state, action, filter, reason, by_id, planned_at, orders, more)
		SELECT ` + id + `, CASE WHEN i <= 5 THEN 'running' ELSE 'done' END, 'cancel', '{}', '', '1024', timestamptz '2026-01-01' + i * interval '1 second', 1, FALSE
		FROM generate_series(1, ? / 100) AS i`,
	`INSERT INTO bulk_orders (run_id, n, order_id, status, version, result)
		SELECT 'k' || lpad((i / 1000 + 1)::text, 9, '0'), i % 1000, 'food-' || i, 'delivering', 1, CASE WHEN i % 2 = 0 THEN '' WHEN i % 10 = 1 THEN 'changed' ELSE 'done' END
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO drink_deletions SELECT 'k' || lpad((10 * i)::text, 9, '0'), 1, 1, 0, TRUE FROM generate_series(1, ? / 10) AS i`,
	`INSERT INTO sandbox_charges SELECT ` + id + `, ` + id + `, 1, 'KRW', 'charged', ` + id + `, 0, '', now() FROM generate_series(1, ?) AS i`,
	`INSERT INTO sandbox_intents SELECT ` + id + `, ` + id + `, '', 1, 'KRW', '{}', ` + id + `, 'succeeded', 'succeeded', '', 0,
			timestamptz '2026-01-01' + i * interval '1 second'
		FROM generate_series(1, ?) AS i`,
	`INSERT INTO sandbox_methods (method, key, customer) SELECT ` + id + `, '', 'k' || lpad((i / 3)::text, 9, '0') FROM generate_series(1, ?) AS i`,
	`INSERT INTO sandbox_refunds SELECT ` + id + `, ` + id + `, '', ` + id + `, 1, 'KRW', now() FROM generate_series(1, ?) AS i`,
}

// id is key10 in SQL.
const id = `'k' || lpad(i::text, 9, '0')`

// offered is the remaining document of a thing in the catalogue.
const offered = `'"ownerId":"' || CASE WHEN i <= 5 THEN 'rare' WHEN i % 10 < 7 THEN 'frequent' ELSE 'owner-' || i % 1000 END
			|| CASE WHEN i <= 5 AND i % 2 = 0 OR i % 1000 = 1 THEN '","withdrawn":true}' ELSE '"}' END`

// pairs are the kinds with each of their statuses.
func pairs() string {
	var all []string
	for _, k := range booking.Kinds() {
		for _, s := range k.Statuses() {
			all = append(all, "'"+string(k)+"/"+string(s)+"'")
		}
	}
	return strings.Join(all, ",")
}

func numberOfPairs() string { return strconv.Itoa(1 + strings.Count(pairs(), ",")) }

// crowded is a database with the full tables of all services.
func crowded(t *testing.T) *store.DB {
	t.Helper()
	// On a server of its own: its long transactions would block the events of all other
	// tests.
	url := pgtest.NewCluster(t).New(t)
	filling, err := store.Open(t.Context(), url, store.Options{Timeout: 10 * time.Minute, MaxOpen: 2})
	require.NoError(t, err)
	defer filling.Close()
	for _, service := range store.Services() {
		_, err := store.Migrate(t.Context(), filling, service)
		require.NoError(t, err)
	}
	for _, statement := range hurry {
		require.NoError(t, execute(t.Context(), filling, statement))
	}
	indexes := dropIndexes(t, filling)
	all, ctx := errgroup.WithContext(t.Context())
	all.SetLimit(2)
	for _, statement := range crowd {
		all.Go(func() error { return fill(ctx, filling, statement) })
	}
	require.NoError(t, all.Wait())
	all, ctx = errgroup.WithContext(t.Context())
	all.SetLimit(2)
	for _, index := range indexes {
		all.Go(func() error { return execute(ctx, filling, index) })
	}
	require.NoError(t, all.Wait())
	require.NoError(t, execute(t.Context(), filling, "ANALYZE"))
	return open(t, url)
}

// hurry makes the tables quick to fill: safety and upkeep do not matter here.
var hurry = []string{
	"ALTER SYSTEM SET maintenance_work_mem = '256MB'",
	"ALTER SYSTEM SET autovacuum = off",
	"SELECT pg_reload_conf()",
	`DO $$ DECLARE name regclass; BEGIN
		FOR name IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
			EXECUTE format('ALTER TABLE %s SET UNLOGGED', name);
		END LOOP;
	END $$`,
}

// dropIndexes drops all indexes that a table can do without, and returns the statements
// that restore them: that is faster than updating them while the table is filled.
func dropIndexes(t *testing.T, db *store.DB) (definitions []string) {
	t.Helper()
	rows, err := db.SQL().QueryContext(t.Context(), `SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index
		JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = 'public'::regnamespace AND NOT indisunique`)
	require.NoError(t, err)
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name, definition string
		require.NoError(t, rows.Scan(&name, &definition))
		names, definitions = append(names, name), append(definitions, definition)
	}
	require.NoError(t, rows.Err())
	require.NotEmpty(t, names)
	require.NoError(t, execute(t.Context(), db, "DROP INDEX "+strings.Join(names, ", ")))
	return definitions
}

func fill(ctx context.Context, db *store.DB, statement string) error {
	rows := plenty
	if slices.ContainsFunc(ofMillion, func(table string) bool { return strings.HasPrefix(statement, "INSERT INTO "+table+" ") }) {
		rows = million
	}
	return execute(ctx, db, strings.Replace(statement, "?", strconv.Itoa(rows), 1))
}

func execute(ctx context.Context, db *store.DB, statement string) error {
	if _, err := db.SQL().ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%.60s: %w", statement, err)
	}
	return nil
}
