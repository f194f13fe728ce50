package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/yeyak/yeyak/internal/rig/cluster"
)

type redeploy struct {
	Programs  `embed:""`
	Load      `embed:""`
	Builds    []string `required:"" help:"Programs of two builds, which are deployed alternately."`
	Rounds    int      `default:"3" help:"How often every process is replaced."`
	Versioned bool     `default:"true" negatable:"" help:"Keep orders on the build that they began with, and move them to the next build before their build ends."`
	// ReplyBudget is longer than the default, so that a machine that is busy with other work
	// fails no user. It is shorter than the 10 s after which Temporal takes a workflow task
	// for lost, so that the test notices an order that waits for that.
	ReplyBudget time.Duration `default:"8s" help:"How long the APIs may take to answer."`

	WithoutProbes bool          `help:"Replace processes without probing and without draining them, to show what users notice then."`
	Between       time.Duration `default:"3s" help:"How long the load runs before the first replacement and after the last one."`
}

// Run implements the command.
func (r redeploy) Run(ctx context.Context) error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	o := r.options(address)
	o.Yeyak, o.Versioned, o.Unprobed, o.Env = r.Builds[0], r.Versioned, r.WithoutProbes, []string{"YEYAK_REPLY_BUDGET=" + r.ReplyBudget.String(), oneCaller}
	fmt.Println("Starting a cluster …")
	c, err := cluster.Start(ctx, o)
	if err != nil {
		return err
	}
	err = r.underLoad(ctx, c)
	return errors.Join(err, c.Stop())
}

func (r redeploy) underLoad(ctx context.Context, c *cluster.Cluster) error {
	if r.Versioned {
		build, err := cluster.BuildOf(ctx, r.Builds[0])
		if err != nil {
			return err
		}
		if err := c.Promote(ctx, build); err != nil {
			return err
		}
	}
	users, err := r.crowd(ctx, c)
	if err != nil {
		return err
	}
	if err := during(ctx, users.Run, func() error { return r.replaceAll(ctx, c) }); err != nil {
		return err
	}
	t := users.Tally()
	fmt.Printf("\n%d users sent %d requests, for %d orders: %d failed. Answered in %s (p50), %s (p99), %s (slowest).\n",
		r.Users, t.Requests, t.Orders, t.Failed, t.P50.Round(time.Millisecond), t.P99.Round(time.Millisecond), t.Slowest.Round(time.Millisecond))
	for _, one := range append(t.Failures, t.Slow...) {
		fmt.Println("  ", one)
	}
	err = check(ctx, c, users)
	if t.Failed > 0 {
		err = errors.Join(err, errors.New("the redeploy was noticed"))
	}
	fmt.Printf("availability: %s\n", t.Availability())
	return err
}

// replaceAll replaces every process, so many times.
func (r redeploy) replaceAll(ctx context.Context, c *cluster.Cluster) error {
	pause(ctx, r.Between)
	for round := range r.Rounds {
		from, to := r.Builds[round%len(r.Builds)], r.Builds[(round+1)%len(r.Builds)]
		replace := func(nodes []*cluster.Node) error { return replaceEach(ctx, c, round+1, nodes, to) }
		var err error
		if r.Versioned {
			err = versioned(ctx, c, from, to, replace)
		} else {
			err = replace(c.Nodes()) // workers first: an API must not start orders that no worker knows yet
		}
		if err != nil {
			return err
		}
	}
	pause(ctx, r.Between)
	return ctx.Err()
}

func replaceEach(ctx context.Context, c *cluster.Cluster, round int, nodes []*cluster.Node, build string) error {
	for _, n := range nodes {
		begun := time.Now()
		if err := n.Replace(ctx, build); err != nil {
			return err
		}
		if err := c.AwaitEntry(ctx, n); err != nil {
			return err
		}
		fmt.Printf("%s round %d: %s is %s, after %s\n", begun.Format(time.TimeOnly), round, n.Name, build, time.Since(begun).Round(time.Millisecond))
	}
	return nil
}

// noticedWithin is longer than an API may start orders eagerly after another build has
// become the current one.
const noticedWithin = 5 * time.Second

// versioned follows docs/operations/upgrade.md: the new build gets new orders as soon as it
// has a worker, and the orders under way before the old build ends.
func versioned(ctx context.Context, c *cluster.Cluster, from, to string, replace func([]*cluster.Node) error) error {
	was, err := cluster.BuildOf(ctx, from)
	if err != nil {
		return err
	}
	is, err := cluster.BuildOf(ctx, to)
	if err != nil {
		return err
	}
	if err := replace(c.Workers[:1]); err != nil {
		return err
	}
	if err := c.Promote(ctx, is); err != nil {
		return err
	}
	pause(ctx, noticedWithin)
	moved, err := c.Move(ctx, was, is)
	if err != nil {
		return err
	}
	fmt.Printf("%s is the current build; %d orders were moved to it\n", is, moved)
	return replace(append(c.Workers[1:], c.APIs...))
}
