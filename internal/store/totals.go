package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// count counts what query selects, up to booking.CountedTo: what it reads is
// bounded, however many there are.
func (db *DB) count(ctx context.Context, what string, query func(bun.IDB) *bun.SelectQuery) (n int, err error) {
	err = db.run(ctx, "count "+what, func(ctx context.Context, q bun.IDB) error {
		some := query(q).ColumnExpr("1").Limit(booking.CountedTo)
		return q.NewRaw("SELECT count(*) FROM (?) AS counted", some).Scan(ctx, &n)
	})
	return n, err
}

// CountPlaces is how many Places lists, up to booking.CountedTo.
func (c *Catalogue) CountPlaces(ctx context.Context, f booking.CatalogueFilter) (int, error) {
	return c.places.count(ctx, f)
}

// CountMenus is how many Menus lists, up to booking.CountedTo.
func (c *Catalogue) CountMenus(ctx context.Context, f booking.CatalogueFilter) (int, error) {
	return c.menus.count(ctx, f)
}

// CountDrinks is how many Drinks lists, up to booking.CountedTo.
func (c *Catalogue) CountDrinks(ctx context.Context, f booking.CatalogueFilter) (int, error) {
	return c.drinks.count(ctx, f, onTheMenu)
}

// Count is how many jobs List lists, up to booking.CountedTo.
func (j *Jobs) Count(ctx context.Context, f booking.JobFilter) (int, error) {
	return j.db.count(ctx, "jobs: "+j.sort, func(q bun.IDB) *bun.SelectQuery {
		return whereEqual(q.NewSelect().Table("jobs").Where("sort = ? AND started", j.sort),
			equal{"owner_id", f.OwnerID}, equal{"item_id", f.ItemID}, equal{"status", string(f.Status)})
	})
}

// CountOrders is how many Orders lists, up to booking.CountedTo.
func (m *Mypage) CountOrders(ctx context.Context, f booking.OrderFilter) (int, error) {
	return m.db.count(ctx, "orders", func(q bun.IDB) *bun.SelectQuery {
		return whereEqual(q.NewSelect().Table("orders").Where("?", visible(f)),
			equal{"customer_id", f.CustomerID}, equal{"owner_id", f.OwnerID},
			equal{"kind", string(f.Kind)}, equal{"status", string(f.Status)})
	})
}
