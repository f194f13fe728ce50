package store

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// count counts the rows of all queries together, up to booking.CountedTo, so that its
// cost is bounded. Each query selects one range of an index, in the order of that
// index: without an order, PostgreSQL would search the first rows in the whole table.
func (db *DB) count(ctx context.Context, what string, queries func(bun.IDB) []*bun.SelectQuery) (n int, err error) {
	err = db.list(ctx, "count "+what, func(ctx context.Context, q bun.IDB) error {
		n = 0
		var arms []string
		var args []any
		for _, query := range queries(q) {
			arms = append(arms, "SELECT * FROM (?) AS part")
			args = append(args, query.ColumnExpr("1").Limit(booking.CountedTo))
		}
		if len(arms) == 0 {
			return nil
		}
		counted := strings.Join(arms, " UNION ALL ") + " LIMIT ?"
		return q.NewRaw("SELECT count(*) FROM ("+counted+") AS counted", append(args, booking.CountedTo)...).Scan(ctx, &n)
	})
	return n, err
}

// CountPlaces counts what Places lists, up to booking.CountedTo.
func (c *Catalogue) CountPlaces(ctx context.Context, f booking.CatalogueFilter) (int, error) {
	return c.places.count(ctx, func(q bun.IDB) *bun.SelectQuery { return c.places.selection(q, f).OrderExpr(byTime) })
}

// CountMenus counts what Menus lists, up to booking.CountedTo.
func (c *Catalogue) CountMenus(ctx context.Context, f booking.CatalogueFilter) (int, error) {
	return c.menus.count(ctx, func(q bun.IDB) *bun.SelectQuery { return c.menus.selection(q, f).OrderExpr(byTime) })
}

// Count counts what List lists, up to booking.CountedTo.
func (j *Jobs) Count(ctx context.Context, f booking.JobFilter) (int, error) {
	of, err := j.selection(f)
	if err != nil {
		return 0, err
	}
	return j.db.count(ctx, "jobs: "+j.sort, func(q bun.IDB) (queries []*bun.SelectQuery) {
		for _, status := range j.listed(f.Status) {
			queries = append(queries, whereEqual(q.NewSelect().Table("jobs").Where("started"),
				equal{"sort", j.sort}, of, equal{"status", string(status)}).OrderExpr("created_at DESC, order_id DESC"))
		}
		return queries
	})
}

// CountOrders counts what Orders lists, up to booking.CountedTo.
func (m *Mypage) CountOrders(ctx context.Context, f booking.OrderFilter) (int, error) {
	if !served(f) {
		return 0, errOneParty
	}
	return m.db.count(ctx, "orders", func(q bun.IDB) (queries []*bun.SelectQuery) {
		for _, s := range rangesOf(f) {
			queries = append(queries, inRange(q.NewSelect().Table("orders"), f, s).OrderExpr("placed_at DESC, id DESC"))
		}
		return queries
	})
}
