package marketing

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/driver/pgdriver"
	"github.com/uptrace/bun/driver/sqliteshim"
)

// database is the address of the data: a PostgreSQL server, or a file.
type database struct {
	postgres []pgdriver.Option
	name     string // of the database, without a password
	file     string
}

// String is safe to log.
func (d database) String() string { return d.name }

var errDatabaseURL = errors.New("want postgres://user:password@host:port/database or sqlite://path/to/file.db")

// database parses the address of the data. Its errors say what is expected, and do not
// repeat the input.
func (s Settings) database() (database, error) {
	if s.DatabaseURL == "" {
		file := filepath.Join(s.DataDir, "marketing.db")
		return database{file: file, name: file}, nil
	}
	u, err := url.Parse(s.DatabaseURL)
	if err != nil {
		return database{}, errDatabaseURL
	}
	switch u.Scheme {
	case "postgres", "postgresql":
		options, err := postgresOptions(u)
		return database{postgres: options, name: "postgres://" + u.Host + u.Path}, err
	case "sqlite":
		file := u.Host + u.Path // sqlite://data/m.db is relative, sqlite:///var/m.db is not
		if file == "" {
			return database{}, errDatabaseURL
		}
		if u.RawQuery != "" {
			return database{}, errors.New("want sqlite://path/to/file.db, which takes no parameters")
		}
		return database{file: file, name: file}, nil
	default:
		return database{}, errDatabaseURL
	}
}

func (d database) open(ctx context.Context) (*store, error) {
	if d.postgres == nil {
		return openSQLite(ctx, d.file)
	}
	db := sql.OpenDB(pgdriver.NewConnector(d.postgres...))
	db.SetMaxOpenConns(maxConns)
	// Few connections are kept while idle: the follower finds those that a restart of
	// the server broke, before they fail a customer's request.
	db.SetMaxIdleConns(1)
	db.SetConnMaxLifetime(connLifetime)
	return &store{db: bun.NewDB(db, pgdialect.New()), dialect: postgres}, nil
}

// pragmas of every connection. NORMAL may lose the last transactions in a power cut,
// and their cursors with them: their events are then read again.
var pragmas = []string{
	"PRAGMA busy_timeout = 5000", // ms; first, since the next one may have to wait
	"PRAGMA journal_mode = WAL",
	"PRAGMA synchronous = NORMAL",
}

func openSQLite(ctx context.Context, file string) (*store, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	// A transaction that began by reading could not write once another process has
	// written.
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: file, RawQuery: "_txlock=immediate"}
	db := sql.OpenDB(connector{dsn.String()})
	db.SetMaxOpenConns(1) // SQLite has one writer; a pool would only wait for it less fairly
	s := &store{db: bun.NewDB(db, sqlitedialect.New()), dialect: sqlite}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", file, err), s.close())
	}
	return s, nil
}

// connector sets the pragmas on each connection: each driver behind the shim has its
// own notation for them.
type connector struct{ dsn string }

// Driver implements driver.Connector.
func (c connector) Driver() driver.Driver { return sqliteshim.Driver() }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(c.dsn)
	if err != nil {
		return nil, err
	}
	for _, pragma := range pragmas {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, pragma, nil); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", pragma, err), conn.Close())
		}
	}
	return conn, nil
}
