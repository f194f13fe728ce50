// Package lab has the building blocks of the benchmarks.
//
//	world.go    one PostgreSQL, one Temporal server on it, and the programs under test
//	program.go  a program, which can be killed and started again
//	service.go  a Yeyak or its competitor: a process with a namespace and a database of its own
//	beside.go   other processes: a payment provider, programs that are not Yeyak
//	shop.go     places to reserve, and reservations with a known outcome
//	check.go    whether every order ended as it was answered, and the audit
//	books.go    the statuses of orders and payments, and whether they are stable
//	load.go     requests in closed loops, or at a fixed rate
//	cpu.go      the CPU time of all processes, by user; memory.go the same for memory
//	metrics.go  the service's own counters
//	machine.go  the machine and its settings
//	report.go   how a benchmark runs, and reports
package lab
