package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// changesOf are the changes of a hold, nil if there are none.
func changesOf(ctx context.Context, q bun.IDB, held *holdRow) (*booking.HoldChanges, error) {
	var rows []holdChangeRow
	err := q.NewSelect().Model(&rows).Where("hold_key = ? AND state <> ?", held.Key, booking.Refused).OrderExpr("at, key").Scan(ctx)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	changed := new(booking.HoldChanges)
	for _, row := range rows {
		c := booking.HoldChange{Of: row.HoldKey, Agreed: row.Agreed, Made: row.Made}
		c.Key, c.OrderID, c.ItemID, c.Quantity = row.Key, held.OrderID, held.ItemID, row.Quantity
		if c.From, err = booking.ParseDate(row.FromDay); err != nil {
			return nil, err
		}
		if c.To, err = booking.ParseDate(row.ToDay); err != nil {
			return nil, err
		}
		changed.All = append(changed.All, c)
	}
	return changed, nil
}

// changedBefore adds the changes of the hold to the outcome.
func changedBefore(ctx context.Context, q bun.IDB, held *holdRow, outcome booking.Outcome) (booking.Outcome, error) {
	var err error
	outcome.Changed, err = changesOf(ctx, q, held)
	return outcome, err
}

// is reports whether the hold is s; the zero value is any.
func (r *holdRow) is(s booking.DailyQuantity) (bool, error) {
	has, err := r.dailyQuantity()
	return s == booking.DailyQuantity{} || has == s, err
}
