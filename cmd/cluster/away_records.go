package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/yeyak/yeyak/internal/rig/cluster/crowd"
)

// awaitStableSince waits until everything that was accepted before moment is stable, and
// returns how long that took since then.
func awaitStableSince(ctx context.Context, db *sql.DB, moment time.Time) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, loadStableWithin)
	defer cancel()
	for {
		var inbox, decisions, orders int
		err := db.QueryRowContext(ctx, `SELECT
			(SELECT count(*) FROM inbox WHERE settled_at IS NULL AND received_at < $1),
			(SELECT count(*) FROM kept_decisions WHERE settled_at IS NULL AND decided_at < $1),
			(SELECT count(*) FROM orders WHERE status IN ($2, $3, $4) AND placed_at < $1)`,
			moment, onTheWay[0], onTheWay[1], onTheWay[2]).Scan(&inbox, &decisions, &orders)
		switch {
		case err == nil && inbox+decisions+orders == 0:
			return time.Since(moment), nil
		case ctx.Err() != nil:
			return time.Since(moment), fmt.Errorf("%d orders in the inbox, %d decisions and %d orders do not become stable: %w",
				inbox, decisions, orders, errors.Join(err, ctx.Err()))
		}
		pause(ctx, 100*time.Millisecond)
	}
}

// dispatchedSince says in which order the dispatchers started the orders that were received
// since moment.
func dispatchedSince(ctx context.Context, db *sql.DB, moment time.Time) (s dispatchOrder, err error) {
	rows, err := db.QueryContext(ctx,
		`SELECT settled_at FROM inbox WHERE received_at >= $1 AND state = 'started' ORDER BY received_at, order_id`, moment)
	if err != nil {
		return s, err
	}
	defer rows.Close()
	var started []time.Time
	for rows.Next() {
		var at time.Time
		if err := rows.Scan(&at); err != nil {
			return s, err
		}
		started = append(started, at)
	}
	return orderOf(started), rows.Err()
}

// everyTrace selects the orders of which any service has a record.
const everyTrace = `SELECT id FROM orders UNION SELECT order_id FROM payments UNION SELECT order_id FROM sandbox_charges
	UNION SELECT order_id FROM holds UNION SELECT order_id FROM jobs UNION SELECT order_id FROM registrations
	UNION SELECT order_id FROM messages WHERE order_id <> ''`

// unreported fails for a record of an order that no answer named. If the request for the order
// got no answer, it is enough that the list of its customer contains the order.
func unreported(ctx context.Context, db *sql.DB, users *crowd.Crowd, row *awayRow) error {
	rows, err := db.QueryContext(ctx, everyTrace)
	if err != nil {
		return err
	}
	defer rows.Close()
	var faults []error
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		if users.Named(id) {
			continue
		}
		listed, err := listedAfterLoss(ctx, users, row.placements, id)
		switch {
		case err != nil:
			return err
		case listed:
			row.existedAnyway++
		case len(faults) < maxFaults:
			faults = append(faults, fmt.Errorf("there are records of %s, which no answer has named", id))
		}
	}
	return errors.Join(append(faults, rows.Err())...)
}

// listedAfterLoss reports whether the order is on the list of a customer who got no
// answer.
func listedAfterLoss(ctx context.Context, users *crowd.Crowd, placements []crowd.Placement, id string) (bool, error) {
	for _, p := range placements {
		if !lost(p) {
			continue
		}
		listed, err := users.IsListed(ctx, p, id)
		if listed || err != nil {
			return listed, err
		}
	}
	return false, nil
}
