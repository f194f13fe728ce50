// Package api is the HTTP API: it turns requests into orders, decisions and reads, and
// errors into RFC 9457 problems with a stable code (problem_kinds.go lists them).
//
// Package internal/orders places orders and decides on them. A request that places an
// order of any business takes this way (placing.go here; placement.go, attempt.go,
// place.go and await.go there):
//
//	validate ─► known key? ─► subscribe ─► start the saga ─► wait for its first decision
//	   │422         │                          │503              │
//	                └─► same request? ─────────┴─► (already      ├─ accepted   201
//	                       │422                     started)     ├─ refused    402, 409
//	                                                             ├─ not begun  503, the key is free again
//	                                                             └─ undecided  202, the saga goes on
//
// Before that, a request needs a place: writes and reads each have a budget and a
// queue, and a request that cannot be served in time is answered 503 (admission.go).
//
// The code of one business is in a file of its name, such as food.go, and in the
// files of what it sells and of its jobs, such as menus.go and deliveries.go. kinds.go
// lists the businesses.
//
// Customers' reads come from the read model and fall back to the workflow, so that an
// address that was answered is always found (reading.go). Decisions on a running order
// are workflow updates (deciding.go). Events are listed, or streamed to clients that
// stay connected (events.go, stream.go, feed_cache.go).
package api
