package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// Catalogue is what can be ordered.
type Catalogue struct{ db *DB }

// NewCatalogue keeps the catalogue in db.
func NewCatalogue(db *DB) *Catalogue { return &Catalogue{db} }

type placeRow struct {
	bun.BaseModel `bun:"table:places"`

	ID      string `bun:",pk"`
	Place   string // JSON
	Version int64  // counts changes
}

func (r placeRow) place() (booking.Place, error) {
	var p booking.Place
	if err := json.Unmarshal([]byte(r.Place), &p); err != nil {
		return booking.Place{}, fmt.Errorf("place %s: %w", r.ID, err)
	}
	return p, nil
}

func (r *placeRow) set(p booking.Place) error {
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write place %s as JSON: %w", p.ID, err)
	}
	r.Place = string(text)
	return nil
}

// AddPlace registers a place under an id that no other has.
func (c *Catalogue) AddPlace(ctx context.Context, p booking.Place) error {
	row := placeRow{ID: p.ID, Version: 1}
	if err := row.set(p); err != nil {
		return err
	}
	return c.db.run(ctx, "add place", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewInsert().Model(&row).Exec(ctx)
		return err
	})
}

// Place is the place with the id; NotFound when there is none.
func (c *Catalogue) Place(ctx context.Context, id string) (booking.Place, error) {
	var row placeRow
	err := c.db.run(ctx, "read place", func(ctx context.Context, q bun.IDB) (err error) {
		row, err = placeOf(ctx, q, id)
		return err
	})
	if err != nil {
		return booking.Place{}, err
	}
	return row.place()
}

func placeOf(ctx context.Context, q bun.IDB, id string) (placeRow, error) {
	var row placeRow
	err := q.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return row, orNotFound(err, "place", id)
}

// ChangePlace applies change to the place with the id and returns what became
// of it; NotFound when there is none. change runs again when somebody else
// changed the place at the same time. Its error is returned and nothing is
// changed; the id stays what it is.
func (c *Catalogue) ChangePlace(ctx context.Context, id string, change func(*booking.Place) error) (booking.Place, error) {
	var place booking.Place
	err := c.db.run(ctx, "change place", func(ctx context.Context, q bun.IDB) error {
		for {
			changed, err := tryChange(ctx, q, id, &place, change)
			if err != nil || changed {
				return err
			}
		}
	})
	if err != nil {
		return booking.Place{}, err
	}
	return place, nil
}

// tryChange reads, changes and writes the place, and tells whether it was
// still the one that it had read. Whoever loses lost to one who won, so that
// trying again comes to an end.
func tryChange(ctx context.Context, q bun.IDB, id string, place *booking.Place, change func(*booking.Place) error) (bool, error) {
	row, err := placeOf(ctx, q, id)
	if err != nil {
		return false, err
	}
	if *place, err = row.place(); err != nil {
		return false, err
	}
	if err := change(place); err != nil {
		return false, err
	}
	place.ID = id
	if err := row.set(*place); err != nil {
		return false, err
	}
	updated, err := affected(q.NewRaw("UPDATE places SET place = ?, version = version + 1 WHERE id = ? AND version = ?",
		row.Place, id, row.Version).Exec(ctx))
	return updated == 1, err
}

// placeList is the name of the list in its cursors.
const placeList = "places"

// Places lists all places in the order of their ids. InvalidCursor: the page's
// cursor is not one of this list.
func (c *Catalogue) Places(ctx context.Context, p booking.Page) (_ []booking.Place, next string, err error) {
	var after string
	if p.Cursor != "" {
		cursor, err := decodeCursor(placeList, p.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		after = cursor[0]
	}
	size := pageSize(p.Limit)
	var rows []placeRow
	err = c.db.run(ctx, "list places", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewSelect().Model(&rows).Where("id > ?", after).OrderExpr("id").Limit(size + 1).Scan(ctx)
	})
	if err != nil {
		return nil, "", err
	}
	rows, next = part(rows, size, func(last placeRow) string { return encodeCursor(placeList, last.ID) })
	places := make([]booking.Place, len(rows))
	for i, row := range rows {
		if places[i], err = row.place(); err != nil {
			return nil, "", err
		}
	}
	return places, next, nil
}
