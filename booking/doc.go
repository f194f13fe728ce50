// Package booking holds the nouns and the rules of the business: orders and
// their statuses, money, dates, places, and why something is refused. It
// knows no technology and imports the standard library only.
//
// The life of a lodging reservation, which the table in transitions.go fixes:
//
//	received ─┬────────────────► paid ─┬──────────────────► confirmed ──► completed
//	          └► payment_pending ──┘   └► awaiting_owner ──┘
//
//	from anywhere but the end: ──► cancelling ──► cancelled
package booking
