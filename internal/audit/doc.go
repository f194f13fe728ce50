// Package audit finds contradictions between the sagas of orders and the services'
// data, and settles lost orders.
//
//	sources.go       the sources that it reads
//	owes.go          what an order must have in each status
//	judge.go         the findings of one order
//	judge_*.go       … about its money, stock, work and page
//	across.go        the findings between orders: stock, cleaners
//	pass.go, query.go  one pass: the facts of all orders, or of some
//	audit.go         repeats passes until a finding was seen twice, or is gone
//	report.go        the result, for people and for programs
//	settle.go        starts the compensation of a lost order
//
// Databases and engine are read one after the other, while orders change. So one pass proves
// nothing: a finding counts when a later pass finds it unchanged, in an order of the same
// version. The version grows with each change of the order, so only its steps can have acted in
// between, and their results are not known yet. The workflow waits for these steps. What it waits
// for is read before the databases and again afterwards.
package audit
