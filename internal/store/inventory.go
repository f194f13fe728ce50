package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// Inventory is what there is of each item, day by day: rooms of a place for
// its nights, cups of a drink for its day. It implements activities.Stock and
// activities.Shelf.
type Inventory struct{ db *DB }

// NewInventory keeps the stock in db.
func NewInventory(db *DB) *Inventory { return &Inventory{db} }

// holdRow is a hold with what came of it.
type holdRow struct {
	bun.BaseModel `bun:"table:holds"`

	Key     string `bun:",pk"`
	OrderID string
	ItemID  string
	FromDay string
	ToDay   string // exclusive
	// HeldToDay is what ToDay was when the hold was made, "" until its end is decided.
	HeldToDay string `bun:",nullzero"`
	Quantity  int
	State     booking.Result
	Reason    booking.Reason // why it was refused, or undone
	Acted     bool           // it was done, and then undone
	At        time.Time
	// How many were left of the item, on the day with the fewest, when it was held
	// or could not be, and when it was released or its end was decided. nil is of
	// rows that are older than these columns.
	Remaining      *int
	RemainingAfter *int
}

func newHoldRow(h booking.Hold, state booking.Result, reason booking.Reason) *holdRow {
	return &holdRow{
		Key: h.Key, OrderID: h.OrderID, ItemID: h.ItemID,
		FromDay: h.From.String(), ToDay: h.To.String(), Quantity: h.Quantity,
		State: state, Reason: reason, At: now(),
	}
}

// errShort rolls back a hold that some day has too little for.
var errShort = errors.New("too little stock")

// Hold takes the quantity of every day or of none. The outcome is recorded
// under the hold's key and repeated from then on: Done, Refused (SoldOut, or
// MenuDeleted when the item was closed), or Undone when it was released, even
// before it was held, or asked for too late.
func (i *Inventory) Hold(ctx context.Context, h booking.Hold) (booking.Outcome, error) {
	var outcome booking.Outcome
	var short booking.Reason
	err := i.db.inTx(ctx, "hold stock", func(ctx context.Context, q bun.IDB) (err error) {
		var first bool
		state := booking.Done
		if h.Late {
			state = booking.Undone
		}
		if outcome, first, err = record(ctx, q, newHoldRow(h, state, h.Why)); err != nil || !first || h.Late {
			return err
		}
		left, err := i.move(ctx, q, h.ItemID, h.From, h.To, -h.Quantity)
		if err == nil && left != nil {
			outcome.Remaining = left
			_, err = q.NewRaw("UPDATE holds SET remaining = ? WHERE key = ?", *left, h.Key).Exec(ctx)
			return err
		}
		if err != nil {
			return err
		}
		if short, err = whyShort(ctx, q, h.ItemID); err != nil {
			return err
		}
		return errShort
	})
	if errors.Is(err, errShort) {
		// Nothing was taken. Another attempt may have decided meanwhile: then its outcome stands.
		err = i.db.inTx(ctx, "refuse to hold stock", func(ctx context.Context, q bun.IDB) error {
			left, err := fewestLeft(ctx, q, h)
			if err != nil {
				return err
			}
			row := newHoldRow(h, booking.Refused, short)
			row.Remaining = &left
			outcome, _, err = record(ctx, q, row)
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
	outcome := booking.Outcome{Result: row.State, Reason: row.Reason, Ended: row.State == booking.Done && row.HeldToDay != ""}
	if row.State != booking.Undone {
		outcome.Remaining = row.Remaining
	}
	return outcome, inserted == 1, err
}

// fewestLeft is how many are left of what h asks for, on the day with the
// fewest. A day without stock has none.
func fewestLeft(ctx context.Context, q bun.IDB, h booking.Hold) (left int, err error) {
	var days int
	err = q.NewRaw("SELECT COALESCE(min(remaining), 0), count(*) FROM stock WHERE item_id = ? AND day >= ? AND day < ?",
		h.ItemID, h.From.String(), h.To.String()).Scan(ctx, &left, &days)
	if days < h.From.DaysUntil(h.To) {
		left = 0
	}
	return left, err
}

func holdOf(ctx context.Context, q bun.IDB, key string) (*holdRow, error) {
	row := new(holdRow)
	err := q.NewSelect().Model(row).Where("key = ?", key).Scan(ctx)
	return row, err
}

// move adds the quantity (to take it: a negative one) to what remains of each
// day, and answers how many are left then, on the day with the fewest, nil if it
// could not for all of them; then the caller rolls back. What is closed can be
// given back to, and not taken from. The days are locked in their order, so that
// overlapping holds wait for each other and never in a circle.
func (i *Inventory) move(ctx context.Context, q bun.IDB, itemID string, from, to booking.Date, quantity int) (left *int, err error) {
	var remaining []int
	err = q.NewRaw(`UPDATE stock SET remaining = stock.remaining + ?0
		FROM (SELECT day FROM stock WHERE item_id = ?1 AND day >= ?2 AND day < ?3 ORDER BY day ?4) AS days
		WHERE stock.item_id = ?1 AND stock.day = days.day
			AND stock.remaining + ?0 >= 0 AND (?0 > 0 OR NOT stock.closed)
		RETURNING remaining`,
		quantity, itemID, from.String(), to.String(), i.db.dialect.forUpdate).Scan(ctx, &remaining)
	if err != nil || len(remaining) == 0 || len(remaining) != from.DaysUntil(to) {
		return nil, err
	}
	fewest := slices.Min(remaining)
	return &fewest, nil
}

// Release gives what is held back, once, and answers the same from then on. A
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
		undo := booking.Undo{Acted: row.Acted}
		if row.Acted {
			undo.Remaining = row.RemainingAfter
		}
		return undo, err
	}
	if err != nil {
		return booking.Undo{}, err
	}
	left, err := i.giveBack(ctx, q, &held, held.FromDay, held.ToDay)
	return booking.Undo{Acted: true, Remaining: left}, err
}

// giveBack gives back what the hold held of every day of [fromDay, toDay), and
// records how many are left then.
func (i *Inventory) giveBack(ctx context.Context, q bun.IDB, held *holdRow, fromDay, toDay string) (left *int, err error) {
	from, err := booking.ParseDate(fromDay)
	if err != nil {
		return nil, err
	}
	to, err := booking.ParseDate(toDay)
	if err != nil {
		return nil, err
	}
	left, err = i.move(ctx, q, held.ItemID, from, to, held.Quantity)
	if err != nil {
		return nil, err
	}
	if left == nil {
		return nil, fmt.Errorf("days of hold %s are gone", held.Key)
	}
	_, err = q.NewRaw("UPDATE holds SET remaining_after = ? WHERE key = ?", *left, held.Key).Exec(ctx)
	return left, err
}

// Shorten ends a hold on the day named: what it held of that day and of later
// ones is given back. It holds its first day in any case. That is decided once,
// and answered the same from then on, whichever day is named. A hold that does
// not exist, or not any more, stays as it is.
func (i *Inventory) Shorten(ctx context.Context, key string, end booking.Date) (booking.Freed, error) {
	var freed booking.Freed
	err := i.db.inTx(ctx, "shorten hold", func(ctx context.Context, q bun.IDB) (err error) {
		freed, err = i.shorten(ctx, q, key, end)
		return err
	})
	return freed, err
}

func (i *Inventory) shorten(ctx context.Context, q bun.IDB, key string, end booking.Date) (booking.Freed, error) {
	var held holdRow
	// The row is locked from here on, as Release does it: one of the two comes first.
	err := q.NewRaw(`UPDATE holds SET held_to_day = to_day, to_day = CASE WHEN to_day > ?0 AND from_day < ?0 THEN ?0 ELSE to_day END
		WHERE key = ?1 AND state = ?2 AND held_to_day IS NULL RETURNING *`, end.String(), key, booking.Done).Scan(ctx, &held)
	if errors.Is(err, sql.ErrNoRows) {
		return freedBefore(ctx, q, key)
	}
	if err != nil {
		return booking.Freed{}, err
	}
	freed, err := held.freed()
	if err != nil || freed.Nights == nil {
		return freed, err
	}
	freed.Remaining, err = i.giveBack(ctx, q, &held, held.ToDay, held.HeldToDay)
	return freed, err
}

// freedBefore is what the end of a hold that was decided before gave back.
func freedBefore(ctx context.Context, q bun.IDB, key string) (booking.Freed, error) {
	row, err := holdOf(ctx, q, key)
	if errors.Is(err, sql.ErrNoRows) {
		return booking.Freed{}, nil
	}
	if err != nil {
		return booking.Freed{}, err
	}
	return row.freed()
}

func (r *holdRow) freed() (freed booking.Freed, err error) {
	if r.HeldToDay == "" || r.HeldToDay == r.ToDay {
		return freed, nil
	}
	freed.Nights = new(booking.Nights)
	if freed.Nights.From, err = booking.ParseDate(r.ToDay); err != nil {
		return booking.Freed{}, err
	}
	if freed.Nights.To, err = booking.ParseDate(r.HeldToDay); err != nil {
		return booking.Freed{}, err
	}
	freed.Remaining = r.RemainingAfter
	return freed, nil
}
