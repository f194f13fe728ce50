// Package booking holds the nouns and rules of the business: orders and their statuses,
// money, dates, places, and reasons for refusals. It imports the standard library only.
//
// The table in transitions.go defines the kinds of orders and their transitions;
// docs/sagas.md draws it. All kinds are cancelled the same way:
//
//	from any status but a final one: ──► cancelling ──► cancelled
package booking
