package app

import (
	"context"
	"errors"
	"fmt"
	neturl "net/url"
	"path/filepath"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/store"
)

// The services that keep a database. Each may have one of its own; none reads
// another's tables.
const (
	catalogueDB     = "catalogue"
	paymentsDB      = "payments"
	inventoryDB     = "inventory"
	notificationsDB = "notifications"
	mypageDB        = "mypage"
	sandboxDB       = "sandbox"
)

var services = []string{catalogueDB, paymentsDB, inventoryDB, notificationsDB, mypageDB, sandboxDB}

// databases are the open databases by service. Services with the same URL
// share one.
type databases map[string]*store.DB

// urls tells each service's database URL. Without DATABASE_URL every service
// that has none of its own gets a SQLite file in the data folder.
func urls(cfg config.Config) (map[string]string, error) {
	folder, err := filepath.Abs(cfg.Dev.DataDir)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	d := cfg.Databases.Resolved()
	all := map[string]string{
		catalogueDB: string(d.Front), paymentsDB: string(d.Payments), sandboxDB: string(d.Payments),
		inventoryDB: string(d.Inventory), notificationsDB: string(d.Notifications), mypageDB: string(d.Mypage),
	}
	for service, url := range all {
		if url == "" {
			file := filepath.Join(folder, service+".db")
			all[service] = (&neturl.URL{Scheme: "sqlite", Path: file}).String()
		}
	}
	return all, nil
}

func openDatabases(ctx context.Context, cfg config.Config) (databases, error) {
	all, err := urls(cfg)
	if err != nil {
		return nil, err
	}
	byURL := make(map[string]*store.DB)
	dbs := make(databases, len(services))
	for service, url := range all {
		if byURL[url] == nil {
			db, err := store.Open(ctx, url, store.Options{})
			if err != nil {
				dbs.close()
				return nil, fmt.Errorf("database of %s: %w", service, err)
			}
			byURL[url] = db
		}
		dbs[service] = byURL[url]
	}
	return dbs, nil
}

func (d databases) close() {
	for _, db := range d.distinct() {
		_ = db.Close()
	}
}

func (d databases) distinct() map[*store.DB]*store.DB {
	seen := make(map[*store.DB]*store.DB)
	for _, db := range d {
		seen[db] = db
	}
	return seen
}

// migrate brings every service's tables up to date.
func (d databases) migrate(ctx context.Context, log *zap.Logger) error {
	var errs []error
	for _, service := range services {
		applied, err := store.Migrate(ctx, d[service], service)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if len(applied) > 0 {
			log.Info("database migrated", zap.String("service", service), zap.Strings("migrations", applied))
		}
	}
	return errors.Join(errs...)
}

// Migrate opens the databases, brings them up to date and closes them again.
func Migrate(ctx context.Context, cfg config.Config, log *zap.Logger) error {
	dbs, err := openDatabases(ctx, cfg)
	if err != nil {
		return err
	}
	defer dbs.close()
	return dbs.migrate(ctx, log)
}
