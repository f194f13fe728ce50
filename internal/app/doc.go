// Package app wires the parts of Yeyak into a running process: databases, services,
// workers and the HTTP API. It is the only package that knows which implementation is
// behind which interface. The commands of cmd/yeyak start it, and so do the end-to-end
// tests.
//
//	app.go        the roles of a process, started and stopped in order
//	databases.go  one database per service, opened once per URL
//	services.go   the services with their stores and providers
//	workers.go    the workers of the task queues
//	http.go       the API with its stores
//	readmodel.go  the read model: written, listened to, repaired
//	temporal.go   the client of the engine
//	health.go     readiness, and degraded dependencies
package app
