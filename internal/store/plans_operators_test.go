package store_test

import (
	"context"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/store"
)

// queriesOfOperators are the lists for operators.
func queriesOfOperators() []query {
	all := []query{{method: "Audits.OpenFindings", service: "mypage", rows: open4All, sorts: true, read: func(ctx context.Context, db *store.DB, _ string) (string, error) {
		_, err := store.NewAudits(db).OpenFindings(ctx)
		return "", err
	}}}
	all = append(all,
		query{method: "Bulk.Runs", service: "mypage", rows: pageOfPlans, read: func(ctx context.Context, db *store.DB, cursor string) (string, error) {
			_, next, err := store.NewBulk(db).Runs(ctx, booking.Page{Limit: pageOfPlans, Cursor: cursor})
			return next, err
		}},
		// Each of the actions has a thousand orders, and each result is counted by itself.
		query{method: "Bulk.Results", service: "mypage", rows: pageOfPlans, each: 70, read: func(ctx context.Context, db *store.DB, _ string) (string, error) {
			ids := make([]string, pageOfPlans)
			for i := range ids {
				ids[i] = key10(i + 1)
			}
			_, err := store.NewBulk(db).Results(ctx, ids)
			return "", err
		}},
		query{method: "Bulk.Next", service: "mypage", rows: pageOfPlans, read: func(ctx context.Context, db *store.DB, _ string) (string, error) {
			_, err := store.NewBulk(db).Next(ctx, "k000000002", pageOfPlans)
			return "", err
		}})
	for _, left := range []bool{false, true} {
		all = append(all, query{method: "Bulk.Orders", service: "mypage", rows: pageOfPlans, read: func(ctx context.Context, db *store.DB, cursor string) (string, error) {
			_, next, err := store.NewBulk(db).Orders(ctx, "k000000002", left, booking.Page{Limit: pageOfPlans, Cursor: cursor})
			return next, err
		}})
	}
	all = append(all, queriesOfMonitor()...)
	for _, order := range []string{"", "frequent", "rare", "unknown"} {
		all = append(all,
			query{method: "Audits.Findings", service: "mypage", rows: pageOfPlans, read: func(ctx context.Context, db *store.DB, cursor string) (string, error) {
				_, next, err := store.NewAudits(db).Findings(ctx, order, booking.Page{Limit: pageOfPlans, Cursor: cursor})
				return next, err
			}},
			query{method: "Actions.Newest", service: "mypage", rows: pageOfPlans, read: func(ctx context.Context, db *store.DB, _ string) (string, error) {
				_, err := store.NewActions(db).Newest(ctx, order, pageOfPlans)
				return "", err
			}},
			// For each line before an action, the line after it is read.
			query{method: "Actions.Actions", service: "mypage", rows: pageOfPlans, each: 8, read: func(ctx context.Context, db *store.DB, cursor string) (string, error) {
				_, next, err := store.NewActions(db).Actions(ctx, order, booking.Page{Limit: pageOfPlans, Cursor: cursor})
				return next, err
			}})
	}
	return all
}

// queriesOfMonitor are the monitor's reads of all orders, and of one.
func queriesOfMonitor() []query {
	ctxOnly := func(f func(context.Context, *store.DB) error) func(context.Context, *store.DB, string) (string, error) {
		return func(ctx context.Context, db *store.DB, _ string) (string, error) { return "", f(ctx, db) }
	}
	all := []query{
		{method: "Mypage.OpenOrders", service: "mypage", rows: 2 * open4All, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewMypage(db).OpenOrders(ctx)
			return err
		})},
		{method: "Mypage.Owed", service: "mypage", rows: open4All, sorts: true, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewMypage(db).Owed(ctx)
			return err
		})},
		{method: "Mypage.EventsOfOrder", service: "mypage", rows: 3, each: 6, index: "events_of_order", read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewMypage(db).EventsOfOrder(ctx, key10(500_000))
			return err
		})},
		{method: "Inventory.OfOrder", service: "inventory", rows: 3, each: 6, sorts: true, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewInventory(db).OfOrder(ctx, key10(500))
			return err
		})},
	}
	for _, kind := range append(booking.Kinds(), "") {
		for _, cause := range append(orders.Causes(), "") {
			all = append(all, query{method: "Mypage.NeedingAttention", service: "mypage", rows: pageOfPlans, each: 8, read: func(ctx context.Context, db *store.DB, cursor string) (string, error) {
				_, next, err := store.NewMypage(db).NeedingAttention(ctx, orders.AttentionFilter{Kind: kind, Cause: cause}, booking.Page{Limit: pageOfPlans, Cursor: cursor})
				return next, err
			}})
		}
	}
	return all
}
