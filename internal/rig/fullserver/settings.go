package fullserver

// Shards is into how many parts the server divides its workflows. Each has a
// loop and a lock of its own; it cannot be changed for data that are there.
const Shards = 4

// Connections of the server to its two databases.
const (
	storeConnections      = 20
	visibilityConnections = 10
)

// Settings is how the server differs from one as it comes: its dynamic
// configuration. Reports of what was measured on it print them.
func Settings() map[string]any {
	return map[string]any{
		// Partitions spread a task queue over several matching hosts. On one
		// host a task may sit in one partition while the workers poll the
		// others, which stalls some for seconds.
		"matching.numTaskqueueReadPartitions":  1,
		"matching.numTaskqueueWritePartitions": 1,
		// A shard hands out a batch of tasks every 50 ms by default. With a
		// load of one order at a time, that would be what is measured.
		"history.transferProcessorMaxPollRPS": 2000,
		// Otherwise a task that is handed to a poll of a worker which has just
		// ended is lost until it times out, and a redeploy is noticed.
		"frontend.enableCancelWorkerPollsOnShutdown": true,
		// Caps that protect a shared cluster from one tenant. A machine under
		// load is to end at its CPU, with delays and not with refusals.
		"frontend.rps":                            20000,
		"frontend.namespaceRPS":                   20000,
		"frontend.namespaceRPS.visibility":        1000,
		"frontend.namespaceCount":                 5000, // long polls at once: workers × queues × pollers
		"matching.rps":                            20000,
		"history.rps":                             40000,
		"frontend.persistenceMaxQPS":              20000,
		"matching.persistenceMaxQPS":              20000,
		"history.persistenceMaxQPS":               40000,
		"system.visibilityPersistenceMaxReadQPS":  20000,
		"system.visibilityPersistenceMaxWriteQPS": 20000,
	}
}
