package fullserver

import (
	"cmp"
	"context"
	"database/sql"
	"net/url"
	"time"

	"github.com/uptrace/bun/driver/pgdriver"

	"github.com/yeyak/yeyak/internal/visibility"
)

// indexTimeout bounds the change of the indexes, also on the table of a backup.
const indexTimeout = 10 * time.Minute

// shapeVisibility gives the indexes of the table that lists workflows the wanted form,
// lean by default. Call it after each change of the schema.
func shapeVisibility(ctx context.Context, postgres *url.URL, form visibility.Form) error {
	ctx, cancel := context.WithTimeout(ctx, indexTimeout)
	defer cancel()
	at := *postgres
	at.Path = "/" + visibilityDatabase
	db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(at.String()), pgdriver.WithReadTimeout(indexTimeout)))
	defer db.Close()
	_, err := visibility.Change(ctx, db, cmp.Or(form, visibility.Lean), func(string) {})
	return err
}
