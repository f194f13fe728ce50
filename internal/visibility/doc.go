// Package visibility makes the indexes of Temporal's visibility table lean, and
// stock again.
//
// Temporal lists workflows from one table of PostgreSQL, with an index for each
// column that can be searched by: more than seventy. Most columns are NULL in
// most rows, and a full index has an entry for NULL too, so that each version of
// a row is written to all of them. A partial index of the same name, WHERE column
// IS NOT NULL, has no entry where there is nothing to find, and serves every
// search that a NULL cannot answer: =, <, IN, LIKE, @> and their like.
//
// A store is stock or lean. In a stock one the indexes are as Temporal's schema
// makes them, all full; in a lean one they are partial, except for those that
// have to stay full. Which these are is decided by rule, from the catalogue of the database
// and not from a list: see index.keeps. A server may run meanwhile: it is not
// locked out at any time. A run that is killed leaves at most one index more
// behind, which the next run removes.
//
//	visibility.go  what there is to ask for: Change, Check
//	report.go      what they answer
//	catalogue.go   the indexes as the database has them, and the rule
//	rebuild.go     one index exchanged for another form of it
//	session.go     one run at a time
package visibility
