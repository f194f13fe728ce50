// Command bench measures Yeyak on a full Temporal server. It compares Yeyak with a saga as
// tutorials write it and with the limit of the engine itself, and its reads with a plain
// SELECT. All run on one machine over the same PostgreSQL with durable defaults, in
// alternating rounds. The figures of one machine mean little; the ratios matter.
//
//	naive/  the baseline
//	bare/   the engine's limit
//	plain/  a SELECT by key
//	lab/    the building blocks of benchmarks
//
// Other benchmarks have targets of their own:
//
//	overload/  orders while the payment provider is overloaded
//	open/      the cost of open orders
//	recovery/  how soon orders continue after a kill -9
//	inbox/     the cost of orders that wait in the inbox
//	pages/     the cost of pages for browsers
//
// Every order is checked afterwards: a fast wrong answer is no result.
package main
