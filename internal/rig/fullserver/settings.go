package fullserver

// Shards is the number of parts into which the server divides its workflows. Each has a
// loop and a lock of its own. It cannot be changed for existing data.
const Shards = 4

// Connections of the server to its two databases.
const (
	storeConnections      = 20
	visibilityConnections = 10
)

// Settings is the server's dynamic configuration, where it differs from the default.
// Benchmarks print it in their reports.
func Settings() map[string]any {
	return map[string]any{
		// Partitions spread a task queue over several matching hosts. On one host a task may
		// be in one partition while the workers poll the others, which delays it for seconds.
		"matching.numTaskqueueReadPartitions":  1,
		"matching.numTaskqueueWritePartitions": 1,
		// By default a shard hands out a batch of tasks every 50 ms. With a load of one order
		// at a time, a benchmark would measure that.
		"history.transferProcessorMaxPollRPS": 2000,
		// Otherwise a task that is assigned to the poll of a worker that has just ended is lost
		// until it times out, and users notice a redeploy.
		"frontend.enableCancelWorkerPollsOnShutdown": true,
		// These limits protect a shared cluster from one tenant. A machine under load should
		// reach the limit of its CPU, with delays instead of refusals.
		"frontend.rps":                            20000,
		"frontend.namespaceRPS":                   20000,
		"frontend.namespaceRPS.visibility":        1000,
		"frontend.namespaceCount":                 5000, // concurrent long polls: workers × queues × pollers
		"matching.rps":                            20000,
		"history.rps":                             40000,
		"frontend.persistenceMaxQPS":              20000,
		"matching.persistenceMaxQPS":              20000,
		"history.persistenceMaxQPS":               40000,
		"system.visibilityPersistenceMaxReadQPS":  20000,
		"system.visibilityPersistenceMaxWriteQPS": 20000,
	}
}
