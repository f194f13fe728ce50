package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// Close refuses every later hold of the item, and returns the number of orders that
// hold some of it. A hold is either committed before and counted, or refused: both
// change the item's stock rows, one after the other. The item stays closed; its holds
// can still be released.
func (i *Inventory) Close(ctx context.Context, itemID string) (orders int, err error) {
	err = i.db.inTx(ctx, "close item", func(ctx context.Context, q bun.IDB) error {
		// Stock that is set for the first time has no row to lock yet.
		if err := i.db.serialize(ctx, q, itemKey(itemID)); err != nil {
			return err
		}
		_, err := q.NewRaw("INSERT INTO closed_items (item_id) VALUES (?) ON CONFLICT (item_id) DO NOTHING", itemID).Exec(ctx)
		if err != nil {
			return err
		}
		_, err = q.NewRaw(`UPDATE stock SET closed = TRUE
			FROM (SELECT day FROM stock WHERE item_id = ?0 ORDER BY day ?1) AS days
			WHERE stock.item_id = ?0 AND stock.day = days.day`, itemID, i.db.dialect.forUpdate).Exec(ctx)
		if err != nil {
			return err
		}
		return q.NewRaw("SELECT count(DISTINCT order_id) FROM holds WHERE item_id = ? AND state = 'done'", itemID).
			Scan(ctx, &orders)
	})
	return orders, err
}

// itemKey is the lock of transactions that close an item or set its stock.
func itemKey(itemID string) string { return "item " + itemID }

func isClosed(ctx context.Context, q bun.IDB, itemID string) (closed bool, err error) {
	err = q.NewRaw("SELECT EXISTS (SELECT 1 FROM closed_items WHERE item_id = ?)", itemID).Scan(ctx, &closed)
	return closed, err
}

// whyShort is the reason why a hold of the item is refused.
func whyShort(ctx context.Context, q bun.IDB, itemID string) (booking.Reason, error) {
	closed, err := isClosed(ctx, q, itemID)
	if closed {
		return booking.MenuDeleted, err
	}
	return booking.SoldOut, err
}

// Holders lists up to limit orders that hold some of the item, in the order of their
// ids, from the one after `after`.
func (i *Inventory) Holders(ctx context.Context, itemID, after string, limit int) (orderIDs []string, err error) {
	err = i.db.run(ctx, "list holders", func(ctx context.Context, q bun.IDB) error {
		orderIDs = nil
		return q.NewRaw(`SELECT DISTINCT order_id FROM holds WHERE item_id = ? AND state = 'done' AND order_id > ?
			ORDER BY order_id LIMIT ?`, itemID, after, limit).Scan(ctx, &orderIDs)
	})
	return orderIDs, err
}

// StillHold counts the given orders that hold some of the item.
func (i *Inventory) StillHold(ctx context.Context, itemID string, orderIDs []string) (n int, err error) {
	if len(orderIDs) == 0 {
		return 0, nil
	}
	err = i.db.run(ctx, "count holders", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw("SELECT count(DISTINCT order_id) FROM holds WHERE item_id = ? AND state = 'done' AND order_id IN (?)",
			itemID, bun.List(orderIDs)).Scan(ctx, &n)
	})
	return n, err
}
