// Package pgserver runs a private PostgreSQL from the machine's own programs, as
// an unprivileged user when this process is root's, on the loopback address and
// a free port. Tests and benchmarks use it; nothing in production does.
package pgserver
