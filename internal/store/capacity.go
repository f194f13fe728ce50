package store

import (
	"context"
	"crypto/rand"
	"slices"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

type stockRow struct {
	bun.BaseModel `bun:"table:stock"`

	ItemID    string `bun:",pk"`
	Day       string `bun:",pk"`
	Capacity  int
	Remaining int
	Closed    bool
}

// ChangeStock sets the stock of an item that can be ordered; by is the number of the
// caller. What is left changes by the difference. StockBelowHeld: more is held on the
// day that the error names, the first such day. NotFound: the item was closed. Both
// leave everything unchanged.
func (i *Inventory) ChangeStock(ctx context.Context, by string, c booking.StockChange) error {
	return i.setCapacity(ctx, c.Item.ID, c.From, c.To, c.Capacity, func(ctx context.Context, q bun.IDB, left int) error {
		data := c.EventData(left)
		data.By = by
		return writeEvent(ctx, q, inventoryOutbox, booking.Event{
			Key: c.Item.ID + "/" + string(booking.StockChanged) + "/" + rand.Text(), Type: booking.StockChanged, Subject: c.Item.ID,
			At: now(), Catalogue: &data,
		})
	})
}

// SetCapacity is ChangeStock for an item that will be registered next: there is no
// event of it.
func (i *Inventory) SetCapacity(ctx context.Context, itemID string, from, to booking.Date, quantity int) error {
	return i.setCapacity(ctx, itemID, from, to, quantity, func(context.Context, bun.IDB, int) error { return nil })
}

// setCapacity sets the capacity of each day of [from, to), and then calls record with how
// many are left on the day with the fewest.
func (i *Inventory) setCapacity(
	ctx context.Context, itemID string, from, to booking.Date, quantity int, record func(context.Context, bun.IDB, int) error,
) error {
	var rows []stockRow
	for day := from; day.Before(to); day = day.AddDays(1) {
		rows = append(rows, stockRow{ItemID: itemID, Day: day.String(), Capacity: quantity, Remaining: quantity})
	}
	if len(rows) == 0 {
		return nil
	}
	return i.db.inTxWithEvent(ctx, inventoryOutbox, "set capacity", func(ctx context.Context, q bun.IDB) error {
		// A transaction that closes the item waits, and then finds these rows.
		if err := i.db.serialize(ctx, q, itemKey(itemID)); err != nil {
			return err
		}
		closed, err := isClosed(ctx, q, itemID)
		if err != nil {
			return err
		}
		if closed {
			return booking.Errorf(booking.NotFound, "%s is no longer sold", itemID)
		}
		var set []stockRow
		// The rows are in the order of their days, in which move locks them, too.
		err = q.NewInsert().Model(&rows).
			On("CONFLICT (item_id, day) DO UPDATE").
			Set("remaining = ?TableAlias.remaining + EXCLUDED.capacity - ?TableAlias.capacity").
			Set("capacity = EXCLUDED.capacity").
			Where("?TableAlias.remaining + EXCLUDED.capacity - ?TableAlias.capacity >= 0").
			Returning("day, remaining").Scan(ctx, &set)
		if err == nil {
			err = allSet(itemID, rows, set)
		}
		if err != nil {
			return err
		}
		return record(ctx, q, slices.MinFunc(set, func(a, b stockRow) int { return a.Remaining - b.Remaining }).Remaining)
	})
}

// allSet returns an error if a day is missing from the rows that were set.
func allSet(itemID string, rows, set []stockRow) error {
	done := make(map[string]bool, len(set))
	for _, row := range set {
		done[row.Day] = true
	}
	for _, row := range rows {
		if !done[row.Day] {
			return booking.Errorf(booking.StockBelowHeld, "more than %d of %s are held for %s", row.Capacity, itemID, row.Day)
		}
	}
	return nil
}

// Days returns the stock of every day of [from, to), zero for days without a row.
func (i *Inventory) Days(ctx context.Context, itemID string, from, to booking.Date) ([]booking.StockDay, error) {
	var rows []stockRow
	err := i.db.run(ctx, "read stock", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewSelect().Model(&rows).
			Where("item_id = ? AND day >= ? AND day < ?", itemID, from.String(), to.String()).Scan(ctx)
	})
	if err != nil {
		return nil, err
	}
	known := make(map[string]stockRow, len(rows))
	for _, row := range rows {
		known[row.Day] = row
	}
	var days []booking.StockDay
	for day := from; day.Before(to); day = day.AddDays(1) {
		row := known[day.String()]
		days = append(days, booking.StockDay{Date: day, Capacity: row.Capacity, Remaining: row.Remaining})
	}
	return days, nil
}

// Levels returns the stock of each item on its day, without items that have no row.
func (i *Inventory) Levels(ctx context.Context, of []booking.ItemDay) (map[booking.ItemDay]booking.StockDay, error) {
	levels := make(map[booking.ItemDay]booking.StockDay, len(of))
	if len(of) == 0 {
		return levels, nil
	}
	wanted, days := make([]bun.TupleValues, len(of)), make(map[[2]string]booking.ItemDay, len(of))
	for n, one := range of {
		key := [2]string{one.ItemID, one.Date.String()}
		wanted[n], days[key] = bun.Tuple(key[:]), one
	}
	var rows []stockRow
	err := i.db.run(ctx, "read levels of stock", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewSelect().Model(&rows).Where("(item_id, day) IN (VALUES ?)", bun.List(wanted)).Scan(ctx)
	})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		day := days[[2]string{row.ItemID, row.Day}]
		levels[day] = booking.StockDay{Date: day.Date, Capacity: row.Capacity, Remaining: row.Remaining}
	}
	return levels, nil
}

// Least returns how many of each item are left on the day of [from, to) with the
// fewest. It omits items without a row for each of these days.
func (i *Inventory) Least(ctx context.Context, items []string, from, to booking.Date) (map[string]int, error) {
	least := make(map[string]int, len(items))
	if len(items) == 0 {
		return least, nil
	}
	var rows []struct {
		ItemID string
		Least  int
	}
	err := i.db.run(ctx, "read least stock", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewRaw("SELECT item_id, MIN(remaining) AS least FROM stock WHERE item_id IN (?) AND day >= ? AND day < ? "+
			"GROUP BY item_id HAVING COUNT(*) = ?", bun.List(items), from.String(), to.String(), from.DaysUntil(to)).Scan(ctx, &rows)
	})
	for _, row := range rows {
		least[row.ItemID] = row.Least
	}
	return least, err
}
