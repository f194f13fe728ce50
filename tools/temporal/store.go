package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/config"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/schema/sqlite"
)

// store is the configuration of the SQLite database. The tables and namespaces exist when it
// returns.
func (o devOptions) store() (*config.SQL, error) {
	c := database("", "mode", "memory", "cache", "shared")
	if o.file != "" {
		if err := ensureTables(o.file); err != nil {
			return nil, err
		}
		c = database(o.file, "mode", "rwc")
	}
	for _, pragma := range o.pragmas {
		name, value, found := strings.Cut(pragma, "=")
		if !found {
			return nil, fmt.Errorf("SQLite pragma %q: want name=value", pragma)
		}
		c.ConnectAttributes[name] = value
	}
	attributes, err := o.searchAttributes()
	if err != nil {
		return nil, err
	}
	for _, name := range append([]string{"default"}, o.namespaces...) {
		namespace, err := sqlite.NewNamespaceConfig(clusterName, name, false, attributes)
		if err != nil {
			return nil, fmt.Errorf("namespace %s: %w", name, err)
		}
		if err := sqlite.CreateNamespaces(c, namespace); err != nil { // skips existing ones
			return nil, err
		}
	}
	return c, nil
}

// database is the configuration of a SQLite database, in memory if file is "".
func database(file string, attributes ...string) *config.SQL {
	c := &config.SQL{PluginName: sqliteplugin.PluginName, DatabaseName: file, ConnectAttributes: map[string]string{}}
	if file == "" {
		c.DatabaseName = uuid.NewString()
	}
	for i := 0; i < len(attributes); i += 2 {
		c.ConnectAttributes[attributes[i]] = attributes[i+1]
	}
	return c
}

func (o devOptions) searchAttributes() (map[string]enumspb.IndexedValueType, error) {
	attributes := map[string]enumspb.IndexedValueType{}
	for _, attribute := range o.attributes {
		name, kind, _ := strings.Cut(attribute, "=")
		value, err := enumspb.IndexedValueTypeFromString(kind)
		if err != nil {
			return nil, fmt.Errorf("search attribute %q: want name=type: %w", attribute, err)
		}
		attributes[name] = value
	}
	return attributes, nil
}

// ensureTables creates the database file, or brings it up to date.
func ensureTables(file string) error {
	fresh, err := newTables(file)
	if err != nil {
		return err
	}
	defer os.Remove(fresh) // gone once it has become the file
	switch _, err := os.Stat(file); {
	case errors.Is(err, fs.ErrNotExist):
		return os.Rename(fresh, file)
	case err != nil:
		return err
	}
	return upgrade(file, fresh)
}

// newTables creates an empty database of this server's beside the file. It replaces the file
// as a whole: a kill leaves no half of one.
func newTables(file string) (fresh string, err error) {
	fresh = file + ".new"
	if err := remove(fresh); err != nil {
		return "", err
	}
	// Opening a database in memory creates its tables. The server keeps connections open until
	// its end, so this is not done on the file.
	c := database("", "mode", "memory", "cache", "shared")
	if err := sqlite.CreateNamespaces(c); err != nil {
		return "", fmt.Errorf("tables of %s: %w", file, err)
	}
	db, err := sql.Open("sqlite", "file:"+c.DatabaseName+"?mode=memory&cache=shared")
	if err != nil {
		return "", err
	}
	defer db.Close()
	if _, err := db.ExecContext(context.Background(), "VACUUM INTO ?", fresh); err != nil {
		return "", errors.Join(fmt.Errorf("tables of %s: %w", file, err), remove(fresh))
	}
	return fresh, nil
}

func remove(file string) error {
	if err := os.Remove(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
