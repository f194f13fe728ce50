package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/yeyak/yeyak/booking"
)

// Crew stores the cleaners and the calls that wait for one. It implements
// activities.Crew.
//
// All transactions that assign or free a cleaner run one after the other, and each
// leaves no call waiting while a cleaner is free. So a cleaner that becomes free is
// assigned to the oldest waiting call, and a new call is assigned at once if a cleaner
// is free.
type Crew struct{ db *DB }

// NewCrew stores cleaners and assignments in db.
func NewCrew(db *DB) *Crew { return &Crew{db} }

// States of an assignment.
const (
	assignmentWaiting   = "waiting"
	assignmentAssigned  = "assigned"
	assignmentDone      = "done"
	assignmentCancelled = "cancelled"
)

type assignmentRow struct {
	bun.BaseModel `bun:"table:assignments"`

	Seq         int64  `bun:",pk"` // set by the database
	OrderID     string // unique
	State       string
	CleanerID   string
	CleanerName string
	CustomerID  string
	PlacedBy    string
	Tel         booking.Personal // "" once the call has ended
	Location    booking.Personal
	Signalled   bool           `bun:"told"` // the call was sent its cleaner
	Reason      booking.Reason `bun:"why"`  // of the cancellation
	Acted       bool           // it was cancelled after it had been requested
	At          time.Time
}

func (r assignmentRow) cleaner() booking.Cleaner {
	return booking.Cleaner{ID: r.CleanerID, Name: r.CleanerName}
}

// outcome is the outcome of Assign from now on.
func (r assignmentRow) outcome() booking.Outcome {
	if r.State == assignmentCancelled {
		return booking.Outcome{Result: booking.Undone, Reason: r.Reason}
	}
	outcome := booking.Outcome{Result: booking.Done}
	if r.State != assignmentWaiting {
		cleaner := r.cleaner()
		outcome.Cleaner = &cleaner
	}
	return outcome
}

// inTurn runs one operation in a transaction that waits until no other one assigns or
// frees a cleaner.
func (c *Crew) inTurn(ctx context.Context, what string, f func(context.Context, bun.IDB) error) error {
	return c.db.inTx(ctx, what, c.afterTurn(f))
}

// inTurnWithEvent is inTurn for a change with an event.
func (c *Crew) inTurnWithEvent(ctx context.Context, what string, f func(context.Context, bun.IDB) error) error {
	return c.db.inTxWithEvent(ctx, fulfilmentOutbox, what, c.afterTurn(f))
}

func (c *Crew) afterTurn(f func(context.Context, bun.IDB) error) func(context.Context, bun.IDB) error {
	return func(ctx context.Context, q bun.IDB) error {
		if err := c.db.serialize(ctx, q, "cleaners"); err != nil {
			return err
		}
		return f(ctx, q)
	}
}

// Assign assigns the cleaner that has been free longest to the call or, if none is
// free, appends the call to the queue: Done, with the cleaner once there is one; this
// answer is then the call's signal. Undone, with the reason: the call was cancelled,
// possibly before, or is too late.
func (c *Crew) Assign(ctx context.Context, call booking.Call) (booking.Outcome, error) {
	var row assignmentRow
	err := c.inTurn(ctx, "assign cleaner", func(ctx context.Context, q bun.IDB) (err error) {
		row = assignmentRow{
			OrderID: call.OrderID, State: assignmentWaiting, At: now(),
			CustomerID: call.CustomerID, PlacedBy: call.PlacedBy, Tel: call.Tel, Location: call.Location,
		}
		if call.Late {
			row.State, row.Reason = assignmentCancelled, call.Reason
		}
		first, err := affected(q.NewInsert().Model(&row).ExcludeColumn("seq").
			On("CONFLICT (order_id) DO NOTHING").Exec(ctx))
		if err != nil {
			return err
		}
		if first == 0 {
			row, err = signalNow(ctx, q, call.OrderID)
			return err
		}
		if call.Late {
			return nil
		}
		served, err := serve(ctx, q, call.OrderID)
		if served.OrderID == call.OrderID {
			row = served
		}
		return err
	})
	if err != nil {
		return booking.Outcome{}, err
	}
	return row.outcome(), nil
}

// signalNow returns the assignment and records that this answer takes the place of the call's signal.
func signalNow(ctx context.Context, q bun.IDB, orderID string) (row assignmentRow, err error) {
	err = q.NewRaw("UPDATE assignments SET told = (state <> ?) WHERE order_id = ? RETURNING *",
		assignmentWaiting, orderID).Scan(ctx, &row)
	return row, err
}

// serve assigns the cleaner that has been free longest to the oldest waiting call, if
// there are both. The calling call, if any, gets the cleaner with the answer; any other is
// still to be signalled.
func serve(ctx context.Context, q bun.IDB, orderID string) (next assignmentRow, err error) {
	err = q.NewRaw(`UPDATE assignments SET state = ?, cleaner_id = free.id, cleaner_name = free.name,
			told = (order_id = ?), at = ?
		FROM (SELECT id, name FROM cleaners WHERE order_id = '' AND NOT withdrawn ORDER BY free_since LIMIT 1) AS free
		WHERE seq = (SELECT min(seq) FROM assignments WHERE state = 'waiting')
		RETURNING *`, assignmentAssigned, orderID, now()).Scan(ctx, &next)
	if errors.Is(err, sql.ErrNoRows) {
		return assignmentRow{}, nil
	}
	if err != nil {
		return next, err
	}
	_, err = q.NewRaw("UPDATE cleaners SET order_id = ? WHERE id = ?", next.OrderID, next.CleanerID).Exec(ctx)
	return next, err
}

// free ends the call's assignment, if there is one, and assigns the cleaner to the next
// call.
func free(ctx context.Context, q bun.IDB, orderID string) error {
	freed, err := affected(q.NewRaw("UPDATE cleaners SET order_id = '', free_since = ? WHERE order_id = ?",
		lastOfTheFree, orderID).Exec(ctx))
	if err != nil || freed == 0 {
		return err
	}
	_, err = serve(ctx, q, "")
	return err
}

// lastOfTheFree is the position after all free cleaners.
const lastOfTheFree schema.Safe = "(SELECT COALESCE(max(free_since), 0) + 1 FROM cleaners WHERE order_id = '')"

// Finish frees the call's cleaner after the work, once. Undone, with the reason: the
// call was cancelled before. NotAssigned: it still waits for a cleaner. NotFound: it
// was never requested.
func (c *Crew) Finish(ctx context.Context, orderID string) (booking.Outcome, error) {
	outcome := booking.Outcome{Result: booking.Done}
	err := c.inTurn(ctx, "finish cleaning", func(ctx context.Context, q bun.IDB) error {
		finished, err := affected(q.NewRaw("UPDATE assignments SET state = ?, tel = '', at = ? WHERE order_id = ? AND state = ?",
			assignmentDone, now(), orderID, assignmentAssigned).Exec(ctx))
		if err != nil {
			return err
		}
		if finished == 1 {
			return free(ctx, q, orderID)
		}
		var row assignmentRow
		if err := q.NewSelect().Model(&row).Where("order_id = ?", orderID).Scan(ctx); err != nil {
			return orNotFound(err, "call", orderID)
		}
		if row.State == assignmentWaiting {
			return booking.Errorf(booking.NotAssigned, "nobody has been assigned to call %s", orderID)
		}
		outcome = row.outcome()
		outcome.Cleaner = nil
		return nil
	})
	if err != nil {
		return booking.Outcome{}, err
	}
	return outcome, nil
}

// Cancel frees the call's cleaner, or removes the call from the queue. Repeating it
// returns the same. A call that was not requested before cannot be requested later. The
// first reason stays.
func (c *Crew) Cancel(ctx context.Context, call booking.Call) (booking.Undo, error) {
	var row assignmentRow
	err := c.inTurn(ctx, "cancel assignment", func(ctx context.Context, q bun.IDB) error {
		row = assignmentRow{OrderID: call.OrderID, State: assignmentCancelled, Reason: call.Reason, At: now()}
		err := q.NewInsert().Model(&row).ExcludeColumn("seq").
			On("CONFLICT (order_id) DO UPDATE").
			Set("state = EXCLUDED.state").
			Set("tel = ''").
			Set("why = CASE WHEN ?TableAlias.state = EXCLUDED.state THEN ?TableAlias.why ELSE EXCLUDED.why END").
			Set("at = CASE WHEN ?TableAlias.state = EXCLUDED.state THEN ?TableAlias.at ELSE EXCLUDED.at END").
			Set("acted = ?TableAlias.acted OR ?TableAlias.state <> EXCLUDED.state").
			Returning("*").Scan(ctx)
		if err != nil || !row.Acted {
			return err
		}
		return free(ctx, q, call.OrderID)
	})
	return booking.Undo{Acted: row.Acted && err == nil}, err
}
