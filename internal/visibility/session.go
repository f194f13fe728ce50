package visibility

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// lockKey is the advisory lock of a run: "yeyakvis" in bytes. The session that does the
// work holds it, so that a statement that outlives its process still holds it.
const lockKey = 0x796579616b766973

const (
	// attemptEvery is the time between two attempts to get the lock. A session that waited
	// for the lock inside the database would have a snapshot. Building an index waits for
	// snapshots to end, so the two sessions would wait for each other.
	attemptEvery = 200 * time.Millisecond
	// endWithin bounds the end of a canceled run: it ends its statement and releases the
	// lock.
	endWithin = 5 * time.Second
)

// alone runs f on a session of its own while no other run is active.
func alone(ctx context.Context, db *sql.DB, f func(*sql.Conn) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := bound(ctx, conn); err != nil {
		return err
	}
	if err := acquire(ctx, conn); err != nil {
		return fmt.Errorf("wait for another run: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
		defer cancel()
		// A session that does not answer is closed, which releases its lock.
		_, _ = conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", int64(lockKey))
	}()
	stop, err := cancelable(ctx, db, conn)
	if err != nil {
		return err
	}
	defer stop()
	return f(conn)
}

// cancelable ends a statement in the database when the context ends. The driver would wait
// for the statement.
func cancelable(ctx context.Context, db *sql.DB, conn *sql.Conn) (stop func() bool, err error) {
	var session int
	if err := conn.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&session); err != nil {
		return nil, err
	}
	return context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
		defer cancel()
		_, _ = db.ExecContext(ctx, "SELECT pg_cancel_backend($1)", session) // if it fails, the statement ends by itself
	}), nil
}

// bound makes the server cancel a statement when its caller stops waiting.
func bound(ctx context.Context, conn *sql.Conn) error {
	limit := time.Duration(0)
	if deadline, ok := ctx.Deadline(); ok {
		limit = max(time.Millisecond, time.Until(deadline))
	}
	_, err := conn.ExecContext(ctx, fmt.Sprintf("SET statement_timeout = %d", limit.Milliseconds()))
	return err
}

func acquire(ctx context.Context, conn *sql.Conn) error {
	retry := time.NewTicker(attemptEvery)
	defer retry.Stop()
	for {
		var got bool
		err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", int64(lockKey)).Scan(&got)
		switch {
		case err != nil && ctx.Err() != nil: // the driver reports a broken connection then, too
			return errors.Join(ctx.Err(), err)
		case err != nil || got:
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-retry.C:
		}
	}
}
