package devserver

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// dynamicConfig changes a stock development server, which is tuned for tutorials.
// Values are JSON.
var dynamicConfig = []string{
	// The one shard of a development server hands out one task per 50 ms by default.
	// Without that limit, an order of four durable steps takes 30 ms instead of 450.
	// Timer and visibility tasks keep their default of 20 polls a second: a timer may
	// be 50 ms late, a list 50 ms behind, and SQLite is spared a read per task.
	"history.transferProcessorMaxPollRPS=2000",
	// Partitions spread a task queue over several matching hosts. On one host a task
	// may be in one partition while the workers poll the others, which delayed one
	// order in a hundred by two seconds.
	"matching.numTaskqueueReadPartitions=1",
	"matching.numTaskqueueWritePartitions=1",
	// The stock development server reads the namespace from the database for every use
	// of a search attribute, so that a new one works at once. Our
	// EnsureSearchAttributes waits for the next refresh of the namespaces instead,
	// which is worth 8 % of the starts per second.
	"system.forceSearchAttributesCacheRefreshOnRead=false",
	`system.namespaceCacheRefreshInterval="` + devRegistryRefresh.String() + `"`,
	// These limits protect a shared cluster from one tenant. A loaded laptop should be
	// limited by its CPU, with delays and without refusals.
	"frontend.rps=10000",
	"frontend.namespaceRPS=10000",
	"frontend.namespaceCount=5000", // long polls at once: workers × queues × pollers
	"matching.rps=10000",
	"history.rps=20000",
	"matching.persistenceMaxQPS=20000",
	// Temporal's CLI walks all its metrics once a second, and has hundreds for every
	// task queue. On a server that many systems share, that took more than one
	// processor. Our own server keeps none.
	"metrics.breakdownByTaskQueue=false",
	"metrics.breakdownByPartition=false",
	"metrics.breakdownByBuildID=false",
}

// args is the child's command line, for both our own server and Temporal's CLI. It
// names no ports for HTTP and metrics: our server has none, and the CLI takes free
// ones, so that two can run side by side.
func args(dir string, port, uiPort int) []string {
	a := []string{
		"server", "start-dev",
		"--ip", loopback,
		"--port", strconv.Itoa(port),
		"--ui-port", strconv.Itoa(uiPort),
		"--db-filename", filepath.Join(dir, databaseName),
		// One flush per commit instead of several.
		"--sqlite-pragma", "journal_mode=WAL",
		"--log-level", "warn",
		"--color", "never",
	}
	for _, setting := range dynamicConfig {
		a = append(a, "--dynamic-config-value", setting)
	}
	return a
}

// environment is this process's, without the address of a Temporal server, which this
// one is, and without other settings of the CLI.
func environment() []string {
	var env []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TEMPORAL_") {
			env = append(env, variable)
		}
	}
	// It works offline and does not report its use.
	return append(env, "TEMPORAL_VERSION_CHECK_DISABLED=1")
}
