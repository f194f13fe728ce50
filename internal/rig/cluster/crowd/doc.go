// Package crowd simulates customers, owners and couriers: closed loops that place, read,
// confirm, cancel and complete orders over HTTP. Each request is sent once. Every answer
// is recorded, to check afterwards whether anything that was answered has been lost.
//
//	crowd.go    users in their loops, and the offers
//	journeys.go what a user does with one order
//	onward.go   loops that place order after order without waiting
//	sending.go  one request, and whether its answer was expected
//	tally.go    availability, and when it was missing
//	outcomes.go every order compared with its last answer
package crowd
