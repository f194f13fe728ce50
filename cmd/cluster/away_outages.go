package main

import (
	"context"
	"errors"
	"time"

	"github.com/yeyak/yeyak/internal/rig/cluster"
)

// frozen freezes Temporal: its connections stay open, and it answers nothing.
func (a away) frozen(ctx context.Context, c *cluster.Cluster) (o outage, err error) {
	err = c.FreezeTemporal()
	o.left = time.Now()
	if err != nil {
		return o, err
	}
	pause(ctx, a.Outage)
	o.returns = time.Now()
	err = c.ThawTemporal()
	o.back = time.Now()
	return o, errors.Join(err, ctx.Err())
}

// killed kills Temporal, and starts it again after a while.
func (a away) killed(ctx context.Context, c *cluster.Cluster) (o outage, err error) {
	c.KillTemporal()
	o.left = time.Now()
	pause(ctx, a.Outage)
	o.returns = time.Now()
	err = c.StartTemporal(ctx)
	o.back = time.Now()
	return o, errors.Join(err, ctx.Err())
}

// deaths freezes Temporal, and kills an API and the database while it is frozen. Then it
// kills and starts Temporal, and as soon as Temporal is up kills it again, together with
// the other API, which has begun to dispatch.
func (a away) deaths(ctx context.Context, c *cluster.Cluster) (o outage, err error) {
	o.left, o.hole = time.Now(), true
	if err := c.FreezeTemporal(); err != nil {
		return o, err
	}
	pause(ctx, a.Outage/4)
	if err := a.dies(ctx, c, &o, a.node(c.APIs[0])); err != nil {
		return o, err
	}
	if err := a.dies(ctx, c, &o, postgres(c)); err != nil {
		return o, err
	}
	c.KillTemporal()
	if err := c.StartTemporal(ctx); err != nil {
		return o, err
	}
	pause(ctx, a.Down) // for orders to be dispatched
	c.KillTemporal()
	if err := a.dies(ctx, c, &o, a.node(c.APIs[1])); err != nil {
		return o, err
	}
	pause(ctx, time.Until(o.left.Add(a.Outage)))
	o.returns = time.Now()
	err = c.StartTemporal(ctx)
	o.back = time.Now()
	return o, errors.Join(err, ctx.Err())
}

// dies kills an API or the database and starts it again.
func (a away) dies(ctx context.Context, c *cluster.Cluster, o *outage, v victim) error {
	died := time.Now()
	v.kill()
	pause(ctx, a.Down)
	err := v.start(ctx)
	for _, n := range c.APIs {
		err = errors.Join(err, c.AwaitEntry(ctx, n))
	}
	o.deaths = append(o.deaths, period{died, time.Now()})
	return err
}
