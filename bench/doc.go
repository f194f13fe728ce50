// Command bench measures Yeyak on a full Temporal server against a saga written
// the way tutorials write them, against what the engine itself can do, and its
// reads against a plain SELECT: in one run, on one machine, over the same
// PostgreSQL with durable defaults, in rounds that take turns. Figures of one
// machine say little; the ratios do.
//
//	naive/  the baseline
//	bare/   the engine's limit
//	plain/  a SELECT by key
//	lab/    what benchmarks are built of
//
// Others measure other things, each with a target of its own:
//
//	overload/  orders while the payment provider is overloaded
//	open/      what open orders cost
//	recovery/  how soon orders go on after a kill -9
//	inbox/     what orders cost that wait in the inbox
//	pages/     what pages for browsers cost
//
// Every order is checked afterwards: a fast wrong answer is no result.
package main
