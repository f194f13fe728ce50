package visibility

import (
	"context"
	"database/sql"
	"fmt"
)

// Form is the form of the indexes of a store.
type Form string

// All forms.
const (
	Stock Form = "stock" // as Temporal's schema makes them, all full
	Lean  Form = "lean"  // partial, without entries for NULL, where possible
)

// Change gives every index of the table the form. It waits for another active run, and
// removes the indexes of an interrupted one. It may be repeated, also after an error: it
// continues from there. It reports each index to progress. db needs two sessions or more
// and has to be closed afterwards: its sessions are configured for this work.
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

// Check compares every index of the table with the form. It changes nothing, and waits for
// no other run.
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
