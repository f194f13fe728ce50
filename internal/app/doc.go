// Package app wires the parts of Yeyak into a running process: databases,
// services, workers and the HTTP API. It is the only place that knows which
// technology stands behind which interface. The commands of cmd/yeyak start
// it, and so do the end to end tests.
//
//	app.go        the roles a process can have, started and stopped in order
//	databases.go  one database a service, opened once a URL
//	services.go   the services on their stores and providers
//	workers.go    the workers of the task queues
//	http.go       the API on its stores, served
//	readmodel.go  the read model: fed, listened to, repaired
//	temporal.go   the client to the engine
//	health.go     ready, and what is degraded
package app
