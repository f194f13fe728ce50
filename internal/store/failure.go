package store

import (
	"context"
	"errors"
	"strconv"

	"github.com/uptrace/bun/driver/pgdriver"
)

// Failure is the way in which a database does not do what it is asked.
type Failure int

const (
	// Away: nothing comes back from it, or not in time.
	Away Failure = iota
	// Refuses: it answers, with an error.
	Refuses
	// DiskFull: it answers, and has no room to write.
	DiskFull
	// Busy: another process holds the file, or its one connection is in use.
	Busy
)

// Failure tells what is wrong with the database by the error of an operation,
// and the code that the database itself gives for it: an SQLSTATE or, behind
// the word SQLite, a primary result code; "" when nothing came back.
func (db *DB) Failure(err error) (failure Failure, code string) {
	const outOfSpace = "53100"
	if pg, ok := errors.AsType[pgdriver.Error](err); ok {
		code = pg.Field('C')
		if code == outOfSpace {
			return DiskFull, code
		}
		return Refuses, code
	}
	if lite, ok := sqliteCode(err); ok {
		return sqliteFailure(lite), "SQLite " + strconv.Itoa(lite)
	}
	if db.dialect.oneWriter && errors.Is(err, context.DeadlineExceeded) {
		return Busy, "" // a file is never away
	}
	return Away, ""
}

func sqliteFailure(code int) Failure {
	const busy, locked, interrupted, full = 5, 6, 9, 13
	switch code {
	case busy, locked, interrupted: // interrupted: the time was up
		return Busy
	case full:
		return DiskFull
	default:
		return Refuses
	}
}
