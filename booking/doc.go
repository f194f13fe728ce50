// Package booking holds the nouns and the rules of the business: orders and
// their statuses, money, dates, places, and why something is refused. It
// knows no technology and imports the standard library only.
//
// Which kinds of order there are, and how an order of each goes, the table in
// transitions.go fixes; docs/sagas.md draws it. All go the same way back:
//
//	from any status but a final one: ──► cancelling ──► cancelled
package booking
