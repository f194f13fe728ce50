package store

import (
	"context"
	"fmt"
	"iter"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
)

// The lists for audits contain everything. They are read in the order of a key, a page
// at a time: no statement takes long and no transaction stays open. Rows that change
// meanwhile are read as they were at some moment.

// auditPage is the number of rows in a page.
const auditPage = 1000

// after compares the keys of a page with the last key of the page before. Keys of the
// first page are greater than the zero row's.
type after = bun.Safe

// all lists a table. read returns up to auditPage rows with keys greater than last's;
// last is the zero row at first.
func all[R any](ctx context.Context, db *DB, what string, read func(ctx context.Context, q bun.IDB, is after, last R) ([]R, error)) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		var last, none R
		for is := after(">="); ; is = ">" {
			var rows []R
			err := db.run(ctx, what, func(ctx context.Context, q bun.IDB) (err error) {
				rows, err = read(ctx, q, is, last)
				return err
			})
			if err != nil {
				yield(none, err)
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			if len(rows) < auditPage {
				return
			}
			last = rows[len(rows)-1]
		}
	}
}

// only filters rows. The filter is not in the query: a page of matching rows might
// follow a million others.
func only[R any](rows iter.Seq2[R, error], counts func(R) bool) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		for row, err := range rows {
			if (err != nil || counts(row)) && !yield(row, err) {
				return
			}
		}
	}
}

// Unreadable is an item of a list that cannot be read, because a person or an earlier
// build has left it so. The list continues after it.
type Unreadable struct {
	OrderID, Item string // of the item, if known
	Cause         error
}

func (u *Unreadable) Error() string { return u.Cause.Error() }

// About implements the audit's unreadable.
func (u *Unreadable) About() (orderID, item string) { return u.OrderID, u.Item }

// as converts the items of a list. An item that cannot be converted becomes Unreadable.
func as[R, T any](rows iter.Seq2[R, error], convert func(R) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for row, err := range rows {
			var one T
			if err != nil {
				yield(one, err)
				return
			}
			if one, err = convert(row); !yield(one, err) {
				return
			}
		}
	}
}

// All lists every payment with its entries.
func (p *Payments) All(ctx context.Context) iter.Seq2[booking.Payment, error] {
	return all(ctx, p.db, "list payments", func(ctx context.Context, q bun.IDB, is after, last booking.Payment) ([]booking.Payment, error) {
		var rows []paymentRow
		err := q.NewSelect().Model(&rows).Where("order_id ? ?", is, last.OrderID).OrderExpr("order_id").Limit(auditPage).Scan(ctx)
		if err != nil {
			return nil, err
		}
		return allWithEntries(ctx, q, rows)
	})
}

// Charges lists every charge that was requested of the sandbox.
func (s *Sandbox) Charges(ctx context.Context) iter.Seq2[audit.ProviderCharge, error] {
	rows := all(ctx, s.db, "list charges in sandbox", func(ctx context.Context, q bun.IDB, is after, last sandboxRow) (rows []sandboxRow, err error) {
		err = q.NewSelect().Model(&rows).Where("key ? ?", is, last.Key).OrderExpr("key").Limit(auditPage).Scan(ctx)
		return rows, err
	})
	return as(rows, func(r sandboxRow) (audit.ProviderCharge, error) { return r.charge(), nil })
}

// AllPlaces lists every place.
func (c *Catalogue) AllPlaces(ctx context.Context) iter.Seq2[booking.Place, error] {
	return c.places.all(ctx)
}

// AllDrinks lists every drink that is not deleted.
func (c *Catalogue) AllDrinks(ctx context.Context) iter.Seq2[booking.Drink, error] {
	return c.drinks.all(ctx)
}

func (r register[T]) all(ctx context.Context) iter.Seq2[T, error] {
	rows := all(ctx, r.db, "list "+r.table, func(ctx context.Context, q bun.IDB, is after, last docRow) (rows []docRow, err error) {
		err = q.NewRaw("SELECT id, doc FROM ? WHERE id ? ? AND ? ORDER BY id LIMIT ?", bun.Ident(r.table), is, last.ID, r.there, auditPage).Scan(ctx, &rows)
		return rows, err
	})
	return as(rows, func(row docRow) (T, error) { return r.read(row.ID, row.Doc) })
}

type liveHoldRow struct {
	holdRow
	Stocked int
}

func (r liveHoldRow) hold() (audit.Hold, error) {
	h := audit.Hold{Stocked: r.Stocked, Hold: booking.Hold{Key: r.Key, OrderID: r.OrderID, ItemID: r.ItemID, Quantity: r.Quantity}}
	var err error
	if h.From, err = booking.ParseDate(r.FromDay); err != nil {
		return h, &Unreadable{OrderID: r.OrderID, Item: r.ItemID, Cause: fmt.Errorf("hold %s: %w", r.Key, err)}
	}
	if h.To, err = booking.ParseDate(r.ToDay); err != nil {
		return h, &Unreadable{OrderID: r.OrderID, Item: r.ItemID, Cause: fmt.Errorf("hold %s: %w", r.Key, err)}
	}
	return h, nil
}

// LiveHolds lists every live hold.
func (i *Inventory) LiveHolds(ctx context.Context) iter.Seq2[audit.Hold, error] {
	rows := all(ctx, i.db, "list holds", func(ctx context.Context, q bun.IDB, is after, last liveHoldRow) (rows []liveHoldRow, err error) {
		err = q.NewRaw(`SELECT h.*, (SELECT count(*) FROM stock AS s
				WHERE s.item_id = h.item_id AND s.day >= h.from_day AND s.day < h.to_day) AS stocked
			FROM holds AS h WHERE h.key ? ? ORDER BY h.key LIMIT ?`,
			is, last.Key, auditPage).Scan(ctx, &rows)
		return rows, err
	})
	return as(only(rows, func(r liveHoldRow) bool { return r.State == booking.Done }), liveHoldRow.hold)
}

type itemDayRow struct {
	stockRow
	Held int
}

func (r itemDayRow) day() (audit.StockDay, error) {
	date, err := booking.ParseDate(r.Day)
	if err != nil {
		return audit.StockDay{}, &Unreadable{Item: r.ItemID, Cause: fmt.Errorf("stock of %s: %w", r.ItemID, err)}
	}
	return audit.StockDay{
		ItemID: r.ItemID, Held: r.Held,
		StockDay: booking.StockDay{Date: date, Capacity: r.Capacity, Remaining: r.Remaining},
	}, nil
}

// AllDays lists every day with a stock row.
func (i *Inventory) AllDays(ctx context.Context) iter.Seq2[audit.StockDay, error] {
	rows := all(ctx, i.db, "list stock", func(ctx context.Context, q bun.IDB, is after, last itemDayRow) (rows []itemDayRow, err error) {
		err = q.NewRaw(pageOfDays, is, last.ItemID, last.Day, auditPage, i.db.dialect.ofPage).Scan(ctx, &rows)
		return rows, err
	})
	return as(rows, itemDayRow.day)
}

// pageOfDays adds up the holds of the page's items, day by day: a hold adds to the sum
// on its first day, and subtracts on the day after its last. So each hold is read once,
// and not once for each day.
const pageOfDays = `
	WITH page AS (
		SELECT item_id, day, capacity, remaining FROM stock WHERE (item_id, day) ? (?, ?) ORDER BY item_id, day LIMIT ?
	), live AS (
		SELECT * FROM holds WHERE state = 'done' AND ?
	), moves AS (
		SELECT item_id, from_day AS day, quantity FROM live
		UNION ALL SELECT item_id, to_day, -quantity FROM live
		UNION ALL SELECT item_id, day, 0 FROM page
	), sums AS (
		SELECT item_id, day, sum(sum(quantity)) OVER (PARTITION BY item_id ORDER BY day) AS held FROM moves GROUP BY item_id, day
	)
	SELECT page.*, CAST(sums.held AS bigint) AS held
	FROM page JOIN sums ON sums.item_id = page.item_id AND sums.day = page.day
	ORDER BY page.item_id, page.day`

// All lists every delivery, or production, including those that were never started.
func (j *Jobs) All(ctx context.Context) iter.Seq2[booking.JobState, error] {
	rows := all(ctx, j.db, "list every "+j.sort, func(ctx context.Context, q bun.IDB, is after, last jobRow) (rows []jobRow, err error) {
		err = q.NewSelect().Model(&rows).Where("sort = ? AND order_id ? ?", j.sort, is, last.OrderID).
			OrderExpr("order_id").Limit(auditPage).Scan(ctx)
		return rows, err
	})
	return as(rows, func(r jobRow) (booking.JobState, error) { return r.state(), nil })
}

// AllCleaners lists every cleaner with their assignment.
func (c *Crew) AllCleaners(ctx context.Context) iter.Seq2[booking.CleanerAtWork, error] {
	rows := all(ctx, c.db, "list cleaners", func(ctx context.Context, q bun.IDB, is after, last cleanerRow) (rows []cleanerRow, err error) {
		err = q.NewSelect().Model(&rows).Where("id ? ?", is, last.ID).OrderExpr("id").Limit(auditPage).Scan(ctx)
		return rows, err
	})
	return as(rows, func(r cleanerRow) (booking.CleanerAtWork, error) { return r.atWork(), nil })
}

// Assignments lists every call for a cleaner.
func (c *Crew) Assignments(ctx context.Context) iter.Seq2[audit.Call, error] {
	rows := all(ctx, c.db, "list assignments", func(ctx context.Context, q bun.IDB, is after, last assignmentRow) (rows []assignmentRow, err error) {
		err = q.NewSelect().Model(&rows).Where("order_id ? ?", is, last.OrderID).OrderExpr("order_id").Limit(auditPage).Scan(ctx)
		return rows, err
	})
	return as(rows, func(r assignmentRow) (audit.Call, error) {
		return audit.Call{OrderID: r.OrderID, State: audit.CallState(r.State), CleanerID: r.CleanerID, Signalled: r.Signalled}, nil
	})
}

// Registered lists the orders of every call that is registered and was not struck off.
func (m *Management) Registered(ctx context.Context) iter.Seq2[string, error] {
	rows := all(ctx, m.db, "list registrations", func(ctx context.Context, q bun.IDB, is after, last registrationRow) (rows []registrationRow, err error) {
		err = q.NewSelect().Model(&rows).Column("order_id", "state").Where("order_id ? ?", is, last.OrderID).
			OrderExpr("order_id").Limit(auditPage).Scan(ctx)
		return rows, err
	})
	return as(only(rows, func(r registrationRow) bool { return r.State == booking.Done }),
		func(r registrationRow) (string, error) { return r.OrderID, nil })
}

// NotWithdrawn lists every message that was sent and not withdrawn.
func (n *Notifications) NotWithdrawn(ctx context.Context) iter.Seq2[booking.Message, error] {
	rows := all(ctx, n.db, "list messages that are not withdrawn", func(ctx context.Context, q bun.IDB, is after, last messageRow) (rows []messageRow, err error) {
		err = q.NewSelect().Model(&rows).Where("key ? ?", is, last.Key).OrderExpr("key").Limit(auditPage).Scan(ctx)
		return rows, err
	})
	return as(only(rows, func(r messageRow) bool { return r.State == sent }), messageRow.message)
}

// All lists the row of every order.
func (m *Mypage) All(ctx context.Context) iter.Seq2[audit.Row, error] {
	rows := all(ctx, m.db, "list every order", func(ctx context.Context, q bun.IDB, is after, last orderRow) (rows []orderRow, err error) {
		err = q.NewSelect().Model(&rows).Column("id", "status", "version", "view", "disputes").Where("id ? ?", is, last.ID).
			OrderExpr("id").Limit(auditPage).Scan(ctx)
		return rows, err
	})
	return as(rows, func(r orderRow) (audit.Row, error) {
		p, err := r.publication()
		if err != nil {
			err = &Unreadable{OrderID: r.ID, Cause: err}
		}
		return audit.Row{ID: r.ID, Status: r.Status, Version: r.Version, View: p.View}, err
	})
}
