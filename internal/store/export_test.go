package store

import (
	"database/sql"
	"time"
)

// SQL is for tests that look into tables.
func (db *DB) SQL() *sql.DB { return db.bun.DB }

// For the tests of cursors.
var (
	EncodeCursor   = encodeCursor
	DecodeCursor   = decodeCursor
	DecodePosition = decodePosition
)

// DecodeMoment answers the instant of a cursor.
func DecodeMoment(list, cursor string) (time.Time, error) {
	m, err := decodeMoment(list, cursor)
	return m.at, err
}
