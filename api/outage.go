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

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// temporalError marks an error of a call to Temporal, so that a deadline
// there is not taken for one of a database.
type temporalError struct{ error }

func (e temporalError) Unwrap() error { return e.error }

// temporalAway tells whether err is Temporal being away or too busy, as
// opposed to a defect.
func temporalAway(err error) bool {
	if _, marked := errors.AsType[temporalError](err); !marked {
		return false
	}
	if ranOut(err) {
		return true
	}
	if _, ok := errors.AsType[*serviceerror.Unavailable](err); ok {
		return true
	}
	if _, ok := errors.AsType[*serviceerror.NamespaceUnavailable](err); ok {
		return true
	}
	if _, ok := errors.AsType[*serviceerror.NamespaceNotFound](err); ok {
		return true // it knows of no orders at all: not yet, or no more
	}
	if _, ok := errors.AsType[*serviceerror.WorkflowNotReady](err); ok {
		return true // its workers have let tasks of it pass
	}
	_, busy := errors.AsType[*serviceerror.ResourceExhausted](err)
	return busy
}

// ranOut tells whether a call to Temporal ended because its time did, in one
// of the ways in which the SDK says so.
func ranOut(err error) bool {
	if _, ok := errors.AsType[*serviceerror.DeadlineExceeded](err); ok {
		return true
	}
	if _, ok := errors.AsType[*serviceerror.Canceled](err); ok {
		return true
	}
	if _, ok := errors.AsType[*client.WorkflowUpdateServiceTimeoutOrCanceledError](err); ok {
		return true
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// noWorkflow tells whether Temporal knows no such workflow, or none that runs.
func noWorkflow(err error) bool {
	_, ok := errors.AsType[*serviceerror.NotFound](err)
	return ok
}

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

// notPrepared tells whether err is a database without its tables, or a namespace
// of Temporal's without the search attributes of orders. Nothing was begun.
func notPrepared(err error) bool {
	if invalid, ok := errors.AsType[*serviceerror.InvalidArgument](err); ok {
		return strings.Contains(invalid.Message, "search attribute")
	}
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
