package store

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/migrate"
)

// Services are the names for Migrate and Pending; each has tables and migrations of its
// own.
func Services() []string {
	return []string{
		"catalogue", "fulfilment", "inventory", "management", "mypage", "notifications", "payments", "sandbox",
	}
}

// migrationFiles are templates over columnTypes, one folder a service, named
// <number>_<what>.sql and applied in that order. Each is one transaction.
//
//go:embed migrations
var migrationFiles embed.FS

const (
	// migrateWithin is the time limit of PostgreSQL's migrations, including the
	// wait for another process's, unless the caller's context has a deadline.
	migrateWithin = 15 * time.Minute
	// migrationLock is PostgreSQL's advisory lock for migrations: "yeyak" in bytes. It
	// belongs to a session, so that a crash releases it.
	migrationLock = 0x796579616b
	// migrating is the application name of a migration's connections in PostgreSQL, for
	// operators who search for one that hangs.
	migrating = "yeyak migrate"
)

// Migrate brings the service's tables up to date and returns the names of the applied
// migrations, none if there was nothing to do. Several processes may do so
// concurrently.
func Migrate(ctx context.Context, db *DB, service string) (applied []string, err error) {
	m, err := serviceMigrations(service, db.dialect.types)
	if err != nil {
		return nil, err
	}
	err = exclusively(ctx, db, func(ctx context.Context, db *DB) error {
		migrator := newMigrator(db, service, m)
		if err := migrator.Init(ctx); err != nil {
			return err
		}
		group, err := migrator.Migrate(ctx)
		if err != nil {
			return err
		}
		applied = names(group.Migrations)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("migrate %s: %w", service, err)
	}
	return applied, nil
}

// Pending returns the names of the service's migrations that Migrate would apply. It
// changes nothing.
func Pending(ctx context.Context, db *DB, service string) ([]string, error) {
	m, err := serviceMigrations(service, db.dialect.types)
	if err != nil {
		return nil, err
	}
	var pending []string
	err = db.run(ctx, "pending migrations of "+service, func(ctx context.Context, _ bun.IDB) error {
		status, err := newMigrator(db, service, m).MigrationsWithStatus(ctx)
		if failure, _ := db.Failure(err); failure == Unprepared {
			status, err = m.Sorted(), nil
		}
		pending = names(status.Unapplied())
		return err
	})
	return pending, err
}

// exclusively runs f while no other process does. On PostgreSQL it uses connections of
// its own, since migrations take longer than operations may.
func exclusively(ctx context.Context, db *DB, f func(context.Context, *DB) error) (err error) {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, migrateWithin)
		defer cancel()
	}
	if db.dialect.oneWriter {
		return f(ctx, db) // each migration checks whether it is still needed
	}
	own, err := openPostgres(db.url, Options{MaxOpen: 2, Timeout: migrateWithin, Application: migrating, Logger: db.options.Logger})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, own.Close()) }()
	session, err := own.bun.Conn(ctx)
	if err != nil {
		return err
	}
	defer session.Close() // ends with the pool at the latest, and so does the lock
	if _, err := session.ExecContext(ctx, "SELECT pg_advisory_lock(?)", migrationLock); err != nil {
		return fmt.Errorf("wait for other migrations: %w", err)
	}
	return f(ctx, own)
}

func newMigrator(db *DB, service string, m *migrate.Migrations) *migrate.Migrator {
	return migrate.NewMigrator(db.bun, m,
		migrate.WithTableName(migrationsTable(service)),
		migrate.WithLocksTableName(service+"_migration_locks"), // created but unused: see exclusively
		migrate.WithMarkAppliedOnSuccess(true),
		migrate.WithUpsert(true)) // a migration has marked itself by then
}

func migrationsTable(service string) string { return service + "_migrations" }

// serviceMigrations reads the service's migrations.
func serviceMigrations(service string, types columnTypes) (*migrate.Migrations, error) {
	if !slices.Contains(Services(), service) {
		return nil, fmt.Errorf("migrations: there is no service %q, only %s", service, strings.Join(Services(), ", "))
	}
	files, err := fs.Glob(migrationFiles, path.Join("migrations", service, "*.sql"))
	if err != nil {
		return nil, fmt.Errorf("migrations of %s: %w", service, err)
	}
	m := migrate.NewMigrations()
	for _, file := range files {
		number, comment, ok := strings.Cut(strings.TrimSuffix(path.Base(file), ".sql"), "_")
		if !ok {
			return nil, fmt.Errorf("migrations of %s: %s is not named <number>_<what>.sql", service, file)
		}
		m.Add(migrate.Migration{
			Name:    number,
			Comment: comment,
			Up: func(ctx context.Context, migrator *migrate.Migrator, migration *migrate.Migration) error {
				statements, err := render(file, types)
				if err != nil {
					return err
				}
				return apply(ctx, migrator.DB(), service, migration, statements)
			},
		})
	}
	return m, nil
}

// apply runs a migration and marks it as applied in the same transaction, so that a
// crash leaves both or neither; on SQLite a second process finds the mark and does
// nothing. bun's own runner does not do that, and in 1.2.18 loses the error of a
// COMMIT.
func apply(ctx context.Context, db *bun.DB, service string, migration *migrate.Migration, statements string) error {
	return db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		marked, err := affected(tx.NewRaw("INSERT INTO ? (name, group_id) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
			bun.Ident(migrationsTable(service)), migration.Name, migration.GroupID).Exec(ctx))
		if err != nil || marked == 0 {
			return err
		}
		_, err = tx.ExecContext(ctx, statements)
		return err
	})
}

func render(file string, types columnTypes) (string, error) {
	text, err := template.ParseFS(migrationFiles, file)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	if err := text.Execute(&out, types); err != nil {
		return "", err
	}
	return out.String(), nil
}

func names(ms migrate.MigrationSlice) []string {
	var out []string
	for _, m := range ms {
		out = append(out, m.String())
	}
	return out
}
