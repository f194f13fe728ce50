package devserver

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// dynamicConfig is how our server differs from a stock development server,
// which is tuned for a tutorial. Values are JSON.
var dynamicConfig = []string{
	// The one shard of a development server hands out one task per 50 ms by
	// default. With it lifted, an order of four durable steps takes 30 ms
	// where it took 450. Timer and visibility tasks keep their default of 20
	// polls a second: a timer may be 50 ms late, a list 50 ms behind, and
	// SQLite is spared a read per task.
	"history.transferProcessorMaxPollRPS=2000",
	// Partitions spread a task queue over several matching hosts. On one host
	// a task may sit in one partition while the workers poll the others,
	// which stalled one order in a hundred for two seconds.
	"matching.numTaskqueueReadPartitions=1",
	"matching.numTaskqueueWritePartitions=1",
	// The stock development server reads the namespace from the database for
	// every use of a search attribute, so that a new one works at once.
	// EnsureSearchAttributes waits for the next look at the namespaces instead,
	// which is worth 8 % of the starts per second.
	"system.forceSearchAttributesCacheRefreshOnRead=false",
	`system.namespaceCacheRefreshInterval="` + devRegistryRefresh.String() + `"`,
	// Caps that protect a shared cluster from one tenant. A laptop under load
	// should end at its CPU, with delays and not with refusals.
	"frontend.rps=10000",
	"frontend.namespaceRPS=10000",
	"frontend.namespaceCount=5000", // long polls at once: workers × queues × pollers
	"matching.rps=10000",
	"history.rps=20000",
	"matching.persistenceMaxQPS=20000",
	// Temporal's CLI goes through all its metrics once a second, and has hundreds
	// of them for every task queue. Where many systems share one server, that
	// came to take more than a processor. Our own server keeps none.
	"metrics.breakdownByTaskQueue=false",
	"metrics.breakdownByPartition=false",
	"metrics.breakdownByBuildID=false",
}

// args is the child's command line, which our own server and Temporal's CLI
// both take. Ports for HTTP and metrics are not named: ours has none, and the
// CLI takes free ones, so that two can run side by side.
func args(dir string, port, uiPort int) []string {
	a := []string{
		"server", "start-dev",
		"--ip", loopback,
		"--port", strconv.Itoa(port),
		"--ui-port", strconv.Itoa(uiPort),
		"--db-filename", filepath.Join(dir, databaseName),
		// One flush for a commit instead of several.
		"--sqlite-pragma", "journal_mode=WAL",
		"--log-level", "warn",
		"--color", "never",
	}
	for _, setting := range dynamicConfig {
		a = append(a, "--dynamic-config-value", setting)
	}
	return a
}

// environment is ours without what tells Temporal clients where their server
// is: this one is the server, and other settings of the CLI would come along.
func environment() []string {
	var env []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TEMPORAL_") {
			env = append(env, variable)
		}
	}
	// It works offline and tells nobody that it runs.
	return append(env, "TEMPORAL_VERSION_CHECK_DISABLED=1")
}
