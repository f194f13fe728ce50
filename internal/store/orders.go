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

// errOneParty refuses a list without an index.
var errOneParty = errors.New("orders are listed for one customer or for one owner, and for an owner by kind or by item")

// Orders lists the selected orders of a customer or an owner that may be shown to them,
// newest first. It returns InvalidCursor for a cursor of another list.
func (m *Mypage) Orders(ctx context.Context, f booking.OrderFilter, p booking.Page) (_ []contract.View, next string, err error) {
	if !served(f) {
		return nil, "", errOneParty
	}
	var after moment
	if p.Cursor != "" {
		if after, err = decodeMoment(orderList, p.Cursor); err != nil {
			return nil, "", err
		}
	}
	ranges := rangesOf(f)
	if len(ranges) == 0 {
		return nil, "", nil
	}
	size := pageSize(p.Limit)
	var rows []orderRow
	err = m.db.list(ctx, "list orders", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		parts := make([]*bun.SelectQuery, len(ranges))
		for i, s := range ranges {
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

// served reports whether an index serves the filter.
func served(f booking.OrderFilter) bool {
	return (f.CustomerID == "") != (f.OwnerID == "") && (f.ItemID == "" || f.OwnerID != "" && f.Kind == "")
}

// indexRange is a range of an index: the orders of a customer or an owner of one kind
// in one status, or those of one item in one status. The zero value is all of their
// orders.
type indexRange struct {
	kind   booking.Kind
	status booking.Status
}

// rangesOf are the index ranges of the filter. A status that the kind does not have
// has none.
func rangesOf(f booking.OrderFilter) (ranges []indexRange) {
	if f.ItemID != "" {
		for _, status := range booking.Statuses() {
			if f.Status == "" || f.Status == status {
				ranges = append(ranges, indexRange{status: status})
			}
		}
		return ranges
	}
	if f.Kind == "" && f.Status == "" {
		return []indexRange{{}}
	}
	for _, kind := range booking.Kinds() {
		if f.Kind != "" && f.Kind != kind {
			continue
		}
		for _, status := range kind.Statuses() {
			if f.Status == "" || f.Status == status {
				ranges = append(ranges, indexRange{kind, status})
			}
		}
	}
	return ranges
}

// selectOrders selects the orders of an index range.
func selectOrders(q bun.IDB, f booking.OrderFilter, s indexRange) *bun.SelectQuery {
	return inRange(q.NewSelect().Model((*orderRow)(nil)).Column("id", "placed_at", "view", "disputes"), f, s)
}

// inRange restricts a query to an index range. An owner sees only orders that were
// accepted.
func inRange(query *bun.SelectQuery, f booking.OrderFilter, s indexRange) *bun.SelectQuery {
	visible := bun.Ident("listed")
	if f.OwnerID != "" {
		visible = "paid"
	}
	if !f.PlacedBefore.IsZero() {
		query.Where("placed_at < ?", micros(f.PlacedBefore))
	}
	return whereEqual(query.Where("?", visible),
		equal{"customer_id", f.CustomerID}, equal{"owner_id", f.OwnerID}, equal{"item_id", f.ItemID},
		equal{"kind", string(s.kind)}, equal{"status", string(s.status)},
	)
}
