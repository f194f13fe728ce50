package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// orderList is the name of the list in its cursors.
const orderList = "orders"

// errOneAsker refuses a list that no index serves.
var errOneAsker = errors.New("orders are listed for one customer or for one owner, and for an owner by kind or by item")

// Orders lists the orders that the filter selects and that its asker, a
// customer or an owner, is shown, newest first. InvalidCursor: the page's
// cursor is not one of this list.
func (m *Mypage) Orders(ctx context.Context, f booking.OrderFilter, p booking.Page) (_ []contract.View, next string, err error) {
	if !served(f) {
		return nil, "", errOneAsker
	}
	var after moment
	if p.Cursor != "" {
		if after, err = decodeMoment(orderList, p.Cursor); err != nil {
			return nil, "", err
		}
	}
	stretches := stretchesOf(f)
	if len(stretches) == 0 {
		return nil, "", nil
	}
	size := pageSize(p.Limit)
	var rows []orderRow
	err = m.db.list(ctx, "list orders", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		parts := make([]*bun.SelectQuery, len(stretches))
		for i, s := range stretches {
			parts[i] = selectOrders(q, f, s)
			if p.Cursor != "" {
				parts[i].Where("(placed_at, id) < (?, ?)", after.at, after.id)
			}
		}
		return merged(q, parts, "placed_at DESC, id DESC", size+1).Scan(ctx, &rows)
	})
	if err != nil {
		return nil, "", err
	}
	rows, next = part(rows, size, func(last orderRow) string { return moment{last.PlacedAt, last.ID}.cursor(orderList) })
	views := make([]contract.View, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal([]byte(row.View), &views[i]); err != nil {
			return nil, "", fmt.Errorf("view of order %s: %w", row.ID, err)
		}
		views[i].Disputed = row.Disputes != nil
	}
	return views, next, nil
}

// served tells whether an index serves the filter.
func served(f booking.OrderFilter) bool {
	return (f.CustomerID == "") != (f.OwnerID == "") && (f.ItemID == "" || f.OwnerID != "" && f.Kind == "")
}

// orderStretch is what lies together in an index: the orders of a customer or
// an owner of one kind in one status, or those of one item in one status. The zero
// stretch is all of their orders.
type orderStretch struct {
	kind   booking.Kind
	status booking.Status
}

// stretchesOf are the stretches that hold what the filter selects. There is
// none for a status that the kind does not have.
func stretchesOf(f booking.OrderFilter) (stretches []orderStretch) {
	if f.ItemID != "" {
		for _, status := range booking.Statuses() {
			if f.Status == "" || f.Status == status {
				stretches = append(stretches, orderStretch{status: status})
			}
		}
		return stretches
	}
	if f.Kind == "" && f.Status == "" {
		return []orderStretch{{}}
	}
	for _, kind := range booking.Kinds() {
		if f.Kind != "" && f.Kind != kind {
			continue
		}
		for _, status := range kind.Statuses() {
			if f.Status == "" || f.Status == status {
				stretches = append(stretches, orderStretch{kind, status})
			}
		}
	}
	return stretches
}

// selectOrders selects a stretch.
func selectOrders(q bun.IDB, f booking.OrderFilter, s orderStretch) *bun.SelectQuery {
	return ofStretch(q.NewSelect().Model((*orderRow)(nil)).Column("id", "placed_at", "view", "disputes"), f, s)
}

// ofStretch narrows a query to a stretch. An owner is shown only orders that
// came into being.
func ofStretch(query *bun.SelectQuery, f booking.OrderFilter, s orderStretch) *bun.SelectQuery {
	visible := bun.Ident("listed")
	if f.OwnerID != "" {
		visible = "paid"
	}
	return whereEqual(query.Where("?", visible),
		equal{"customer_id", f.CustomerID}, equal{"owner_id", f.OwnerID}, equal{"item_id", f.ItemID},
		equal{"kind", string(s.kind)}, equal{"status", string(s.status)},
	)
}
