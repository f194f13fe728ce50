package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/driver/pgdriver"
	"go.opentelemetry.io/otel/trace"
)

// Defaults of Options.
const (
	defaultMaxOpen = 10
	defaultTimeout = 5 * time.Second
)

// Options of a database; the zero value suits production.
type Options struct {
	// MaxOpen is the maximum number of connections to PostgreSQL, which are kept open;
	// 10 by default. SQLite has one.
	MaxOpen int
	// Timeout is the deadline of an operation without one, and of each statement on the
	// server; 5 s by default.
	Timeout time.Duration
	// Application is the application name of the connections in PostgreSQL, unless the
	// URL has one (application_name); "yeyak" by default.
	Application string
	// Logger logs failures that the store recovers from; slog.Default by default.
	Logger *slog.Logger
	// Traces records a span for every statement of a traced request; nil for none.
	Traces trace.TracerProvider
}

func (o Options) orDefaults() Options {
	if o.MaxOpen <= 0 {
		o.MaxOpen = defaultMaxOpen
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Application == "" {
		o.Application = "yeyak"
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	bun     *bun.DB
	dialect dialect
	url     *url.URL
	options Options
	lists   chan struct{} // a token for each list that is read
	written sync.Map      // a chan struct{} for each followed outbox
}

// Open opens the database at rawURL:
//
//	postgres://user:password@host:port/database?sslmode=…
//	sqlite://path/to/file.db
//
// sslmode=disable switches TLS off; with any other, and with none, the
// server's certificate is verified against its name and the system's roots or
// the file of sslrootcert. Other parameters set the session's.
//
// PostgreSQL need not answer yet: a service starts while its database is away, and works
// when it is back. An SQLite file is opened, and created, at once. Errors do not show the
// URL's password.
func Open(ctx context.Context, rawURL string, o Options) (*DB, error) {
	quietDriver()
	u, err := parseURL(rawURL)
	if err != nil {
		return nil, err
	}
	o = o.orDefaults()
	switch u.Scheme {
	case "postgres", "postgresql":
		return openPostgres(u, o)
	case "sqlite":
		return openSQLite(ctx, u, o)
	default:
		return nil, fmt.Errorf("database URL starts with %q: want postgres:// or sqlite://", u.Scheme+":")
	}
}

func parseURL(rawURL string) (*url.URL, error) {
	u, err := url.Parse(rawURL)
	if err == nil {
		return u, nil
	}
	// url.Error contains the whole URL; its cause does not.
	if parse := (*url.Error)(nil); errors.As(err, &parse) {
		err = parse.Err
	}
	return nil, fmt.Errorf("database URL cannot be read: %w", err)
}

func newDB(sqlDB *sql.DB, d dialect, u *url.URL, o Options) *DB {
	// Columns of a newer release are ignored.
	db := &DB{
		bun: bun.NewDB(sqlDB, d.bun(), bun.WithDiscardUnknownColumns()), dialect: d, url: u, options: o,
		lists: make(chan struct{}, max(1, o.MaxOpen/2)),
	}
	if o.Traces != nil {
		db.trace(o.Traces)
	}
	return db
}

// Ping checks that the database answers and can write: it commits a transaction without
// a change. Failure classifies its error.
func (db *DB) Ping(ctx context.Context) error {
	return db.run(ctx, "ping database", func(ctx context.Context, q bun.IDB) error {
		_, err := q.ExecContext(ctx, db.dialect.write)
		return err
	})
}

// Close closes all connections.
func (db *DB) Close() error {
	if err := db.bun.Close(); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// quietDriver redirects pgdriver's log from standard error to our logger; its messages
// are also returned as errors.
var quietDriver = sync.OnceFunc(func() { pgdriver.Logger = driverLog{} })

type driverLog struct{}

// Printf implements pgdriver's logging.
func (driverLog) Printf(ctx context.Context, format string, v ...any) {
	slog.DebugContext(ctx, fmt.Sprintf(format, v...))
}
