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
		log := store.NewActions(dbs[mypageDB])
		for page := (booking.Page{Limit: findingsPage}); ; {
			actions, next, err := log.Actions(ctx, orderID, page)
			if err != nil {
				return err
			}
			for _, a := range actions {
				if err := do(a); err != nil {
					return err
				}
			}
			if page.Cursor = next; next == "" {
				return nil
			}
		}
	})
}
