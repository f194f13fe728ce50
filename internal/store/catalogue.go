package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// Catalogue is what can be ordered. It implements activities.DrinkPages.
type Catalogue struct {
	db     *DB
	places register[booking.Place]
	menus  register[booking.Menu]
	drinks register[booking.Drink]
}

// NewCatalogue keeps the catalogue in db.
func NewCatalogue(db *DB) *Catalogue {
	return &Catalogue{
		db:     db,
		places: register[booking.Place]{db, "places", "place"},
		menus:  register[booking.Menu]{db, "menus", "menu"},
		drinks: register[booking.Drink]{db, "drinks", "drink"},
	}
}

// AddPlace registers a place under an id that no other has.
func (c *Catalogue) AddPlace(ctx context.Context, p booking.Place) error {
	return c.places.add(ctx, p.ID, p)
}

// Place is the place with the id; NotFound when there is none.
func (c *Catalogue) Place(ctx context.Context, id string) (booking.Place, error) {
	return c.places.get(ctx, id)
}

// Places lists all places in the order of their ids. InvalidCursor: the page's
// cursor is not one of this list.
func (c *Catalogue) Places(ctx context.Context, p booking.Page) ([]booking.Place, string, error) {
	return c.places.list(ctx, p, "TRUE")
}

// AddMenu registers a menu under an id that no other has.
func (c *Catalogue) AddMenu(ctx context.Context, m booking.Menu) error {
	return c.menus.add(ctx, m.ID, m)
}

// Menu is the menu with the id; NotFound when there is none.
func (c *Catalogue) Menu(ctx context.Context, id string) (booking.Menu, error) {
	return c.menus.get(ctx, id)
}

// Menus lists all menus in the order of their ids. InvalidCursor: the page's
// cursor is not one of this list.
func (c *Catalogue) Menus(ctx context.Context, p booking.Page) ([]booking.Menu, string, error) {
	return c.menus.list(ctx, p, "TRUE")
}

// ChangePlace applies change to the place with the id and returns what became
// of it; NotFound when there is none. change runs again when somebody else
// changed the place at the same time. Its error is returned and nothing is
// changed; the id stays what it is.
func (c *Catalogue) ChangePlace(ctx context.Context, id string, change func(*booking.Place) error) (booking.Place, error) {
	var place booking.Place
	err := c.db.run(ctx, "change place", func(ctx context.Context, q bun.IDB) error {
		for {
			changed, err := c.tryChange(ctx, q, id, &place, change)
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
func (c *Catalogue) tryChange(ctx context.Context, q bun.IDB, id string, place *booking.Place, change func(*booking.Place) error) (bool, error) {
	var text string
	var version int64
	err := q.NewRaw("SELECT doc, version FROM places WHERE id = ?", id).Scan(ctx, &text, &version)
	if err != nil {
		return false, orNotFound(err, "place", id)
	}
	if *place, err = c.places.read(id, text); err != nil {
		return false, err
	}
	if err := change(place); err != nil {
		return false, err
	}
	place.ID = id
	if text, err = c.places.write(id, *place); err != nil {
		return false, err
	}
	updated, err := affected(q.NewRaw("UPDATE places SET doc = ?, version = version + 1 WHERE id = ? AND version = ?",
		text, id, version).Exec(ctx))
	return updated == 1, err
}
