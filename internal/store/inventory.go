package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// Inventory is what places have to give, night by night. It implements
// activities.Stock.
type Inventory struct{ db *DB }

// NewInventory keeps the stock in db.
func NewInventory(db *DB) *Inventory { return &Inventory{db} }

// holdRow is a hold with what came of it.
type holdRow struct {
	bun.BaseModel `bun:"table:holds"`

	Key       string `bun:",pk"`
	OrderID   string
	PlaceID   string
	FromNight string
	ToNight   string // exclusive
	Rooms     int
	State     booking.Result
	Reason    booking.Reason // why it was refused, or undone
	Acted     bool           // it was done, and then undone
	At        time.Time
}

func newHoldRow(h booking.Hold, state booking.Result, reason booking.Reason) *holdRow {
	return &holdRow{
		Key: h.Key, OrderID: h.OrderID, PlaceID: h.PlaceID,
		FromNight: h.From.String(), ToNight: h.To.String(), Rooms: h.Rooms,
		State: state, Reason: reason, At: now(),
	}
}

// errShort rolls back a hold that some night has too few rooms for.
var errShort = errors.New("too few rooms")

// Hold takes the rooms of every night or of none. The outcome is recorded
// under the hold's key and repeated from then on: Done, Refused (SoldOut), or
// Undone when it was released, even before it was held.
func (i *Inventory) Hold(ctx context.Context, h booking.Hold) (booking.Outcome, error) {
	var outcome booking.Outcome
	err := i.db.inTx(ctx, "hold stock", func(ctx context.Context, q bun.IDB) (err error) {
		var first bool
		if outcome, first, err = record(ctx, q, newHoldRow(h, booking.Done, "")); err != nil || !first {
			return err
		}
		all, err := i.moveRooms(ctx, q, h.PlaceID, h.From, h.To, -h.Rooms)
		if err == nil && !all {
			err = errShort
		}
		return err
	})
	if errors.Is(err, errShort) {
		// Nothing was taken. Another attempt may have decided meanwhile: then its outcome stands.
		err = i.db.run(ctx, "refuse to hold stock", func(ctx context.Context, q bun.IDB) (err error) {
			outcome, _, err = record(ctx, q, newHoldRow(h, booking.Refused, booking.SoldOut))
			return err
		})
	}
	if err != nil {
		return booking.Outcome{}, err
	}
	return outcome, nil
}

// record writes the hold unless its key is taken, and returns the outcome that
// stands and whether it is this one.
func record(ctx context.Context, q bun.IDB, row *holdRow) (booking.Outcome, bool, error) {
	inserted, err := affected(q.NewInsert().Model(row).On("CONFLICT (key) DO NOTHING").Exec(ctx))
	if err != nil {
		return booking.Outcome{}, false, err
	}
	if inserted == 0 {
		row, err = holdOf(ctx, q, row.Key)
	}
	return booking.Outcome{Result: row.State, Reason: row.Reason}, inserted == 1, err
}

func holdOf(ctx context.Context, q bun.IDB, key string) (*holdRow, error) {
	row := new(holdRow)
	err := q.NewSelect().Model(row).Where("key = ?", key).Scan(ctx)
	return row, err
}

// moveRooms adds rooms (to take them: a negative number) to what remains of
// each night, and tells whether it could for all of them; if not, the caller
// rolls back. The nights are locked in their order, so that overlapping stays
// wait for each other and never in a circle.
func (i *Inventory) moveRooms(ctx context.Context, q bun.IDB, placeID string, from, to booking.Date, rooms int) (bool, error) {
	moved, err := affected(q.NewRaw(`UPDATE stock SET remaining = stock.remaining + ?
		FROM (SELECT night FROM stock WHERE place_id = ? AND night >= ? AND night < ? ORDER BY night ?) AS nights
		WHERE stock.place_id = ? AND stock.night = nights.night AND stock.remaining + ? >= 0`,
		rooms, placeID, from.String(), to.String(), i.db.dialect.forUpdate, placeID, rooms).Exec(ctx))
	return int(moved) == from.DaysUntil(to), err
}

// Release gives held rooms back, once, and answers the same from then on. A
// hold that never happened is recorded as released, so that it never will. A
// Hold that comes later answers Undone and the reason given first.
func (i *Inventory) Release(ctx context.Context, h booking.Hold) (booking.Undo, error) {
	var undo booking.Undo
	err := i.db.inTx(ctx, "release stock", func(ctx context.Context, q bun.IDB) (err error) {
		undo, err = i.release(ctx, q, h)
		return err
	})
	return undo, err
}

func (i *Inventory) release(ctx context.Context, q bun.IDB, h booking.Hold) (booking.Undo, error) {
	_, never, err := record(ctx, q, newHoldRow(h, booking.Undone, h.Why))
	if err != nil || never {
		return booking.Undo{}, err
	}
	// What was held counts, not what we are asked to release.
	var held holdRow
	err = q.NewRaw(`UPDATE holds SET state = ?, reason = ?, acted = TRUE WHERE key = ? AND state = ? RETURNING *`,
		booking.Undone, h.Why, h.Key, booking.Done).Scan(ctx, &held)
	if errors.Is(err, sql.ErrNoRows) {
		row, err := holdOf(ctx, q, h.Key)
		return booking.Undo{Acted: row.Acted}, err
	}
	if err != nil {
		return booking.Undo{}, err
	}
	from, err := booking.ParseDate(held.FromNight)
	if err != nil {
		return booking.Undo{}, err
	}
	to, err := booking.ParseDate(held.ToNight)
	if err != nil {
		return booking.Undo{}, err
	}
	all, err := i.moveRooms(ctx, q, held.PlaceID, from, to, held.Rooms)
	if err == nil && !all {
		err = fmt.Errorf("nights of hold %s are gone", h.Key)
	}
	return booking.Undo{Acted: true}, err
}
