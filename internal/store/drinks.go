package store

import (
	"context"
	"time"

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

// AddDrink registers a drink under an id that no other has.
func (c *Catalogue) AddDrink(ctx context.Context, d booking.Drink) error {
	text, err := c.drinks.write(d.ID, d)
	if err != nil {
		return err
	}
	return c.db.run(ctx, "add drink", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("INSERT INTO drinks (id, doc, ends_at) VALUES (?, ?, ?)", d.ID, text, micros(d.Ends())).Exec(ctx)
		return err
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

// Drinks lists the drinks that are sold and whose day is not over at now, in the
// order of their ids. InvalidCursor: the page's cursor is not one of this list.
func (c *Catalogue) Drinks(ctx context.Context, p booking.Page, now time.Time) ([]booking.Drink, string, error) {
	return c.drinks.list(ctx, p, "ends_at > ? AND NOT EXISTS (SELECT 1 FROM drink_deletions WHERE drink_id = id)", micros(now))
}

// NoteDeletion takes the drink out of the list, for good, and notes how far
// its deletion has come. That never goes backwards: a note that comes late
// takes nothing back.
func (c *Catalogue) NoteDeletion(ctx context.Context, drinkID string, d booking.DrinkDeletion) error {
	row := &deletionRow{DrinkID: drinkID, Orders: d.Orders, Cancelled: d.Cancelled, Over: d.Over, Done: d.Done}
	return c.db.run(ctx, "note deletion of drink", func(ctx context.Context, q bun.IDB) error {
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
