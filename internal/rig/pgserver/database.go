package pgserver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun/driver/pgdriver"
)

// requestTimeout bounds every request to a running server. To remove a database the server
// flushes all that it has written, which takes long on a busy machine with a slow disk.
const requestTimeout = 2 * time.Minute

// CreateDatabase creates a database with a unique name on the server and returns its URL
// and name. It is empty, or a copy of another database that has no connections.
func CreateDatabase(ctx context.Context, server string, like ...string) (created, name string, err error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", "", errors.New("not a URL of the form postgres://user@host:port/database")
	}
	name = "yeyak_test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	statement := "CREATE DATABASE " + name
	if len(like) > 0 {
		statement += " TEMPLATE " + like[0]
	}
	if err := Execute(ctx, server, statement); err != nil {
		return "", "", fmt.Errorf("create database: %w", err)
	}
	u.Path = "/" + name
	return u.String(), name, nil
}

// Execute runs one statement on a server.
func Execute(ctx context.Context, server, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(server), pgdriver.WithReadTimeout(requestTimeout)))
	defer db.Close()
	_, err := db.ExecContext(ctx, statement)
	return err
}
