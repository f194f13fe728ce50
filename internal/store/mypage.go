package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Mypage is the read model: the orders' views, and the feed of their events. It
// implements activities.ReadModel.
type Mypage struct {
	db   *DB
	note func(*Unreadable) // called with skipped events; may be nil
}

// NewMypage stores the read model in db.
func NewMypage(db *DB) *Mypage { return &Mypage{db: db} }

type orderRow struct {
	bun.BaseModel `bun:"table:orders,alias:o"`

	ID             string `bun:",pk"`
	Kind           booking.Kind
	CustomerID     string
	OwnerID        string
	ItemID         string
	Status         booking.Status
	NeedsAttention bool
	Listed         bool
	Paid           bool
	View           string  // JSON
	Decision       *string // JSON
	RequestHash    string
	Version        int64
	PlacedAt       time.Time
	// CancellingSince is in µs since 1970, nil unless the order is being undone.
	CancellingSince *int64
	Refused         *string // JSON: refused decisions, see contract.Entry
	// Disputes are the payment's open disputes as JSON, nil for none. Publications of
	// the saga do not write them.
	Disputes *string
}

// versioned are the columns that change with the view's version. decision and
// request_hash do not: each is kept once it is known.
var versioned = []string{
	"kind", "customer_id", "owner_id", "item_id", "status", "needs_attention", "view", "version", "placed_at", "cancelling_since",
}

func newOrderRow(p contract.Publication) (*orderRow, error) {
	view, err := json.Marshal(p.View)
	if err != nil {
		return nil, fmt.Errorf("write view as JSON: %w", err)
	}
	row := &orderRow{
		ID: p.View.ID, Kind: p.View.Kind, CustomerID: p.View.CustomerID, OwnerID: p.View.OwnerID,
		ItemID: p.View.Item.ID, Status: p.View.Status, NeedsAttention: p.View.NeedsAttention,
		Listed: p.View.Listed(), Paid: p.View.Placed, View: string(view),
		RequestHash: p.RequestHash, Version: p.View.Version, PlacedAt: micros(p.View.PlacedAt()),
	}
	if since := p.View.CancellingSince(); !since.IsZero() {
		at := since.UnixMicro()
		row.CancellingSince = &at
	}
	if p.Decision != nil {
		text, err := json.Marshal(p.Decision)
		if err != nil {
			return nil, fmt.Errorf("write decision as JSON: %w", err)
		}
		decision := string(text)
		row.Decision = &decision
	}
	return row, nil
}

func (r orderRow) publication() (contract.Publication, error) {
	p := contract.Publication{RequestHash: r.RequestHash}
	if err := json.Unmarshal([]byte(r.View), &p.View); err != nil {
		return contract.Publication{}, fmt.Errorf("view of order %s: %w", r.ID, err)
	}
	p.View.Disputed = r.Disputes != nil
	if r.Decision != nil {
		if err := json.Unmarshal([]byte(*r.Decision), &p.Decision); err != nil {
			return contract.Publication{}, fmt.Errorf("decision of order %s: %w", r.ID, err)
		}
	}
	return p, nil
}

// Publish writes the order's row, unless the row has the same or a newer version, and
// appends the events that the feed does not have yet, in one transaction. The first
// decision and the first request hash are kept, in any version.
func (m *Mypage) Publish(ctx context.Context, p contract.Publication) error {
	if p.RefundAfterEnd != nil {
		return m.publishLater(ctx, p)
	}
	row, err := newOrderRow(p)
	if err != nil {
		return err
	}
	if len(p.Events) == 0 {
		return m.db.run(ctx, "publish order", func(ctx context.Context, q bun.IDB) error {
			_, err := upsertOrder(q, row).Exec(ctx)
			return err
		})
	}
	events, err := newEventRows(p.Events)
	if err != nil {
		return err
	}
	return m.db.atOnce(ctx, "publish order and events", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("? ?; ?", m.db.dialect.serialize(row.ID), upsertOrder(q, row), insertEvents(q, &events)).Exec(ctx)
		return err
	})
}

func insertEvents(q bun.IDB, events *[]eventRow) *bun.InsertQuery {
	return q.NewInsert().Model(events).ExcludeColumn("seq", "tx").On("CONFLICT (key) DO NOTHING")
}

func upsertOrder(q bun.IDB, row *orderRow) *bun.InsertQuery {
	upsert := q.NewInsert().Model(row).
		On("CONFLICT (id) DO UPDATE").
		Set("decision = COALESCE(o.decision, EXCLUDED.decision)").
		Set("request_hash = CASE WHEN o.request_hash = '' THEN EXCLUDED.request_hash ELSE o.request_hash END").
		Where("EXCLUDED.version > o.version").
		WhereOr("o.decision IS NULL AND EXCLUDED.decision IS NOT NULL").
		WhereOr("o.request_hash = '' AND EXCLUDED.request_hash <> ''")
	// A paid order stays paid, also if a newer version is of a restarted saga that does
	// not know it.
	upsert.Set("paid = o.paid OR EXCLUDED.paid")
	upsert.Set("listed = CASE WHEN EXCLUDED.version > o.version THEN EXCLUDED.listed ELSE o.listed END OR o.paid OR EXCLUDED.paid")
	for _, column := range versioned {
		upsert.Set("?0 = CASE WHEN EXCLUDED.version > o.version THEN EXCLUDED.?0 ELSE o.?0 END", bun.Ident(column))
	}
	return upsert
}

// Order returns the order as it was last published, with its decision and its request's
// hash, without events. NotFound: it was never published.
func (m *Mypage) Order(ctx context.Context, id string) (contract.Publication, error) {
	var row orderRow
	err := m.db.run(ctx, "read order", func(ctx context.Context, q bun.IDB) error {
		row = orderRow{}
		return orNotFound(q.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx), "order", id)
	})
	if err != nil {
		return contract.Publication{}, err
	}
	return row.publication()
}

// View returns the order as it was last published, with the kept decisions that were
// refused. Customers read it most. NotFound: it was never published.
func (m *Mypage) View(ctx context.Context, id string) (contract.View, error) {
	var text, refused, disputes []byte
	err := m.db.run(ctx, "read view", func(ctx context.Context, q bun.IDB) error {
		return orNotFound(q.QueryRowContext(ctx, "SELECT view, refused, disputes FROM orders WHERE id = ?", id).Scan(&text, &refused, &disputes), "order", id)
	})
	if err != nil {
		return contract.View{}, err
	}
	var view contract.View
	if err := json.Unmarshal(text, &view); err != nil {
		return contract.View{}, fmt.Errorf("view of order %s: %w", id, err)
	}
	view.Disputed = disputes != nil
	if refused == nil {
		return view, nil
	}
	var entries []contract.Entry
	if err := json.Unmarshal(refused, &entries); err != nil {
		return contract.View{}, fmt.Errorf("refused decisions on order %s: %w", id, err)
	}
	return view.WithRefused(entries), nil
}

// Statuses returns the last published status of each order. Orders that were never
// published are missing.
func (m *Mypage) Statuses(ctx context.Context, ids []string) (map[string]booking.Status, error) {
	statuses := make(map[string]booking.Status, len(ids))
	if len(ids) == 0 {
		return statuses, nil
	}
	var rows []orderRow
	err := m.db.run(ctx, "read statuses", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewSelect().Model(&rows).Column("id", "status").Where("id IN (?)", bun.List(ids)).Scan(ctx)
	})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		statuses[row.ID] = row.Status
	}
	return statuses, nil
}
