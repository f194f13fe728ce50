// Package store stores the platform's data in PostgreSQL, or in an SQLite file for
// local use. The services' tables never refer to each other: each service may have a
// database of its own.
//
// The SQL is the same for both databases, except for the fragments in dialect.go, which
// contain no business rules.
//
// An operation executes as few statements as possible. Conditional updates and ON
// CONFLICT decide between concurrent processes, so there are no locks in memory. Every
// operation may be repeated.
//
// Only failure.go translates errors. An error that a caller can handle is a *booking.Error,
// with Unavailable if the database cannot be used now. Any other error names the
// operation that failed. Both wrap the database's error, which no code outside this
// package reads. If the transaction certainly had no effect, the error also wraps
// booking.ErrNothingDone.
package store
