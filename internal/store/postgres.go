package store

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/uptrace/bun/driver/pgdriver"
)

const (
	dialTimeout = 3 * time.Second
	// readGrace is how much longer we wait for an answer than the server works
	// on it: a statement that the server gave up leaves the connection usable.
	readGrace = time.Second
	// connLifetime makes a pool find its way to new servers after a failover.
	connLifetime = 30 * time.Minute
	// idleInTransaction frees the locks of a process that hangs.
	idleInTransaction = 30 * time.Second
)

func openPostgres(u *url.URL, o Options) (*DB, error) {
	sqlDB, err := connect(u, o)
	if err != nil {
		return nil, err
	}
	return newDB(sqlDB, postgres, u, o), nil
}

// OpenPool opens a PostgreSQL database that holds no tables of ours, as Open
// does, for statements of the caller's own.
func OpenPool(rawURL string, o Options) (*sql.DB, error) {
	quietDriver()
	u, err := parseURL(rawURL)
	if err != nil {
		return nil, err
	}
	return connect(u, o.orDefaults())
}

func connect(u *url.URL, o Options) (*sql.DB, error) {
	options, err := postgresOptions(u, o)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	sqlDB := sql.OpenDB(pgdriver.NewConnector(options...))
	sqlDB.SetMaxOpenConns(o.MaxOpen)
	sqlDB.SetMaxIdleConns(o.MaxOpen)
	sqlDB.SetConnMaxLifetime(connLifetime)
	return sqlDB, nil
}

func postgresOptions(u *url.URL, o Options) ([]pgdriver.Option, error) {
	host, database := u.Hostname(), ""
	if len(u.Path) > 1 {
		database = u.Path[1:]
	}
	if host == "" || database == "" || u.User.Username() == "" {
		return nil, errors.New("want postgres://user:password@host:port/database")
	}
	port := u.Port()
	if port == "" {
		port = "5432"
	}
	query := u.Query()
	tlsConfig, err := verifyingTLS(host, query.Get("sslmode"), query.Get("sslrootcert"))
	if err != nil {
		return nil, err
	}
	session := map[string]any{
		"statement_timeout":                   o.Timeout.Milliseconds(),
		"idle_in_transaction_session_timeout": idleInTransaction.Milliseconds(),
		// Instants are told in UTC, wherever the server is: to one that is west of it the
		// zero time is of a year BC, which cannot be read.
		"timezone": "UTC",
	}
	for name := range query {
		switch name {
		case "sslmode", "sslrootcert", "application_name":
		default:
			session[name] = query.Get(name)
		}
	}
	password, _ := u.User.Password()
	return []pgdriver.Option{
		pgdriver.WithAddr(net.JoinHostPort(host, port)),
		pgdriver.WithUser(u.User.Username()),
		pgdriver.WithPassword(password),
		pgdriver.WithDatabase(database),
		pgdriver.WithApplicationName(cmp.Or(query.Get("application_name"), o.Application)),
		pgdriver.WithTLSConfig(tlsConfig),
		pgdriver.WithDialTimeout(dialTimeout),
		pgdriver.WithReadTimeout(o.Timeout + readGrace),
		pgdriver.WithWriteTimeout(o.Timeout),
		pgdriver.WithConnParams(session),
		pgdriver.WithResetSessionFunc(refuseBroken),
	}, nil
}

// refuseBroken keeps a connection that broke while it was idle, as all do when
// the server restarts, from failing the operation that is given it.
func refuseBroken(_ context.Context, c *pgdriver.Conn) error { return checkAlive(c.Conn()) }

// verifyingTLS is the TLS configuration for a server, nil for none. Whoever
// wants TLS wants to know whom they talk to: there is no mode in between.
func verifyingTLS(host, mode, rootFile string) (*tls.Config, error) {
	switch mode {
	case "disable":
		return nil, nil
	case "", "require", "verify-ca", "verify-full":
	default:
		return nil, fmt.Errorf("sslmode=%s is not supported: use verify-full, or disable", mode)
	}
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if rootFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(rootFile)
	if err != nil {
		return nil, fmt.Errorf("sslrootcert: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("sslrootcert: no certificate in %s", rootFile)
	}
	return config, nil
}
