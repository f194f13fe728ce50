package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

func (p *Pages) mountMeals(r gin.IRouter) {
	p.page(r, http.MethodGet, "/meals", booking.PlaceOrder, p.listMeals)
	p.page(r, http.MethodGet, "/meals/:id", booking.PlaceOrder, p.showMeal)
	p.page(r, http.MethodPost, "/meals/:id", booking.PlaceOrder, p.orderMeal)
}

// thingsAtOnce is how many menus or drinks a part of a list shows.
const thingsAtOnce = 24

// mealList is what the list of menus shows.
type mealList struct {
	menus []booking.Menu
	shop  string // the chosen shop, "" for all
	later bool
	next  string
}

// listMeals lists menus, of one shop or of all.
func (p *Pages) listMeals(v *visit) error {
	list := mealList{shop: v.c.Query("shop"), later: v.c.Query("cursor") != ""}
	if list.shop != "" && !booking.IsName(list.shop) {
		return booking.Errorf(booking.NotFound, "")
	}
	menus, next, err := p.Catalogue.Menus(v.ctx, booking.CatalogueFilter{OwnerID: list.shop}, booking.Page{Cursor: v.c.Query("cursor"), Limit: thingsAtOnce})
	if err != nil {
		return err
	}
	list.menus = menus
	if next != "" {
		list.next = "/meals?shop=" + queryOf(list.shop) + "&cursor=" + queryOf(next)
	}
	return v.show(http.StatusOK, mealsPage(v.page(v.say("meals.title"), "nav.meals"), list))
}

// longestAddress is the maximum length of an address, as in the API.
const longestAddress = 200

// meal is an order of food as the form has it.
type meal struct {
	*ordering
	quantity int
}

func (v *visit) meal() meal {
	m := meal{ordering: v.newPayable("quantity", "address")}
	m.quantity = v.count(m.ordering, "quantity")
	return m
}

// showMeal shows a menu, its price, and the form that orders it.
func (p *Pages) showMeal(v *visit) error { return v.mealPage(http.StatusOK, v.meal()) }

func (v *visit) mealPage(status int, m meal) error {
	menu, err := v.Catalogue.Menu(v.ctx, v.c.Param("id"))
	if err != nil {
		return err
	}
	if m.faults["quantity"] == "" {
		priced := *m.ordering // faults of the address do not affect the price
		priced.faults = map[string]string{}
		if err := v.priceOf(&priced, orders.Meal{MenuID: menu.ID, Quantity: m.quantity}); err != nil {
			return err
		}
		m.price = priced.price
		for name, fault := range priced.faults {
			m.faults[name] = fault
		}
	}
	pg := v.page(menu.Name, "nav.meals")
	pg.path = m.pathWith("quantity")
	return v.show(status, mealPage(pg, menu, m))
}

// orderMeal places the order in the form, or shows its price.
func (p *Pages) orderMeal(v *visit) error {
	m := v.meal()
	if !v.isSent() {
		return v.mealPage(http.StatusOK, m)
	}
	wanted := orders.Meal{MenuID: v.c.Param("id"), Quantity: m.quantity, Address: v.text(m.ordering, "address", longestAddress)}
	return v.placeOrder(m.ordering, wanted, func(status int) error { return v.mealPage(status, m) })
}
