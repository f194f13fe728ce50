package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// Actions is the append-only log of operators' actions, in the read model's database.
// It implements orders.Actions.
type Actions struct{ db *DB }

// NewActions stores the log in db, the read model's database.
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
	Bulk    string
}

// Append implements orders.Actions. A line that exists is not written again. Calls with
// `seen` append to an order's lines one after another.
func (a *Actions) Append(ctx context.Context, is booking.OperatorAction, seen *int64) error {
	row := &actionRow{
		ID: is.ID, At: micros(is.At), ByID: is.By, Action: is.Action, OrderID: text(is.OrderID),
		Reason: booking.Personal(text(string(is.Reason))), Outcome: is.Outcome, Bulk: is.Bulk,
	}
	appends := func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewInsert().Model(row).On("CONFLICT (id, outcome) DO NOTHING").Exec(ctx)
		return err
	}
	if seen == nil {
		return a.db.run(ctx, "append operator's action", appends)
	}
	return a.db.inTx(ctx, "append operator's action on what was seen", func(ctx context.Context, q bun.IDB) error {
		if _, err := q.NewRaw("? SELECT 1", a.db.dialect.serialize("acts on "+row.OrderID)).Exec(ctx); err != nil {
			return err
		}
		var others []actionRow
		err := q.NewSelect().Model(&others).Where("order_id = ? AND seq > ? AND by_id <> ?", row.OrderID, *seen, row.ByID).
			OrderExpr("seq DESC").Limit(1).Scan(ctx)
		if err != nil {
			return err
		}
		if len(others) == 0 {
			return appends(ctx, q)
		}
		// The error does not say which action: only some callers may read the log.
		return booking.Errorf(orders.ActedMeanwhile, "another operator has acted on the order since; nothing was done")
	})
}

// Newest returns the newest lines about an order, newest first. The outcome of an
// action is a line of its own.
func (a *Actions) Newest(ctx context.Context, orderID string, n int) ([]booking.OperatorAction, error) {
	var rows []actionRow
	err := a.db.run(ctx, "newest actions on order", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewSelect().Model(&rows).Where("order_id = ?", orderID).OrderExpr("seq DESC").Limit(n).Scan(ctx)
	})
	actions := make([]booking.OperatorAction, len(rows))
	for i, row := range rows {
		actions[i] = row.action()
	}
	return actions, err
}

func (r actionRow) action() booking.OperatorAction {
	return booking.OperatorAction{
		ID: r.ID, At: r.At.UTC(), By: r.ByID, Action: r.Action, OrderID: r.OrderID, Reason: r.Reason, Outcome: r.Outcome, Bulk: r.Bulk, Seq: r.Seq,
	}
}

// actionList is the name of the list in its cursors.
const actionList = "actions"

// Actions lists operators' actions, newest first; on one order if orderID is set. It
// returns InvalidCursor for a cursor of another list.
func (a *Actions) Actions(ctx context.Context, orderID string, p booking.Page) (_ []booking.OperatorAction, next string, err error) {
	rows, next, err := newestFirst(ctx, a.db, actionList, p,
		func(row actionRow) moment { return moment{row.At, row.ID} },
		func(q bun.IDB) *bun.SelectQuery {
			list := whereEqual(q.NewSelect().TableExpr("operator_actions AS a"), equal{"order_id", orderID})
			// Of an action's two lines, the one with the outcome is listed: without an
			// outcome, the only line. With EXISTS instead, PostgreSQL would read all
			// lines into a table of its own.
			return list.Where("outcome = (SELECT max(o.outcome) FROM operator_actions AS o WHERE o.id = a.id)").
				OrderExpr("at DESC, id DESC")
		}, keyset{"at", "id"})
	if err != nil {
		return nil, "", err
	}
	actions := make([]booking.OperatorAction, len(rows))
	for i, row := range rows {
		actions[i] = row.action()
	}
	return actions, next, nil
}
