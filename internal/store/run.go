package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// maxTries is how often an operation is tried if it conflicts with concurrent operations.
const maxTries = 6

// run runs an operation without a transaction: f executes one statement, or several that can be
// repeated together.
func (db *DB) run(ctx context.Context, what string, f func(context.Context, bun.IDB) error) error {
	return db.repeat(ctx, what, func(ctx context.Context) error { return f(ctx, db.bun) })
}

// inTx runs an operation in a transaction. f may run several times, and must set all its
// results each time. If the transaction certainly had no effect, the error wraps
// booking.ErrNothingDone, unless f has returned a refusal.
func (db *DB) inTx(ctx context.Context, what string, f func(context.Context, bun.IDB) error) error {
	return db.repeat(ctx, what, func(ctx context.Context) error {
		tx, err := db.bun.BeginTx(ctx, nil)
		if err != nil {
			return nothingDone(err)
		}
		defer func() { _ = tx.Rollback() }() // no effect after a commit
		if err := f(ctx, tx); err != nil {
			return nothingDone(err) // there will be no COMMIT
		}
		err = tx.Commit()
		if refusedCommit(err) {
			return nothingDone(err)
		}
		return err
	})
}

// atOnce runs an operation whose f sends all its statements in one Exec. PostgreSQL runs the
// statements of one message in one transaction, which saves the round trips of BEGIN and COMMIT.
func (db *DB) atOnce(ctx context.Context, what string, f func(context.Context, bun.IDB) error) error {
	if db.dialect.oneWriter {
		return db.inTx(ctx, what, f)
	}
	return db.run(ctx, what, f)
}

func nothingDone(err error) error { return fmt.Errorf("%w: %w", booking.ErrNothingDone, err) }

// repeat runs an operation with a deadline, repeats it if it conflicts with concurrent operations,
// and translates its error. Every operation uses repeat.
//
// The deadline is necessary: while pgdriver waits for an answer, it does not notice that the
// context is cancelled.
func (db *DB) repeat(ctx context.Context, what string, once func(context.Context) error) error {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, db.options.Timeout)
		defer cancel()
	}
	for try := 1; ; try++ {
		err := once(ctx)
		if err == nil {
			return nil
		}
		if try == maxTries || !lostRace(err) || !pause(ctx, try) {
			return db.translate(what, err)
		}
	}
}

// pause waits for a short random time, whose maximum grows with each try. It reports whether ctx
// allows another try.
func pause(ctx context.Context, try int) bool {
	longest := time.Duration(try) * 10 * time.Millisecond
	timer := time.NewTimer(rand.N(longest))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// serialize makes transactions with the same key run one after the other. After it the
// transaction reads what the one before has written.
func (db *DB) serialize(ctx context.Context, q bun.IDB, key string) error {
	if db.dialect.oneWriter {
		return nil // SQLite's transactions run one after the other anyway
	}
	_, err := q.NewRaw("?", db.dialect.serialize(key)).Exec(ctx)
	return err
}

// affected is the number of rows that a statement changed.
func affected(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// now is the time in the databases' precision.
func now() time.Time { return micros(time.Now()) }

// micros is t in UTC, truncated to the microsecond: both databases return such a time unchanged.
func micros(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
