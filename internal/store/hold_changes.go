package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// holdChangeRow is a change of a hold and its outcome.
type holdChangeRow struct {
	bun.BaseModel `bun:"table:hold_changes"`

	Key       string `bun:",pk"`
	HoldKey   string
	FromDay   string
	ToDay     string // exclusive
	Quantity  int
	State     booking.Result
	Reason    booking.Reason
	Made      bool
	Remaining *int
	Agreed    string
	At        time.Time
}

func newHoldChangeRow(c booking.HoldChange, state booking.Result, reason booking.Reason) *holdChangeRow {
	return &holdChangeRow{
		Key: c.Key, HoldKey: c.Of, FromDay: c.From.String(), ToDay: c.To.String(), Quantity: c.Quantity,
		State: state, Reason: reason, Agreed: c.Agreed, At: now(),
	}
}

func (r *holdChangeRow) outcome() booking.Outcome {
	return booking.Outcome{Result: r.State, Reason: r.Reason, Remaining: r.Remaining}
}

// ChangeHold holds what c needs in addition to the hold that it changes, on every day
// or on none. The whole hold stays held. The outcome is recorded under c's key and
// returned from then on: Done, Refused (SoldOut), or Undone if the hold is released or
// has ended. Another change of the hold that is under way is dropped. If the change was
// made before, or c expects another hold, the outcome has the changes of the hold.
func (i *Inventory) ChangeHold(ctx context.Context, c booking.HoldChange) (booking.Outcome, error) {
	var short booking.Reason
	outcome, err := i.changing(ctx, "change hold", c, func(ctx context.Context, q bun.IDB, held *holdRow) (row *holdChangeRow, err error) {
		row, short, err = i.holdMore(ctx, q, held, c)
		return row, err
	})
	if errors.Is(err, errShort) {
		return i.changing(ctx, "refuse to change hold", c, func(context.Context, bun.IDB, *holdRow) (*holdChangeRow, error) {
			return newHoldChangeRow(c, booking.Refused, short), nil
		})
	}
	return outcome, err
}

// changing locks the hold that is changed, and records the row of its change that
// `first` makes, unless there is one. For a hold that has ended, `first` is not called.
func (i *Inventory) changing(
	ctx context.Context, what string, c booking.HoldChange, first func(context.Context, bun.IDB, *holdRow) (*holdChangeRow, error),
) (outcome booking.Outcome, err error) {
	err = i.db.inTx(ctx, what, func(ctx context.Context, q bun.IDB) error {
		held, row, err := i.lockedChange(ctx, q, c)
		if err != nil {
			return err
		}
		switch {
		case row != nil && row.Made && held.State != booking.Done:
			outcome = booking.Outcome{Result: booking.Undone, Reason: held.Reason}
			return nil
		case row != nil && row.Made:
			outcome, err = changedBefore(ctx, q, held, row.outcome())
			return err
		case row != nil:
			outcome = row.outcome()
			return nil
		case held == nil:
			row = newHoldChangeRow(c, booking.Undone, c.Reason)
		case held.State != booking.Done:
			row = newHoldChangeRow(c, booking.Undone, held.Reason)
		case held.HeldToDay != "":
			row = newHoldChangeRow(c, booking.Undone, booking.TooLate)
		default:
			if is, err := held.is(c.Has); err != nil || !is {
				outcome, err = changedBefore(ctx, q, held, booking.Outcome{Result: booking.Undone, Reason: booking.TooLate})
				return err
			}
			if row, err = first(ctx, q, held); err != nil {
				return err
			}
		}
		outcome = row.outcome()
		_, err = q.NewInsert().Model(row).Exec(ctx)
		return err
	})
	if err != nil {
		return booking.Outcome{}, err
	}
	return outcome, nil
}

// lockedChange returns the hold that c changes, locked, and c's recorded change. Either
// is nil if there is none.
func (i *Inventory) lockedChange(ctx context.Context, q bun.IDB, c booking.HoldChange) (held *holdRow, change *holdChangeRow, err error) {
	held, err = i.lockedHold(ctx, q, c.Of)
	if errors.Is(err, sql.ErrNoRows) {
		held, err = nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	change = new(holdChangeRow)
	err = q.NewSelect().Model(change).Where("key = ?", c.Key).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return held, nil, nil
	}
	return held, change, err
}

// holdMore holds what c needs in addition to the hold. errShort: it cannot; short is
// the reason.
func (i *Inventory) holdMore(
	ctx context.Context, q bun.IDB, held *holdRow, c booking.HoldChange,
) (row *holdChangeRow, short booking.Reason, err error) {
	if err := i.dropOpen(ctx, q, held, booking.ByCustomer); err != nil {
		return nil, "", err
	}
	has, err := held.dailyQuantity()
	if err != nil {
		return nil, "", err
	}
	more := c.DailyQuantity().Beyond(has)
	if err := i.lockDays(ctx, q, held.ItemID, more); err != nil {
		return nil, "", err
	}
	row = newHoldChangeRow(c, booking.Done, "")
	for n, part := range more {
		left, err := i.move(ctx, q, held.ItemID, part.From, part.To, -part.Quantity)
		if err != nil {
			return nil, "", err
		}
		if left == nil {
			if short, err = whyShort(ctx, q, held.ItemID); err != nil {
				return nil, "", err
			}
			return nil, short, errShort
		}
		row.Remaining = fewer(row.Remaining, left)
		extra := newHoldRow(booking.Hold{
			Key: extraKeys(c.Key)[n], OrderID: held.OrderID, ItemID: held.ItemID, From: part.From, To: part.To, Quantity: part.Quantity,
		}, booking.Done, "")
		if _, err := q.NewInsert().Model(extra).Exec(ctx); err != nil {
			return nil, "", err
		}
	}
	_, err = q.NewRaw("UPDATE holds SET changing = ? WHERE key = ?", c.Key, held.Key).Exec(ctx)
	return row, "", err
}

// extraKeys are the keys of a change's additional holds: see DailyQuantity.Beyond.
func extraKeys(change string) []string { return []string{change + "/1", change + "/2", change + "/3"} }

// MakeChange applies c to the hold after ChangeHold was Done, and releases what is not
// needed any more. Undone: the change was dropped before.
func (i *Inventory) MakeChange(ctx context.Context, c booking.HoldChange) (outcome booking.Outcome, err error) {
	err = i.db.inTx(ctx, "make change of hold", func(ctx context.Context, q bun.IDB) error {
		held, change, err := i.lockedChange(ctx, q, c)
		switch {
		case err != nil:
			return err
		case held == nil || change == nil:
			outcome = booking.Outcome{Result: booking.Undone}
			return nil
		case change.State != booking.Done || change.Made:
			outcome = change.outcome()
			return nil
		}
		outcome, err = i.make(ctx, q, held, c)
		return err
	})
	if err != nil {
		return booking.Outcome{}, err
	}
	return outcome, nil
}

func (i *Inventory) make(ctx context.Context, q bun.IDB, held *holdRow, c booking.HoldChange) (booking.Outcome, error) {
	is := booking.Outcome{Result: booking.Done}
	has, err := held.dailyQuantity()
	if err != nil {
		return is, err
	}
	less := has.Beyond(c.DailyQuantity())
	if err := i.lockDays(ctx, q, held.ItemID, less); err != nil {
		return is, err
	}
	for _, part := range less {
		left, err := i.move(ctx, q, held.ItemID, part.From, part.To, part.Quantity)
		if err != nil {
			return is, err
		}
		if left == nil {
			return is, fmt.Errorf("days of hold %s are gone", held.Key)
		}
		is.Remaining = fewer(is.Remaining, left)
	}
	if _, err := q.NewRaw("DELETE FROM holds WHERE key IN (?)", bun.List(extraKeys(c.Key))).Exec(ctx); err != nil {
		return is, err
	}
	_, err = q.NewRaw("UPDATE holds SET from_day = ?, to_day = ?, quantity = ?, changing = NULL WHERE key = ?",
		c.From.String(), c.To.String(), c.Quantity, held.Key).Exec(ctx)
	if err != nil {
		return is, err
	}
	_, err = q.NewRaw("UPDATE hold_changes SET made = TRUE, remaining = ? WHERE key = ?", is.Remaining, c.Key).Exec(ctx)
	return is, err
}

// DropChange releases what ChangeHold has held for c, once. A change that was never
// begun is recorded as dropped and cannot begin later. A change that was made stays, and
// the result has the changes of the hold, unless it is released.
func (i *Inventory) DropChange(ctx context.Context, c booking.HoldChange) (undo booking.Undo, err error) {
	err = i.db.inTx(ctx, "drop change of hold", func(ctx context.Context, q bun.IDB) error {
		undo = booking.Undo{}
		held, change, err := i.lockedChange(ctx, q, c)
		switch {
		case err != nil:
			return err
		case change == nil:
			_, err = q.NewInsert().Model(newHoldChangeRow(c, booking.Undone, c.Reason)).Exec(ctx)
			return err
		case held != nil && held.State == booking.Done && change.Made:
			undo.Changed, err = changesOf(ctx, q, held)
			return err
		case held == nil || held.Changing != c.Key:
			return nil
		}
		undo.Acted = true
		return i.dropOpen(ctx, q, held, c.Reason)
	})
	return undo, err
}

// dropOpen drops the hold's change that is under way, if there is one. Afterwards all
// days that the transaction will write are locked, including the hold's own.
func (i *Inventory) dropOpen(ctx context.Context, q bun.IDB, held *holdRow, reason booking.Reason) error {
	if held.Changing == "" {
		return nil
	}
	var extras []holdRow
	err := q.NewSelect().Model(&extras).Where("key IN (?)", bun.List(extraKeys(held.Changing))).OrderExpr("from_day").Scan(ctx)
	if err != nil {
		return err
	}
	ranges := make([]booking.DailyQuantity, 0, len(extras)+1)
	for _, row := range append(extras, *held) {
		s, err := row.dailyQuantity()
		if err != nil {
			return err
		}
		ranges = append(ranges, s)
	}
	if err := i.lockDays(ctx, q, held.ItemID, ranges); err != nil {
		return err
	}
	for n := range extras {
		if _, err := i.releaseDays(ctx, q, &extras[n], extras[n].FromDay, extras[n].ToDay); err != nil {
			return err
		}
	}
	if _, err := q.NewRaw("DELETE FROM holds WHERE key IN (?)", bun.List(extraKeys(held.Changing))).Exec(ctx); err != nil {
		return err
	}
	if _, err := q.NewRaw("UPDATE hold_changes SET state = ?, reason = ? WHERE key = ?", booking.Undone, reason, held.Changing).Exec(ctx); err != nil {
		return err
	}
	_, err = q.NewRaw("UPDATE holds SET changing = NULL WHERE key = ?", held.Key).Exec(ctx)
	held.Changing = ""
	return err
}

// lockDays locks the days of all ranges in their order, so that transactions that hold and
// release several of them cannot deadlock.
func (i *Inventory) lockDays(ctx context.Context, q bun.IDB, itemID string, ranges []booking.DailyQuantity) error {
	if len(ranges) < 2 || i.db.dialect.oneWriter {
		return nil
	}
	var conditions []string
	args := []any{itemID}
	for _, s := range ranges {
		conditions = append(conditions, "day >= ? AND day < ?")
		args = append(args, s.From.String(), s.To.String())
	}
	args = append(args, i.db.dialect.forUpdate)
	var days []string
	return q.NewRaw("SELECT day FROM stock WHERE item_id = ? AND ("+strings.Join(conditions, " OR ")+") ORDER BY day ?", args...).Scan(ctx, &days)
}

func (r *holdRow) dailyQuantity() (s booking.DailyQuantity, err error) {
	s.Quantity = r.Quantity
	if s.From, err = booking.ParseDate(r.FromDay); err == nil {
		s.To, err = booking.ParseDate(r.ToDay)
	}
	return s, err
}

// fewer is the smaller of two counts; nil is none.
func fewer(a, b *int) *int {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}
