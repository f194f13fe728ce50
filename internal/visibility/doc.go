// Package visibility makes the indexes of Temporal's visibility table lean, and stock
// again.
//
// Temporal lists workflows from one table of PostgreSQL, with an index for each column
// that can be searched: more than seventy. Most columns are NULL in most rows. A full
// index has an entry for NULL too, so each version of a row is written to all indexes. A
// partial index of the same name, WHERE column IS NOT NULL, has no entry for NULL, and
// serves every search that NULL does not match: =, <, IN, LIKE, @> and others.
//
// A store is stock or lean. In a stock store the indexes are as Temporal's schema makes
// them, all full. In a lean store they are partial, except those that have to stay full.
// A rule decides that from the catalogue of the database, not from a list: see
// index.keeps. A server may run meanwhile: it is never locked out. A run that is killed
// leaves at most one additional index, which the next run removes.
//
//	visibility.go  the operations: Change, Check
//	report.go      their results
//	catalogue.go   the indexes in the database, and the rule
//	rebuild.go     one index exchanged for another form of it
//	session.go     one run at a time
package visibility
