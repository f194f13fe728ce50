package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

func (p *Pages) mountDrinks(r gin.IRouter) {
	p.page(r, http.MethodGet, "/drinks", booking.PlaceOrder, p.listDrinks)
	p.page(r, http.MethodGet, "/drinks/:id", booking.PlaceOrder, p.showDrink)
	p.page(r, http.MethodPost, "/drinks/:id", booking.PlaceOrder, p.orderDrink)
}

// drinkLeft is a drink with the number of cups left.
type drinkLeft struct {
	booking.Drink
	left int
	over bool // its day has ended
}

// drinkList is what the list of drinks shows.
type drinkList struct {
	*ordering // the form with the day
	drinks    []drinkLeft
	later     bool
	next      string
}

// listDrinks lists the drinks whose day has not ended: of one day or of all, soonest first.
func (p *Pages) listDrinks(v *visit) error {
	list := drinkList{ordering: v.newOrdering("date"), later: v.c.Query("cursor") != ""}
	filter := booking.CatalogueFilter{EndsAfter: v.Now()}
	if list.fields["date"] != "" {
		filter.Date = v.date(list.ordering, "date")
	}
	drinks, next, err := p.Catalogue.Drinks(v.ctx, filter, booking.Page{Cursor: v.c.Query("cursor"), Limit: thingsAtOnce})
	if err != nil {
		return err
	}
	if list.drinks, err = v.leftOf(drinks); err != nil {
		return err
	}
	if len(list.drinks) == 0 && !list.later && !filter.Date.IsZero() {
		list.checkAhead(v, "date", filter.Date, defaultZone)
	}
	status := http.StatusOK
	if len(list.faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	if next != "" {
		list.next = "/drinks?date=" + queryOf(list.fields["date"]) + "&cursor=" + queryOf(next)
	}
	return v.show(status, drinksPage(v.page(v.say("drinks.title"), "nav.drinks"), list))
}

func (v *visit) leftOf(drinks []booking.Drink) ([]drinkLeft, error) {
	days := make([]booking.ItemDay, len(drinks))
	for i, d := range drinks {
		days[i] = booking.ItemDay{ItemID: d.ID, Date: d.Date}
	}
	levels, err := v.Stock.Levels(v.ctx, days)
	if err != nil {
		return nil, err
	}
	all := make([]drinkLeft, len(drinks))
	for i, d := range drinks {
		all[i] = drinkLeft{d, levels[days[i]].Remaining, d.HasEnded(v.Now())}
	}
	return all, nil
}

// cups is an order of a drink as the form has it.
type cups struct {
	*ordering
	quantity int
}

func (v *visit) cups() cups {
	c := cups{ordering: v.newPayable("quantity")}
	c.quantity = v.count(c.ordering, "quantity")
	return c
}

// showDrink shows a drink, its price, and the form that orders it.
func (p *Pages) showDrink(v *visit) error { return v.drinkPage(http.StatusOK, v.cups()) }

func (v *visit) drinkPage(status int, c cups) error {
	drink, deletion, err := v.Catalogue.Drink(v.ctx, v.c.Param("id"))
	if err != nil {
		return err
	}
	drink.Withdrawn = drink.Withdrawn || deletion != nil
	if len(c.faults) == 0 {
		if err := v.priceOf(c.ordering, orders.Cups{MenuID: drink.ID, Quantity: c.quantity}); err != nil {
			return err
		}
	}
	left, err := v.leftOf([]booking.Drink{drink})
	if err != nil {
		return err
	}
	pg := v.page(drink.Name, "nav.drinks")
	pg.path = c.pathWith("quantity")
	return v.show(status, drinkPage(pg, left[0], c))
}

// orderDrink places the order in the form, or shows its price.
func (p *Pages) orderDrink(v *visit) error {
	c := v.cups()
	if !v.isSent() {
		return v.drinkPage(http.StatusOK, c)
	}
	wanted := orders.Cups{MenuID: v.c.Param("id"), Quantity: c.quantity}
	return v.placeOrder(c.ordering, wanted, func(status int) error { return v.drinkPage(status, c) })
}
