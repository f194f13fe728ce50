// Package api is the HTTP API: it turns requests into orders, decisions and
// reads, and everything that can go wrong into RFC 9457 problems with a stable
// code (problem_kinds.go lists them).
//
// A request that places an order goes this way (placing.go):
//
//	validate ─► known key? ─► subscribe ─► start the saga ─► wait for its first decision
//	   │422         │                          │503              │
//	                └─► same request? ─────────┴─► (already      ├─ stands   201
//	                       │422                     started)     ├─ refused  402, 409
//	                                                             └─ not yet  202, the saga goes on
//
// Customers' reads come from the read model and fall back to the workflow, so
// that an address which was given out is always answered (reading.go).
// Decisions on a running order are workflow updates (deciding.go).
package api
