// Package lab is what the benchmarks are built of.
//
//	world.go    one PostgreSQL, one Temporal server on it, and the programs under test
//	program.go  one of those, which can be killed and started again
//	service.go  a Yeyak, or what is compared with it: a process with a namespace and a database of its own
//	beside.go   what stands beside it: a payment provider, programs that are no Yeyak
//	shop.go     places to reserve at, and reservations that come out as foreseen
//	check.go    whether every order ended as it was answered, and the audit
//	books.go    where orders and payments stand, and whether they are settled
//	load.go     requests in closed loops, or at a fixed rate
//	cpu.go      the CPU time of everything, by whose it is; memory.go the same of memory
//	metrics.go  what a service counts by itself
//	machine.go  what all this ran on
//	report.go   how a benchmark runs, and reports
package lab
