package marketing

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/uptrace/bun/driver/pgdriver"
)

const (
	maxConns    = 10
	dialTimeout = 3 * time.Second
	// readGrace is how much longer than the server's time limit we wait for an answer:
	// a statement that the server cancels leaves the connection usable.
	readGrace = time.Second
	// connLifetime makes the pool connect to new servers after a failover.
	connLifetime = 30 * time.Minute
	// idleInTransaction releases the locks of a process that hangs.
	idleInTransaction = 30 * time.Second
)

// postgresOptions parses a URL as the rest of Yeyak does: sslmode=disable switches TLS
// off, with any other the server is verified, and parameters that are not about the
// connection set the session's.
func postgresOptions(u *url.URL) ([]pgdriver.Option, error) {
	host, port, query := u.Hostname(), u.Port(), u.Query()
	if host == "" || len(u.Path) < 2 || u.User.Username() == "" {
		return nil, errDatabaseURL
	}
	if port == "" {
		port = "5432"
	}
	tlsConfig, err := verifyingTLS(host, query.Get("sslmode"), query.Get("sslrootcert"))
	if err != nil {
		return nil, err
	}
	session := map[string]any{
		"statement_timeout":                   dbTimeout.Milliseconds(),
		"idle_in_transaction_session_timeout": idleInTransaction.Milliseconds(),
	}
	for name := range query {
		switch name {
		case "sslmode", "sslrootcert", "application_name":
		default:
			session[name] = query.Get(name)
		}
	}
	application := query.Get("application_name")
	if application == "" {
		application = "yeyak-marketing"
	}
	password, _ := u.User.Password()
	return []pgdriver.Option{
		pgdriver.WithAddr(net.JoinHostPort(host, port)),
		pgdriver.WithUser(u.User.Username()),
		pgdriver.WithPassword(password),
		pgdriver.WithDatabase(u.Path[1:]),
		pgdriver.WithApplicationName(application),
		pgdriver.WithTLSConfig(tlsConfig),
		pgdriver.WithDialTimeout(dialTimeout),
		pgdriver.WithReadTimeout(dbTimeout + readGrace),
		pgdriver.WithWriteTimeout(dbTimeout),
		pgdriver.WithConnParams(session),
	}, nil
}

// verifyingTLS is the TLS configuration for a server, nil for none.
func verifyingTLS(host, mode, rootFile string) (*tls.Config, error) {
	switch mode {
	case "disable":
		return nil, nil
	case "", "require", "verify-ca", "verify-full":
	default:
		return nil, errors.New("want sslmode=verify-full, or sslmode=disable")
	}
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if rootFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(rootFile)
	if err != nil {
		return nil, errors.New("want a file that can be read as sslrootcert")
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("want a file with certificates as sslrootcert")
	}
	return config, nil
}
