package app

import (
	"context"
	"errors"
	"fmt"
	neturl "net/url"
	"path/filepath"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/store"
)

// The services with a database. Each may have one of its own; none reads another's
// tables.
const (
	catalogueDB     = "catalogue"
	paymentsDB      = "payments"
	inventoryDB     = "inventory"
	notificationsDB = "notifications"
	managementDB    = "management"
	fulfilmentDB    = "fulfilment"
	mypageDB        = "mypage"
	sandboxDB       = "sandbox"
)

// services lists them in the order of errors.
var services = []string{
	catalogueDB, paymentsDB, inventoryDB, notificationsDB, managementDB, fulfilmentDB, mypageDB, sandboxDB,
}

// databases are the open databases by service. Services with the same URL
// share one.
type databases map[string]*store.DB

// urls returns each service's database URL. Without DATABASE_URL a service without a
// URL of its own gets a SQLite file in the data folder.
func urls(cfg config.Config) (map[string]string, error) {
	folder, err := filepath.Abs(cfg.Dev.DataDir)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	d := cfg.Databases.Resolved()
	all := map[string]string{
		catalogueDB: string(d.Front), paymentsDB: string(d.Payments), sandboxDB: string(d.Payments),
		inventoryDB: string(d.Inventory), notificationsDB: string(d.Notifications),
		managementDB: string(d.Management), fulfilmentDB: string(d.Fulfilment), mypageDB: string(d.Mypage),
	}
	for service, url := range all {
		if url == "" {
			file := filepath.Join(folder, service+".db")
			all[service] = (&neturl.URL{Scheme: "sqlite", Path: file}).String()
		}
	}
	return all, nil
}

func openDatabases(ctx context.Context, cfg config.Config, o store.Options) (databases, error) {
	all, err := urls(cfg)
	if err != nil {
		return nil, err
	}
	var errs []error
	dbs := make(databases, len(services))
	for _, url := range sharing(all) {
		db, err := store.Open(ctx, url.shared, o)
		if err != nil {
			errs = append(errs, url.failed(err))
			continue
		}
		for _, service := range url.services {
			dbs[service] = db
		}
	}
	if err := errors.Join(errs...); err != nil {
		dbs.close()
		return nil, err
	}
	return dbs, nil
}

// pageReaders is the number of PostgreSQL connections for page reads. Such a read takes
// a fraction of a millisecond.
const pageReaders = 4

// openPages opens the read model's database again, with connections only for customers'
// and owners' reads. Orders can use up all other connections: for example those for one
// place's last rooms, which wait for each other in the database. Their customers could
// not read their earlier orders meanwhile.
func openPages(ctx context.Context, cfg config.Config, o store.Options) (*store.DB, error) {
	all, err := urls(cfg)
	if err != nil {
		return nil, err
	}
	o.MaxOpen = pageReaders
	return store.Open(ctx, all[mypageDB], o)
}

// group is what several services share: a database, or its URL.
type group[T comparable] struct {
	shared   T
	services []string
}

// sharing groups the services by what they share. Groups and services are in the order
// of services, and so are errors.
func sharing[T comparable](byService map[string]T) []group[T] {
	var groups []group[T]
	for _, service := range services {
		shared, ok := byService[service]
		if !ok {
			continue
		}
		i := slices.IndexFunc(groups, func(g group[T]) bool { return g.shared == shared })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group[T]{shared: shared})
		}
		groups[i].services = append(groups[i].services, service)
	}
	return groups
}

// failed adds the names of the database's services to err.
func (g group[T]) failed(err error) error {
	return fmt.Errorf("database of %s: %w", strings.Join(g.services, ", "), err)
}

func (d databases) close() {
	for _, db := range sharing(d) {
		_ = db.shared.Close()
	}
}

// migrate brings every service's tables up to date. The first failure in a database
// ends its migrations: an address without a server or a missing permission usually
// affects all.
func (d databases) migrate(ctx context.Context, log *zap.Logger) error {
	var errs []error
	for _, db := range sharing(d) {
		if err := migrate(ctx, db.shared, db.services, log); err != nil {
			errs = append(errs, db.failed(err))
		}
	}
	return errors.Join(errs...)
}

func migrate(ctx context.Context, db *store.DB, services []string, log *zap.Logger) error {
	for _, service := range services {
		applied, err := store.Migrate(ctx, db, service)
		if err != nil {
			return err
		}
		if len(applied) > 0 {
			log.Info("database migrated", zap.String("service", service), zap.Strings("migrations", applied))
		}
	}
	return nil
}

// Migrate opens the databases, migrates them and closes them again.
func Migrate(ctx context.Context, cfg config.Config, log *zap.Logger) error {
	dbs, err := openDatabases(ctx, cfg, store.Options{})
	if err != nil {
		return err
	}
	defer dbs.close()
	return dbs.migrate(ctx, log)
}
