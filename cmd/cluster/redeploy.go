package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/yeyak/yeyak/internal/cluster"
)

type redeploy struct {
	Programs      `embed:""`
	Load          `embed:""`
	Builds        []string      `required:"" help:"Programs of two builds, which take turns."`
	Rounds        int           `default:"3" help:"How often every process is replaced."`
	WithoutProbes bool          `help:"Replace processes without asking them whether they are ready, and without draining them: what is noticed then."`
	Between       time.Duration `default:"3s" help:"How long there is peace before and after."`
}

// Run implements the command.
func (r redeploy) Run(ctx context.Context) error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	o := r.options(address)
	o.Yeyak, o.Unprobed = r.Builds[0], r.WithoutProbes
	fmt.Println("Starting a cluster …")
	c, err := cluster.Start(ctx, o)
	if err != nil {
		return err
	}
	defer c.Stop()
	users, err := r.crowd(ctx, c)
	if err != nil {
		return err
	}
	working, goHome := context.WithCancel(ctx)
	defer goHome()
	gone := make(chan struct{})
	go func() { defer close(gone); users.Run(working) }()
	err = r.replaceAll(ctx, c)
	goHome()
	<-gone
	if err != nil {
		return err
	}

	t := users.Tally()
	fmt.Printf("\n%d users sent %d requests, for %d orders: %d failed. Answered in %s (p50), %s (p99), %s (slowest).\n",
		r.Users, t.Requests, t.Orders, t.Failed, t.P50.Round(time.Millisecond), t.P99.Round(time.Millisecond), t.Slowest.Round(time.Millisecond))
	for _, failure := range t.Failures {
		fmt.Println("  ", failure)
	}
	err = check(ctx, c, users)
	if err == nil && t.Failed > 0 {
		err = errors.New("the redeploy was noticed")
	}
	fmt.Printf("availability: %s\n", t.Availability())
	return err
}

// replaceAll replaces one process after the other, workers first: an API must
// not start what no worker knows yet.
func (r redeploy) replaceAll(ctx context.Context, c *cluster.Cluster) error {
	pass(ctx, r.Between)
	for round := range r.Rounds {
		build := r.Builds[(round+1)%len(r.Builds)]
		for _, n := range c.Nodes() {
			begun := time.Now()
			if err := n.Replace(ctx, build); err != nil {
				return err
			}
			fmt.Printf("round %d: %s is %s, after %s\n", round+1, n.Name, build, time.Since(begun).Round(time.Millisecond))
		}
	}
	pass(ctx, r.Between)
	return ctx.Err()
}

func pass(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
