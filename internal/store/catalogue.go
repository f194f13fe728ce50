package store

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// Catalogue stores what can be ordered. It implements activities.DrinkPages.
type Catalogue struct {
	db     *DB
	places register[booking.Place]
	menus  register[booking.Menu]
	drinks register[booking.Drink]
}

// NewCatalogue stores the catalogue in db.
func NewCatalogue(db *DB) *Catalogue {
	return &Catalogue{
		db: db,
		places: register[booking.Place]{db, "places", "place", facts[booking.Place]{
			booking.Place.EventData, booking.PlaceRegistered, booking.PlaceChanged, booking.PlaceWithdrawn, booking.PlaceBroughtBack,
		}, "TRUE"},
		menus: register[booking.Menu]{db, "menus", "menu", facts[booking.Menu]{
			booking.Menu.EventData, booking.MenuRegistered, booking.MenuChanged, booking.MenuWithdrawn, booking.MenuBroughtBack,
		}, "TRUE"},
		drinks: register[booking.Drink]{db, "drinks", "drink", facts[booking.Drink]{
			booking.Drink.EventData, booking.DrinkRegistered, booking.DrinkChanged, booking.DrinkWithdrawn, booking.DrinkBroughtBack,
		}, "NOT deleted"},
	}
}

// AddPlace registers a place under a new id. by is the number of the caller, as in all
// methods.
func (c *Catalogue) AddPlace(ctx context.Context, by string, p booking.Place) error {
	return c.places.add(ctx, by, p.ID, p)
}

// Place returns the place with the id, or NotFound.
func (c *Catalogue) Place(ctx context.Context, id string) (booking.Place, error) {
	return c.places.get(ctx, id)
}

// Places lists the selected places, newest first. It returns InvalidCursor for a cursor
// of another list.
func (c *Catalogue) Places(ctx context.Context, f booking.CatalogueFilter, p booking.Page) ([]booking.Place, string, error) {
	return c.places.list(ctx, f, p)
}

// ChangePlace applies change to the place with the id and returns the result, or
// NotFound. change runs again if the place was changed concurrently. If change returns
// an error, so does ChangePlace, and nothing is changed. The id cannot change.
func (c *Catalogue) ChangePlace(ctx context.Context, by, id string, change func(*booking.Place) error) (booking.Place, error) {
	return c.places.change(ctx, by, id, func(p *booking.Place) error {
		err := change(p)
		p.ID = id
		return err
	})
}

// AddMenu registers a menu under a new id.
func (c *Catalogue) AddMenu(ctx context.Context, by string, m booking.Menu) error {
	return c.menus.add(ctx, by, m.ID, m)
}

// Menu returns the menu with the id, or NotFound.
func (c *Catalogue) Menu(ctx context.Context, id string) (booking.Menu, error) {
	return c.menus.get(ctx, id)
}

// Menus lists the selected menus, newest first. It returns InvalidCursor for a cursor
// of another list.
func (c *Catalogue) Menus(ctx context.Context, f booking.CatalogueFilter, p booking.Page) ([]booking.Menu, string, error) {
	return c.menus.list(ctx, f, p)
}

// ChangeMenu is ChangePlace for a menu.
func (c *Catalogue) ChangeMenu(ctx context.Context, by, id string, change func(*booking.Menu) error) (booking.Menu, error) {
	return c.menus.change(ctx, by, id, func(m *booking.Menu) error {
		err := change(m)
		m.ID = id
		return err
	})
}
