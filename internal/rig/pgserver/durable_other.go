//go:build !linux

package pgserver

// Durable keeps PostgreSQL's defaults, with which commits survive a power cut.
var Durable = Settings{}
