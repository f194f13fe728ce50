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

// maxTries is how often an operation is begun that loses to concurrent ones.
const maxTries = 6

// run does one operation that needs no transaction: f executes one statement,
// or several that may be repeated together.
func (db *DB) run(ctx context.Context, what string, f func(context.Context, bun.IDB) error) error {
	return db.repeat(ctx, what, func(ctx context.Context) error { return f(ctx, db.bun) })
}

// inTx does one operation in a transaction. f may run several times, and is to
// set what it returns anew each time. An error of which it is certain that the
// transaction had no effect is booking.ErrNothingDone too.
func (db *DB) inTx(ctx context.Context, what string, f func(context.Context, bun.IDB) error) error {
	return db.repeat(ctx, what, func(ctx context.Context) error {
		tx, err := db.bun.BeginTx(ctx, nil)
		if err != nil {
			return nothingDone(err)
		}
		defer func() { _ = tx.Rollback() }() // does nothing after a commit
		if err := f(ctx, tx); err != nil {
			return nothingDone(err) // nobody will ask for the commit
		}
		err = tx.Commit()
		if refusedCommit(err) {
			return nothingDone(err)
		}
		return err
	})
}

// atOnce is inTx for statements that f sends together, in one Exec: PostgreSQL
// makes one transaction of what comes in one message, which saves the round
// trips of BEGIN and COMMIT.
func (db *DB) atOnce(ctx context.Context, what string, f func(context.Context, bun.IDB) error) error {
	if db.dialect.oneWriter {
		return db.inTx(ctx, what, f)
	}
	return db.run(ctx, what, f)
}

func nothingDone(err error) error { return fmt.Errorf("%w: %w", booking.ErrNothingDone, err) }

// repeat gives an operation its deadline, repeats it when the database asks
// for that, and translates its error. Every operation goes through here.
//
// The deadline matters: pgdriver does not see a context being cancelled while
// it waits for an answer.
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

// pause waits a little, longer with each try and never in step with others,
// and tells whether there is time for another one.
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

// takeTurn makes the transactions that ask for the same turn wait for each
// other. What they read from then on, they read as the one before left it.
func (db *DB) takeTurn(ctx context.Context, q bun.IDB, turn string) error {
	if db.dialect.oneWriter {
		return nil // it has had its turn since it began
	}
	_, err := q.NewRaw("?", db.dialect.takeTurns(turn)).Exec(ctx)
	return err
}

// affected is the number of rows that a statement changed.
func affected(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// now is the time as databases keep it.
func now() time.Time { return micros(time.Now()) }

// micros is t in UTC, to the microsecond: what both databases give back as it
// was written.
func micros(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
