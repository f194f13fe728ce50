package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/yeyak/yeyak/internal/rig/cluster"
	"github.com/yeyak/yeyak/internal/rig/cluster/crowd"
)

type kill struct {
	Programs `embed:""`
	Load     `embed:""`
	Down     time.Duration `default:"2s" help:"Time after which a killed process is started again."`
	Watch    time.Duration `default:"40s" help:"How long the load continues after the restart."`
	Slow     time.Duration `default:"1s" help:"An answer that takes at least this long counts as slow."`
}

// victim is a process that is killed, and how it is started again.
type victim struct {
	name  string
	kill  func()
	start func(context.Context) error
}

// node is an API or a worker.
func (p Programs) node(n *cluster.Node) victim {
	return victim{n.Name, n.Kill, func(ctx context.Context) error { return n.Start(ctx, p.Yeyak) }}
}

func postgres(c *cluster.Cluster) victim { return victim{"postgres", c.KillPostgres, c.StartPostgres} }

// Run implements the command.
func (k kill) Run(ctx context.Context) error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	fmt.Println("Starting a cluster …")
	o := k.options(address)
	o.Env = []string{oneCaller}
	c, err := cluster.Start(ctx, o)
	if err != nil {
		return err
	}
	err = k.underLoad(ctx, c)
	return errors.Join(err, c.Stop())
}

func (k kill) underLoad(ctx context.Context, c *cluster.Cluster) error {
	users, err := k.crowd(ctx, c)
	if err != nil {
		return err
	}
	if err := during(ctx, users.Run, func() error { return k.killAll(ctx, c, users) }); err != nil {
		return err
	}
	t := users.Tally()
	fmt.Printf("\n%d users sent %d requests, for %d orders: %d failed.\n", k.Users, t.Requests, t.Orders, t.Failed)
	return check(ctx, c, users)
}

func (k kill) killAll(ctx context.Context, c *cluster.Cluster, users *crowd.Crowd) error {
	fmt.Printf("\n%-12s %-10s %-18s %-18s %-18s %s\n", "kill -9", "back after", "requests failed", "last failure", "last slow answer", "slowest order")
	for _, v := range []victim{
		k.node(c.APIs[0]), k.node(c.Workers[0]),
		{"temporal", c.KillTemporal, c.StartTemporal}, postgres(c),
	} {
		pause(ctx, k.Watch/4)
		at := time.Now()
		v.kill()
		pause(ctx, k.Down)
		if err := v.start(ctx); err != nil {
			return err
		}
		back := time.Since(at)
		pause(ctx, k.Watch)
		o := users.Outage(at, k.Slow)
		fmt.Printf("%-12s %-10s %-18s %-18s %-18s %s\n", v.name, seconds(back), fmt.Sprintf("%d of %d", o.Failed, o.Requests),
			seconds(o.UntilAnswered), seconds(o.UntilFast), seconds(o.LongestToStable))
	}
	return ctx.Err()
}

func seconds(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }
