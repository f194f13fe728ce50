package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	_ "github.com/uptrace/bun/driver/pgdriver" // the "pg" driver of database/sql

	"github.com/yeyak/yeyak/internal/rig/cluster"
	"github.com/yeyak/yeyak/internal/rig/cluster/crowd"
)

// during runs do while the users work, and returns when each user has its last answer.
func during(ctx context.Context, work func(context.Context), do func() error) error {
	working, goHome := context.WithCancel(ctx)
	defer goHome()
	gone := make(chan struct{})
	go func() { defer close(gone); work(working) }()
	err := do()
	goHome()
	<-gone
	return err
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// stableWithin is how long orders may take to become stable after a load.
const stableWithin = 2 * time.Minute

// check checks that every accepted order has the status of its answer, that no order was
// charged twice, and that the audit finds nothing.
func check(ctx context.Context, c *cluster.Cluster, users *crowd.Crowd) error {
	awaiting, cancel := context.WithTimeout(ctx, stableWithin)
	defer cancel()
	err := users.AwaitOutcomes(awaiting)
	if err == nil {
		fmt.Println("Every order has the status that its customer was shown: none is lost or stuck.")
	}
	twice, sqlErr := chargedTwice(ctx, c.Database())
	switch {
	case sqlErr != nil:
		err = errors.Join(err, sqlErr)
	case twice > 0:
		err = errors.Join(err, fmt.Errorf("%d orders were charged twice", twice))
	default:
		fmt.Println("No order was charged twice.")
	}
	report, auditErr := c.Command(ctx, "audit", "--log-level=error")
	fmt.Print("yeyak audit: ", report)
	return errors.Join(err, auditErr)
}

// chargedTwice counts the orders for which the payment provider has charged more than
// once, by its own record.
func chargedTwice(ctx context.Context, database string) (n int, err error) {
	db, err := sql.Open("pg", database)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM (
		SELECT order_id FROM sandbox_charges WHERE status = 'charged' GROUP BY order_id HAVING count(*) > 1) AS twice`).Scan(&n)
	return n, err
}
