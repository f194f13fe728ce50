// Package cluster runs the whole of Yeyak on one machine as it runs in
// production: two APIs and two workers behind one entry point, on a full
// Temporal server and a PostgreSQL, each a process of its own. `make cluster`
// is this, and what is tested or measured of a redeploy or a crash happens here.
//
//	cluster.go   all of it, started and stopped
//	node.go      one process of Yeyak: started, replaced, killed
//	entry.go     the entry point, HAProxy: who gets requests, and by what it goes
//	versions.go  which build gets new orders, and those that are under way
//	commands.go  what an operator's commands are told of it
//	backing.go   PostgreSQL and Temporal, killed and started again
package cluster
