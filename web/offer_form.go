package web

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/yeyak/yeyak/booking"
)

// offerForm is the form that adds or changes something that an owner offers.
type offerForm struct {
	offering
	*ordering // its fields, with their faults
	is        offered
	owners    []string // the possible owners of a new one
	isNew     bool
	left      *booking.StockDay // of a drink
}

// offerFields are the fields of all sorts.
var offerFields = []string{
	"name", "price", "owner", "confirmation", "confirmWithin", "timeZone", "checkInTime", "checkOutTime", "date", "count",
}

// newForm is the form as it was sent, or with the stored values.
func (v *visit) newForm(o offering, is offered) *offerForm {
	if v.c.Request.Method == http.MethodPost {
		is.kind = o.kind
		return &offerForm{offering: o, is: is, ordering: v.newOrdering(offerFields...)}
	}
	return v.storedForm(o, is)
}

// storedForm is the form with the stored values.
func (v *visit) storedForm(o offering, is offered) *offerForm {
	f := &offerForm{offering: o, is: is, ordering: v.newOrdering(offerFields...)}
	f.is.kind = o.kind
	f.fields["name"], f.fields["confirmation"] = *f.is.name(), string(f.is.place.Confirmation)
	f.fields["confirmWithin"], f.fields["timeZone"] = f.is.place.ConfirmWithin.String(), f.is.place.TimeZone
	f.fields["checkInTime"], f.fields["checkOutTime"] = f.is.place.CheckInTime.String(), f.is.place.CheckOutTime.String()
	if is.kind != "" {
		f.fields["price"] = writeAmount(*f.is.price())
	}
	return f
}

// blank sets the fields of a new one.
func (f *offerForm) blank(v *visit) {
	f.isNew, f.owners = true, v.ownersOf()
	if v.c.Request.Method == http.MethodPost {
		return
	}
	f.fields["confirmation"], f.fields["confirmWithin"] = string(booking.Auto), "24h"
	f.fields["timeZone"], f.fields["checkInTime"], f.fields["checkOutTime"] = defaultZone, "15:00", "11:00"
}

// ownersOf lists the organisations for which the caller may add something.
func (v *visit) ownersOf() (owners []string) {
	for _, p := range v.parts() {
		if p.itemID == "" && v.caller.Allowed(booking.ChangeCatalogue, p.thing()) {
			owners = append(owners, p.ownerID)
		}
	}
	return owners
}

// newOffer shows the form for a new one.
func (v *visit) newOffer(o offering) error {
	f := v.newForm(o, offered{})
	f.blank(v)
	return v.offerPage(http.StatusOK, f)
}

func (v *visit) offerPage(status int, f *offerForm) error {
	pg := v.page(v.say(f.adding), "nav.catalogue")
	if !f.isNew {
		pg.title, pg.path = *f.is.name(), f.path+"/"+f.is.id() // its forms are also sent to addresses without a page
	}
	return v.show(status, offerPage(pg, f))
}

// idOf is the id of what the form adds, the same however often it is sent.
func (f *offerForm) idOf(v *visit) string {
	digest := sha256.Sum256([]byte(v.caller.ID + "/" + f.key))
	return f.prefix + "-" + booking.IDText(digest[:10])
}

// addOffer adds what is in the form, once.
func (v *visit) addOffer(o offering) error {
	f := v.newForm(o, offered{})
	f.blank(v)
	f.read(v)
	owner := f.fields["owner"]
	if owner == "" && len(f.owners) == 1 {
		owner = f.owners[0]
	}
	if !booking.IsName(owner) {
		f.faults["owner"] = v.say("fault.required")
	}
	if len(f.faults) > 0 {
		return v.offerPage(http.StatusUnprocessableEntity, f)
	}
	if err := v.caller.Authorize(booking.ChangeCatalogue, booking.Thing{OwnerID: owner}); err != nil {
		return err
	}
	id := f.idOf(v)
	there, err := v.offered(o.kind, id, booking.ChangeCatalogue)
	switch {
	case err == nil && there.ownerID() == owner:
		return v.goTo(o.path + "/" + id)
	case err != nil && !errors.Is(err, &booking.Error{Code: booking.NotFound}):
		return err
	}
	if err := f.add(v, id, owner); err != nil {
		return err
	}
	v.noteChange(o.prefix+" added", f.is)
	return v.goTo(o.path + "/" + id)
}

// add registers it; for a drink first its stock, as the API does.
func (f *offerForm) add(v *visit, id, owner string) error {
	switch f.kind {
	case booking.Lodging:
		f.is.place.ID, f.is.place.OwnerID = id, owner
		return v.Catalogue.AddPlace(v.ctx, v.caller.ID, f.is.place)
	case booking.Food:
		f.is.menu.ID, f.is.menu.OwnerID = id, owner
		return v.Catalogue.AddMenu(v.ctx, v.caller.ID, f.is.menu)
	default:
		d := &f.is.drink
		d.ID, d.OwnerID = id, owner
		count, err := strconv.Atoi(f.fields["count"])
		if err == nil {
			err = v.Stock.SetCapacity(v.ctx, id, d.Date, d.Date.AddDays(1), count)
		}
		if err != nil {
			return err
		}
		return v.Catalogue.AddDrink(v.ctx, v.caller.ID, *d, count)
	}
}

// showOffer shows the form for an existing one.
func (v *visit) showOffer(o offering) error {
	is, err := v.offered(o.kind, v.c.Param("id"), booking.ChangeCatalogue)
	if err != nil {
		return err
	}
	return v.offerOf(http.StatusOK, v.newForm(o, is))
}

// offerOf shows the form; for a drink with how many are left.
func (v *visit) offerOf(status int, f *offerForm) error {
	if f.kind == booking.Cafe {
		day := booking.ItemDay{ItemID: f.is.drink.ID, Date: f.is.drink.Date}
		levels, err := v.Stock.Levels(v.ctx, []booking.ItemDay{day})
		if err != nil {
			return err
		}
		if level, known := levels[day]; known {
			f.left = &level
			if f.fields["count"] == "" {
				f.fields["count"] = strconv.Itoa(level.Capacity)
			}
		}
	}
	return v.offerPage(status, f)
}

// changeOffer makes the changes in the form.
func (v *visit) changeOffer(o offering) error {
	is, err := v.offered(o.kind, v.c.Param("id"), booking.ChangeCatalogue)
	if err != nil {
		return err
	}
	f := v.newForm(o, is)
	f.read(v)
	if len(f.faults) > 0 {
		*f.is.name() = *is.name()
		return v.offerOf(http.StatusUnprocessableEntity, f)
	}
	err = v.change(o.kind, is.id(), func(now *offered) {
		*now.name(), *now.price() = *f.is.name(), *f.is.price()
		p := f.is.place
		p.OwnerID, p.Cancellation, p.Withdrawn = now.place.OwnerID, now.place.Cancellation, now.place.Withdrawn
		if o.kind == booking.Lodging {
			now.place = p
		}
	})
	if err != nil {
		return err
	}
	v.noteChange(o.prefix+" changed", is)
	return v.goTo(o.path + "/" + is.id())
}

// withdrawOffer withdraws it, or ends the withdrawal.
func (v *visit) withdrawOffer(o offering) error {
	is, err := v.offered(o.kind, v.c.Param("id"), booking.ChangeCatalogue)
	if err != nil {
		return err
	}
	away := v.field("withdrawn") == "yes"
	if err := v.change(o.kind, is.id(), func(now *offered) { *now.withdrawn() = away }); err != nil {
		return err
	}
	v.noteChange(o.prefix+" changed", is)
	return v.goTo(o.path + "/" + is.id())
}

// deleteDrink takes a drink off the menu for good: its open orders are cancelled.
func (p *Pages) deleteDrink(v *visit) error {
	is, err := v.offered(booking.Cafe, v.c.Param("id"), booking.ChangeCatalogue)
	if err != nil {
		return err
	}
	if is.deletion == nil || !is.deletion.Done {
		if err := p.Orders.DeleteDrink(v.ctx, v.caller, is.id()); err != nil {
			return err
		}
		v.noteChange("drink deleted", is)
	}
	return v.goTo("/desk/catalogue")
}

// ownerChoice reports whether the form has a field for the owner of a new one.
func (f *offerForm) ownerChoice() bool { return f.isNew && len(f.owners) != 1 }

// stockPath is the page that sets the stock of a drink.
func (f *offerForm) stockPath() string { return f.path + "/" + f.is.id() + "/stock" }

// isChosen reports whether the owner is the form's.
func (f *offerForm) isChosen(owner string) bool {
	return f.fields["owner"] == owner || f.fields["owner"] == "" && slices.Index(f.owners, owner) == 0
}
