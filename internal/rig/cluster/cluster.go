package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/yeyak/yeyak/internal/child"
	"github.com/yeyak/yeyak/internal/rig/fullserver"
	"github.com/yeyak/yeyak/internal/rig/issuer"
	"github.com/yeyak/yeyak/internal/rig/pgserver"
)

// Each role has two processes, the fewest of which one can be replaced while the other
// serves.
const replicas = 2

// drainDelay is longer than the entry point takes to notice an unready API: unreadyAfter
// checks, each of which is slow on a busy machine.
const drainDelay = 3 * time.Second

// stopWithin is how long a process may take to end: drainDelay plus twice the shutdown
// grace, which is 20 s by default.
const stopWithin = time.Minute

// readyWithin bounds the start of a process.
const readyWithin = time.Minute

// Options configure a cluster.
type Options struct {
	// Yeyak and TemporalServer are the paths of the programs.
	Yeyak, TemporalServer string
	// Dir is for logs and configurations. Existing files are overwritten.
	Dir string
	// Listen is the address of the entry point, host:port.
	Listen string
	// UI is the address of Temporal's web UI, host:port; "" for no web UI.
	UI string
	// From is a backup of a cluster's PostgreSQL server, made by pg_basebackup, with
	// which this cluster starts; "" for empty databases.
	From string
	// Unprobed makes the entry point send requests to every configured process without
	// probing it, and processes stop without draining. Tests show what goes wrong then.
	Unprobed bool
	// Versioned makes Temporal distinguish builds: one has to be promoted before any
	// order is worked on.
	Versioned bool
	// Env are further variables of all Yeyak processes.
	Env []string
}

// Cluster is a running cluster. Call Stop at its end; on Linux it also dies with this
// process. Its data are deleted, its logs are kept.
type Cluster struct {
	APIs, Workers []*Node

	options  Options
	postgres *pgserver.Cluster
	temporal *fullserver.Server
	ui       *child.Process // nil without one
	entry    *child.Process
	stats    string // where the entry point reports which processes are ready, host:port
	database string
	issuer   *issuer.Issuer // of the tokens that the APIs accept
}

// Start starts a cluster and returns when all of it is ready.
func Start(ctx context.Context, o Options) (_ *Cluster, err error) {
	if err := mayBeSet(o.Env); err != nil {
		return nil, err
	}
	c := &Cluster{options: o, issuer: issuer.Run()}
	defer func() {
		if err != nil {
			_ = c.Stop() // the first error is returned
		}
	}()
	for _, old := range []string{c.Logs(), c.EnvFile()} {
		if err := os.RemoveAll(old); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(c.Logs(), 0o755); err != nil {
		return nil, err
	}
	if err := c.startBacking(ctx); err != nil {
		return nil, err
	}
	for _, job := range []string{"prepare", "migrate"} {
		if out, err := c.Command(ctx, job); err != nil {
			return nil, fmt.Errorf("%w\n%s", err, out)
		}
	}
	// The tables are new. After a checkpoint a kill hits the server like one that has been
	// up for a while, which need not recover them.
	if err := pgserver.Execute(ctx, c.postgres.URL(), "CHECKPOINT"); err != nil {
		return nil, err
	}
	if err := c.startNodes(ctx); err != nil {
		return nil, err
	}
	if err := c.startEntry(ctx); err != nil {
		return nil, err
	}
	if err := c.startUI(ctx); err != nil {
		return nil, err
	}
	return c, c.writeEnv()
}

// startNodes assigns each process its addresses, which it keeps when it is replaced.
func (c *Cluster) startNodes(ctx context.Context) error {
	ports, err := child.FreePorts(2 * replicas)
	if err != nil {
		return err
	}
	for i := range replicas {
		c.APIs = append(c.APIs, c.newNode("api", i, ports[i], "YEYAK_LISTEN"))
		c.Workers = append(c.Workers, c.newNode("worker", i, ports[replicas+i], "YEYAK_OPERATIONS_LISTEN"))
	}
	for _, n := range c.Nodes() {
		if err := n.Start(ctx, c.options.Yeyak); err != nil {
			return err
		}
	}
	return nil
}

// Nodes are the processes of Yeyak, workers first: the orders of an API without workers
// would wait.
func (c *Cluster) Nodes() []*Node { return append(append([]*Node(nil), c.Workers...), c.APIs...) }

// Logs is the folder of the logs.
func (c *Cluster) Logs() string { return filepath.Join(c.options.Dir, "logs") }

func (c *Cluster) logOf(name string) string { return filepath.Join(c.Logs(), name+".log") }

// URL is the URL of the entry point.
func (c *Cluster) URL() string { return "http://" + c.options.Listen }

// Database is the URL of the database of all services.
func (c *Cluster) Database() string { return c.database }

// Token is an operator's access token.
func (c *Cluster) Token() string { return c.issuer.Operator() }

// Temporal is the address of the Temporal server, host:port.
func (c *Cluster) Temporal() string { return c.temporal.Addr() }

// Stop ends all processes, clients before the servers that they use.
func (c *Cluster) Stop() (err error) {
	err = os.RemoveAll(c.EnvFile())
	for _, p := range []*child.Process{c.entry, c.ui} {
		if p != nil {
			err = errors.Join(err, p.Stop(stopWithin))
		}
	}
	ended := make(chan error)
	for _, n := range c.Nodes() {
		go func() { ended <- n.Stop() }()
	}
	for range c.Nodes() {
		err = errors.Join(err, <-ended)
	}
	c.issuer.Stop()
	return errors.Join(err, c.stopBacking())
}

func numbered(role string, i int) string { return role + "-" + strconv.Itoa(i+1) }
