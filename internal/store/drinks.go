package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

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

// Drinks lists the selected drinks that are not deleted: with EndsAfter, in the order in
// which their days end, otherwise newest first. It returns InvalidCursor for a cursor of
// another list or order.
func (c *Catalogue) Drinks(ctx context.Context, f booking.CatalogueFilter, p booking.Page) ([]booking.Drink, string, error) {
	if !f.EndsAfter.IsZero() {
		return c.onSale(ctx, f, p)
	}
	return c.drinks.newest(ctx, p, func(q bun.IDB) *bun.SelectQuery { return c.sold(q, f).Column("id", "doc", "created_at") })
}

// CountDrinks counts what Drinks lists, up to booking.CountedTo.
func (c *Catalogue) CountDrinks(ctx context.Context, f booking.CatalogueFilter) (int, error) {
	return c.drinks.count(ctx, func(q bun.IDB) *bun.SelectQuery {
		if f.EndsAfter.IsZero() {
			return c.sold(q, f).OrderExpr(byTime)
		}
		return c.sold(q, f).Where("ends_at > ?", micros(f.EndsAfter)).OrderExpr(byEnd)
	})
}

// sold selects the drinks that are not deleted, whether or not their day has ended.
func (c *Catalogue) sold(q bun.IDB, f booking.CatalogueFilter) *bun.SelectQuery {
	return c.drinks.selection(q, f).Where("NOT deleted")
}

const (
	// onSaleList is the name of the list of drinks whose day has not ended, in its cursors.
	onSaleList = "drinks on sale"
	// byEnd is its order.
	byEnd = "ends_at, created_at, id"
)

// onSaleRow is a drink of that list.
type onSaleRow struct {
	docRow
	EndsAt time.Time
}

func (r onSaleRow) place() endPlace { return endPlace{r.EndsAt, moment{r.CreatedAt, r.ID}} }

// endPlace is a place in that list: the end of a drink's day, and the moment that orders
// drinks of the same end.
type endPlace struct {
	ends time.Time
	moment
}

func (p endPlace) cursor() string {
	return encodeCursor(onSaleList, textOf(p.ends), textOf(p.at), p.id)
}

func decodeEnd(cursor string) (endPlace, error) {
	place, err := decodeCursor(onSaleList, cursor, 3)
	if err != nil {
		return endPlace{}, err
	}
	ends, endsKnown := instantOf(place[0])
	at, atKnown := instantOf(place[1])
	if !endsKnown || !atKnown {
		return endPlace{}, invalidCursor()
	}
	return endPlace{ends, moment{at, place[2]}}, nil
}

// onSale lists the drinks whose day has not ended. A list from new to old would have to
// pass every drink whose day has ended, or to sort all others.
func (c *Catalogue) onSale(ctx context.Context, f booking.CatalogueFilter, p booking.Page) (_ []booking.Drink, next string, err error) {
	var after endPlace
	if p.Cursor != "" {
		if after, err = decodeEnd(p.Cursor); err != nil {
			return nil, "", err
		}
	}
	size, now := pageSize(p.Limit), micros(f.EndsAfter)
	var rows []onSaleRow
	err = c.db.list(ctx, "list "+onSaleList, func(ctx context.Context, q bun.IDB) error {
		rows = nil
		query := c.sold(q, f).Column("id", "doc", "created_at", "ends_at").OrderExpr(byEnd).Limit(size + 1)
		// One beginning of the range, the later one: of two, PostgreSQL may begin at the
		// earlier one and pass all that precedes the cursor.
		if micros(after.ends).After(now) {
			query.Where("(ends_at, created_at, id) > (?, ?, ?)", after.ends, after.at, after.id)
		} else {
			query.Where("ends_at > ?", now)
		}
		return query.Scan(ctx, &rows)
	})
	if err != nil {
		return nil, "", err
	}
	rows, next = part(rows, size, func(last onSaleRow) string { return last.place().cursor() })
	drinks := make([]booking.Drink, len(rows))
	for i, row := range rows {
		if drinks[i], err = c.drinks.read(row.ID, row.Doc); err != nil {
			return nil, "", err
		}
	}
	return drinks, next, nil
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
