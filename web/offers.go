package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
)

// offering is one of the sorts of items that owners offer.
type offering struct {
	kind         booking.Kind
	path         string // of its pages on the desk
	prefix       string // of its ids
	word, adding string // entries
}

// drinkOffering is the sort of drinks.
var drinkOffering = offering{booking.Cafe, "/desk/drinks", "drink", "nav.drinks", "catalogue.drink"}

// offerings are all sorts.
var offerings = []offering{
	{booking.Lodging, "/desk/places", "place", "nav.rooms", "catalogue.place"},
	{booking.Food, "/desk/menus", "menu", "nav.meals", "catalogue.menu"},
	drinkOffering,
}

// mayHave reports whether an item with the id may be of the sort: ids begin with their sort.
func (o offering) mayHave(id string) bool {
	return !slices.ContainsFunc(offerings, func(other offering) bool {
		return other.kind != o.kind && strings.HasPrefix(id, other.prefix+"-")
	})
}

func (p *Pages) mountOffers(r gin.IRouter) {
	p.page(r, http.MethodGet, "/desk/catalogue", booking.ChangeStock, p.showOffers)
	for _, o := range offerings {
		p.page(r, http.MethodGet, o.path+"/new", booking.ChangeCatalogue, func(v *visit) error { return v.newOffer(o) })
		p.page(r, http.MethodPost, o.path+"/new", booking.ChangeCatalogue, func(v *visit) error { return v.addOffer(o) })
		p.page(r, http.MethodGet, o.path+"/:id", booking.ChangeCatalogue, func(v *visit) error { return v.showOffer(o) })
		p.page(r, http.MethodPost, o.path+"/:id", booking.ChangeCatalogue, func(v *visit) error { return v.changeOffer(o) })
		p.page(r, http.MethodPost, o.path+"/:id/withdraw", booking.ChangeCatalogue, func(v *visit) error { return v.withdrawOffer(o) })
	}
	p.page(r, http.MethodPost, "/desk/drinks/:id/delete", booking.ChangeCatalogue, p.deleteDrink)
}

// offerLine is an item that an owner offers, in a list.
type offerLine struct {
	name, path, stock string // stock is the address of its stock
	price, detail     string
	withdrawn         bool
	left              *booking.StockDay // of a drink
}

// offerList are the items of a sort.
type offerList struct {
	offering
	lines  []offerLine
	paging paging // next is the list by itself
	more   bool   // there are others that were not read
}

// catalogue is what the page of an owner's offers shows.
type catalogue struct {
	lists     []offerList
	withdrawn bool
	unnamed   bool
	owner     string // the named owner, "" for none
}

// showOffers lists the items of the caller's organisations: places and menus newest first,
// drinks by the end of their day, soonest first.
func (p *Pages) showOffers(v *visit) error {
	parts := v.parts()
	c := catalogue{unnamed: len(parts) == 0, withdrawn: v.c.Query("withdrawn") != "", owner: v.field("owner")}
	for _, o := range offerings {
		if alone := v.c.Query(listParam); alone != "" && alone != o.prefix {
			continue
		}
		list := offerList{offering: o}
		for _, part := range parts {
			if err := v.caller.Authorize(booking.ChangeStock, part.thing()); err != nil {
				return err
			}
			if err := v.listOffers(&list, part, c.withdrawn); err != nil {
				return err
			}
		}
		list.lines, list.paging = pageOf(v, "/desk/catalogue", o.prefix, list.lines, offersAtOnce)
		c.lists = append(c.lists, list)
	}
	return v.show(http.StatusOK, cataloguePage(v.page(v.say("nav.catalogue"), "nav.catalogue"), c))
}

// offersAtOnce is how many items of a sort the page shows at once.
const offersAtOnce = 12

// listOffers adds the part's items of the list's sort: as many as precede the next part.
func (v *visit) listOffers(list *offerList, part part, withdrawn bool) error {
	if part.itemID != "" {
		return v.listOffer(list, part, withdrawn)
	}
	filter, page := booking.CatalogueFilter{OwnerID: part.ownerID, Withdrawn: withdrawn}, booking.Page{Limit: deskPart}
	for read := 0; read < mostSearched; read += deskPart {
		some, next, err := v.offersOf(list.kind, filter, page)
		if err != nil {
			return err
		}
		if err := v.addLines(list, some); err != nil {
			return err
		}
		if page.Cursor = next; next == "" || len(list.lines) > v.skipped()+offersAtOnce {
			return nil
		}
	}
	list.more = true
	return nil
}

// listOffer adds the part's one item if the list is to have it.
func (v *visit) listOffer(list *offerList, part part, withdrawn bool) error {
	if !list.mayHave(part.itemID) {
		return nil
	}
	is, err := v.item(list.kind, part.itemID)
	switch {
	case errors.Is(err, &booking.Error{Code: booking.NotFound}):
		return nil
	case err != nil:
		return err
	case is.ownerID() != part.ownerID || *is.withdrawn() != withdrawn || is.deletion != nil:
		return nil
	case is.kind == booking.Cafe && is.drink.HasEnded(v.Now()):
		return nil
	}
	return v.addLines(list, []offered{is})
}

// offersOf lists a part of the items that the filter selects.
func (v *visit) offersOf(kind booking.Kind, filter booking.CatalogueFilter, page booking.Page) (some []offered, next string, err error) {
	switch kind {
	case booking.Lodging:
		var places []booking.Place
		places, next, err = v.Catalogue.Places(v.ctx, filter, page)
		for _, p := range places {
			some = append(some, offered{kind: kind, place: p})
		}
	case booking.Food:
		var menus []booking.Menu
		menus, next, err = v.Catalogue.Menus(v.ctx, filter, page)
		for _, m := range menus {
			some = append(some, offered{kind: kind, menu: m})
		}
	default:
		var drinks []booking.Drink
		filter.EndsAfter = v.Now()
		drinks, next, err = v.Catalogue.Drinks(v.ctx, filter, page)
		for _, d := range drinks {
			some = append(some, offered{kind: kind, drink: d})
		}
	}
	return some, next, err
}

// addLines adds the items to the list.
func (v *visit) addLines(list *offerList, some []offered) error {
	drinks := []booking.Drink{}
	for _, o := range some {
		line := offerLine{name: *o.name(), path: list.path + "/" + o.id(), price: v.money(*o.price()), withdrawn: *o.withdrawn()}
		switch o.kind {
		case booking.Lodging:
			line.stock = line.path + "/stock"
		case booking.Cafe:
			line.detail = v.day(o.drink.Date)
			drinks = append(drinks, o.drink)
		}
		list.lines = append(list.lines, line)
	}
	return v.addLeft(list.lines[len(list.lines)-len(drinks):], drinks)
}

// addLeft adds how many are left to the lines of drinks.
func (v *visit) addLeft(lines []offerLine, drinks []booking.Drink) error {
	days := make([]booking.ItemDay, len(drinks))
	for i, d := range drinks {
		days[i] = booking.ItemDay{ItemID: d.ID, Date: d.Date}
	}
	levels, err := v.Stock.Levels(v.ctx, days)
	for i := range drinks {
		if level, known := levels[days[i]]; known {
			lines[i].left = &level
		}
	}
	return err
}
