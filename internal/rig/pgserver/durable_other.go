//go:build !linux

package pgserver

// Durable keeps PostgreSQL's defaults, whose commits survive a power cut.
var Durable = Settings{}
