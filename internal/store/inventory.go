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
	// Changing is the key of the change of the hold that is under way, "" when none is.
	Changing string `bun:",nullzero"`
}

func newHoldRow(h booking.Hold, state booking.Result, reason booking.Reason) *holdRow {
	return &holdRow{
		Key: h.Key, OrderID: h.OrderID, ItemID: h.ItemID,
		FromDay: h.From.String(), ToDay: h.To.String(), Quantity: h.Quantity,
		State: state, Reason: reason, At: now(),
	}
}

// Errors that roll a hold back: some day has too little for it, or there is an
// outcome under its key already.
var (
	errShort   = errors.New("too little stock")
	errDecided = errors.New("decided before")
)

// Hold takes the quantity of every day or of none. The outcome is recorded
// under the hold's key and repeated from then on: Done, Refused (SoldOut, or
// MenuDeleted when the item was closed), or Undone when it was released, even
// before it was held, or asked for too late.
func (i *Inventory) Hold(ctx context.Context, h booking.Hold) (booking.Outcome, error) {
	if h.Late {
		return i.decide(ctx, "hold stock too late", func(context.Context, bun.IDB) (*holdRow, error) {
			return newHoldRow(h, booking.Undone, h.Why), nil
		})
	}
	outcome, short, err := i.take(ctx, h)
	if errors.Is(err, errShort) {
		return i.decide(ctx, "refuse to hold stock", func(ctx context.Context, q bun.IDB) (*holdRow, error) {
			left, err := fewestLeft(ctx, q, h)
			row := newHoldRow(h, booking.Refused, short)
			row.Remaining = &left
			return row, err
		})
	}
	if err != nil {
		return booking.Outcome{}, err
	}
	return outcome, nil
}

// take holds, or answers what was decided before. errShort: it cannot, for the
// reason.
func (i *Inventory) take(ctx context.Context, h booking.Hold) (outcome booking.Outcome, short booking.Reason, err error) {
	err = i.db.inTx(ctx, "hold stock", func(ctx context.Context, q bun.IDB) error {
		// The stock comes first, so that the hold is written once, with how many
		// are left. A hold that is repeated is rolled back.
		left, err := i.move(ctx, q, h.ItemID, h.From, h.To, -h.Quantity)
		if err != nil {
			return err
		}
		if left == nil {
			if short, err = whyShort(ctx, q, h.ItemID); err != nil {
				return err
			}
			return errShort
		}
		row := newHoldRow(h, booking.Done, h.Why)
		row.Remaining = left
		var first bool
		if outcome, first, err = record(ctx, q, row); err == nil && !first {
			return errDecided
		}
		return err
	})
	if errors.Is(err, errDecided) {
		err = nil
	}
	return outcome, short, err
}

// decide records the row of a hold that takes nothing, unless there is an outcome
// already, which it then returns.
func (i *Inventory) decide(
	ctx context.Context, what string, rowOf func(context.Context, bun.IDB) (*holdRow, error),
) (outcome booking.Outcome, err error) {
	err = i.db.inTx(ctx, what, func(ctx context.Context, q bun.IDB) error {
		row, err := rowOf(ctx, q)
		if err != nil {
			return err
		}
		outcome, _, err = record(ctx, q, row)
		return err
	})
	if err != nil {
		return booking.Outcome{}, err
	}
	return outcome, nil
}

// record writes the hold unless its key is taken, and returns the outcome that
// stands and whether it is this one. One that stood before tells of its changes.
func record(ctx context.Context, q bun.IDB, row *holdRow) (booking.Outcome, bool, error) {
	first, err := insertHold(ctx, q, row)
	if err != nil {
		return booking.Outcome{}, false, err
	}
	if !first {
		row, err = holdOf(ctx, q, row.Key)
	}
	outcome := booking.Outcome{Result: row.State, Reason: row.Reason, Ended: row.State == booking.Done && row.HeldToDay != ""}
	if row.State != booking.Undone {
		outcome.Remaining = row.Remaining
	}
	if err == nil && !first && row.State == booking.Done {
		outcome.Changed, err = changesOf(ctx, q, row)
	}
	return outcome, first, err
}

// insertHold tells whether the row's key was free.
func insertHold(ctx context.Context, q bun.IDB, row *holdRow) (first bool, err error) {
	inserted, err := affected(q.NewInsert().Model(row).On("CONFLICT (key) DO NOTHING").Exec(ctx))
	return inserted == 1, err
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

// lockedHold is holdOf, locked: the transactions that end a hold come one after
// the other. They change its row only after the stock. A hold that is repeated
// locks the stock first, and then waits for a change of the row, but not for its
// lock; so neither waits for the other in a circle.
func (i *Inventory) lockedHold(ctx context.Context, q bun.IDB, key string) (*holdRow, error) {
	row := new(holdRow)
	err := q.NewRaw("SELECT * FROM holds WHERE key = ? ?", key, i.db.dialect.forUpdate).Scan(ctx, row)
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
// Hold that comes later answers Undone and the reason given first. It tells what
// was changed about the hold.
func (i *Inventory) Release(ctx context.Context, h booking.Hold) (booking.Undo, error) {
	var undo booking.Undo
	err := i.db.inTx(ctx, "release stock", func(ctx context.Context, q bun.IDB) (err error) {
		undo, err = i.release(ctx, q, h)
		return err
	})
	return undo, err
}

func (i *Inventory) release(ctx context.Context, q bun.IDB, h booking.Hold) (booking.Undo, error) {
	held, err := i.lockedHold(ctx, q, h.Key)
	if errors.Is(err, sql.ErrNoRows) {
		never, err := insertHold(ctx, q, newHoldRow(h, booking.Undone, h.Why))
		if err != nil || never {
			return booking.Undo{}, err
		}
		held, err = i.lockedHold(ctx, q, h.Key) // it was held meanwhile
		if err != nil {
			return booking.Undo{}, err
		}
	} else if err != nil {
		return booking.Undo{}, err
	}
	if held.State != booking.Done {
		if !held.Acted {
			return booking.Undo{}, nil
		}
		undo := booking.Undo{Acted: true, Remaining: held.RemainingAfter}
		undo.Changed, err = changesOf(ctx, q, held)
		return undo, err
	}
	if err := i.dropOpen(ctx, q, held, h.Why); err != nil {
		return booking.Undo{}, err
	}
	// What was held counts, not what we are asked to release.
	left, err := i.giveBack(ctx, q, held, held.FromDay, held.ToDay)
	if err != nil {
		return booking.Undo{}, err
	}
	undo, changed := booking.Undo{Acted: true, Remaining: left}, false
	err = q.NewRaw(`UPDATE holds SET state = ?, reason = ?, acted = TRUE, remaining_after = ? WHERE key = ?
		RETURNING EXISTS (SELECT 1 FROM hold_changes WHERE hold_key = holds.key)`, booking.Undone, h.Why, *left, h.Key).Scan(ctx, &changed)
	if err == nil && changed {
		undo.Changed, err = changesOf(ctx, q, held)
	}
	return undo, err
}

// giveBack gives back what the hold held of every day of [fromDay, toDay), and
// answers how many are left then.
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
	if err == nil && left == nil {
		err = fmt.Errorf("days of hold %s are gone", held.Key)
	}
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
	held, err := i.lockedHold(ctx, q, key)
	if errors.Is(err, sql.ErrNoRows) {
		return booking.Freed{}, nil
	}
	if err != nil {
		return booking.Freed{}, err
	}
	if held.State != booking.Done || held.HeldToDay != "" {
		return held.freed()
	}
	if err := i.dropOpen(ctx, q, held, booking.TooLate); err != nil {
		return booking.Freed{}, err
	}
	held.HeldToDay = held.ToDay
	if day := end.String(); held.FromDay < day && day < held.ToDay {
		held.ToDay = day
	}
	freed, err := held.freed()
	if err != nil {
		return booking.Freed{}, err
	}
	if freed.Nights != nil {
		if freed.Remaining, err = i.giveBack(ctx, q, held, held.ToDay, held.HeldToDay); err != nil {
			return booking.Freed{}, err
		}
	}
	_, err = q.NewRaw("UPDATE holds SET held_to_day = ?, to_day = ?, remaining_after = ? WHERE key = ?",
		held.HeldToDay, held.ToDay, freed.Remaining, key).Exec(ctx)
	return freed, err
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
