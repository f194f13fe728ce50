package visibility

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// lockKey is the advisory lock of a run: "yeyakvis" in bytes. It belongs to the
// session that does the work, so that a statement which outlives its process
// still holds it.
const lockKey = 0x796579616b766973

const (
	// attemptEvery is the time between two attempts to get the lock. A session that
	// waited inside of the database would have a snapshot, which the building of
	// an index waits for: the two would wait for each other.
	attemptEvery = 200 * time.Millisecond
	// endWithin bounds what a canceled run does still: it ends its statement and
	// releases the lock.
	endWithin = 5 * time.Second
)

// alone runs f on a session of its own while no other run is at work.
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
		// A session that does not answer is ended, and its lock with it.
		_, _ = conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", int64(lockKey))
	}()
	stop, err := cancelable(ctx, db, conn)
	if err != nil {
		return err
	}
	defer stop()
	return f(conn)
}

// cancelable has a statement that waits in the database end when the context
// does: the driver would wait for it.
func cancelable(ctx context.Context, db *sql.DB, conn *sql.Conn) (stop func() bool, err error) {
	var session int
	if err := conn.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&session); err != nil {
		return nil, err
	}
	return context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
		defer cancel()
		_, _ = db.ExecContext(ctx, "SELECT pg_cancel_backend($1)", session) // without it, the statement ends by itself
	}), nil
}

// bound has the server give a statement up when the caller does.
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
		if err != nil || got {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-retry.C:
		}
	}
}
