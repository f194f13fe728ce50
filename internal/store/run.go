package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/driver/pgdriver"

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

// refusedCommit tells whether it is certain of a transaction whose COMMIT came
// back with err that it was not committed.
func refusedCommit(err error) bool {
	// With these COMMIT was not sent: database/sql saw the end of the context,
	// or the driver that of the connection.
	for _, unsent := range []error{context.Canceled, context.DeadlineExceeded, sql.ErrTxDone, driver.ErrBadConn} {
		if errors.Is(err, unsent) {
			return true
		}
	}
	var pg pgdriver.Error
	if errors.As(err, &pg) {
		// FATAL ends the session, which can also happen after the commit.
		return pg.Field('V') == "ERROR"
	}
	// A commit that could not be written may still be found in the file later.
	const sqliteIOError = 10
	code, ok := sqliteCode(err)
	return ok && code != sqliteIOError
}

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
			return translate(what, err)
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

// lostRace tells whether the database took back an operation only because of
// others that ran at the same time.
func lostRace(err error) bool {
	var pg pgdriver.Error
	if errors.As(err, &pg) {
		switch pg.Field('C') {
		case "40001", "40P01": // serialization failure, deadlock
			return true
		}
		return false
	}
	const sqliteBusy = 5 // another process has the file
	code, ok := sqliteCode(err)
	return ok && code == sqliteBusy
}

// sqliteCode is the primary result code of an error that comes from SQLite.
func sqliteCode(err error) (code int, ok bool) {
	var lite interface {
		error
		Code() int
	}
	if !errors.As(err, &lite) {
		return 0, false
	}
	return lite.Code() & 0xff, true
}

// translate leaves what the caller may be told as it is and says of the rest
// which operation failed.
func translate(what string, err error) error {
	var refusal *booking.Error
	if errors.As(err, &refusal) {
		return refusal
	}
	return fmt.Errorf("%s: %w", what, err)
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

// orNotFound turns the absence of a row into booking.NotFound.
func orNotFound(err error, thing, id string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return booking.Errorf(booking.NotFound, "there is no %s %s", thing, id)
	}
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
