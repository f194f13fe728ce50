// Package telemetry sets up what a process tells of itself: its log, its traces
// and its metrics. What is measured, and which lines are written, is decided by
// the packages that do it.
//
//	log.go           the log of a process, and its level while it runs
//	log_http.go      what net/http writes, as entries of the log
//	log_temporal.go  what Temporal's SDK logs, in the words of our lines
//	traces.go        spans, from the request to the statement
//	traces_known.go  which workflow belongs to which trace
//	metrics.go       the registry, and what Temporal's SDK measures
package telemetry
