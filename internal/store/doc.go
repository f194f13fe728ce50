// Package store keeps the platform's data in PostgreSQL, or in an SQLite file
// for a machine of one's own. It holds the services' own tables, which never
// refer to each other's: each service may have a database of its own.
//
// The SQL is the same for both databases; the few fragments that differ stand
// in dialect.go, and no rule of the business is among them.
//
// An operation takes its outcome from the database in as few statements as
// possible: conditional updates and ON CONFLICT decide between processes, so
// that nothing here needs a lock in memory. Every operation may be repeated.
//
// Errors are translated in failure.go, once: what the caller may be told is a
// *booking.Error, Unavailable where the database cannot be used now; anything
// else says which operation failed. Either wraps the database's error, which
// nothing outside this package reads. The error of a transaction that certainly
// had no effect is booking.ErrNothingDone too.
package store
