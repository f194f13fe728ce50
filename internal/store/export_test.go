package store

import "database/sql"

// SQL is for tests that look into tables.
func (db *DB) SQL() *sql.DB { return db.bun.DB }
