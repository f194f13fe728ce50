package web

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
)

func (p *Pages) mountStock(r gin.IRouter) {
	p.page(r, http.MethodGet, "/desk/places/:id/stock", booking.ChangeStock, p.showStock)
	p.page(r, http.MethodPost, "/desk/places/:id/stock", booking.ChangeStock, p.setStock)
	p.page(r, http.MethodPost, "/desk/drinks/:id/stock", booking.ChangeStock, p.setCups)
}

// stockSet is the log line for a change of stock.
const stockSet = "stock set"

// calendar is a month of a place's stock, with the form that sets it.
type calendar struct {
	*ordering
	place      booking.Place
	month      string
	weeks      [][]calendarDay
	before, on string // addresses of the months before and after
}

// calendarDay is a day in the calendar; a day of another month is empty.
type calendarDay struct {
	day  int
	set  bool // it has stock
	full bool
	booking.StockDay
}

// showStock shows a month of a place's stock: how many rooms there are, and how many are
// left.
func (p *Pages) showStock(v *visit) error {
	return v.stockPage(http.StatusOK, v.newOrdering("from", "last", "rooms"))
}

func (v *visit) stockPage(status int, o *ordering) error {
	is, err := v.offered(booking.Lodging, v.c.Param("id"), booking.ChangeStock)
	if err != nil {
		return err
	}
	first := v.monthOf(is.place)
	next := nextMonth(first)
	days, err := v.Stock.Days(v.ctx, is.place.ID, first, next)
	if err != nil {
		return err
	}
	at := "/desk/places/" + is.place.ID + "/stock?month="
	c := calendar{
		ordering: o, place: is.place, month: v.month(first), weeks: weeksOf(first, days),
		before: at + monthText(first.AddDays(-1)), on: at + monthText(next),
	}
	return v.show(status, stockPage(v.page(is.place.Name, "nav.catalogue"), c))
}

// monthOf is the first day of the requested month, by default of the present month at the
// place.
func (v *visit) monthOf(place booking.Place) booking.Date {
	if first, err := booking.ParseDate(v.field("month") + "-01"); err == nil {
		return first
	}
	now := booking.DateOf(v.Now().In(zoneOrUTC(place.TimeZone)))
	return booking.Date{Year: now.Year, Month: now.Month, Day: 1}
}

func nextMonth(first booking.Date) booking.Date {
	later := first.AddDays(31)
	return booking.Date{Year: later.Year, Month: later.Month, Day: 1}
}

func monthText(d booking.Date) string { return fmt.Sprintf("%04d-%02d", d.Year, d.Month) }

// weeksOf puts the days of a month into weeks, which begin on Sunday.
func weeksOf(first booking.Date, days []booking.StockDay) (weeks [][]calendarDay) {
	week := make([]calendarDay, int(first.At(booking.Clock{}, time.UTC).Weekday()), 7)
	for _, d := range days {
		week = append(week, calendarDay{day: d.Date.Day, set: d.Capacity > 0, full: d.Capacity > 0 && d.Remaining == 0, StockDay: d})
		if len(week) == 7 {
			weeks, week = append(weeks, week), make([]calendarDay, 0, 7)
		}
	}
	if len(week) > 0 {
		weeks = append(weeks, append(week, make([]calendarDay, 7-len(week))...))
	}
	return weeks
}

// setStock sets the number of rooms on each night from the first to the last.
func (p *Pages) setStock(v *visit) error {
	is, err := v.offered(booking.Lodging, v.c.Param("id"), booking.ChangeStock)
	if err != nil {
		return err
	}
	o := v.newOrdering("from", "last", "rooms")
	from, last := v.date(o, "from"), v.date(o, "last")
	rooms := o.number(v, "rooms", 0, mostOfOne)
	if fault := booking.RangeFault("from", from, last.AddDays(1)); fault != "" && len(o.faults) == 0 {
		o.faults["last"] = v.say("fault.range", booking.MaxNights)
	}
	if len(o.faults) > 0 {
		return v.stockPage(http.StatusUnprocessableEntity, o)
	}
	err = p.Stock.ChangeStock(v.ctx, v.caller.ID, booking.StockChange{
		Kind: booking.Lodging, OwnerID: is.place.OwnerID, Item: booking.Item{ID: is.place.ID, Name: is.place.Name},
		From: from, To: last.AddDays(1), Capacity: rooms,
	})
	if errors.Is(err, &booking.Error{Code: booking.StockBelowHeld}) {
		o.faults["rooms"] = v.say("problem.stock_below_held")
		return v.stockPage(http.StatusConflict, o)
	}
	if err != nil {
		return err
	}
	v.noteChange(stockSet, is)
	return v.goTo("/desk/places/" + is.place.ID + "/stock?month=" + monthText(from))
}

// setCups sets the number of cups of a drink on its day.
func (p *Pages) setCups(v *visit) error {
	is, err := v.offered(booking.Cafe, v.c.Param("id"), booking.ChangeStock)
	if err != nil {
		return err
	}
	f := v.storedForm(drinkOffering, is)
	f.action = f.path + "/" + is.id() // its other fields are sent to the drink's page
	count := f.number(v, "count", 0, mostCups)
	if len(f.faults) > 0 {
		return v.cupsRefused(booking.Invalid, f)
	}
	err = p.Stock.ChangeStock(v.ctx, v.caller.ID, booking.StockChange{
		Kind: booking.Cafe, OwnerID: is.drink.OwnerID, Item: booking.Item{ID: is.drink.ID, Name: is.drink.Name},
		From: is.drink.Date, To: is.drink.Date.AddDays(1), Capacity: count,
	})
	if errors.Is(err, &booking.Error{Code: booking.StockBelowHeld}) {
		f.faults["count"] = v.say("problem.stock_below_held")
		return v.cupsRefused(booking.StockBelowHeld, f)
	}
	if err != nil {
		return err
	}
	v.noteChange(stockSet, is)
	if !v.caller.Allowed(booking.ChangeCatalogue, is.thing()) {
		return v.goTo("/desk/catalogue")
	}
	return v.goTo("/desk/drinks/" + is.drink.ID)
}

// cupsRefused shows the form of the drink with the fault of its number. Callers that may not
// change the drink have no such form.
func (v *visit) cupsRefused(code booking.Code, f *offerForm) error {
	if !v.caller.Allowed(booking.ChangeCatalogue, f.is.thing()) {
		return booking.Errorf(code, "")
	}
	return v.offerOf(statusOf(code), f)
}
