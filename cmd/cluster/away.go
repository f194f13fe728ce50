package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/yeyak/yeyak/internal/rig/cluster"
	"github.com/yeyak/yeyak/internal/rig/cluster/crowd"
)

type away struct {
	Programs `embed:""`
	Load     `embed:""`
	Outage   time.Duration `default:"60s" help:"How long Temporal is down."`
	Down     time.Duration `default:"2s" help:"Time after which another process that is killed meanwhile is started again."`
	Before   time.Duration `default:"5s" help:"How long users order before Temporal is taken down."`
	Absences []string      `enum:"frozen,killed,deaths" default:"frozen,killed,deaths" help:"How Temporal is down: frozen, killed, or frozen while other processes are killed."`
}

// absence is a way in which Temporal is down. Its function returns when Temporal is back.
type absence struct {
	name  string
	leave func(context.Context, *cluster.Cluster) (outage, error)
	// late is how much later than a younger order the dispatchers may start an order.
	late time.Duration
}

// outage describes an absence. From left until returns Temporal did nothing.
type outage struct {
	left, returns, back time.Time
	// deaths are the periods in which an API or the database was down, until the entry
	// point had noticed that it was back.
	deaths []period
	// hole means that Temporal ran for a while in between.
	hole bool
}

type period struct{ from, to time.Time }

func (p period) overlaps(from, to time.Time) bool { return from.Before(p.to) && p.from.Before(to) }

// excuses reports whether an API or the database was down while a customer waited.
func (o outage) excuses(p crowd.Placement) bool {
	for _, d := range o.deaths {
		if d.overlaps(p.Begun, p.Answered()) {
			return true
		}
	}
	return false
}

const (
	// roundWithin is how long a dispatcher may take for the orders that it has leased: until
	// their slots come free, and until the engine has answered. Meanwhile another dispatcher
	// starts younger orders.
	roundWithin = 10 * time.Second
	// leasedWithin is how long no other dispatcher takes the orders of a dispatcher that has
	// died: the duration of a lease.
	leasedWithin = 30 * time.Second
)

func (a away) absences() (some []absence) {
	for _, s := range []absence{
		{"frozen", a.frozen, roundWithin},
		{"killed", a.killed, roundWithin},
		{"deaths", a.deaths, leasedWithin + roundWithin},
	} {
		if slices.Contains(a.Absences, s.name) {
			some = append(some, s)
		}
	}
	return some
}

// Run implements the command. Its last line says whether the test has passed.
func (a away) Run(ctx context.Context) error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	fmt.Println("Starting a cluster …")
	o := a.options(address)
	// No cleaner is registered, and each customer places order after order.
	o.Env = []string{"YEYAK_MAX_WAITING_CALLS=0", oneCaller}
	c, err := cluster.Start(ctx, o)
	if err != nil {
		return err
	}
	err = errors.Join(a.underLoad(ctx, c), c.Stop())
	if err != nil {
		fmt.Println("away-test: failed:", err)
		return errors.New("not every order was accepted and carried out")
	}
	fmt.Println("away-test: passed")
	return nil
}

func (a away) underLoad(ctx context.Context, c *cluster.Cluster) error {
	users, err := a.crowd(ctx, c)
	if err != nil {
		return err
	}
	var faults []error
	var rows []awayRow
	for _, s := range a.absences() {
		row, err := a.endure(ctx, c, users, s)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", s.name, err))
		}
		if ctx.Err() != nil {
			return errors.Join(append(faults, ctx.Err())...)
		}
		rows = append(rows, row)
	}
	return errors.Join(append(faults, printAway(os.Stdout, rows))...)
}

// endure takes Temporal down while the users order, and returns the results.
func (a away) endure(ctx context.Context, c *cluster.Cluster, users *crowd.Crowd, s absence) (row awayRow, err error) {
	fmt.Printf("\n%s: Temporal is away for %s while %d users order\n", s.name, a.Outage, a.Users)
	row.name = s.name
	db, err := sql.Open("pg", c.Database())
	if err != nil {
		return row, err
	}
	defer db.Close()
	begun := time.Now()
	err = during(ctx, users.OrderOn, func() (err error) {
		pause(ctx, a.Before)
		if row.outage, err = s.leave(ctx, c); err != nil {
			return err
		}
		row.stableAfter, err = awaitStableSince(ctx, db, row.outage.back)
		return err
	})
	if err != nil {
		return row, err
	}
	row.placements = users.Placements(begun)
	faults := row.judge()
	faults = append(faults, a.repeat(ctx, users, &row))
	row.order, err = dispatchedSince(ctx, db, row.outage.left)
	faults = append(faults, err, row.order.judge(s.late), check(ctx, c, users))
	faults = append(faults, unreported(ctx, db, users, &row))
	return row, errors.Join(faults...)
}

// repeat repeats each request whose answer named no order, under its key, as the API documents.
// After a 503 the order must not exist already, unless the request was sent twice and only the
// second one was refused.
func (a away) repeat(ctx context.Context, users *crowd.Crowd, row *awayRow) error {
	var again []crowd.Placement
	for _, p := range row.placements {
		if p.OrderID == "" || p.Refused() {
			again = append(again, p)
		}
	}
	before, err := users.Repeat(ctx, again)
	row.repeated, row.existedAnyway = len(again), len(before)
	faults := []error{err}
	for _, p := range before {
		if p.Refused() && p.Sent < 2 {
			faults = append(faults, fmt.Errorf("there is an order, after a 503: %s", p))
		}
	}
	return errors.Join(faults...)
}
