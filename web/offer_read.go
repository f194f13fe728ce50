package web

import (
	"strconv"
	"unicode/utf8"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/names"
)

// read reads the fields of every sort, and those of its own sort, into the item.
func (f *offerForm) read(v *visit) {
	name := names.Composed(f.fields["name"])
	switch {
	case name == "":
		f.faults["name"] = v.say("fault.required")
	case utf8.RuneCountInString(name) > booking.LongestText:
		f.faults["name"] = v.say("fault.long", booking.LongestText)
	case names.Fault(name) != "":
		f.faults["name"] = v.say("fault.text")
	}
	*f.is.name() = name
	f.readPrice(v)
	switch {
	case f.kind == booking.Lodging:
		f.readPlace(v)
	case f.kind == booking.Cafe && f.isNew:
		f.readDrink(v)
	}
}

// readPrice reads the price, in the item's currency, or in won for a new one.
func (f *offerForm) readPrice(v *visit) {
	unit := f.is.price().Currency
	if unit == "" {
		unit = "KRW"
	}
	price, ok := readAmount(f.fields["price"], unit)
	*f.is.price() = price
	switch {
	case !ok:
		f.faults["price"] = v.say("fault.money")
	case price.Amount > 0 && v.Terms != nil && v.Terms.Amount(price) != nil:
		f.faults["price"] = v.say("fault.money")
		if least, most := v.Terms.Bounds(unit); most.Amount > 0 && (price.Amount < least.Amount || price.Amount > most.Amount) {
			f.faults["price"] = v.say("fault.bounds", v.money(least), v.money(most))
		}
	}
}

// readPlace reads the fields of places only.
func (f *offerForm) readPlace(v *visit) {
	p := &f.is.place
	if p.Confirmation = booking.Confirmation(f.fields["confirmation"]); p.Confirmation != booking.Manual {
		p.Confirmation = booking.Auto
	}
	within := &p.ConfirmWithin
	err := within.UnmarshalText([]byte(f.fields["confirmWithin"]))
	if err != nil || *within < booking.ShortestConfirmWithin || *within > booking.LongestConfirmWithin {
		f.faults["confirmWithin"] = v.say("fault.within")
	}
	f.readZone(v, &p.TimeZone)
	for name, clock := range map[string]*booking.Clock{"checkInTime": &p.CheckInTime, "checkOutTime": &p.CheckOutTime} {
		at, err := booking.ParseClock(f.fields[name])
		if *clock = at; err != nil {
			f.faults[name] = v.say("fault.clock")
		}
	}
	if f.faults["checkInTime"]+f.faults["checkOutTime"] == "" && p.CheckOutTime.After(p.CheckInTime) {
		f.faults["checkOutTime"] = v.say("fault.overlap")
	}
}

func (f *offerForm) readZone(v *visit, zone *string) {
	*zone = f.fields["timeZone"]
	if _, err := booking.Zone(*zone); err != nil || *zone == "" {
		f.faults["timeZone"] = v.say("fault.zone")
	}
}

// mostCups is the maximum number of cups, as in the API.
const mostCups = 1_000_000

// readDrink reads the fields of new drinks only.
func (f *offerForm) readDrink(v *visit) {
	d := &f.is.drink
	d.Date = v.date(f.ordering, "date")
	f.readZone(v, &d.TimeZone)
	if f.faults["date"] == "" {
		f.checkAhead(v, "date", d.Date, d.TimeZone)
	}
	f.number(v, "count", 1, mostCups)
}

// number reads a whole number.
func (o *ordering) number(v *visit, name string, least, most int) int {
	n, err := strconv.Atoi(o.fields[name])
	if err != nil || n < least || n > most {
		o.faults[name] = v.say("fault.between", least, most)
	}
	return n
}
