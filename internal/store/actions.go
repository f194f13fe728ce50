package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// Actions is the log of what operators do, in the database of the read model, which lets
// nobody change or remove a line. It implements orders.Actions.
type Actions struct{ db *DB }

// NewActions keeps the log in db, which holds the read model.
func NewActions(db *DB) *Actions { return &Actions{db} }

type actionRow struct {
	bun.BaseModel `bun:"table:operator_actions,alias:a"`

	Seq     int64 `bun:",pk,autoincrement"`
	ID      string
	At      time.Time
	ByID    string
	Action  booking.Action
	OrderID string
	Reason  booking.Personal
	Outcome string
}

// Append implements orders.Actions. A line that is there is not written twice.
func (a *Actions) Append(ctx context.Context, is booking.OperatorAction) error {
	row := &actionRow{
		ID: is.ID, At: micros(is.At), ByID: is.By, Action: is.Action, OrderID: text(is.OrderID),
		Reason: booking.Personal(text(string(is.Reason))), Outcome: is.Outcome,
	}
	return a.db.run(ctx, "append operator's action", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewInsert().Model(row).On("CONFLICT (id, outcome) DO NOTHING").Exec(ctx)
		return err
	})
}

// actionList is the name of the list in its cursors.
const actionList = "actions"

// Actions lists what operators have done, newest first; to one order if that is named.
// InvalidCursor: the page's cursor is not one of this list.
func (a *Actions) Actions(ctx context.Context, orderID string, p booking.Page) (_ []booking.OperatorAction, next string, err error) {
	rows, next, err := newestFirst(ctx, a.db, actionList, p,
		func(row actionRow) moment { return moment{row.At, row.ID} },
		func(q bun.IDB) *bun.SelectQuery {
			list := whereEqual(q.NewSelect().TableExpr("operator_actions AS a"), equal{"order_id", orderID})
			// The line with the outcome, which no outcome is before, stands for both. EXISTS in its
			// place would have PostgreSQL read all lines into a table of its own.
			return list.Where("outcome = (SELECT max(o.outcome) FROM operator_actions AS o WHERE o.id = a.id)").
				OrderExpr("at DESC, id DESC")
		}, keyset{"at", "id"})
	if err != nil {
		return nil, "", err
	}
	actions := make([]booking.OperatorAction, len(rows))
	for i, row := range rows {
		actions[i] = booking.OperatorAction{
			ID: row.ID, At: row.At.UTC(), By: row.ByID, Action: row.Action, OrderID: row.OrderID, Reason: row.Reason, Outcome: row.Outcome,
		}
	}
	return actions, next, nil
}
