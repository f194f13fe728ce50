package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/uptrace/bun"
)

// SQL is for tests that look into tables.
func (db *DB) SQL() *sql.DB { return db.bun.DB }

// Statements are what was sent to a database, for tests of their plans. They
// are of one test at a time.
type Statements []string

// Record begins to keep what is sent.
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

// DecodePosition answers the parts of a cursor of the feed.
func DecodePosition(cursor string) (tx, seq int64, err error) {
	p, err := decodePosition(cursor)
	return p.tx, p.seq, err
}

// DecodeMoment answers the instant of a cursor.
func DecodeMoment(list, cursor string) (time.Time, error) {
	m, err := decodeMoment(list, cursor)
	return m.at, err
}
