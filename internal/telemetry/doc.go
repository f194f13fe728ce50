// Package telemetry sets up a process's log, traces and metrics. The packages that do
// the work decide what they measure and log.
//
//	log.go           the log of a process, and its level while it runs
//	log_http.go      lines of net/http, as entries of the log
//	log_temporal.go  lines of Temporal's SDK, with the field names of our lines
//	traces.go        spans, from the request to the statement
//	traces_known.go  which workflow belongs to which trace
//	metrics.go       the registry, and the metrics of Temporal's SDK
package telemetry
