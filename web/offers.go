package web

import (
	"net/http"

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

// showOffers lists the items of the caller's organisations, newest first.
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
	filter, page := booking.CatalogueFilter{OwnerID: part.ownerID, Withdrawn: withdrawn}, booking.Page{Limit: deskPart}
	for read := 0; read < mostSearched; read += deskPart {
		some, next, err := v.offersOf(list.kind, filter, page)
		if err != nil {
			return err
		}
		if err := v.addLines(list, some, part); err != nil {
			return err
		}
		if page.Cursor = next; next == "" || len(list.lines) > v.skipped()+offersAtOnce {
			return nil
		}
	}
	list.more = true
	return nil
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

// addLines adds the part's items: all of an organisation's, or the one item.
func (v *visit) addLines(list *offerList, some []offered, part part) error {
	drinks := []booking.Drink{}
	for _, o := range some {
		if part.itemID != "" && part.itemID != o.id() {
			continue
		}
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
