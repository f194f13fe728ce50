package contract

import (
	"fmt"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// CafeWorkflow is the workflow type of orders of drinks.
const CafeWorkflow = "Cafe"

// Cafe is the input of an order of a drink. Its amount is price × quantity.
type Cafe struct {
	Order
	Drink    booking.Drink `json:"drink"`
	Quantity int           `json:"quantity"`
	// Begins and Ends are DayBegins and DayEnds as computed when the order was placed: see
	// Lodging.
	Begins time.Time `json:"begins,omitzero"`
	Ends   time.Time `json:"ends,omitzero"`
}

// WithInstants is the input with its instants set.
func (c Cafe) WithInstants() Cafe {
	c.Begins, c.Ends = c.Drink.Begins(), c.Drink.Ends()
	return c
}

// DayBegins is the instant at which the drink's day begins.
func (c Cafe) DayBegins() time.Time {
	if !c.Begins.IsZero() {
		return c.Begins
	}
	return c.Drink.Begins()
}

// DayEnds is the instant at which the drink's day ends.
func (c Cafe) DayEnds() time.Time {
	if !c.Ends.IsZero() {
		return c.Ends
	}
	return c.Drink.Ends()
}

// View is the order before its workflow has run.
func (c Cafe) View() View {
	v := c.view(booking.Cafe, c.Drink.OwnerID, booking.Item{ID: c.Drink.ID, Name: c.Drink.Name}, c.Quantity)
	v.Terms = c.terms(time.Time{}, c.Drink.TimeZone)
	v.Production = &Production{Status: booking.JobWaiting, Date: c.Drink.Date.String()}
	return v
}

// Check returns Invalid if the saga does not accept the input.
func (c Cafe) Check() error {
	var is objections
	c.check(booking.Cafe, &is)
	if c.Settle != nil {
		is.unless(c.Quantity >= 1, "quantity", "must be at least 1")
		is.unless(!c.Drink.Date.IsZero(), "drink.date", "is missing")
		return is.err()
	}
	is.quantity("quantity", c.Quantity)
	is.ahead("drink.date", c.Drink.Date, c.PlacedAt)
	is.near("begins", c.Begins, c.Drink.Begins())
	is.near("ends", c.Ends, c.Drink.Ends())
	is.item("drink", c.Drink.ID, c.Drink.Name, c.Drink.OwnerID)
	_, err := booking.Zone(c.Drink.TimeZone)
	is.unless(err == nil, "drink.timeZone", "is not the name of a time zone")
	is.price(c.Amount, c.Drink.Price, c.Quantity)
	return is.err()
}

func settleCafe(o Order, v View) (Input, error) {
	in := Cafe{Order: o, Drink: booking.Drink{ID: v.Item.ID, Name: v.Item.Name, OwnerID: v.OwnerID}, Quantity: v.quantity()}
	var err error
	in.Drink.Date, err = v.drinkDay()
	return in, err
}

func (v View) drinkDay() (booking.Date, error) {
	if v.Production == nil {
		return v.placedOn(), nil
	}
	day, err := booking.ParseDate(v.Production.Date)
	if err != nil {
		return day, fmt.Errorf("drink of order %s: %w", v.ID, err)
	}
	return day, nil
}
