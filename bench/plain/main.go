// Command plain is the comparison for reads of the customers' pages: gin, pgdriver and one
// SELECT by key of the same row, which is returned unchanged.
package main

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/gin-gonic/gin"
	"github.com/uptrace/bun/driver/pgdriver"
)

// poolSize is the size of Yeyak's pool for pages, see store.Options.
const poolSize = 10

func main() {
	db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(os.Getenv("DATABASE_URL"))))
	db.SetMaxOpenConns(poolSize)
	db.SetMaxIdleConns(poolSize)
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.GET("/readyz", func(*gin.Context) {})
	router.GET("/orders/:id", func(c *gin.Context) {
		var order []byte
		err := db.QueryRowContext(c, "SELECT view FROM orders WHERE id = $1", c.Param("id")).Scan(&order)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			c.Status(http.StatusNotFound)
		case err != nil:
			c.String(http.StatusInternalServerError, "%s", err)
		default:
			c.Data(http.StatusOK, gin.MIMEJSON, order)
		}
	})
	fmt.Fprintln(os.Stderr, "plain:", router.Run(cmp.Or(os.Getenv("LISTEN"), "127.0.0.1:8080")))
	os.Exit(1)
}
