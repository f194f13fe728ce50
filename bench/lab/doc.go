// Package lab is what the benchmarks are built of.
//
//	world.go    one PostgreSQL, one Temporal server on it, and the programs under test
//	service.go  a Yeyak, or what is compared with it: a process with a namespace and a database of its own
//	shop.go     places to reserve at, and reservations that come out as foreseen
//	check.go    whether every order ended as it was answered, and the audit
//	load.go     requests in closed loops, or at a fixed rate
//	cpu.go      the CPU time of everything, by whose it is
//	machine.go  what all this ran on
package lab
