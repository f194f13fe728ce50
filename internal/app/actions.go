package app

import (
	"context"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// Actions calls do with operators' actions, newest first; on one order if orderID is
// set.
func Actions(ctx context.Context, o Options, orderID string, do func(booking.OperatorAction) error) error {
	return onDatabases(ctx, o, func(dbs databases) error {
		read := func(ctx context.Context, page booking.Page) ([]booking.OperatorAction, string, error) {
			return store.NewActions(dbs[mypageDB]).Actions(ctx, orderID, page)
		}
		return each(ctx, findingsPage, read, do)
	})
}
