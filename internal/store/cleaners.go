package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

type cleanerRow struct {
	bun.BaseModel `bun:"table:cleaners"`

	ID      string `bun:",pk"`
	Name    string
	OrderID string // the assigned call, "" for none
	// Withdrawn cleaners get no new calls.
	Withdrawn bool
	CreatedAt time.Time
	Version   int64 // counts the changes of the cleaner's data
}

var cleanerFacts = facts[booking.CleanerAtWork]{
	booking.CleanerAtWork.EventData,
	booking.CleanerRegistered, booking.CleanerChanged, booking.CleanerWithdrawnEvent, booking.CleanerBroughtBack,
}

func (r cleanerRow) atWork() booking.CleanerAtWork {
	return booking.CleanerAtWork{Cleaner: booking.Cleaner{ID: r.ID, Name: r.Name}, OrderID: r.OrderID, Withdrawn: r.Withdrawn}
}

// AddCleaner adds a cleaner under a new id and assigns them to the oldest waiting call.
// It returns AlreadyRegistered if the id is taken.
func (c *Crew) AddCleaner(ctx context.Context, by string, cleaner booking.Cleaner) (booking.CleanerAtWork, error) {
	atWork := booking.CleanerAtWork{Cleaner: cleaner}
	err := c.inTurnWithEvent(ctx, "add cleaner", func(ctx context.Context, q bun.IDB) error {
		added, err := affected(q.NewRaw(`INSERT INTO cleaners (id, name, order_id, free_since, created_at) VALUES (?, ?, '', ?, ?)
			ON CONFLICT (id) DO NOTHING`, cleaner.ID, cleaner.Name, lastOfTheFree, now()).Exec(ctx))
		if err == nil && added == 0 {
			err = booking.Errorf(booking.AlreadyRegistered, "there is a cleaner %q already", cleaner.ID)
		}
		if err != nil {
			return err
		}
		if err = writeEvent(ctx, q, fulfilmentOutbox, event(booking.CleanerRegistered, by, cleaner.ID, 1, atWork.EventData())); err != nil {
			return err
		}
		if _, err = serve(ctx, q, ""); err != nil {
			return err
		}
		return q.NewRaw("SELECT order_id FROM cleaners WHERE id = ?", cleaner.ID).Scan(ctx, &atWork.OrderID)
	})
	return atWork, err
}

// ChangeCleaner changes the cleaner's data, or returns NotFound. A withdrawn cleaner
// keeps the current call and gets no new ones. A cleaner that is brought back is the
// last of those that are free, and is assigned to the oldest waiting call.
func (c *Crew) ChangeCleaner(ctx context.Context, by, id string, change booking.CleanerChange) (booking.CleanerAtWork, error) {
	var row cleanerRow
	err := c.inTurnWithEvent(ctx, "change cleaner", func(ctx context.Context, q bun.IDB) (err error) {
		if row, err = cleanerOf(ctx, q, id); err != nil {
			return err
		}
		was := row
		if change.Name != nil {
			row.Name = *change.Name
		}
		if change.Withdrawn != nil {
			row.Withdrawn = *change.Withdrawn
		}
		if row == was {
			return nil
		}
		row.Version++
		_, err = q.NewRaw("UPDATE cleaners SET name = ?, withdrawn = ?, version = ? WHERE id = ?", row.Name, row.Withdrawn, row.Version, id).Exec(ctx)
		if err == nil {
			err = writeEvent(ctx, q, fulfilmentOutbox, event(cleanerFacts.ofChange(was.atWork(), row.atWork()), by, id, row.Version, row.atWork().EventData()))
		}
		if returns := was.Withdrawn && !row.Withdrawn; err != nil || !returns || row.OrderID != "" {
			return err
		}
		if _, err = q.NewRaw("UPDATE cleaners SET free_since = ? WHERE id = ?", lastOfTheFree, id).Exec(ctx); err != nil {
			return err
		}
		if _, err = serve(ctx, q, ""); err != nil {
			return err
		}
		row, err = cleanerOf(ctx, q, id)
		return err
	})
	if err != nil {
		return booking.CleanerAtWork{}, err
	}
	return row.atWork(), nil
}

func cleanerOf(ctx context.Context, q bun.IDB, id string) (row cleanerRow, err error) {
	err = q.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return row, orNotFound(err, "cleaner", id)
}

// Cleaner returns the cleaner with the id and their assignment, or NotFound.
func (c *Crew) Cleaner(ctx context.Context, id string) (booking.CleanerAtWork, error) {
	var row cleanerRow
	err := c.db.run(ctx, "read cleaner", func(ctx context.Context, q bun.IDB) (err error) {
		row, err = cleanerOf(ctx, q, id)
		return err
	})
	return row.atWork(), err
}

// AssignmentsOf lists the cleaner's calls under way: none or one.
func (c *Crew) AssignmentsOf(ctx context.Context, cleanerID string) ([]booking.Assignment, error) {
	var rows []assignmentRow
	err := c.db.run(ctx, "list assignments of cleaner", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewSelect().Model(&rows).Where("cleaner_id = ? AND state = 'assigned'", cleanerID).Scan(ctx)
	})
	if err != nil {
		return nil, err
	}
	calls := make([]booking.Assignment, len(rows))
	for i, row := range rows {
		calls[i] = booking.Assignment{At: row.At.UTC(), Call: booking.Call{
			OrderID: row.OrderID, CustomerID: row.CustomerID, Tel: row.Tel, Location: row.Location,
		}}
	}
	return calls, nil
}

// cleanerList is the name of the list in its cursors.
const cleanerList = "cleaners"

// Cleaners lists the selected cleaners, newest first, with their assignments. It
// returns InvalidCursor for a cursor of another list.
func (c *Crew) Cleaners(ctx context.Context, f booking.CleanerFilter, p booking.Page) (_ []booking.CleanerAtWork, next string, err error) {
	rows, next, err := newestFirst(ctx, c.db, cleanerList, p,
		func(row cleanerRow) moment { return moment{row.CreatedAt, row.ID} },
		func(q bun.IDB) *bun.SelectQuery {
			return q.NewSelect().Table("cleaners").Column("id", "name", "order_id", "withdrawn", "created_at").
				Where("withdrawn = ?", f.Withdrawn).OrderExpr("created_at DESC, id DESC")
		}, keyset{"created_at", "id"})
	if err != nil {
		return nil, "", err
	}
	cleaners := make([]booking.CleanerAtWork, len(rows))
	for i, row := range rows {
		cleaners[i] = row.atWork()
	}
	return cleaners, next, nil
}

// Waiting is the number of calls that wait for a cleaner.
func (c *Crew) Waiting(ctx context.Context) (n int, err error) {
	err = c.db.run(ctx, "count waiting calls", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw("SELECT count(*) FROM assignments WHERE state = 'waiting'").Scan(ctx, &n)
	})
	return n, err
}

// WaitingOf is the number of the customer's calls that wait for a cleaner.
func (c *Crew) WaitingOf(ctx context.Context, customerID string) (n int, err error) {
	err = c.db.run(ctx, "count waiting calls of customer", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw("SELECT count(*) FROM assignments WHERE state = 'waiting' AND customer_id = ?", customerID).Scan(ctx, &n)
	})
	return n, err
}

// WaitingBy is the number of waiting calls that the caller placed for others.
func (c *Crew) WaitingBy(ctx context.Context, placedBy string) (n int, err error) {
	err = c.db.run(ctx, "count waiting calls of caller", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw("SELECT count(*) FROM assignments WHERE state = 'waiting' AND placed_by = ?", placedBy).Scan(ctx, &n)
	})
	return n, err
}

// Unsignalled lists calls that were assigned while they waited and may not have been
// signalled: the oldest first, at most as many as can be signalled at a time.
func (c *Crew) Unsignalled(ctx context.Context) ([]booking.CleanerAtWork, error) {
	var rows []assignmentRow
	err := c.db.run(ctx, "list calls that were not signalled", func(ctx context.Context, q bun.IDB) error {
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

// MarkSignalled records that the call was sent its cleaner.
func (c *Crew) MarkSignalled(ctx context.Context, orderID string) error {
	return c.db.run(ctx, "note that call was signalled", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("UPDATE assignments SET told = TRUE WHERE order_id = ? AND state = ?",
			orderID, assignmentAssigned).Exec(ctx)
		return err
	})
}
