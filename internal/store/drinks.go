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
	Over      int
	Done      bool
}

// errDayAndEnd is why drinks are selected by their date or by when their day
// is over, and not by both.
var errDayAndEnd = errors.New("list drinks: no index serves a date together with what ends later")

// AddDrink registers a drink, of which there are count on its day, under an id
// that no other has.
func (c *Catalogue) AddDrink(ctx context.Context, by string, d booking.Drink, count int) error {
	text, err := c.drinks.write(d.ID, d)
	if err != nil {
		return err
	}
	data := d.EventData()
	data.Count = &count
	return c.db.telling(ctx, catalogueOutbox, "add drink", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("INSERT INTO drinks (id, doc, created_at, ends_at) VALUES (?, ?, ?, ?)", d.ID, text, now(), micros(d.Ends())).Exec(ctx)
		if err != nil {
			return err
		}
		return tell(ctx, q, catalogueOutbox, event(booking.DrinkRegistered, by, d.ID, 1, data))
	})
}

// Drink is the drink with the id and, when it is no longer sold, how far its
// deletion has come. NotFound when there is none.
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
		Orders: row.Orders, Cancelled: row.Cancelled, Over: row.Over, Done: row.Done,
	}, nil
}

// Drinks lists the drinks that the filter selects and that were not deleted,
// newest first. InvalidCursor: the page's cursor is not one of this list.
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

// CountDrinks is how many Drinks lists, up to booking.CountedTo.
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

// sold selects the drinks that were not deleted and, if the filter asks for
// that, whose day is not over.
func (c *Catalogue) sold(q bun.IDB, f booking.CatalogueFilter) *bun.SelectQuery {
	query := c.drinks.selection(q, f).Where("NOT deleted")
	if !f.EndsAfter.IsZero() {
		query.Where("ends_at > ?", micros(f.EndsAfter))
	}
	return query
}

// onSale selects the drinks whose day is not over. It finds all of them before
// they are put in order: a walk from the newest backwards would pass every
// drink whose day is over. Only those on the page have their documents read.
func (c *Catalogue) onSale(q bun.IDB, f booking.CatalogueFilter) *bun.SelectQuery {
	return q.NewSelect().
		TableExpr("(WITH found AS MATERIALIZED (?) SELECT * FROM found) AS on_sale", c.sold(q, f).Column("id", "created_at")).
		Column("id", "created_at").
		ColumnExpr("(SELECT doc FROM drinks WHERE drinks.id = on_sale.id) AS doc")
}

// ChangeDrink is ChangePlace for a drink. Its day stays what it is, too: its
// stock is of that day. NotFound: it is being deleted, or was.
func (c *Catalogue) ChangeDrink(ctx context.Context, by, id string, change func(*booking.Drink) error) (booking.Drink, error) {
	return c.drinks.change(ctx, by, id, func(d *booking.Drink) error {
		day, zone := d.Date, d.TimeZone
		err := change(d)
		d.ID, d.Date, d.TimeZone = id, day, zone
		return err
	})
}

// NoteDeletion takes the drink out of the list, for good, and notes how far
// its deletion has come. That never goes backwards: a note that comes late
// takes nothing back.
func (c *Catalogue) NoteDeletion(ctx context.Context, by, drinkID string, d booking.DrinkDeletion) error {
	row := &deletionRow{DrinkID: drinkID, Orders: d.Orders, Cancelled: d.Cancelled, Over: d.Over, Done: d.Done}
	return c.db.telling(ctx, catalogueOutbox, "note deletion of drink", func(ctx context.Context, q bun.IDB) error {
		if err := c.takeOff(ctx, q, by, drinkID); err != nil {
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

// takeOff takes the drink out of the list, once.
func (c *Catalogue) takeOff(ctx context.Context, q bun.IDB, by, drinkID string) error {
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
	return tell(ctx, q, catalogueOutbox, event(booking.DrinkDeleted, by, drinkID, row.Version, data))
}
