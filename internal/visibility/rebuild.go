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
	// lockPatience is how long an exchange of names waits for the index. What
	// holds it up is another change of the same index, or, before PostgreSQL 12,
	// any statement that uses it: those behind us are not kept for longer.
	lockPatience = 300 * time.Millisecond
	// exchangeEvery is the pause after an exchange that did not get its lock.
	exchangeEvery = time.Second
)

// run is one at work: it holds the lock.
type run struct {
	conn   *sql.Conn
	schema string
	form   Form
}

// rebuild makes the index in the form that is wanted beside the one there is,
// exchanges their names and drops the old one. No step waits for a lock that
// keeps statements of others waiting, and the name is there at all times.
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

// exchange gives the index's name to next in one transaction, unless the lock is
// not to be had. That is for the database to tell, by the name of the condition.
func (r run) exchange(ctx context.Context, i index, next, past string) (done bool, err error) {
	tx, err := r.conn.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }() // without effect after a commit
	rename := fmt.Sprintf(`BEGIN
		ALTER INDEX %s.%s RENAME TO %s;
		ALTER INDEX %[1]s.%[4]s RENAME TO %[2]s;
	EXCEPTION WHEN lock_not_available THEN NULL;
	END`, r.schema, i.quoted, past, next)
	for _, statement := range []string{
		fmt.Sprintf("SET LOCAL lock_timeout = %d", lockPatience.Milliseconds()),
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

// drop removes an index that nothing names any more.
func (r run) drop(ctx context.Context, name string) error {
	if _, err := r.conn.ExecContext(ctx, fmt.Sprintf("DROP INDEX CONCURRENTLY IF EXISTS %s.%s", r.schema, name)); err != nil {
		return fmt.Errorf("drop index %s: %w", name, err)
	}
	return nil
}
