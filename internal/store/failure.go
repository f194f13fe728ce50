package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/uptrace/bun/driver/pgdriver"

	"github.com/yeyak/yeyak/booking"
)

// Failure is the kind of a database's failure.
type Failure int

const (
	// Unknown: the error is not the database's, or does not say.
	Unknown Failure = iota
	// Away: the database does not answer, or not in time.
	Away
	// Busy: another process has locked the file, or its one connection is in use.
	Busy
	// DiskFull: it has no room to write.
	DiskFull
	// Unfit: it answers that it cannot work: it starts or stops, has too few resources,
	// cancels what takes too long, or cannot read its files.
	Unfit
	// Unprepared: a table is missing.
	Unprepared
	// Refuses: it answers with another error.
	Refuses
)

// Failure classifies the error of an operation, and returns the database's own code: an
// SQLSTATE or, after the word SQLite, a primary result code; "" if there was no answer.
func (db *DB) Failure(err error) (failure Failure, code string) {
	if pg, ok := errors.AsType[pgdriver.Error](err); ok {
		code = pg.Field('C')
		return postgresFailure(code), code
	}
	if lite, ok := sqliteCode(err); ok {
		return sqliteFailure(lite, err), "SQLite " + strconv.Itoa(lite)
	}
	switch {
	case db.dialect.oneWriter && errors.Is(err, context.DeadlineExceeded):
		return Busy, "" // a file is never away
	case isAway(err):
		return Away, ""
	default:
		return Unknown, ""
	}
}

// isAway reports whether err is that of a connection or of a context.
func isAway(err error) bool {
	for _, away := range []error{
		context.DeadlineExceeded, context.Canceled, driver.ErrBadConn, sql.ErrConnDone,
		io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
	} {
		if errors.Is(err, away) {
			return true
		}
	}
	_, ok := errors.AsType[net.Error](err)
	return ok
}

func postgresFailure(sqlstate string) Failure {
	const outOfSpace, undefinedTable = "53100", "42P01"
	switch sqlstate {
	case outOfSpace:
		return DiskFull
	case undefinedTable:
		return Unprepared
	}
	// Classes: connection, resources, operator intervention (such as a shutdown or a
	// cancelled statement), system.
	switch sqlstate[:min(2, len(sqlstate))] {
	case "08", "53", "57", "58":
		return Unfit
	default:
		return Refuses
	}
}

// sqliteCode is the primary result code of an error of SQLite.
func sqliteCode(err error) (code int, ok bool) {
	lite, ok := errors.AsType[interface {
		error
		Code() int
	}](err)
	if !ok {
		return 0, false
	}
	return lite.Code() & 0xff, true
}

// Primary result codes of SQLite.
const (
	sqliteError       = 1
	sqliteBusy        = 5 // another process has locked the file
	sqliteLocked      = 6
	sqliteInterrupted = 9 // the deadline passed
	sqliteIOError     = 10
	sqliteCorrupt     = 11
	sqliteFull        = 13
	sqliteCannotOpen  = 14
)

func sqliteFailure(code int, err error) Failure {
	switch code {
	case sqliteBusy, sqliteLocked, sqliteInterrupted:
		return Busy
	case sqliteFull:
		return DiskFull
	case sqliteIOError, sqliteCorrupt, sqliteCannotOpen:
		return Unfit
	case sqliteError: // SQLite has no specific code for it
		if strings.Contains(err.Error(), "no such table") {
			return Unprepared
		}
	}
	return Refuses
}

// lostRace reports whether the database rolled back an operation only because of
// concurrent ones.
func lostRace(err error) bool {
	if pg, ok := errors.AsType[pgdriver.Error](err); ok {
		const serializationFailure, deadlock = "40001", "40P01"
		code := pg.Field('C')
		return code == serializationFailure || code == deadlock
	}
	code, ok := sqliteCode(err)
	return ok && code == sqliteBusy
}

// refusedCommit reports whether a transaction whose COMMIT returned err was certainly
// not committed.
func refusedCommit(err error) bool {
	// With these COMMIT was not sent: database/sql saw that the context had ended, or
	// the driver that the connection was broken.
	for _, unsent := range []error{context.Canceled, context.DeadlineExceeded, sql.ErrTxDone, driver.ErrBadConn} {
		if errors.Is(err, unsent) {
			return true
		}
	}
	if pg, ok := errors.AsType[pgdriver.Error](err); ok {
		// FATAL ends the session, which can also happen after the commit.
		return pg.Field('V') == "ERROR"
	}
	// A commit that could not be written may still be in the file later.
	code, ok := sqliteCode(err)
	return ok && code != sqliteIOError
}

// translate translates the error of an operation: a refusal stays as it is, a database
// that cannot be used now is Unavailable, and any other error names the operation. The
// causes stay in the error, for logs.
func (db *DB) translate(what string, err error) error {
	if refusal, ok := errors.AsType[*booking.Error](err); ok {
		return refusal
	}
	switch failure, _ := db.Failure(err); failure {
	case Away, Busy, DiskFull, Unfit:
		unavailable := booking.Errorf(booking.Unavailable, "a part that this needs is away at the moment")
		return unavailable.WithCause(fmt.Errorf("%s: %w", what, err))
	case Unprepared:
		unavailable := booking.Errorf(booking.Unavailable, "a part that this needs is not set up yet")
		return unavailable.WithCause(fmt.Errorf("%s: %w: %w", what, booking.ErrNotPrepared, err))
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
}

// orNotFound translates a missing row into booking.NotFound.
func orNotFound(err error, thing, id string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return booking.Errorf(booking.NotFound, "there is no %s %s", thing, id)
	}
	return err
}
