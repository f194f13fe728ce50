// Package audit finds what is not as it should be between the sagas of orders
// and everything that they act on, and has lost orders settled.
//
//	sources.go       what it looks at
//	owes.go          what an order owes, and is owed, in each status
//	judge.go         what is wrong with one order
//	judge_*.go       … with its money, stock, work and page
//	across.go        what is wrong between orders: stock, cleaners
//	look.go, ask.go  one look: the facts of all orders, or of some
//	audit.go         looks until a finding was seen twice, or is gone
//	report.go        what came of it, for people and for programs
//	settle.go        starts the way back of a lost order again
//
// Databases and engine are read one after the other, while orders move. So one
// look proves nothing: a finding counts when it was seen again a moment later,
// unchanged, about an order at the same version. The version grows with each
// change of the order, so nothing has happened to it in between but what its
// steps do before they are heard of. The workflow waits for these, and is asked
// for what it waits before the databases are read and once more afterwards.
package audit
