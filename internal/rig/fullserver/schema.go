package fullserver

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"time"

	_ "github.com/uptrace/bun/driver/pgdriver" // the "pg" driver of database/sql
)

// The databases, under the names of Temporal's documentation.
const (
	storeDatabase      = "temporal"
	visibilityDatabase = "temporal_visibility"
)

// plugin is Temporal's plugin for PostgreSQL 12 and newer that uses pgx. Unlike
// "postgres12" it prepares each statement once per connection. The table that lists
// workflows has 70 generated columns and as many indexes, and parsing and planning an
// insert into it costs more than executing it. A reservation takes 14.5 ms of CPU
// instead of 20, Temporal's and PostgreSQL's together.
const plugin = "postgres12_pgx"

// schemaTimeout bounds the creation of the schema.
const schemaTimeout = time.Minute

// ensureSchema creates both databases, or brings them up to date.
func ensureSchema(ctx context.Context, server string, postgres *url.URL) error {
	ctx, cancel := context.WithTimeout(ctx, schemaTimeout)
	defer cancel()
	for database, tables := range map[string]string{
		storeDatabase:      "postgresql/v12/temporal",
		visibilityDatabase: "postgresql/v12/visibility",
	} {
		there, err := exists(ctx, postgres, database)
		if err != nil {
			return fmt.Errorf("find database %s: %w", database, err)
		}
		tasks := [][]string{{"update-schema", "--schema-name", tables}}
		if !there {
			tasks = append([][]string{{"create-database"}, {"setup-schema", "--version", "0.0"}}, tasks...)
		}
		for _, task := range tasks {
			if err := schema(ctx, server, postgres, database, task); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgetMembers clears the list of servers that used the databases, before a server
// starts. The new server would try to reach those of the last seconds, as after a
// restore, and its own services would not find each other meanwhile.
func forgetMembers(ctx context.Context, postgres *url.URL) error {
	store := *postgres
	store.Path = "/" + storeDatabase
	db, err := sql.Open("pg", store.String())
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, "DELETE FROM cluster_membership")
	return err
}

func exists(ctx context.Context, postgres *url.URL, database string) (there bool, err error) {
	db, err := sql.Open("pg", postgres.String())
	if err != nil {
		return false, err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database).Scan(&there)
	return there, err
}

// schema runs a task of Temporal's SQL tool, which is part of the server's program.
func schema(ctx context.Context, server string, postgres *url.URL, database string, task []string) error {
	password, _ := postgres.User.Password()
	cmd := exec.CommandContext(ctx, server, append([]string{
		"schema", "--plugin", plugin, "--endpoint", postgres.Hostname(), "--port", postgres.Port(), "--database", database,
	}, task...)...)
	cmd.Env = append(cmd.Environ(), "SQL_USER="+postgres.User.Username(), "SQL_PASSWORD="+password)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("schema %s of %s: %w\n%s", strings.Join(task, " "), database, err, bytes.TrimSpace(out))
	}
	return nil
}
