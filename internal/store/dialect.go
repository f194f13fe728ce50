package store

import (
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"
)

// dialect is the difference between the two databases.
type dialect struct {
	bun func() schema.Dialect
	// oneWriter: transactions run one after the other, in one process or a few on one
	// machine, and no process needs notifications.
	oneWriter bool
	// forUpdate ends a SELECT that locks its rows in the order in which it finds them.
	// SQLite has one writer and needs no locks.
	forUpdate schema.Safe
	// forUpdateOfFree is forUpdate that skips locked rows.
	forUpdateOfFree schema.Safe
	// serialize precedes the first statement of a transaction and makes transactions with the
	// same key, mostly an order's id, run one after the other. A transaction gets its number, by
	// which events are ordered, with its first change: after serialize.
	serialize func(key string) schema.QueryAppender
	// final selects events that no later event can precede: events of transactions
	// that began before all running ones.
	final schema.Safe
	// ofPage selects rows whose item_id is in the query's page. PostgreSQL expects few
	// values in an array, but many in a subquery: for a subquery it would read the
	// whole table.
	ofPage schema.Safe
	// write is a statement that makes a transaction write to the disk without a visible
	// change.
	write string
	// types are the column types in migrations.
	types columnTypes
}

// columnTypes is the data of the migrations' templates.
type columnTypes struct {
	// Key is a text that is compared byte by byte, in every locale: lists are ordered
	// by it.
	Key string
	// Time is an instant in UTC, to the microsecond.
	Time string
	// JSON is a document that is stored as it was written.
	JSON string
	// Serial is an ascending primary key.
	Serial string
	// Once is the default of an instant, for existing rows and for rows of an earlier
	// version.
	Once string
	// Derived is a generated column.
	Derived string
	// Transaction is the number of the transaction that wrote the row.
	Transaction string
	// Object is the function that makes a JSON object of names and values, with the
	// values True and False.
	Object, True, False string
	// forever prevents changes and deletions of the rows of a table, [1].
	forever string
}

// AppendOnly returns the statements after which rows can be added to a table, but
// neither changed nor removed.
func (c columnTypes) AppendOnly(table string) string {
	return strings.ReplaceAll(c.forever, "[1]", table)
}

var postgres = dialect{
	bun:       func() schema.Dialect { return pgdialect.New() },
	forUpdate: "FOR UPDATE", forUpdateOfFree: "FOR UPDATE SKIP LOCKED",
	serialize: func(key string) schema.QueryAppender {
		return bun.SafeQuery("SELECT pg_advisory_xact_lock(hashtextextended(?, 0));", key)
	},
	final:  "tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
	ofPage: "item_id = ANY (ARRAY(SELECT DISTINCT item_id FROM page))",
	// The message alone can be written in a read-only session.
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
	serialize: func(string) schema.QueryAppender { return bun.SafeQuery("") },
	final:     "TRUE",
	ofPage:    "item_id IN (SELECT item_id FROM page)",
	write:     "PRAGMA user_version = 1",
	types: columnTypes{
		Key:         "text",
		Time:        "timestamp",
		JSON:        "text",
		Serial:      "integer PRIMARY KEY AUTOINCREMENT",
		Once:        "'1970-01-01 00:00:00+00:00'", // SQLite allows only constants
		Derived:     "VIRTUAL",
		Transaction: "bigint NOT NULL DEFAULT 0", // one writer: transactions commit in the order of their rows
		Object:      "json_object",
		True:        "json('true')",
		False:       "json('false')",
		forever: `CREATE TRIGGER [1]_unchanged BEFORE UPDATE ON [1] BEGIN SELECT RAISE(ABORT, '[1] is only ever appended to'); END;
			CREATE TRIGGER [1]_unremoved BEFORE DELETE ON [1] BEGIN SELECT RAISE(ABORT, '[1] is only ever appended to'); END;`,
	},
}
