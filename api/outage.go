package api

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
)

// databaseAway tells whether err is a database being away or too busy, as
// opposed to a defect.
func databaseAway(err error) bool {
	for _, away := range []error{
		context.DeadlineExceeded, context.Canceled, driver.ErrBadConn, sql.ErrConnDone,
		io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
	} {
		if errors.Is(err, away) {
			return true
		}
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	var lite interface {
		error
		Code() int
	}
	if errors.As(err, &lite) {
		return slices.Contains(sqliteAway, lite.Code()&0xff)
	}
	var pg interface {
		error
		Field(byte) string
	}
	if !errors.As(err, &pg) {
		return false
	}
	// SQLSTATE classes: connection, resources, operator intervention (such as
	// a shutdown or a cancelled statement), system.
	state := pg.Field('C')
	if len(state) != 5 {
		return false
	}
	switch state[:2] {
	case "08", "53", "57", "58":
		return true
	default:
		return false
	}
}

// sqliteAway are SQLite's primary result codes of a file that is locked, cannot
// be read or written, or has no room: busy, locked, interrupted, I/O error,
// corrupt, full, cannot be opened.
var sqliteAway = []int{5, 6, 9, 10, 11, 13, 14}

// notPrepared tells whether err is a database without its tables. Nothing was
// begun.
func notPrepared(err error) bool {
	var pg interface {
		error
		Field(byte) string
	}
	if errors.As(err, &pg) {
		const undefinedTable = "42P01"
		return pg.Field('C') == undefinedTable
	}
	return strings.Contains(err.Error(), "no such table")
}
