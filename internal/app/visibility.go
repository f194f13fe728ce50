package app

import (
	"context"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/internal/visibility"
)

// Visibility changes the indexes of Temporal's visibility table to the configured form,
// or checks them.
func Visibility(ctx context.Context, c config.Visibility, log *zap.Logger) (visibility.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Wait)
	defer cancel()
	db, err := store.OpenPool(string(c.Database), store.Options{MaxOpen: 2, Timeout: c.Wait, Application: "yeyak visibility"})
	if err != nil {
		return visibility.Report{}, err
	}
	defer db.Close()
	if c.Check {
		return visibility.Check(ctx, db, c.Indexes)
	}
	return visibility.Change(ctx, db, c.Indexes, func(line string) { log.Info(line) })
}
