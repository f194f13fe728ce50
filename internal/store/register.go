package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// register keeps things of one kind as JSON in a table of their own, under
// their ids. The table's name is that of their list, too.
type register[T any] struct {
	db    *DB
	table string
	thing string
}

// docRow is a row of every such table.
type docRow struct {
	ID  string
	Doc string // JSON
}

func (r docRow) id() string { return r.ID }

func (r register[T]) write(id string, v T) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("write %s %s as JSON: %w", r.thing, id, err)
	}
	return string(text), nil
}

func (r register[T]) read(id, text string) (v T, err error) {
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return v, fmt.Errorf("%s %s: %w", r.thing, id, err)
	}
	return v, nil
}

// add registers v under an id that nothing else in the table has.
func (r register[T]) add(ctx context.Context, id string, v T) error {
	text, err := r.write(id, v)
	if err != nil {
		return err
	}
	return r.db.run(ctx, "add "+r.thing, func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("INSERT INTO ? (id, doc) VALUES (?, ?)", bun.Ident(r.table), id, text).Exec(ctx)
		return err
	})
}

// get is what is registered under the id; NotFound when there is nothing.
func (r register[T]) get(ctx context.Context, id string) (v T, err error) {
	var text string
	err = r.db.run(ctx, "read "+r.thing, func(ctx context.Context, q bun.IDB) error {
		err := q.NewRaw("SELECT doc FROM ? WHERE id = ?", bun.Ident(r.table), id).Scan(ctx, &text)
		return orNotFound(err, r.thing, id)
	})
	if err != nil {
		return v, err
	}
	return r.read(id, text)
}

// list lists those for which the condition holds, in the order of their ids.
func (r register[T]) list(ctx context.Context, p booking.Page, condition string, args ...any) ([]T, string, error) {
	rows, next, err := listByID(ctx, r.db, r.table, p, func(ctx context.Context, q bun.IDB, after string, limit int) (rows []docRow, err error) {
		err = q.NewRaw("SELECT id, doc FROM ? WHERE id > ? AND ? ORDER BY id LIMIT ?", bun.Ident(r.table), after, bun.SafeQuery(condition, args...), limit).
			Scan(ctx, &rows)
		return rows, err
	})
	if err != nil {
		return nil, "", err
	}
	all := make([]T, len(rows))
	for i, row := range rows {
		if all[i], err = r.read(row.ID, row.Doc); err != nil {
			return nil, "", err
		}
	}
	return all, next, nil
}
