package web

import (
	"github.com/yeyak/yeyak/booking"
)

// offered is a place, a menu or a drink that an owner offers.
type offered struct {
	kind     booking.Kind
	place    booking.Place
	menu     booking.Menu
	drink    booking.Drink
	deletion *booking.DrinkDeletion // of a drink that is no longer sold
}

func (o *offered) id() string {
	switch o.kind {
	case booking.Lodging:
		return o.place.ID
	case booking.Food:
		return o.menu.ID
	default:
		return o.drink.ID
	}
}

func (o *offered) ownerID() string {
	switch o.kind {
	case booking.Lodging:
		return o.place.OwnerID
	case booking.Food:
		return o.menu.OwnerID
	default:
		return o.drink.OwnerID
	}
}

func (o *offered) name() *string {
	switch o.kind {
	case booking.Lodging:
		return &o.place.Name
	case booking.Food:
		return &o.menu.Name
	default:
		return &o.drink.Name
	}
}

func (o *offered) price() *booking.Money {
	switch o.kind {
	case booking.Lodging:
		return &o.place.Price
	case booking.Food:
		return &o.menu.Price
	default:
		return &o.drink.Price
	}
}

func (o *offered) withdrawn() *bool {
	switch o.kind {
	case booking.Lodging:
		return &o.place.Withdrawn
	case booking.Food:
		return &o.menu.Withdrawn
	default:
		return &o.drink.Withdrawn
	}
}

func (o *offered) policy() **booking.CancellationPolicy {
	switch o.kind {
	case booking.Lodging:
		return &o.place.Cancellation
	case booking.Food:
		return &o.menu.Cancellation
	default:
		return &o.drink.Cancellation
	}
}

// thing is the item as the object of an action.
func (o *offered) thing() booking.Thing {
	return booking.Thing{OwnerID: o.ownerID(), ItemID: o.id()}
}

// offered reads the item with the id, if the caller may do the action on it.
func (v *visit) offered(kind booking.Kind, id string, a booking.Action) (offered, error) {
	o, err := v.item(kind, id)
	if err == nil {
		err = v.caller.Authorize(a, o.thing())
	}
	return o, err
}

// item reads the item with the id.
func (v *visit) item(kind booking.Kind, id string) (o offered, err error) {
	o.kind = kind
	if !booking.IsName(id) {
		return o, booking.Errorf(booking.NotFound, "")
	}
	switch kind {
	case booking.Lodging:
		o.place, err = v.Catalogue.Place(v.ctx, id)
	case booking.Food:
		o.menu, err = v.Catalogue.Menu(v.ctx, id)
	default:
		o.drink, o.deletion, err = v.Catalogue.Drink(v.ctx, id)
	}
	return o, err
}

// change changes the item with the id, if the caller may.
func (v *visit) change(kind booking.Kind, id string, edit func(*offered)) (err error) {
	apply := func(o *offered) error {
		if err := v.caller.Authorize(booking.ChangeCatalogue, o.thing()); err != nil {
			return err
		}
		edit(o)
		return nil
	}
	switch kind {
	case booking.Lodging:
		_, err = v.Catalogue.ChangePlace(v.ctx, v.caller.ID, id, func(p *booking.Place) error {
			o := offered{kind: kind, place: *p}
			err := apply(&o)
			*p = o.place
			return err
		})
	case booking.Food:
		_, err = v.Catalogue.ChangeMenu(v.ctx, v.caller.ID, id, func(m *booking.Menu) error {
			o := offered{kind: kind, menu: *m}
			err := apply(&o)
			*m = o.menu
			return err
		})
	default:
		_, err = v.Catalogue.ChangeDrink(v.ctx, v.caller.ID, id, func(d *booking.Drink) error {
			o := offered{kind: kind, drink: *d}
			err := apply(&o)
			*d = o.drink
			return err
		})
	}
	return err
}
