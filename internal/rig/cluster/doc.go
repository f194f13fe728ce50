// Package cluster runs all of Yeyak on one machine as in production: two APIs and two
// workers behind one entry point, on a full Temporal server and a PostgreSQL, each a
// process of its own. `make cluster` starts one, and the tests and benchmarks of
// redeploys and crashes use it.
//
//	cluster.go   all of it, started and stopped
//	node.go      one process of Yeyak: started, replaced, killed
//	entry.go     the entry point, HAProxy, and its health checks
//	versions.go  which build gets new orders, and which one those under way
//	commands.go  the environment of an operator's commands
//	backing.go   PostgreSQL and Temporal, killed and started again
package cluster
