package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/yeyak/yeyak/booking"
)

// register stores things of one kind as JSON in a table of their own, under their ids.
// The table's name is that of their list, too.
type register[T any] struct {
	db    *DB
	table string
	thing string
	facts facts[T]
	// there selects what can be changed.
	there schema.Safe
}

// facts are the feed's events of things of one kind.
type facts[T any] struct {
	data                                        func(T) booking.CatalogueData
	registered, changed, withdrawn, broughtBack booking.EventType
}

// ofChange is the event of a change.
func (f facts[T]) ofChange(before, after T) booking.EventType {
	was, is := *f.data(before).Withdrawn, *f.data(after).Withdrawn
	switch {
	case is && !was:
		return f.withdrawn
	case was && !is:
		return f.broughtBack
	default:
		return f.changed
	}
}

// event is an event of the catalogue about the thing with the id; by is the caller that
// changed it. Versions count its changes, so that no two events of it have the same
// key.
func event(t booking.EventType, by, id string, version int64, data booking.CatalogueData) booking.Event {
	data.By = by
	return booking.Event{Key: fmt.Sprintf("%s/%s/%d", id, t, version), Type: t, Subject: id, At: now(), Catalogue: &data}
}

// byTime is the order of every such list.
const byTime = "created_at DESC, id DESC"

// docRow is a row of every such table.
type docRow struct {
	ID        string
	Doc       string // JSON
	CreatedAt time.Time
}

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

// add registers v under a new id.
func (r register[T]) add(ctx context.Context, by, id string, v T) error {
	text, err := r.write(id, v)
	if err != nil {
		return err
	}
	return r.db.inTxWithEvent(ctx, catalogueOutbox, "add "+r.thing, func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("INSERT INTO ? (id, doc, created_at) VALUES (?, ?, ?)", bun.Ident(r.table), id, text, now()).Exec(ctx)
		if err != nil {
			return err
		}
		return writeEvent(ctx, q, catalogueOutbox, event(r.facts.registered, by, id, 1, r.facts.data(v)))
	})
}

// get returns what is registered under the id, or NotFound.
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

// change applies edit to what is registered under the id and returns the result, or
// NotFound. edit runs again if the thing was changed concurrently. If edit returns an
// error, so does change, and nothing is changed.
func (r register[T]) change(ctx context.Context, by, id string, edit func(*T) error) (v T, err error) {
	err = r.db.inTxWithEvent(ctx, catalogueOutbox, "change "+r.thing, func(ctx context.Context, q bun.IDB) error {
		for {
			changed, err := r.tryChange(ctx, q, by, id, &v, edit)
			if err != nil || changed {
				return err
			}
		}
	})
	if err != nil {
		var none T
		return none, err
	}
	return v, nil
}

// tryChange reads, edits and writes the thing, and reports whether no other change came
// between. Of concurrent changes one succeeds, so retries come to an end. An edit
// without a change writes nothing.
func (r register[T]) tryChange(ctx context.Context, q bun.IDB, by, id string, v *T, edit func(*T) error) (bool, error) {
	var before string
	var version int64
	err := q.NewRaw("SELECT doc, version FROM ? WHERE id = ? AND ?", bun.Ident(r.table), id, r.there).Scan(ctx, &before, &version)
	if err != nil {
		return false, orNotFound(err, r.thing, id)
	}
	was, err := r.read(id, before)
	if err != nil {
		return false, err
	}
	*v = was
	if err := edit(v); err != nil {
		return false, err
	}
	after, err := r.write(id, *v)
	if err != nil {
		return false, err
	}
	if after == before {
		return true, nil
	}
	updated, err := affected(q.NewRaw("UPDATE ? SET doc = ?, version = version + 1 WHERE id = ? AND version = ?",
		bun.Ident(r.table), after, id, version).Exec(ctx))
	if err != nil || updated == 0 {
		return false, err
	}
	return true, writeEvent(ctx, q, catalogueOutbox, event(r.facts.ofChange(was, *v), by, id, version+1, r.facts.data(*v)))
}

// list lists the selected things, newest first. It returns InvalidCursor for a cursor
// of another list.
func (r register[T]) list(ctx context.Context, f booking.CatalogueFilter, p booking.Page) ([]T, string, error) {
	return r.newest(ctx, p, func(q bun.IDB) *bun.SelectQuery { return r.selection(q, f).Column("id", "doc", "created_at") })
}

// selection is the query of a filter.
func (r register[T]) selection(q bun.IDB, f booking.CatalogueFilter) *bun.SelectQuery {
	query := q.NewSelect().Table(r.table).Where("withdrawn = ?", f.Withdrawn)
	return whereEqual(query, equal{"owner_id", f.OwnerID}, equal{"day", dayOf(f.Date)})
}

// newest lists the docRows of the query, newest first. It returns InvalidCursor for a
// cursor of another list.
func (r register[T]) newest(ctx context.Context, p booking.Page, query func(bun.IDB) *bun.SelectQuery) ([]T, string, error) {
	rows, next, err := newestFirst(ctx, r.db, r.table, p,
		func(row docRow) moment { return moment{row.CreatedAt, row.ID} },
		func(q bun.IDB) *bun.SelectQuery { return query(q).OrderExpr(byTime) },
		keyset{"created_at", "id"})
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

// count counts the rows of the query, in the order of an index, up to
// booking.CountedTo.
func (r register[T]) count(ctx context.Context, query func(bun.IDB) *bun.SelectQuery) (int, error) {
	return r.db.count(ctx, r.table, func(q bun.IDB) []*bun.SelectQuery { return []*bun.SelectQuery{query(q)} })
}

// dayOf is a date as a filter's value, "" for any.
func dayOf(d booking.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}
