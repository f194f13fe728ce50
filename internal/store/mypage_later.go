package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/workflows/contract"
)

// publishLater adds the result of a refund that was begun after the order's end to the
// order's row, which other such refunds change, too, and appends the events.
func (m *Mypage) publishLater(ctx context.Context, p contract.Publication) error {
	events, err := newEventRows(p.Events)
	if err != nil {
		return err
	}
	return m.db.inTx(ctx, "publish refund after the end", func(ctx context.Context, q bun.IDB) error {
		if _, err := q.NewRaw("? SELECT 1", m.db.dialect.serialize(p.View.ID)).Exec(ctx); err != nil {
			return err
		}
		waiting, err := noteWaiting(ctx, q, p)
		if err != nil {
			return err
		}
		view, err := m.withLater(ctx, q, p, waiting > 0)
		if err != nil {
			return err
		}
		row, err := newOrderRow(contract.Publication{View: view})
		if err != nil {
			return err
		}
		if _, err := upsertOrder(q, row).Exec(ctx); err != nil || len(events) == 0 {
			return err
		}
		_, err = insertEvents(q, &events).Exec(ctx)
		return err
	})
}

// noteWaiting stores whether the refund waits for a person, and counts the order's
// refunds that do. A publication that arrives after a newer one changes nothing.
func noteWaiting(ctx context.Context, q bun.IDB, p contract.Publication) (waiting int, err error) {
	orderID, refund := p.View.ID, p.RefundAfterEnd.Refund
	newest, err := affected(q.NewRaw(`INSERT INTO refunds_noted (order_id, refund, version) VALUES (?, ?, ?)
		ON CONFLICT (order_id, refund) DO UPDATE SET version = EXCLUDED.version WHERE refunds_noted.version <= EXCLUDED.version`,
		orderID, refund, p.View.Version).Exec(ctx))
	if err != nil {
		return 0, err
	}
	note := "DELETE FROM refunds_waiting WHERE order_id = ? AND refund = ?"
	if p.RefundAfterEnd.Waits {
		note = "INSERT INTO refunds_waiting (order_id, refund) VALUES (?, ?) ON CONFLICT (order_id, refund) DO NOTHING"
	}
	if newest > 0 {
		if _, err := q.NewRaw(note, orderID, refund).Exec(ctx); err != nil {
			return 0, err
		}
	}
	err = q.NewRaw("SELECT COUNT(*) FROM refunds_waiting WHERE order_id = ?", orderID).Scan(ctx, &waiting)
	return waiting, err
}

// withLater is the order of the row, with the refund's result and the mark. No caller
// has seen this version, though the publishing process has sent p.View to its own
// callers. Without a row it is the order as it was when the refund began.
func (m *Mypage) withLater(ctx context.Context, q bun.IDB, p contract.Publication, marked bool) (contract.View, error) {
	var row orderRow
	err := q.NewRaw("SELECT * FROM orders WHERE id = ? ?", p.View.ID, m.db.dialect.forUpdate).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		p.View.NeedsAttention = marked
		if !marked {
			p.View.AttentionCause = nil
		}
		return p.View, nil
	}
	if err != nil {
		return contract.View{}, err
	}
	published, err := row.publication()
	if err != nil {
		return contract.View{}, err
	}
	view := published.View.Clone()
	for _, e := range p.RefundAfterEnd.Added {
		if !slices.ContainsFunc(view.History, e.Is) {
			view.History = append(view.History, e)
		}
	}
	slices.SortStableFunc(view.History, func(a, b contract.Entry) int { return a.At.Compare(b.At) })
	view.NeedsAttention, view.Version = marked, max(view.Version, p.View.Version)
	switch {
	case !marked:
		view.AttentionCause = nil
	case p.View.AttentionCause != nil:
		view.AttentionCause = p.View.AttentionCause
	}
	if marked != published.View.NeedsAttention || len(view.History) > len(published.View.History) {
		view.Version++
	}
	return view, nil
}
