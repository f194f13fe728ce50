// Package api is the HTTP API: it turns requests into orders, decisions and
// reads, and everything that can go wrong into RFC 9457 problems with a stable
// code (problem_kinds.go lists them).
//
// What can be done with an order is internal/orders. A request that places one, of
// any business, goes this way (placing.go, and there placement.go, attempt.go,
// place.go and await.go):
//
//	validate ─► known key? ─► subscribe ─► start the saga ─► wait for its first decision
//	   │422         │                          │503              │
//	                └─► same request? ─────────┴─► (already      ├─ stands     201
//	                       │422                     started)     ├─ refused    402, 409
//	                                                             ├─ not taken  503, the key is free again
//	                                                             └─ not yet    202, the saga goes on
//
// Before any of this a request has to be let in: writes and reads each have a
// budget and a queue, and what cannot be served in time is answered 503
// (admission.go).
//
// What is a business's own stands in a file of its name, such as food.go, and in
// those of what it sells and who carries it out, such as menus.go and
// deliveries.go. kinds.go lists the businesses.
//
// Customers' reads come from the read model and fall back to the workflow, so
// that an address which was given out is always answered (reading.go).
// Decisions on a running order are workflow updates (deciding.go). Events are
// listed, or streamed to whoever stays connected (events.go, stream.go,
// window.go).
package api
