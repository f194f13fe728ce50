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
	// readGrace is how much longer than the server's time limit we wait for an answer:
	// a statement that the server cancels leaves the connection usable.
	readGrace = time.Second
	// connLifetime makes a pool connect to new servers after a failover.
	connLifetime = 30 * time.Minute
	// idleInTransaction releases the locks of a process that hangs.
	idleInTransaction = 30 * time.Second
)

func openPostgres(u *url.URL, o Options) (*DB, error) {
	sqlDB, err := connect(u, o)
	if err != nil {
		return nil, err
	}
	return newDB(sqlDB, postgres, u, o), nil
}

// OpenPool opens a PostgreSQL database without tables of ours, with Open's settings,
// for the caller's own statements.
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
		// Instants are sent in UTC, wherever the server is: west of it the zero time is
		// in a year BC, which cannot be parsed.
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

// refuseBroken tests an idle connection before it is used: when the server restarts,
// all idle connections are broken.
func refuseBroken(_ context.Context, c *pgdriver.Conn) error { return checkAlive(c.Conn()) }

// verifyingTLS is the TLS configuration for a server, nil for none. TLS always verifies
// the server: there is no mode in between.
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
