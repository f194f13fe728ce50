package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// Mypage implements orders.MonitoredOrders.
var _ orders.MonitoredOrders = (*Mypage)(nil)

// isOpen is the exact condition of the index orders_open: SQLite uses the index for no
// other.
const isOpen = "status NOT IN ('delivered', 'completed', 'cancelled')"

// OpenOrders implements orders.MonitoredOrders.
func (m *Mypage) OpenOrders(ctx context.Context) ([]orders.OpenCount, error) {
	var arms []string
	var args []any
	for _, kind := range booking.Kinds() {
		for _, status := range kind.Statuses() {
			if !status.Final() {
				arms = append(arms, "SELECT ? AS kind, ? AS status, "+
					"(SELECT count(*) FROM (SELECT 1 FROM orders WHERE kind || '/' || status = ? AND "+isOpen+" LIMIT ?) AS counted) AS orders")
				args = append(args, kind, status, string(kind)+"/"+string(status), booking.CountedTo)
			}
		}
	}
	var all, open []orders.OpenCount
	err := m.db.list(ctx, "count open orders", func(ctx context.Context, q bun.IDB) error {
		all = nil
		return q.NewRaw(strings.Join(arms, " UNION ALL "), args...).Scan(ctx, &all)
	})
	for _, c := range all {
		if c.Orders > 0 {
			open = append(open, c)
		}
	}
	return open, err
}

// Owed implements orders.MonitoredOrders.
func (m *Mypage) Owed(ctx context.Context) (owed []orders.Owed, err error) {
	counts, err := m.AttentionCounts(ctx)
	for _, kind := range booking.Kinds() {
		of := orders.Owed{Kind: kind}
		for _, t := range counts {
			if t.Kind != kind {
				continue
			}
			of.Undos, of.NeedingAttention = of.Undos+t.Cancelling, of.NeedingAttention+t.NeedingAttention
			if !t.Since.IsZero() {
				of.Since = t.Since
			}
		}
		if of != (orders.Owed{Kind: kind}) {
			owed = append(owed, of)
		}
	}
	return owed, err
}

// mostOfOrder is the maximum number of events that are read of one order.
const mostOfOrder = 1000

// EventsOfOrder implements orders.MonitoredOrders. An event that cannot be read is skipped.
func (m *Mypage) EventsOfOrder(ctx context.Context, orderID string) (events []booking.Event, err error) {
	var rows []eventRow
	err = m.db.list(ctx, "list events of order", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewSelect().Model(&rows).Where("order_id = ?", orderID).OrderExpr("tx, seq").Limit(mostOfOrder).Scan(ctx)
	})
	for _, row := range rows {
		if e, err := row.event(); err == nil {
			events = append(events, e)
		}
	}
	return events, err
}

// needRow is an order in the list of those that need attention.
type needRow struct {
	ID        string
	Cause     orders.Cause
	At        time.Time // sorts the list
	View      *string
	Version   *int64
	Disputed  bool
	Cancelled *int64 // when its undo began, in µs
	Says      string
	Remedy    string
}

// Parts of the list, in their order: the audit's findings come first.
const (
	needList  = "attention"
	needFound = "found"
	needRows  = "rows"
)

// needPlace is a place in the list.
type needPlace struct {
	part string
	moment
}

func (p needPlace) cursor() string {
	return encodeCursor(needList, p.part, textOf(p.at), p.id)
}

func decodeNeed(cursor string) (p needPlace, err error) {
	p.part = needFound
	if cursor == "" {
		return p, nil
	}
	place, err := decodeCursor(needList, cursor, 3)
	if err != nil {
		return p, err
	}
	at, known := instantOf(place[1])
	p = needPlace{place[0], moment{at, place[2]}}
	if !known || p.part != needFound && p.part != needRows || p.id == "" {
		return p, invalidCursor()
	}
	return p, nil
}

// NeedingAttention implements orders.MonitoredOrders.
func (m *Mypage) NeedingAttention(ctx context.Context, f orders.AttentionFilter, page booking.Page) (found []orders.NeedingAttention, next string, err error) {
	from, err := decodeNeed(page.Cursor)
	if err != nil {
		return nil, "", err
	}
	size := pageSize(page.Limit)
	var rows []needRow
	err = m.db.list(ctx, "list orders that need attention", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		if from.part == needFound && (f.Cause == "" || f.Cause == orders.Abandoned) {
			if err := foundAbandoned(q, f.Kind, from.moment, size+1).Scan(ctx, &rows); err != nil {
				return err
			}
		}
		if len(rows) > size || f.Cause == orders.Abandoned {
			return nil
		}
		after := from.moment
		if from.part == needFound {
			after = moment{}
		}
		var more []needRow
		err := rowsNeedingAttention(q, f, after, size+1-len(rows)).Scan(ctx, &more)
		rows = append(rows, more...)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	rows, next = part(rows, size, func(last needRow) string {
		at := needPlace{needRows, moment{last.At, last.ID}}
		if last.Cause == orders.Abandoned {
			at.part = needFound
		}
		return at.cursor()
	})
	for _, row := range rows {
		n, err := row.needingAttention()
		if err != nil {
			return nil, "", err
		}
		found = append(found, n)
	}
	return found, next, nil
}

func olderThan(query *bun.SelectQuery, columns string, m moment) *bun.SelectQuery {
	if m.id != "" {
		query.Where(columns+" < (?, ?)", m.at, m.id)
	}
	return query
}

// foundAbandoned selects the orders that the audit has found without a workflow, newest
// finding first. An order has one such finding.
func foundAbandoned(q bun.IDB, kind booking.Kind, from moment, limit int) *bun.SelectQuery {
	query := q.NewSelect().TableExpr("audit_findings AS f").Join("LEFT JOIN orders AS o ON o.id = f.order_id").
		ColumnExpr("f.order_id AS id, ? AS cause, f.first_seen AS at, o.view AS view, o.version AS version", orders.Abandoned).
		ColumnExpr("FALSE AS disputed, f.says AS says, f.remedy AS remedy").
		Where("f.closed_at IS NULL AND f.kind = 'abandoned'").OrderExpr("f.first_seen DESC, f.id DESC").Limit(limit)
	if kind != "" {
		query.Where("o.kind = ?", kind)
	}
	if from.id != "" { // the finding's place is its order's
		const last = "(SELECT id FROM audit_findings WHERE order_id = ? AND closed_at IS NULL AND kind = 'abandoned' LIMIT 1)"
		query.Where("(f.first_seen, f.id) < (?, "+last+")", from.at, from.id)
	}
	return query
}

// needConditions are the exact conditions of the indexes of orders that need attention.
var needConditions = map[orders.Cause]string{
	orders.Marked:   "needs_attention",
	orders.UndoOwed: "cancelling_since IS NOT NULL AND NOT needs_attention",
	orders.Disputed: "disputes IS NOT NULL AND NOT needs_attention AND cancelling_since IS NULL",
}

// rowsNeedingAttention selects the orders whose rows need attention, newest first, without those
// that the audit has found abandoned: one range of an index for each kind and cause.
func rowsNeedingAttention(q bun.IDB, f orders.AttentionFilter, from moment, limit int) *bun.RawQuery {
	var ranges []*bun.SelectQuery
	for _, kind := range booking.Kinds() {
		for _, cause := range orders.Causes() {
			condition, inRow := needConditions[cause]
			if !inRow || f.Kind != "" && f.Kind != kind || f.Cause != "" && f.Cause != cause {
				continue
			}
			orderRange := q.NewSelect().TableExpr("orders AS o").
				ColumnExpr("id, ? AS cause, placed_at AS at, view, version", cause).
				ColumnExpr("disputes IS NOT NULL AS disputed, cancelling_since AS cancelled, '' AS says, '' AS remedy").
				Where("kind = ?", kind).Where(condition).
				// With EXISTS instead, PostgreSQL would read all findings first.
				Where("(SELECT count(*) FROM audit_findings AS f WHERE f.order_id = o.id AND f.closed_at IS NULL AND f.kind = 'abandoned') = 0")
			ranges = append(ranges, olderThan(orderRange, "(placed_at, id)", from))
		}
	}
	return merged(q, ranges, "at DESC, id DESC", limit)
}

func (r needRow) needingAttention() (n orders.NeedingAttention, err error) {
	n = orders.NeedingAttention{Cause: r.Cause, Since: r.At.UTC(), Says: r.Says, Remedy: r.Remedy}
	n.Order.ID = r.ID
	if r.View == nil {
		return n, nil // a finding of an order without a row
	}
	if err := json.Unmarshal([]byte(*r.View), &n.Order); err != nil {
		return n, fmt.Errorf("view of order %s: %w", r.ID, err)
	}
	n.Order.Disputed = r.Disputed
	switch {
	case r.Cause == orders.Abandoned:
	case r.Cause == orders.Marked && n.Order.AttentionCause != nil:
		n.Since, n.Says = n.Order.AttentionCause.Since, n.Order.AttentionCause.Text
	case r.Cancelled != nil:
		n.Since = time.UnixMicro(*r.Cancelled).UTC()
	case r.Version != nil:
		n.Since = time.UnixMicro(*r.Version).UTC()
	}
	return n, nil
}
