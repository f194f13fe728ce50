package visibility

import (
	"context"
	"database/sql"
	"fmt"
)

// Form is how the indexes of a store are made.
type Form string

// The forms.
const (
	Stock Form = "stock" // as Temporal's schema makes them, all full
	Lean  Form = "lean"  // partial, without entries for what is NULL, wherever that may be
)

// Change brings every index of the table to the form. It waits for another run
// that is at work, and removes what one has left behind that did not come to its
// end. It may be repeated, after an error too: what is done stays done. progress
// is told of each index. db has two sessions or more, and is to be closed
// afterwards: they are set up for this work.
func Change(ctx context.Context, db *sql.DB, to Form, progress func(string)) (r Report, err error) {
	err = alone(ctx, db, func(conn *sql.Conn) error {
		at, err := schema(ctx, conn)
		if err != nil {
			return err
		}
		r, err = run{conn, at, to}.change(ctx, progress)
		return err
	})
	return r, err
}

func (r run) change(ctx context.Context, progress func(string)) (Report, error) {
	_, left, err := read(ctx, r.conn)
	if err != nil {
		return Report{}, err
	}
	for _, name := range left {
		progress(name + ": a run left it behind that did not come to its end; removed")
		if err := r.drop(ctx, name); err != nil {
			return Report{}, err
		}
	}
	found, _, err := read(ctx, r.conn)
	if err != nil {
		return Report{}, err
	}
	var changed []string
	for _, i := range found {
		if i.inForm(r.form) {
			continue
		}
		if err := r.rebuild(ctx, i); err != nil {
			return Report{}, err
		}
		changed = append(changed, i.name)
		progress(fmt.Sprintf("%s: made %s", i.name, map[bool]string{true: "partial", false: "full"}[i.partialIn(r.form)]))
	}
	return report(ctx, r.conn, r.form, changed)
}

// Check compares every index of the table with the form. It changes nothing, and
// waits for nothing.
func Check(ctx context.Context, db *sql.DB, want Form) (Report, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return Report{}, err
	}
	defer conn.Close()
	if _, err := schema(ctx, conn); err != nil {
		return Report{}, err
	}
	return report(ctx, conn, want, nil)
}
