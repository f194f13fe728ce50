package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

type nightRow struct {
	bun.BaseModel `bun:"table:stock"`

	PlaceID   string `bun:",pk"`
	Night     string `bun:",pk"`
	Capacity  int
	Remaining int
}

// SetCapacity says how many rooms the place has in each night of [from, to).
// What remains moves by the difference. StockBelowHeld: fewer than are held in
// the night that it names, the first such one; nothing was changed.
func (i *Inventory) SetCapacity(ctx context.Context, placeID string, from, to booking.Date, rooms int) error {
	var rows []nightRow
	for night := from; night.Before(to); night = night.AddDays(1) {
		rows = append(rows, nightRow{PlaceID: placeID, Night: night.String(), Capacity: rooms, Remaining: rooms})
	}
	if len(rows) == 0 {
		return nil
	}
	return i.db.inTx(ctx, "set capacity", func(ctx context.Context, q bun.IDB) error {
		var set []string
		// The rows are in the order of nights, in which moveRooms locks them too.
		err := q.NewInsert().Model(&rows).
			On("CONFLICT (place_id, night) DO UPDATE").
			Set("remaining = ?TableAlias.remaining + EXCLUDED.capacity - ?TableAlias.capacity").
			Set("capacity = EXCLUDED.capacity").
			Where("?TableAlias.remaining + EXCLUDED.capacity - ?TableAlias.capacity >= 0").
			Returning("night").Scan(ctx, &set)
		if err != nil {
			return err
		}
		return allSet(placeID, rows, set)
	})
}

// allSet refuses when a night is missing from those that were set.
func allSet(placeID string, rows []nightRow, set []string) error {
	done := make(map[string]bool, len(set))
	for _, night := range set {
		done[night] = true
	}
	for _, row := range rows {
		if !done[row.Night] {
			return booking.Errorf(booking.StockBelowHeld,
				"more than %d rooms of place %s are held in the night of %s", row.Capacity, placeID, row.Night)
		}
	}
	return nil
}

// Nights is the stock of every night of [from, to), zero where none was ever set.
func (i *Inventory) Nights(ctx context.Context, placeID string, from, to booking.Date) ([]booking.StockNight, error) {
	var rows []nightRow
	err := i.db.run(ctx, "read stock", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewSelect().Model(&rows).
			Where("place_id = ? AND night >= ? AND night < ?", placeID, from.String(), to.String()).Scan(ctx)
	})
	if err != nil {
		return nil, err
	}
	known := make(map[string]nightRow, len(rows))
	for _, row := range rows {
		known[row.Night] = row
	}
	var nights []booking.StockNight
	for night := from; night.Before(to); night = night.AddDays(1) {
		row := known[night.String()]
		nights = append(nights, booking.StockNight{Date: night, Capacity: row.Capacity, Remaining: row.Remaining})
	}
	return nights, nil
}
