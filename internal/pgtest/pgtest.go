package pgtest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	_ "github.com/uptrace/bun/driver/pgdriver" // the "pg" driver of database/sql
)

// serverVariable names a PostgreSQL to use instead of starting one.
const serverVariable = "TEST_DATABASE_URL"

// patience bounds whatever is asked of a server that runs.
const patience = 30 * time.Second

// shared is the server of this test binary.
var shared struct {
	sync.Mutex
	cluster *Cluster
	err     error // a server that did not start is not tried again by every test
}

// Main runs the tests of a package and stops the server that they used.
func Main(m *testing.M) {
	m.Run() // the exit code is kept by m
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
	server := os.Getenv(serverVariable)
	if server != "" {
		return borrow(t, server)
	}
	c, err := sharedCluster()
	if err != nil {
		t.Fatal(err)
	}
	return c.New(t)
}

func sharedCluster() (*Cluster, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil && shared.err == nil {
		shared.cluster, shared.err = launch()
	}
	return shared.cluster, shared.err
}

// borrow makes a database on a server that outlives the test, and therefore
// removes it when the test ends.
func borrow(t testing.TB, server string) string {
	t.Helper()
	created, name, err := createDatabase(t.Context(), server)
	if err != nil {
		t.Fatalf("pgtest: %s: %v", serverVariable, err)
	}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := execute(ctx, server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("pgtest: drop database: %v", err)
		}
	})
	return created
}

// createDatabase makes a database with a name of its own on the server and
// returns its URL and name.
func createDatabase(ctx context.Context, server string) (created, name string, err error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", "", fmt.Errorf("not a URL of the form postgres://user@host:port/database")
	}
	name = "yeyak_test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if err := execute(ctx, server, "CREATE DATABASE "+name); err != nil {
		return "", "", fmt.Errorf("create database: %w", err)
	}
	u.Path = "/" + name
	return u.String(), name, nil
}

func execute(ctx context.Context, server, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	db, err := sql.Open("pg", server)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement)
	return err
}
