package app

import (
	"context"

	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/store"
)

// OnKeys calls do with the API keys of the configured databases, or of the data
// folder's.
func OnKeys(ctx context.Context, o Options, do func(identity.Keys) error) error {
	if err := mustExist(o); err != nil {
		return err
	}
	dbs, err := openDatabases(ctx, o.Config, store.Options{})
	if err != nil {
		return err
	}
	defer dbs.close()
	return do(store.NewKeys(dbs[mypageDB]))
}
