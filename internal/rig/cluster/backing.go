package cluster

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"github.com/yeyak/yeyak/internal/rig/fullserver"
	"github.com/yeyak/yeyak/internal/rig/pgserver"
)

// startBacking starts PostgreSQL and Temporal. PostgreSQL has its durable defaults: a
// commit survives a kill.
func (c *Cluster) startBacking(ctx context.Context) (err error) {
	if err := c.startPostgres(ctx); err != nil {
		return err
	}
	c.temporal, err = fullserver.New(ctx, fullserver.Options{
		Server: c.options.TemporalServer,
		Dir:    filepath.Join(c.options.Dir, "temporal"), Log: c.logOf("temporal"), Postgres: c.postgres.URL(),
	})
	if err != nil {
		return err
	}
	return c.temporal.Start(ctx)
}

// database is the name of the database of all services.
const database = "yeyak"

func (c *Cluster) startPostgres(ctx context.Context) (err error) {
	backup, log := c.options.From, c.logOf("postgres")
	if backup != "" {
		c.postgres, err = pgserver.Restore(backup, pgserver.Durable, log)
	} else {
		c.postgres, err = pgserver.LaunchLogging(pgserver.Durable, log)
	}
	if err != nil {
		return err
	}
	c.database = c.postgres.URLOf(database)
	if backup == "" {
		err = pgserver.Execute(ctx, c.postgres.URL(), "CREATE DATABASE "+database)
	}
	return err
}

func (c *Cluster) stopBacking() (err error) {
	if c.temporal != nil && c.temporal.Running() {
		err = c.temporal.Stop()
	}
	if c.postgres != nil {
		err = errors.Join(err, c.postgres.Close())
	}
	return err
}

// KillTemporal kills the server, like kill -9. StartTemporal starts it again.
func (c *Cluster) KillTemporal() { c.temporal.Kill() }

// StartTemporal returns when the server serves.
func (c *Cluster) StartTemporal(ctx context.Context) error { return c.temporal.Start(ctx) }

// FreezeTemporal suspends the server's process: its connections stay open, and it
// answers nothing.
func (c *Cluster) FreezeTemporal() error { return c.temporal.Signal(syscall.SIGSTOP) }

// ThawTemporal resumes a frozen server.
func (c *Cluster) ThawTemporal() error { return c.temporal.Signal(syscall.SIGCONT) }

// KillPostgres kills the server, like kill -9. StartPostgres starts it again.
func (c *Cluster) KillPostgres() { c.postgres.Kill() }

// StartPostgres returns when the server has recovered. Sessions of the killed server
// that have not ended yet delay the start.
func (c *Cluster) StartPostgres(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		err := c.postgres.Start()
		if err == nil {
			return nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not come back: %w", err)
		}
	}
}
