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

// Each role has two processes: the fewest with which one can be replaced while
// the other serves.
const replicas = 2

// drainDelay is more than the entry point takes to notice that an API is
// unready: unreadyAfter checks, each of which may take its time on a busy machine.
const drainDelay = 3 * time.Second

// stopWithin is how long a process may take to end: drainDelay and twice the
// shutdown grace, 20 s by default.
const stopWithin = time.Minute

// readyWithin bounds the start of a process.
const readyWithin = time.Minute

// Options says what a cluster is made of.
type Options struct {
	// Yeyak and TemporalServer are programs.
	Yeyak, TemporalServer string
	// Dir is for logs and configurations. What is in it is overwritten.
	Dir string
	// Listen is where the entry point listens, host:port.
	Listen string
	// UI is where Temporal's web UI listens, host:port; "" is without one.
	UI string
	// From is a backup of the PostgreSQL server of a cluster, made by
	// pg_basebackup, that this one goes on from; "" begins with nothing.
	From string
	// Unprobed has the entry point take every process for ready that it has been
	// told of, and processes stop without draining: what is to be avoided.
	Unprobed bool
	// Versioned has Temporal make a difference between builds: one has to be
	// promoted before any order is worked on.
	Versioned bool
	// Env is what all processes of Yeyak are set to besides.
	Env []string
}

// Cluster is a running one. It is to be stopped, and dies with this process on
// systems that can see to that. Its data go with it; its logs stay.
type Cluster struct {
	APIs, Workers []*Node

	options  Options
	postgres *pgserver.Cluster
	temporal *fullserver.Server
	ui       *child.Process // nil without one
	entry    *child.Process
	stats    string // where the entry point tells whom it takes for ready, host:port
	database string
	issuer   *issuer.Issuer // of the tokens that its APIs take
}

// Start starts a cluster and returns when all of it is ready.
func Start(ctx context.Context, o Options) (_ *Cluster, err error) {
	if err := mayBeSet(o.Env); err != nil {
		return nil, err
	}
	c := &Cluster{options: o, issuer: issuer.Run()}
	defer func() {
		if err != nil {
			_ = c.Stop() // the first error tells
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
	// All tables are as new as the server: it is killed like one that has been
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

// startNodes gives each process its addresses, which it keeps when it is
// replaced.
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

// Nodes are the processes of Yeyak, workers first: an API that is started
// before them would have its orders wait.
func (c *Cluster) Nodes() []*Node { return append(append([]*Node(nil), c.Workers...), c.APIs...) }

// Logs is the folder of the logs.
func (c *Cluster) Logs() string { return filepath.Join(c.options.Dir, "logs") }

func (c *Cluster) logOf(name string) string { return filepath.Join(c.Logs(), name+".log") }

// URL is the entry point.
func (c *Cluster) URL() string { return "http://" + c.options.Listen }

// Database is the URL of the database of all services.
func (c *Cluster) Database() string { return c.database }

// Token is an operator's access token.
func (c *Cluster) Token() string { return c.issuer.Operator() }

// Temporal is where the Temporal server listens, host:port.
func (c *Cluster) Temporal() string { return c.temporal.Addr() }

// Stop ends all of it, those first who are asked by others.
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
