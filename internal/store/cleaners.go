package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

type cleanerRow struct {
	bun.BaseModel `bun:"table:cleaners"`

	ID      string `bun:",pk"`
	Name    string
	OrderID string // the call that they are assigned to, "" while they are free
}

func (r cleanerRow) id() string { return r.ID }

// AddCleaner takes on a cleaner under an id that no other has. They go at once
// to the call that has waited longest.
func (c *Crew) AddCleaner(ctx context.Context, cleaner booking.Cleaner) (booking.CleanerAtWork, error) {
	atWork := booking.CleanerAtWork{Cleaner: cleaner}
	err := c.inTurn(ctx, "add cleaner", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("INSERT INTO cleaners (id, name, order_id, free_since) VALUES (?, ?, '', ?)",
			cleaner.ID, cleaner.Name, lastOfTheFree).Exec(ctx)
		if err != nil {
			return err
		}
		if _, err = serve(ctx, q, ""); err != nil {
			return err
		}
		return q.NewRaw("SELECT order_id FROM cleaners WHERE id = ?", cleaner.ID).Scan(ctx, &atWork.OrderID)
	})
	return atWork, err
}

// cleanerList is the name of the list in its cursors.
const cleanerList = "cleaners"

// Cleaners lists all cleaners in the order of their ids, with what they are
// doing. InvalidCursor: the page's cursor is not one of this list.
func (c *Crew) Cleaners(ctx context.Context, p booking.Page) (_ []booking.CleanerAtWork, next string, err error) {
	rows, next, err := listByID(ctx, c.db, cleanerList, p, func(ctx context.Context, q bun.IDB, after string, limit int) (rows []cleanerRow, err error) {
		err = q.NewSelect().Model(&rows).Where("id > ?", after).OrderExpr("id").Limit(limit).Scan(ctx)
		return rows, err
	})
	if err != nil {
		return nil, "", err
	}
	cleaners := make([]booking.CleanerAtWork, len(rows))
	for i, row := range rows {
		cleaners[i] = booking.CleanerAtWork{Cleaner: booking.Cleaner{ID: row.ID, Name: row.Name}, OrderID: row.OrderID}
	}
	return cleaners, next, nil
}

// Waiting is how many calls wait for a cleaner.
func (c *Crew) Waiting(ctx context.Context) (n int, err error) {
	err = c.db.run(ctx, "count waiting calls", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw("SELECT count(*) FROM assignments WHERE state = 'waiting'").Scan(ctx, &n)
	})
	return n, err
}

// Untold lists calls that were given a cleaner while they waited, and may not
// know it yet: the oldest first, and not more than can be told at a time.
func (c *Crew) Untold(ctx context.Context) ([]booking.CleanerAtWork, error) {
	var rows []assignmentRow
	err := c.db.run(ctx, "list untold calls", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewSelect().Model(&rows).Where("state = 'assigned' AND NOT told").OrderExpr("seq").Limit(maxLimit).Scan(ctx)
	})
	if err != nil {
		return nil, err
	}
	calls := make([]booking.CleanerAtWork, len(rows))
	for i, row := range rows {
		calls[i] = booking.CleanerAtWork{Cleaner: row.cleaner(), OrderID: row.OrderID}
	}
	return calls, nil
}

// Told notes that the call knows its cleaner.
func (c *Crew) Told(ctx context.Context, orderID string) error {
	return c.db.run(ctx, "note that call was told", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("UPDATE assignments SET told = TRUE WHERE order_id = ? AND state = ?",
			orderID, assignmentAssigned).Exec(ctx)
		return err
	})
}
