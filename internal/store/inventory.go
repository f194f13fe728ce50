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

// Inventory stores the stock of each item, day by day: a place's rooms for its nights,
// a drink's cups for its day. It implements activities.Stock and activities.Shelf.
type Inventory struct{ db *DB }

// NewInventory stores the stock in db.
func NewInventory(db *DB) *Inventory { return &Inventory{db} }

// holdRow is a hold and its outcome.
type holdRow struct {
	bun.BaseModel `bun:"table:holds"`

	Key     string `bun:",pk"`
	OrderID string
	ItemID  string
	FromDay string
	ToDay   string // exclusive
	// HeldToDay is the original ToDay, "" until the hold is shortened.
	HeldToDay string `bun:",nullzero"`
	Quantity  int
	State     booking.Result
	Reason    booking.Reason // of a refusal or an undo
	Acted     bool           // it was done, and then undone
	At        time.Time
	// What was left of the item, on the day with the fewest, after the hold was made or
	// refused, and after it was released or shortened. nil in rows that are older than
	// these columns.
	Remaining      *int
	RemainingAfter *int
	// Changing is the key of the hold's change that is under way, "" for none.
	Changing string `bun:",nullzero"`
}

func newHoldRow(h booking.Hold, state booking.Result, reason booking.Reason) *holdRow {
	return &holdRow{
		Key: h.Key, OrderID: h.OrderID, ItemID: h.ItemID,
		FromDay: h.From.String(), ToDay: h.To.String(), Quantity: h.Quantity,
		State: state, Reason: reason, At: now(),
	}
}

// Errors that roll a hold back: a day has too little stock, or the key has an outcome
// already.
var (
	errShort   = errors.New("too little stock")
	errDecided = errors.New("decided before")
)

// Hold takes the quantity on every day or on none. The outcome is recorded under the
// hold's key and returned from then on: Done, Refused (SoldOut, or MenuDeleted if the
// item is closed), or Undone if the hold was released, possibly before, or is too late.
func (i *Inventory) Hold(ctx context.Context, h booking.Hold) (booking.Outcome, error) {
	if h.Late {
		return i.decide(ctx, "hold stock too late", func(context.Context, bun.IDB) (*holdRow, error) {
			return newHoldRow(h, booking.Undone, h.Reason), nil
		})
	}
	outcome, short, err := i.tryHold(ctx, h)
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

// tryHold holds, or returns the recorded outcome. errShort: it cannot; short is the reason.
func (i *Inventory) tryHold(ctx context.Context, h booking.Hold) (outcome booking.Outcome, short booking.Reason, err error) {
	err = i.db.inTx(ctx, "hold stock", func(ctx context.Context, q bun.IDB) error {
		// The stock is changed first, so that the hold is written once, with how many
		// are left. A repeated hold is rolled back.
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
		row := newHoldRow(h, booking.Done, h.Reason)
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

// decide records the row of a hold that takes nothing, or returns the outcome that is
// recorded already.
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

// record writes the hold unless its key is taken. It returns the recorded outcome, with
// its changes, and whether it is this one.
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

// insertHold reports whether the row's key was new.
func insertHold(ctx context.Context, q bun.IDB, row *holdRow) (first bool, err error) {
	inserted, err := affected(q.NewInsert().Model(row).On("CONFLICT (key) DO NOTHING").Exec(ctx))
	return inserted == 1, err
}

// fewestLeft is how many of h's item are left, on the day with the fewest. A day
// without stock has none.
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

// lockedHold is holdOf with a lock: transactions that end a hold run one after the
// other. They change the stock before the hold's row. A repeated hold locks the stock
// first, and then waits for a change of the row, but not for its lock; so they cannot
// deadlock.
func (i *Inventory) lockedHold(ctx context.Context, q bun.IDB, key string) (*holdRow, error) {
	row := new(holdRow)
	err := q.NewRaw("SELECT * FROM holds WHERE key = ? ?", key, i.db.dialect.forUpdate).Scan(ctx, row)
	return row, err
}

// move adds the quantity (negative: subtracts it) to what is left on each day, and returns what
// is left then on the day with the fewest; nil if it was not possible on all days, and the caller
// rolls back. Stock of a closed item can be released, but not held. The days are locked in their
// order, so that overlapping holds cannot deadlock.
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

// Release releases what is held, once. Repeating it returns the same. A hold that was
// never made is recorded as released, and a later Hold returns Undone with the first
// reason. The answer has the changes of the hold.
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
		never, err := insertHold(ctx, q, newHoldRow(h, booking.Undone, h.Reason))
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
	if err := i.dropOpen(ctx, q, held, h.Reason); err != nil {
		return booking.Undo{}, err
	}
	// The recorded hold counts, not the quantity of h.
	left, err := i.releaseDays(ctx, q, held, held.FromDay, held.ToDay)
	if err != nil {
		return booking.Undo{}, err
	}
	undo, changed := booking.Undo{Acted: true, Remaining: left}, false
	err = q.NewRaw(`UPDATE holds SET state = ?, reason = ?, acted = TRUE, remaining_after = ? WHERE key = ?
		RETURNING EXISTS (SELECT 1 FROM hold_changes WHERE hold_key = holds.key)`, booking.Undone, h.Reason, *left, h.Key).Scan(ctx, &changed)
	if err == nil && changed {
		undo.Changed, err = changesOf(ctx, q, held)
	}
	return undo, err
}

// releaseDays releases the hold's quantity on every day of [fromDay, toDay), and returns
// how many are left then.
func (i *Inventory) releaseDays(ctx context.Context, q bun.IDB, held *holdRow, fromDay, toDay string) (left *int, err error) {
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

// Shorten ends a hold on the given day: its quantity of that day and later ones is
// released. The first day stays held. It is decided once; later calls return the same,
// whatever their day. A hold that does not exist, or has ended, stays as it is.
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
		if freed.Remaining, err = i.releaseDays(ctx, q, held, held.ToDay, held.HeldToDay); err != nil {
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
