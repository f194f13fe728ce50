// Package demo is the demonstration of `yeyak dev`: simulated people order from the four
// businesses, decide, cancel and change orders, while services fail in turn. Every order
// recovers and reaches its planned status. The demonstration ends with the audit.
//
//	offers.go  the offers and their names
//	plan.go    the planned orders: the same for the same seed
//	people.go  requests to the public API, with the tokens of demonstration accounts
//	life.go    one order, from the request to its end
//	failing.go outages, and the wait until the affected orders have recovered
//	demo.go    a demonstration: its start, its end, its audit
//	state.go   the state for pages
//
// The package uses the public API only. Its caller passes the functions that make services
// fail.
package demo
