// Package store stores the platform's data in PostgreSQL, or in an SQLite file for
// local use. The services' tables never refer to each other: each service may have a
// database of its own.
//
// The SQL is the same for both databases, except for the fragments in dialect.go, which
// contain no business rules.
//
// An operation takes as few statements as possible: conditional updates and ON CONFLICT
// decide between processes, so there are no locks in memory. Every operation may be
// repeated.
//
// failure.go translates errors, once: an error for the caller is a *booking.Error, with
// Unavailable if the database cannot be used now; any other error names the operation
// that failed. Both wrap the database's error, which no code outside this package
// reads. An error is booking.ErrNothingDone, too, if the transaction certainly had no
// effect.
package store
