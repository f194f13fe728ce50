// Package demo is the demonstration of `yeyak dev`: people order from the four
// businesses, decide, cancel and change their minds, while services fail in turn, and
// every order comes to where it belongs. It ends with the audit.
//
//	offers.go  what there is to order, and its names
//	plan.go    who orders what, and what becomes of it: the same for the same seed
//	people.go  requests to the public API, with tokens of the demonstration accounts
//	life.go    one order, from the request to its end
//	failing.go services that fail in turn, and the orders that meet that
//	demo.go    a demonstration: its start, its end, its audit
//	state.go   where it stands, for pages
//
// It knows the system by the public API alone. What makes services fail is given to it.
package demo
