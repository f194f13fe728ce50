// Package crowd is customers, owners and couriers at work: closed loops that
// place, read, confirm, cancel and complete orders over HTTP, each request sent
// once, and remember every answer, to tell afterwards whether anything that was
// answered has been lost.
//
//	crowd.go    users in their loops, and what there is to order
//	journeys.go what one of them does with one order
//	onward.go   loops that place order after order and do not wait for any
//	sending.go  one request, and whether it was answered as the business expects
//	tally.go    availability, and when it was missing
//	settled.go  every order as it was last answered
package crowd
