package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/uptrace/bun/driver/sqliteshim"
)

// busyTimeout is how long a statement waits for another process's.
const busyTimeout = 5 * time.Second

// pragmas of every connection. FULL syncs the disk with each commit. NORMAL is
// consistent, too, but may lose the last commits in a power cut: the ledger would miss
// a charge that its order's workflow remembers.
var pragmas = []string{
	fmt.Sprint("PRAGMA busy_timeout = ", busyTimeout.Milliseconds()), // first, since the next one may have to wait
	"PRAGMA journal_mode = WAL",
	"PRAGMA synchronous = FULL",
}

func openSQLite(ctx context.Context, u *url.URL, o Options) (*DB, error) {
	path := u.Host + u.Path // sqlite://data/yeyak.db is relative, sqlite:///var/yeyak.db is not
	if path == "" || u.RawQuery != "" {
		return nil, errors.New("database URL: want sqlite://path/to/file.db")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	// Transactions begin as writers: one that began by reading could not write once
	// another process has written.
	dsn := (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "_txlock=immediate"}).String()
	sqlDB := sql.OpenDB(sqliteConnector{dsn})
	sqlDB.SetMaxOpenConns(1) // SQLite has one writer; a larger pool would wait for it less fairly
	db := newDB(sqlDB, sqlite, u, o)
	if err := db.bun.PingContext(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// sqliteConnector sets the pragmas on each connection: each driver behind the shim has
// its own notation for them.
type sqliteConnector struct{ dsn string }

func (c sqliteConnector) Driver() driver.Driver { return sqliteshim.Driver() }

func (c sqliteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(c.dsn)
	if err != nil {
		return nil, err
	}
	for _, pragma := range pragmas {
		if err := setPragma(ctx, conn.(driver.ExecerContext), pragma); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", pragma, err), conn.Close())
		}
	}
	return conn, nil
}

// setPragma sets one pragma, with retries: when two connections change a new file to
// WAL, each holds the read lock that the other waits for, and SQLite returns
// SQLITE_BUSY to the second at once, regardless of busy_timeout.
func setPragma(ctx context.Context, conn driver.ExecerContext, pragma string) error {
	for until := time.Now().Add(busyTimeout); ; {
		_, err := conn.ExecContext(ctx, pragma, nil)
		if err == nil || !lostRace(err) || time.Now().After(until) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Duration(1+rand.IntN(10)) * time.Millisecond):
		}
	}
}
