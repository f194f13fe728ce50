package web

import (
	"fmt"
	"strconv"
	"time"

	"golang.org/x/text/currency"
	"golang.org/x/text/number"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// money is an amount as people write it: ₩100,000.
func (w words) money(m booking.Money) string {
	digits, _ := booking.Digits(m.Currency)
	unit := int64(1)
	for range digits {
		unit *= 10
	}
	symbol := m.Currency + " "
	if c, err := currency.ParseISO(m.Currency); err == nil {
		symbol = w.printer.Sprint(currency.NarrowSymbol(c))
	}
	whole, part := m.Amount/unit, m.Amount%unit
	sign := ""
	if m.Amount < 0 {
		sign, whole, part = "−", -whole, -part
	}
	text := sign + symbol + w.printer.Sprint(number.Decimal(whole))
	if digits > 0 {
		text += fmt.Sprintf(".%0*d", digits, part)
	}
	return text
}

// defaultZone is for orders without a time zone of their own: the default of places.
const defaultZone = "Asia/Seoul"

// moment is an instant by a place's clocks, with the name of their zone.
func (w words) moment(at time.Time, zone string) string {
	loc, err := booking.Zone(zone)
	if err != nil {
		loc = time.UTC
	}
	at = at.In(loc)
	return w.day(booking.DateOf(at)) + " " + at.Format("15:04\u00a0MST") // non-breaking
}

// second is an instant to the millisecond in the default zone, for comparison with logs.
func (w words) second(at time.Time) string {
	loc, err := booking.Zone(defaultZone)
	if err != nil {
		loc = time.UTC
	}
	return at.In(loc).Format("01-02 15:04:05.000")
}

// day is a date as people write it.
func (w words) day(d booking.Date) string {
	if d.IsZero() {
		return ""
	}
	at := d.At(booking.Clock{}, time.UTC)
	return w.say("day.form", strconv.Itoa(d.Year), w.say(months[d.Month-1]), strconv.Itoa(d.Day), w.say(weekdays[at.Weekday()]))
}

// month is a month as people write it.
func (w words) month(d booking.Date) string {
	return w.say("month.form", strconv.Itoa(d.Year), w.say(months[d.Month-1]))
}

// months are the words for the months of a year.
var months = [...]string{
	"month.1", "month.2", "month.3", "month.4", "month.5", "month.6", "month.7", "month.8", "month.9", "month.10", "month.11", "month.12",
}

// weekdays are the words for the days of a week, Sunday first.
var weekdays = [...]string{"day.0", "day.1", "day.2", "day.3", "day.4", "day.5", "day.6"}

// kindKey is the word for the offers of a business.
func kindKey(k booking.Kind) string {
	switch k {
	case booking.Lodging:
		return "nav.rooms"
	case booking.Food:
		return "nav.meals"
	case booking.Cafe:
		return "nav.drinks"
	default:
		return "nav.cleaning"
	}
}

// clocks are the time zone of an ordered item and, of a place, its time of check-in.
type clocks struct {
	zone    string
	checkIn booking.Clock
	read    time.Time
}

// clocksLast is how long clocks are used before they are read again.
const clocksLast = time.Minute

// zoneOf is the time zone of an order.
func (v *visit) zoneOf(order contract.View) string {
	if order.Terms != nil && order.Terms.TimeZone != "" {
		return order.Terms.TimeZone
	}
	return v.clocksOf(order).zone
}

// clocksOf are the present ones of what was ordered, for orders without their own. They are
// cached for a while: owners change them.
func (v *visit) clocksOf(order contract.View) clocks {
	was, known := v.clocks.Get(order.Item.ID)
	if known && v.Now().Sub(was.read) < clocksLast {
		return was
	}
	is := clocks{read: v.Now()}
	var err error
	switch order.Kind {
	case booking.Lodging:
		var place booking.Place
		place, err = v.Catalogue.Place(v.ctx, order.Item.ID)
		is.zone, is.checkIn = place.TimeZone, place.CheckInTime
	case booking.Cafe:
		var drink booking.Drink
		drink, _, err = v.Catalogue.Drink(v.ctx, order.Item.ID)
		is.zone = drink.TimeZone
	default:
		return clocks{zone: defaultZone}
	}
	switch {
	case err != nil && known:
		return was
	case err != nil:
		return clocks{zone: defaultZone} // it is read again the next time
	}
	v.clocks.Add(order.Item.ID, is)
	return is
}
