package pgtest

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/yeyak/yeyak/internal/rig/hanging"
	"github.com/yeyak/yeyak/internal/rig/pgserver"
)

// serverVariable names a PostgreSQL to use instead of starting one.
const serverVariable = "TEST_DATABASE_URL"

// shared is the server of this test binary.
var shared struct {
	sync.Mutex
	cluster *pgserver.Cluster
	err     error // a failed start is not repeated by every test
}

// delayVariable is a delay of each commit, for tests that must not depend on the speed of
// the disk.
const delayVariable = "YEYAK_TEST_COMMIT_DELAY"

// CommitDelay is the delay of each commit, 0 if the tests run at full speed.
func CommitDelay() time.Duration {
	delay, _ := time.ParseDuration(os.Getenv(delayVariable))
	return delay
}

// launch starts a server for tests.
func launch() (*pgserver.Cluster, error) {
	delay := CommitDelay()
	if delay > 0 {
		return pgserver.Launch(pgserver.Settings{
			"commit_delay":     strconv.FormatInt(delay.Microseconds(), 10),
			"commit_siblings":  "0",  // a single commit is delayed too
			"fsync":            "on", // PostgreSQL delays no commit without it
			"full_page_writes": "off",
		})
	}
	settings := maps.Clone(pgserver.Forgetful)
	settings["min_wal_size"], settings["max_wal_size"] = "32MB", "128MB" // memory is scarcer than a disk
	return pgserver.LaunchInMemory(settings)
}

// Main runs the tests of a package and stops the server that they used.
func Main(m *testing.M) {
	hanging.Watch()
	m.Run() // m keeps the exit code
	dropTemplates()
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil {
		return
	}
	if err := shared.cluster.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
	}
}

// New returns the URL of a fresh, empty database for t.
func New(t testing.TB) string {
	t.Helper()
	return newOnShared(t)
}

// newOnShared creates a database on the server that the tests of this binary share.
func newOnShared(t testing.TB, like ...string) string {
	t.Helper()
	server, err := sharedServer()
	if err != nil {
		t.Fatal(err)
	}
	created, name, err := pgserver.CreateDatabase(t.Context(), server, like...)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := drop(server, name); err != nil {
			t.Error(err)
		}
	})
	return created
}

// sharedServer is the URL of the server that the tests of this binary share.
func sharedServer() (string, error) {
	if url := os.Getenv(serverVariable); url != "" {
		return url, nil
	}
	c, err := sharedCluster()
	if err != nil {
		return "", err
	}
	return c.URL(), nil
}

// Cluster is a server for one test, which can stop and start it.
type Cluster struct{ *pgserver.Cluster }

// NewCluster starts a server for t alone, which is removed when t ends.
func NewCluster(t testing.TB) Cluster {
	t.Helper()
	c, err := launch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return Cluster{c}
}

// New returns the URL of a fresh, empty database on the cluster.
func (c Cluster) New(t testing.TB) string {
	t.Helper()
	return newDatabase(t, c.Cluster)
}

func newDatabase(t testing.TB, c *pgserver.Cluster) string {
	t.Helper()
	url, err := c.NewDatabase(t.Context())
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return url
}

func sharedCluster() (*pgserver.Cluster, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil && shared.err == nil {
		shared.cluster, shared.err = launch()
	}
	return shared.cluster, shared.err
}

// drop removes a database: the server may outlive the tests, and its data may be in memory.
func drop(server, name string) error {
	// The context of a test has ended by the time of its cleanup.
	if err := pgserver.Execute(context.Background(), server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("pgtest: drop database: %w", err)
	}
	return nil
}
