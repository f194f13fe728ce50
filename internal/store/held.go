package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Inventory implements orders.StockBook.
var _ orders.StockBook = (*Inventory)(nil)

// OfOrder implements orders.StockBook. A hold's row has one time, that of the hold; its
// state is the current one.
func (i *Inventory) OfOrder(ctx context.Context, orderID string) (entries []orders.StockEntry, err error) {
	var rows []struct {
		At       time.Time
		ItemID   string
		FromDay  string
		ToDay    string
		Quantity int
		State    string
		Change   bool
		Reason   booking.Reason
	}
	err = i.db.run(ctx, "read holds of order", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		key := contract.HoldKey(orderID)
		return q.NewRaw(`SELECT at, item_id, from_day, to_day, quantity, state, FALSE AS change, reason FROM holds WHERE key = ?0
			UNION ALL
			SELECT c.at, h.item_id, c.from_day, c.to_day, c.quantity, c.state, TRUE, c.reason
				FROM hold_changes AS c JOIN holds AS h ON h.key = c.hold_key WHERE c.hold_key = ?0
			ORDER BY at`, key).Scan(ctx, &rows)
	})
	for _, r := range rows {
		entries = append(entries, orders.StockEntry{
			At: r.At.UTC(), ItemID: r.ItemID, From: r.FromDay, To: r.ToDay, Quantity: r.Quantity, State: r.State, Change: r.Change, Reason: r.Reason,
		})
	}
	return entries, err
}
