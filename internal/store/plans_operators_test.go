package store_test

import (
	"context"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// looksAtOperators are the lists that are for operators.
func looksAtOperators() []look {
	all := []look{{method: "Audits.OpenFindings", service: "mypage", rows: open4All, sorts: true, read: func(ctx context.Context, db *store.DB, _ string) (string, error) {
		_, err := store.NewAudits(db).OpenFindings(ctx)
		return "", err
	}}}
	for _, order := range []string{"", "frequent", "rare", "unknown"} {
		all = append(all,
			look{method: "Audits.Findings", service: "mypage", rows: pageOfPlans, read: func(ctx context.Context, db *store.DB, cursor string) (string, error) {
				_, next, err := store.NewAudits(db).Findings(ctx, order, booking.Page{Limit: pageOfPlans, Cursor: cursor})
				return next, err
			}},
			// For each line before an action it is looked up whether there is one after it.
			look{method: "Actions.Actions", service: "mypage", rows: pageOfPlans, each: 8, read: func(ctx context.Context, db *store.DB, cursor string) (string, error) {
				_, next, err := store.NewActions(db).Actions(ctx, order, booking.Page{Limit: pageOfPlans, Cursor: cursor})
				return next, err
			}})
	}
	return all
}
