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

// shapePatience bounds that, on the table of a backup too.
const shapePatience = 10 * time.Minute

// shapeVisibility makes the indexes of the table that lists workflows in the
// form that is wanted, lean unless it is said. It is for after each change of
// the schema.
func shapeVisibility(ctx context.Context, postgres *url.URL, form visibility.Form) error {
	ctx, cancel := context.WithTimeout(ctx, shapePatience)
	defer cancel()
	at := *postgres
	at.Path = "/" + visibilityDatabase
	db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(at.String()), pgdriver.WithReadTimeout(shapePatience)))
	defer db.Close()
	_, err := visibility.Change(ctx, db, cmp.Or(form, visibility.Lean), func(string) {})
	return err
}
