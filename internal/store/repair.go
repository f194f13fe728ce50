package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// States returns the states of the orders' rows. A missing row has no entry.
func (m *Mypage) States(ctx context.Context, orderIDs []string) (map[string]contract.RowState, error) {
	states := make(map[string]contract.RowState, len(orderIDs))
	if len(orderIDs) == 0 {
		return states, nil
	}
	var rows []orderRow
	err := m.db.run(ctx, "read states of orders", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewSelect().Model(&rows).Column("id", "status", "needs_attention", "version").
			Where("id IN (?)", bun.List(orderIDs)).Scan(ctx)
	})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		states[row.ID] = contract.RowState{Status: row.Status, NeedsAttention: row.NeedsAttention, Version: row.Version}
	}
	return states, nil
}

// Replace writes the order's row over any version. The first decision and request hash
// are kept, and a paid order stays paid; p's events are ignored.
func (m *Mypage) Replace(ctx context.Context, p contract.Publication) error {
	row, err := newOrderRow(p)
	if err != nil {
		return err
	}
	return m.db.run(ctx, "replace order", func(ctx context.Context, q bun.IDB) error {
		upsert := q.NewInsert().Model(row).
			On("CONFLICT (id) DO UPDATE").
			Set("decision = COALESCE(o.decision, EXCLUDED.decision)").
			Set("request_hash = CASE WHEN o.request_hash = '' THEN EXCLUDED.request_hash ELSE o.request_hash END").
			Set("paid = o.paid OR EXCLUDED.paid").
			Set("listed = o.paid OR EXCLUDED.listed")
		for _, column := range versioned {
			upsert.Set("?0 = EXCLUDED.?0", bun.Ident(column))
		}
		_, err := upsert.Exec(ctx)
		return err
	})
}

// AppendEvents appends the events that the feed does not have yet, and changes no
// order's row. Calls with the same source run one after the other, so that the order of
// their events is kept.
func (m *Mypage) AppendEvents(ctx context.Context, source string, events []booking.Event) error {
	if len(events) == 0 {
		return nil
	}
	rows, err := newEventRows(events)
	if err != nil {
		return err
	}
	return m.db.inTx(ctx, "append events", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("? ?", m.db.dialect.serialize(source), insertEvents(q, &rows)).Exec(ctx)
		return err
	})
}
