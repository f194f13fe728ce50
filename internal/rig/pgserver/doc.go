// Package pgserver runs a private PostgreSQL with the machine's own programs, on a free
// port of the loopback address, as an unprivileged user if this process runs as root.
// Tests and benchmarks use it; production does not.
package pgserver
