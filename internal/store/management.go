package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// Management stores the calls that management knows. It implements activities.Registry.
type Management struct{ db *DB }

// NewManagement stores the calls in db.
func NewManagement(db *DB) *Management { return &Management{db} }

type registrationRow struct {
	bun.BaseModel `bun:"table:registrations"`

	OrderID    string `bun:",pk"`
	CustomerID string
	Tel        booking.Personal
	Location   booking.Personal
	State      booking.Result // Done or Undone
	Reason     booking.Reason // of the undo
	Acted      bool           // it was done, and then undone
	At         time.Time
}

func newRegistrationRow(c booking.Call, state booking.Result, reason booking.Reason) *registrationRow {
	return &registrationRow{
		OrderID: c.OrderID, CustomerID: c.CustomerID, Tel: c.Tel, Location: c.Location,
		State: state, Reason: reason, At: now(),
	}
}

func (r registrationRow) call() booking.RegisteredCall {
	return booking.RegisteredCall{
		At: r.At.UTC(), StruckOff: r.State == booking.Undone,
		Call: booking.Call{OrderID: r.OrderID, CustomerID: r.CustomerID, Tel: r.Tel, Location: r.Location, Reason: r.Reason},
	}
}

// Register registers the call, once. Undone, with the reason: it was struck off,
// possibly before, or is too late.
func (m *Management) Register(ctx context.Context, c booking.Call) (booking.Outcome, error) {
	row := new(registrationRow)
	err := m.db.inTx(ctx, "register call", func(ctx context.Context, q bun.IDB) error {
		row = newRegistrationRow(c, booking.Done, "")
		if c.Late {
			row = newRegistrationRow(c, booking.Undone, c.Reason)
		}
		inserted, err := affected(q.NewInsert().Model(row).On("CONFLICT (order_id) DO NOTHING").Exec(ctx))
		if err != nil || inserted == 1 {
			return err
		}
		*row = registrationRow{}
		return q.NewSelect().Model(row).Where("order_id = ?", c.OrderID).Scan(ctx)
	})
	if err != nil {
		return booking.Outcome{}, err
	}
	return booking.Outcome{Result: row.State, Reason: row.Reason}, nil
}

// Unregister strikes the call off; the first reason stays. A call that was never
// registered cannot be registered later.
func (m *Management) Unregister(ctx context.Context, c booking.Call) (booking.Undo, error) {
	row := new(registrationRow)
	err := m.db.inTx(ctx, "unregister call", func(ctx context.Context, q bun.IDB) error {
		row = newRegistrationRow(c, booking.Undone, c.Reason)
		return q.NewInsert().Model(row).
			On("CONFLICT (order_id) DO UPDATE").
			Set("state = EXCLUDED.state").
			Set("reason = CASE WHEN ?TableAlias.state = ? THEN EXCLUDED.reason ELSE ?TableAlias.reason END", booking.Done).
			Set("acted = ?TableAlias.acted OR ?TableAlias.state = ?", booking.Done).
			Returning("*").Scan(ctx)
	})
	return booking.Undo{Acted: row.Acted && err == nil}, err
}

// Call returns the order's call. NotFound: it was never registered.
func (m *Management) Call(ctx context.Context, orderID string) (booking.RegisteredCall, error) {
	var row registrationRow
	err := m.db.run(ctx, "read call", func(ctx context.Context, q bun.IDB) error {
		err := q.NewSelect().Model(&row).Where("order_id = ? AND (state = 'done' OR acted)", orderID).Scan(ctx)
		return orNotFound(err, "call", orderID)
	})
	return row.call(), err
}

// callList is the name of the list in its cursors.
const callList = "calls"

// Calls lists all calls that were registered, newest first. It returns InvalidCursor
// for a cursor of another list.
func (m *Management) Calls(ctx context.Context, p booking.Page) (_ []booking.RegisteredCall, next string, err error) {
	rows, next, err := newestFirst(ctx, m.db, callList, p,
		func(row registrationRow) moment { return moment{row.At, row.OrderID} },
		func(q bun.IDB) *bun.SelectQuery {
			return q.NewSelect().Table("registrations").Where("state = 'done' OR acted").OrderExpr("at DESC, order_id DESC")
		}, keyset{"at", "order_id"})
	if err != nil {
		return nil, "", err
	}
	calls := make([]booking.RegisteredCall, len(rows))
	for i, row := range rows {
		calls[i] = row.call()
	}
	return calls, next, nil
}
