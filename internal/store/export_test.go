package store

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"
)

// SQL is for tests that look into tables.
func (db *DB) SQL() *sql.DB { return db.bun.DB }

// Queries are the statements that do sends, for tests that look into plans.
// Nothing else may use the database meanwhile.
func (db *DB) Queries(do func()) []string {
	var heard []string
	before := db.bun
	db.bun = db.bun.WithQueryHook(hearing{&heard})
	defer func() { db.bun = before }()
	do()
	return heard
}

type hearing struct{ heard *[]string }

func (h hearing) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	*h.heard = append(*h.heard, e.Query)
	return ctx
}

func (hearing) AfterQuery(context.Context, *bun.QueryEvent) {}
