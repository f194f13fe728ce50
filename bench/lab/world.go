package lab

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/internal/child"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/rig/fullserver"
	"github.com/yeyak/yeyak/internal/rig/issuer"
	"github.com/yeyak/yeyak/internal/rig/pgserver"
	"github.com/yeyak/yeyak/internal/visibility"
)

// Programs are the paths of the programs.
type Programs struct {
	Yeyak, Naive, Bare, Plain, TemporalServer string
}

// World is shared by all measurements: one PostgreSQL with durable defaults, one Temporal
// server on it, and a folder for configurations and logs.
type World struct {
	Programs Programs
	Dir      string
	Postgres *pgserver.Cluster
	Temporal *fullserver.Server
	// Visibility is the form of the indexes of Temporal's visibility table.
	Visibility visibility.Form

	client  client.Client
	running []*Program
	issuer  *issuer.Issuer // of the tokens that services accept
}

// NewWorld starts PostgreSQL and Temporal. The caller closes the world.
func NewWorld(ctx context.Context, programs Programs, form visibility.Form) (_ *World, err error) {
	w := &World{Programs: programs, Visibility: form, issuer: issuer.Run()}
	defer func() {
		if err != nil {
			_ = w.Close() // the first error is returned
		}
	}()
	if w.Dir, err = os.MkdirTemp("", "yeyak-bench-"); err != nil {
		return nil, err
	}
	if w.Postgres, err = pgserver.Launch(pgserver.Durable); err != nil {
		return nil, err
	}
	w.Temporal, err = fullserver.New(ctx, fullserver.Options{
		Server: programs.TemporalServer, Dir: filepath.Join(w.Dir, "temporal"), Postgres: w.Postgres.URL(),
		Visibility: form,
	})
	if err != nil {
		return nil, err
	}
	if err := w.Temporal.Start(ctx); err != nil {
		return nil, err
	}
	w.client, err = client.NewLazyClient(client.Options{HostPort: w.Temporal.Addr(), Logger: devserver.Quiet()})
	return w, err
}

// Token is an operator's access token.
func (w *World) Token() string { return w.issuer.Operator() }

// Close ends all processes that the world has started, and removes its folder.
func (w *World) Close() (err error) {
	for _, p := range w.running {
		err = errors.Join(err, p.End())
	}
	if w.client != nil {
		w.client.Close()
	}
	if w.Temporal != nil {
		err = errors.Join(err, w.Temporal.Stop())
	}
	if w.Postgres != nil {
		err = errors.Join(err, w.Postgres.Close())
	}
	w.issuer.Stop()
	return errors.Join(err, os.RemoveAll(w.Dir))
}

// afterwards is the time for the work that a load leaves behind: the engine's lists, and
// the ends of workflow tasks whose customers have been answered.
const afterwards = 500 * time.Millisecond

// Measure is the CPU time of load, including the work that it leaves behind. ours are the
// processes under test.
func (w *World) Measure(load func() error, ours ...*child.Process) (CPU, error) {
	before, err := w.cpu(ours)
	if err != nil {
		return CPU{}, err
	}
	if err := load(); err != nil {
		return CPU{}, err
	}
	time.Sleep(afterwards)
	after, err := w.cpu(ours)
	return after.Sub(before), err
}

func (w *World) cpu(ours []*child.Process) (c CPU, err error) {
	for _, p := range ours {
		used, err := cpuOf(p.PID())
		if err != nil {
			return c, err
		}
		c.Ours += used
	}
	if c.Temporal, err = cpuOf(w.Temporal.PID()); err != nil {
		return c, err
	}
	if c.PostgreSQL, err = cpuOf(w.Postgres.PID()); err != nil {
		return c, err
	}
	self, err := readProcess(os.Getpid())
	if err != nil {
		return c, err
	}
	c.Load = self.own
	all, err := cpuOfAll()
	c.Others = all - c.Ours - c.Temporal - c.PostgreSQL - c.Load
	return c, err
}
