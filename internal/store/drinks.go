package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

type deletionRow struct {
	bun.BaseModel `bun:"table:drink_deletions"`

	DrinkID   string `bun:",pk"`
	Orders    int
	Cancelled int
	Ended     int `bun:"over"`
	Done      bool
}

// errDayAndEnd: drinks are selected by their date or by the end of their day, not by
// both.
var errDayAndEnd = errors.New("list drinks: no index serves a date together with what ends later")

// AddDrink registers a drink under a new id, with a stock of count on its day.
func (c *Catalogue) AddDrink(ctx context.Context, by string, d booking.Drink, count int) error {
	text, err := c.drinks.write(d.ID, d)
	if err != nil {
		return err
	}
	data := d.EventData()
	data.Count = &count
	return c.db.inTxWithEvent(ctx, catalogueOutbox, "add drink", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("INSERT INTO drinks (id, doc, created_at, ends_at) VALUES (?, ?, ?, ?)", d.ID, text, now(), micros(d.Ends())).Exec(ctx)
		if err != nil {
			return err
		}
		return writeEvent(ctx, q, catalogueOutbox, event(booking.DrinkRegistered, by, d.ID, 1, data))
	})
}

// Drink returns the drink with the id and, if it is not sold any more, the progress of
// its deletion. It returns NotFound if there is no such drink.
func (c *Catalogue) Drink(ctx context.Context, id string) (booking.Drink, *booking.DrinkDeletion, error) {
	var row struct {
		Doc string
		deletionRow
	}
	err := c.db.run(ctx, "read drink", func(ctx context.Context, q bun.IDB) error {
		err := q.NewRaw(`SELECT doc, drink_deletions.* FROM drinks
			LEFT JOIN drink_deletions ON drink_id = id WHERE id = ?`, id).Scan(ctx, &row)
		return orNotFound(err, "drink", id)
	})
	if err != nil {
		return booking.Drink{}, nil, err
	}
	drink, err := c.drinks.read(id, row.Doc)
	if err != nil || row.DrinkID == "" {
		return drink, nil, err
	}
	return drink, &booking.DrinkDeletion{
		Orders: row.Orders, Cancelled: row.Cancelled, Ended: row.Ended, Done: row.Done,
	}, nil
}

// Drinks lists the selected drinks that are not deleted, newest first. It returns
// InvalidCursor for a cursor of another list.
func (c *Catalogue) Drinks(ctx context.Context, f booking.CatalogueFilter, p booking.Page) ([]booking.Drink, string, error) {
	switch {
	case f.EndsAfter.IsZero():
		return c.drinks.newest(ctx, p, func(q bun.IDB) *bun.SelectQuery { return c.sold(q, f).Column("id", "doc", "created_at") })
	case !f.Date.IsZero():
		return nil, "", errDayAndEnd
	default:
		return c.drinks.newest(ctx, p, func(q bun.IDB) *bun.SelectQuery { return c.onSale(q, f) })
	}
}

// CountDrinks counts what Drinks lists, up to booking.CountedTo.
func (c *Catalogue) CountDrinks(ctx context.Context, f booking.CatalogueFilter) (int, error) {
	if !f.EndsAfter.IsZero() && !f.Date.IsZero() {
		return 0, errDayAndEnd
	}
	order := byTime
	if !f.EndsAfter.IsZero() {
		order = "ends_at DESC, " + byTime
	}
	return c.drinks.count(ctx, func(q bun.IDB) *bun.SelectQuery { return c.sold(q, f).OrderExpr(order) })
}

// sold selects the drinks that are not deleted and, if the filter requires that, whose day has
// not ended.
func (c *Catalogue) sold(q bun.IDB, f booking.CatalogueFilter) *bun.SelectQuery {
	query := c.drinks.selection(q, f).Where("NOT deleted")
	if !f.EndsAfter.IsZero() {
		query.Where("ends_at > ?", micros(f.EndsAfter))
	}
	return query
}

// onSale selects the drinks whose day has not ended. It finds all of them before it
// sorts: a scan from the newest backwards would pass every drink whose day has ended.
// Only the documents of the page are read.
func (c *Catalogue) onSale(q bun.IDB, f booking.CatalogueFilter) *bun.SelectQuery {
	return q.NewSelect().
		TableExpr("(WITH found AS MATERIALIZED (?) SELECT * FROM found) AS on_sale", c.sold(q, f).Column("id", "created_at")).
		Column("id", "created_at").
		ColumnExpr("(SELECT doc FROM drinks WHERE drinks.id = on_sale.id) AS doc")
}

// ChangeDrink is ChangePlace for a drink. The day cannot change either: its stock
// belongs to the day. Returns NotFound if the drink is deleted or being deleted.
func (c *Catalogue) ChangeDrink(ctx context.Context, by, id string, change func(*booking.Drink) error) (booking.Drink, error) {
	return c.drinks.change(ctx, by, id, func(d *booking.Drink) error {
		day, zone := d.Date, d.TimeZone
		err := change(d)
		d.ID, d.Date, d.TimeZone = id, day, zone
		return err
	})
}

// NoteDeletion removes the drink from the list, for good, and stores the deletion's
// progress. An earlier progress that arrives late changes nothing.
func (c *Catalogue) NoteDeletion(ctx context.Context, by, drinkID string, d booking.DrinkDeletion) error {
	row := &deletionRow{DrinkID: drinkID, Orders: d.Orders, Cancelled: d.Cancelled, Ended: d.Ended, Done: d.Done}
	return c.db.inTxWithEvent(ctx, catalogueOutbox, "note deletion of drink", func(ctx context.Context, q bun.IDB) error {
		if err := c.delist(ctx, q, by, drinkID); err != nil {
			return err
		}
		upsert := q.NewInsert().Model(row).
			On("CONFLICT (drink_id) DO UPDATE").
			Set("done = ?TableAlias.done OR EXCLUDED.done")
		for _, column := range []bun.Ident{"orders", "cancelled", "over"} {
			upsert.Set("?0 = CASE WHEN EXCLUDED.?0 > ?TableAlias.?0 THEN EXCLUDED.?0 ELSE ?TableAlias.?0 END", column)
		}
		_, err := upsert.Exec(ctx)
		return err
	})
}

// delist removes the drink from the list, once.
func (c *Catalogue) delist(ctx context.Context, q bun.IDB, by, drinkID string) error {
	var row struct {
		Doc     string
		Version int64
	}
	err := q.NewRaw("UPDATE drinks SET deleted = TRUE, version = version + 1 WHERE id = ? AND NOT deleted RETURNING doc, version", drinkID).
		Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	drink, err := c.drinks.read(drinkID, row.Doc)
	if err != nil {
		return err
	}
	data := drink.EventData()
	off := true
	data.Withdrawn, data.Deleted = &off, true
	return writeEvent(ctx, q, catalogueOutbox, event(booking.DrinkDeleted, by, drinkID, row.Version, data))
}
