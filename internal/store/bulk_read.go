package store

import (
	"context"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// bulkList and bulkOrderList are the names of the lists in their cursors.
const (
	bulkList      = "bulk"
	bulkOrderList = "bulk orders"
)

// Runs lists bulk actions, newest first, without their results. It returns
// InvalidCursor for a cursor of another list.
func (b *Bulk) Runs(ctx context.Context, p booking.Page) (_ []booking.BulkRun, next string, err error) {
	rows, next, err := newestFirst(ctx, b.db, bulkList, p,
		func(row bulkRow) moment { return moment{row.PlannedAt, row.ID} },
		func(q bun.IDB) *bun.SelectQuery {
			return q.NewSelect().TableExpr("bulk_runs AS b").OrderExpr("planned_at DESC, id DESC")
		}, keyset{"planned_at", "id"})
	if err != nil {
		return nil, "", err
	}
	runs := make([]booking.BulkRun, len(rows))
	for i, row := range rows {
		if runs[i], err = row.run(); err != nil {
			return nil, "", err
		}
	}
	return runs, next, nil
}

// countResults counts per bulk action, by an index: with GROUP BY, PostgreSQL would read the
// orders of all bulk actions.
const countResults = `WITH page (run_id) AS (VALUES ?)
	SELECT run_id,
		(SELECT count(*) FROM bulk_orders AS o WHERE o.run_id = page.run_id AND o.result = 'done') AS done,
		(SELECT count(*) FROM bulk_orders AS o WHERE o.run_id = page.run_id AND o.result = 'changed') AS changed,
		(SELECT count(*) FROM bulk_orders AS o WHERE o.run_id = page.run_id AND o.result = 'refused') AS refused,
		(SELECT count(*) FROM bulk_orders AS o WHERE o.run_id = page.run_id AND o.result = 'failed') AS failed
	FROM page`

// Results counts the orders of each bulk action by result.
func (b *Bulk) Results(ctx context.Context, ids []string) (map[string]map[booking.BulkResult]int, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	page := make([]bun.TupleValues, len(ids))
	for i, id := range ids {
		page[i] = bun.Tuple([]string{id})
	}
	var counts []struct {
		RunID                          string
		Done, Changed, Refused, Failed int
	}
	err := b.db.list(ctx, "count results of bulk actions", func(ctx context.Context, q bun.IDB) error {
		counts = nil
		return q.NewRaw(countResults, bun.List(page)).Scan(ctx, &counts)
	})
	if err != nil {
		return nil, err
	}
	results := make(map[string]map[booking.BulkResult]int, len(ids))
	for _, c := range counts {
		results[c.RunID] = map[booking.BulkResult]int{
			booking.BulkDid: c.Done, booking.BulkChanged: c.Changed, booking.BulkRefused: c.Refused, booking.BulkFailed: c.Failed,
		}
	}
	return results, nil
}

// Orders lists the orders of a dry run, in its order; left selects those on which the
// action was not done. It returns InvalidCursor for a cursor of another list.
func (b *Bulk) Orders(ctx context.Context, id string, left bool, p booking.Page) (_ []booking.BulkOrder, next string, err error) {
	after := 0
	if p.Cursor != "" {
		if after, err = decodeBulkOrder(p.Cursor); err != nil {
			return nil, "", err
		}
	}
	size := pageSize(p.Limit)
	var rows []bulkOrderRow
	err = b.db.list(ctx, "list "+bulkOrderList, func(ctx context.Context, q bun.IDB) error {
		rows = nil
		list := q.NewSelect().Model(&rows).Where("run_id = ? AND n > ?", id, after).OrderExpr("n").Limit(size + 1)
		if left {
			list.Where("result IN ('changed', 'refused', 'failed')")
		}
		return list.Scan(ctx)
	})
	if err != nil {
		return nil, "", err
	}
	rows, next = part(rows, size, func(last bulkOrderRow) string { return bulkOrderCursor(last.N) })
	return bulkOrders(rows), next, nil
}

func bulkOrderCursor(n int) string { return encodeCursor(bulkOrderList, strconv.Itoa(n)) }

// decodeBulkOrder parses a cursor of bulkOrderCursor, and no other notation of it.
func decodeBulkOrder(cursor string) (int, error) {
	place, err := decodeCursor(bulkOrderList, cursor, 1)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(place[0])
	if err != nil || n < 1 || n > booking.MostInBulk || bulkOrderCursor(n) != cursor {
		return 0, invalidCursor()
	}
	return n, nil
}

// Forget implements orders.BulkRuns.
func (b *Bulk) Forget(ctx context.Context, before time.Time) error {
	return b.db.inTx(ctx, "forget bulk actions", func(ctx context.Context, q bun.IDB) error {
		var ids []string
		err := q.NewRaw("SELECT id FROM bulk_runs WHERE planned_at < ? AND state <> 'running' ORDER BY planned_at, id LIMIT ?", micros(before), bulkForgottenAtOnce).
			Scan(ctx, &ids)
		if err != nil || len(ids) == 0 {
			return err
		}
		if _, err = q.NewRaw("DELETE FROM bulk_orders WHERE run_id IN (?)", bun.List(ids)).Exec(ctx); err != nil {
			return err
		}
		_, err = q.NewRaw("DELETE FROM bulk_runs WHERE id IN (?)", bun.List(ids)).Exec(ctx)
		return err
	})
}

// bulkForgottenAtOnce is the number of bulk actions that one transaction deletes.
const bulkForgottenAtOnce = 100
