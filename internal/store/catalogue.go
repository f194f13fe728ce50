package store

import (
	"context"

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

// AddPlace registers a place under an id that no other has. by is the number of the
// caller whose doing that is, as in what follows.
func (c *Catalogue) AddPlace(ctx context.Context, by string, p booking.Place) error {
	return c.places.add(ctx, by, p.ID, p)
}

// Place is the place with the id; NotFound when there is none.
func (c *Catalogue) Place(ctx context.Context, id string) (booking.Place, error) {
	return c.places.get(ctx, id)
}

// Places lists the places that the filter selects, newest first.
// InvalidCursor: the page's cursor is not one of this list.
func (c *Catalogue) Places(ctx context.Context, f booking.CatalogueFilter, p booking.Page) ([]booking.Place, string, error) {
	return c.places.list(ctx, f, p)
}

// ChangePlace applies change to the place with the id and returns what became
// of it; NotFound when there is none. change runs again when the place was
// changed at the same time. Its error is returned and nothing is changed; the
// id stays what it is.
func (c *Catalogue) ChangePlace(ctx context.Context, by, id string, change func(*booking.Place) error) (booking.Place, error) {
	return c.places.change(ctx, by, id, func(p *booking.Place) error {
		err := change(p)
		p.ID = id
		return err
	})
}

// AddMenu registers a menu under an id that no other has.
func (c *Catalogue) AddMenu(ctx context.Context, by string, m booking.Menu) error {
	return c.menus.add(ctx, by, m.ID, m)
}

// Menu is the menu with the id; NotFound when there is none.
func (c *Catalogue) Menu(ctx context.Context, id string) (booking.Menu, error) {
	return c.menus.get(ctx, id)
}

// Menus lists the menus that the filter selects, newest first. InvalidCursor:
// the page's cursor is not one of this list.
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
