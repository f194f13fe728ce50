package store

import (
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"
)

// dialect is all in which the two databases differ.
type dialect struct {
	bun func() schema.Dialect
	// oneWriter: transactions run one after the other, in one process or a few
	// on one machine, and there is nobody to be notified.
	oneWriter bool
	// forUpdate ends a SELECT whose rows are to be locked in the order in
	// which it finds them. SQLite's one writer needs no locks.
	forUpdate schema.Safe
	// forUpdateOfFree is forUpdate that passes over rows which are locked.
	forUpdateOfFree schema.Safe
	// takeTurns stands before the first statement of a transaction and makes
	// the transactions of the same turn, an order's id mostly, wait for each
	// other. They get their numbers, by which events are ordered, with their
	// first change: after it.
	takeTurns func(turn string) schema.QueryAppender
	// settled holds for events before which no other event can turn up any
	// more: of transactions that began before every one that still runs.
	settled schema.Safe
	// ofPage holds for rows whose item_id is among those of the query's page.
	// PostgreSQL expects few in an array, and many of a subquery: it would read
	// the whole table for them.
	ofPage schema.Safe
	// write is a statement that makes a transaction write to the disk, and
	// changes nothing that is read.
	write string
	// types are what migrations say of columns.
	types columnTypes
}

// columnTypes is the data of the migrations' templates.
type columnTypes struct {
	// Key is a text that is compared byte by byte, whatever the database's
	// language: lists are ordered by it.
	Key string
	// Time is an instant in UTC, to the microsecond.
	Time string
	// JSON is a document, kept as it was written.
	JSON string
	// Serial is a primary key that counts up.
	Serial string
	// Once is the default of an instant in rows that are there already, or
	// written by a version that does not know it.
	Once string
	// Derived is how a column is kept that follows from others.
	Derived string
	// Transaction is the number of the transaction that wrote the row.
	Transaction string
	// Object is the function that makes a JSON object of names and values, and
	// True and False are values for it.
	Object, True, False string
	// forever is what keeps the lines of a table, [1], from being changed or removed.
	forever string
}

// AppendOnly is the statements after which lines are added to a table and neither changed
// nor removed.
func (c columnTypes) AppendOnly(table string) string {
	return strings.ReplaceAll(c.forever, "[1]", table)
}

var postgres = dialect{
	bun:       func() schema.Dialect { return pgdialect.New() },
	forUpdate: "FOR UPDATE", forUpdateOfFree: "FOR UPDATE SKIP LOCKED",
	takeTurns: func(turn string) schema.QueryAppender {
		return bun.SafeQuery("SELECT pg_advisory_xact_lock(hashtextextended(?, 0));", turn)
	},
	settled: "tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
	ofPage:  "item_id = ANY (ARRAY(SELECT DISTINCT item_id FROM page))",
	// The message alone can be written in a session that is read-only.
	write: `DO $$ BEGIN
		IF current_setting('transaction_read_only')::boolean THEN RAISE read_only_sql_transaction; END IF;
		PERFORM pg_logical_emit_message(true, 'yeyak', 'health');
	END $$`,
	types: columnTypes{
		Key:         `text COLLATE "C"`,
		Time:        "timestamptz",
		JSON:        "json",
		Serial:      "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
		Once:        "now()",
		Derived:     "STORED",
		Transaction: "bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint)",
		Object:      "json_build_object",
		True:        "true",
		False:       "false",
		forever: `CREATE FUNCTION [1]_forever() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN RAISE EXCEPTION '[1] is only ever appended to'; END $$;
			CREATE TRIGGER [1]_forever BEFORE UPDATE OR DELETE OR TRUNCATE ON [1] FOR EACH STATEMENT EXECUTE FUNCTION [1]_forever();`,
	},
}

var sqlite = dialect{
	bun:       func() schema.Dialect { return sqlitedialect.New() },
	oneWriter: true,
	takeTurns: func(string) schema.QueryAppender { return bun.SafeQuery("") },
	settled:   "TRUE",
	ofPage:    "item_id IN (SELECT item_id FROM page)",
	write:     "PRAGMA user_version = 1",
	types: columnTypes{
		Key:         "text",
		Time:        "timestamp",
		JSON:        "text",
		Serial:      "integer PRIMARY KEY AUTOINCREMENT",
		Once:        "'1970-01-01 00:00:00+00:00'", // it takes constants only
		Derived:     "VIRTUAL",
		Transaction: "bigint NOT NULL DEFAULT 0", // one writer: they commit in the order of their rows
		Object:      "json_object",
		True:        "json('true')",
		False:       "json('false')",
		forever: `CREATE TRIGGER [1]_unchanged BEFORE UPDATE ON [1] BEGIN SELECT RAISE(ABORT, '[1] is only ever appended to'); END;
			CREATE TRIGGER [1]_unremoved BEFORE DELETE ON [1] BEGIN SELECT RAISE(ABORT, '[1] is only ever appended to'); END;`,
	},
}
