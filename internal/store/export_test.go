package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/uptrace/bun"
)

// SQL is for tests that read tables.
func (db *DB) SQL() *sql.DB { return db.bun.DB }

// Statements are the statements sent to a database, for tests of their plans. One test
// uses them at a time.
type Statements []string

// Record begins to record statements.
func (db *DB) Record() *Statements {
	sent := new(Statements)
	db.bun = db.bun.WithQueryHook(sent)
	return sent
}

// BeforeQuery implements bun.QueryHook.
func (s *Statements) BeforeQuery(ctx context.Context, event *bun.QueryEvent) context.Context {
	*s = append(*s, event.Query)
	return ctx
}

// AfterQuery implements bun.QueryHook.
func (*Statements) AfterQuery(context.Context, *bun.QueryEvent) {}

// For the tests of cursors.
var (
	EncodeCursor = encodeCursor
	DecodeCursor = decodeCursor
)

// DecodePosition returns the parts of a cursor of the feed.
func DecodePosition(cursor string) (tx, seq int64, err error) {
	p, err := decodePosition(cursor)
	return p.tx, p.seq, err
}

// DecodeEnd returns the instants of a cursor of the drinks on sale.
func DecodeEnd(cursor string) (ends, at time.Time, err error) {
	p, err := decodeEnd(cursor)
	return p.ends, p.at, err
}

// DecodeMoment returns the instant of a cursor.
func DecodeMoment(list, cursor string) (time.Time, error) {
	m, err := decodeMoment(list, cursor)
	return m.at, err
}
