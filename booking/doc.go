// Package booking holds the nouns and the rules of the business: orders and
// their statuses, money, dates, places, and why something is refused. It
// knows no technology and imports the standard library only.
//
// The lives of orders, which the table in transitions.go fixes:
//
//	lodging   received ─┬────────────────► paid ─┬──────────────────► confirmed ──► completed
//	                    └► payment_pending ──┘   └► awaiting_owner ──┘
//	food      received ─┬────────────────► paid ──► delivering ──► delivered
//	                    └► payment_pending ──┘
//	cafe      received ─┬────────────────► paid ──► in_production ──► completed
//	                    └► payment_pending ──┘
//	cleaning  received ─┬────────────────► calling ──► assigned ──► completed
//	                    └► payment_pending ──┘
//
//	from anywhere but the end: ──► cancelling ──► cancelled
package booking
