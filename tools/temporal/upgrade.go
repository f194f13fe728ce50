package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"go.temporal.io/server/common/headers"
)

// upgrade converts the database of an older server to this server's tables. It copies all rows
// into fresh, which has this server's tables, and puts fresh in place of the file. The old file
// stays beside it. It leaves a database of this server's version alone, and refuses one with
// tables or columns that this server does not know, as a newer server's may have.
func upgrade(file, fresh string) error {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:"+fresh+"?mode=rw&_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	defer db.Close()
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, "ATTACH ? AS old", "file:"+file+"?mode=rw"); err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	same, err := sameTables(ctx, c)
	if err != nil || same {
		return err
	}
	if err := copyAll(ctx, c, file); err != nil {
		return err
	}
	// This checkpoints the data that a killed server has left beside its file, so that the file
	// can be moved.
	if _, err := c.ExecContext(ctx, "PRAGMA old.journal_mode = DELETE"); err != nil {
		return err
	}
	if err := errors.Join(c.Close(), db.Close()); err != nil {
		return err
	}
	kept := fmt.Sprintf("%s.before-%s-%s", file, headers.ServerVersion, time.Now().UTC().Format("20060102T150405"))
	if err := os.Link(file, kept); err != nil {
		return err
	}
	if err := os.Rename(fresh, file); err != nil {
		return err
	}
	fmt.Printf("%s was an older server's: it is brought up to date for %s, and kept as it was in %s\n", file, headers.ServerVersion, kept)
	return nil
}

// sameTables reports whether both databases have the same tables.
func sameTables(ctx context.Context, c *sql.Conn) (bool, error) {
	const made = `SELECT name, sql FROM %s.sqlite_schema WHERE sql IS NOT NULL`
	var differences int
	err := c.QueryRowContext(ctx, fmt.Sprintf(
		`SELECT count(*) FROM (SELECT * FROM (`+made+` EXCEPT `+made+`) UNION ALL SELECT * FROM (`+made+` EXCEPT `+made+`))`,
		"old", "main", "main", "old")).Scan(&differences)
	return differences == 0, err
}

// copyAll copies the rows of all tables of the old database.
func copyAll(ctx context.Context, c *sql.Conn, file string) error {
	tables, err := strs(ctx, c, `SELECT name FROM old.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`)
	if err != nil {
		return err
	}
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, table := range tables {
		// Triggers fill the full text indexes.
		if strings.Contains(table, "_fts") {
			continue
		}
		columns, err := columnsOf(ctx, tx, table, file)
		if err != nil {
			return err
		}
		list := strings.Join(columns, ", ")
		// New tables contain rows of their own.
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("DELETE FROM main.%[1]q; INSERT INTO main.%[1]q (%[2]s) SELECT %[2]s FROM old.%[1]q", table, list)); err != nil {
			return fmt.Errorf("copy table %s of %s: %w", table, file, err)
		}
	}
	return tx.Commit()
}

// columnsOf are the stored, not generated, columns of an old table. It fails unless the new
// table has all of them.
func columnsOf(ctx context.Context, tx *sql.Tx, table, file string) ([]string, error) {
	const columns = `SELECT name FROM pragma_table_xinfo(%s, %s) WHERE hidden = 0`
	old, err := strs(ctx, tx, fmt.Sprintf(columns, quote(table), "'old'"))
	if err != nil {
		return nil, err
	}
	known, err := strs(ctx, tx, fmt.Sprintf(columns, quote(table), "'main'"))
	if err != nil {
		return nil, err
	}
	for _, column := range old {
		if !slices.Contains(known, column) {
			return nil, fmt.Errorf("%s is not of an older server: %s does not know column %s of table %s. Run the server that it is of, or use another file",
				file, headers.ServerVersion, column, table)
		}
	}
	for i, column := range old {
		old[i] = fmt.Sprintf("%q", column)
	}
	return old, nil
}

func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// strs are the values of the only column of a query.
func strs(ctx context.Context, q queryer, query string) (all []string, err error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
