package visibility

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	// lockTimeout is how long an exchange of names waits for the lock on the index. Another
	// change of the index holds it, or, before PostgreSQL 12, any statement that uses the
	// index. Statements queue behind the exchange for no longer than this.
	lockTimeout = 300 * time.Millisecond
	// exchangeEvery is the pause after an exchange that did not get its lock.
	exchangeEvery = time.Second
)

// run is an active run: it holds the advisory lock.
type run struct {
	conn   *sql.Conn
	schema string
	form   Form
}

// rebuild builds a second index in the wanted form, exchanges the names of the two and
// drops the old one. No step waits for a lock while other statements wait behind it for
// long, and the name exists at all times.
func (r run) rebuild(ctx context.Context, i index) error {
	next, past := fmt.Sprintf("yeyak_next_%d", i.oid), fmt.Sprintf("yeyak_past_%d", i.oid)
	create, err := i.creation(next, r.form)
	if err != nil {
		return err
	}
	if _, err := r.conn.ExecContext(ctx, create); err != nil {
		return fmt.Errorf("build index %s: %w", i.name, err)
	}
	for {
		exchanged, err := r.exchange(ctx, i, next, past)
		if err != nil {
			return fmt.Errorf("exchange index %s: %w", i.name, err)
		}
		if exchanged {
			return r.drop(ctx, past)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("exchange index %s: its lock is held by others: %w", i.name, ctx.Err())
		case <-time.After(exchangeEvery):
		}
	}
}

// exchange gives the index's name to next in one transaction. It returns false if the
// database reports, by its error code, that the lock was not available in time.
func (r run) exchange(ctx context.Context, i index, next, past string) (done bool, err error) {
	tx, err := r.conn.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }() // no effect after a commit
	rename := fmt.Sprintf(`BEGIN
		ALTER INDEX %s.%s RENAME TO %s;
		ALTER INDEX %[1]s.%[4]s RENAME TO %[2]s;
	EXCEPTION WHEN lock_not_available THEN NULL;
	END`, r.schema, i.quoted, past, next)
	for _, statement := range []string{
		fmt.Sprintf("SET LOCAL lock_timeout = %d", lockTimeout.Milliseconds()),
		"DO '" + strings.ReplaceAll(rename, "'", "''") + "'",
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return false, err
		}
	}
	var renamed sql.NullInt64
	if err := tx.QueryRowContext(ctx, "SELECT to_regclass($1)::oid::bigint", r.schema+"."+past).Scan(&renamed); err != nil {
		return false, err
	}
	switch {
	case !renamed.Valid:
		return false, nil
	case renamed.Int64 != i.oid:
		return false, errors.New("a migration has replaced it meanwhile: run this again when that is done")
	default:
		return true, tx.Commit()
	}
}

// drop removes an index that is no longer in use.
func (r run) drop(ctx context.Context, name string) error {
	if _, err := r.conn.ExecContext(ctx, fmt.Sprintf("DROP INDEX CONCURRENTLY IF EXISTS %s.%s", r.schema, name)); err != nil {
		return fmt.Errorf("drop index %s: %w", name, err)
	}
	return nil
}
