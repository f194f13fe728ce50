// Package fullserver runs a full Temporal server, with all services in one process, on a
// PostgreSQL. Benchmarks and tests of a whole cluster use it, since the server on SQLite
// would not be representative. `make bin/temporal-server` builds the program.
//
//	server.go      set up, started, stopped and started again on the same data
//	schema.go      its two databases, brought up to date
//	visibility.go  the indexes of one of them, lean or stock
//	settings.go    how it differs from the default configuration, and why
package fullserver
