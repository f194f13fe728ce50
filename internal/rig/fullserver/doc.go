// Package fullserver runs a full Temporal server, all of its services in one
// process, on a PostgreSQL: what benchmarks and tests of a whole cluster use
// where the same server on SQLite would be no measure. `make bin/temporal-server`
// builds the program.
//
//	server.go      set up, started, stopped and started again on the same data
//	schema.go      its two databases, brought up to date
//	visibility.go  the indexes of one of them, lean or stock
//	settings.go    how it differs from a server as it comes, and why
package fullserver
