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

// Options of a database; the zero value is good for production.
type Options struct {
	// MaxOpen is how many connections to PostgreSQL are opened at most, and
	// kept; 10 unless set. SQLite has one.
	MaxOpen int
	// Timeout bounds an operation whose context has no deadline, and each
	// statement on the server; 5 s unless set.
	Timeout time.Duration
	// Application is what PostgreSQL lists the connections as, unless the URL
	// says it (application_name); "yeyak" unless set.
	Application string
	// Logger takes what the store overcomes by itself; slog.Default unless set.
	Logger *slog.Logger
	// Traces takes a span for every statement of a traced request; nil takes none.
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
	lists   chan struct{} // holds a token for each list that is read
	written sync.Map      // for each outbox that is followed, a chan struct{}
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
// PostgreSQL need not answer yet: a service whose database is away starts, and
// works when it is back. An SQLite file is opened, and created, at once.
// Errors do not show the URL's password.
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
	// url.Error repeats the whole URL; its cause does not.
	if parse := (*url.Error)(nil); errors.As(err, &parse) {
		err = parse.Err
	}
	return nil, fmt.Errorf("database URL cannot be read: %w", err)
}

func newDB(sqlDB *sql.DB, d dialect, u *url.URL, o Options) *DB {
	// Columns that a newer release has added are none of our business.
	db := &DB{
		bun: bun.NewDB(sqlDB, d.bun(), bun.WithDiscardUnknownColumns()), dialect: d, url: u, options: o,
		lists: make(chan struct{}, max(1, o.MaxOpen/2)),
	}
	if o.Traces != nil {
		db.trace(o.Traces)
	}
	return db
}

// Ping tells whether the database answers and can write: it makes a commit that
// changes nothing. Failure tells what its error means.
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

// quietDriver keeps pgdriver, which logs to the process's standard error, to
// our log: what it tells of comes back as an error as well.
var quietDriver = sync.OnceFunc(func() { pgdriver.Logger = driverLog{} })

type driverLog struct{}

// Printf implements pgdriver's logging.
func (driverLog) Printf(ctx context.Context, format string, v ...any) {
	slog.DebugContext(ctx, fmt.Sprintf(format, v...))
}
