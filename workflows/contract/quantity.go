package contract

import (
	"time"

	"github.com/yeyak/yeyak/booking"
)

// QuantityChange is how many drinks are to be ordered.
type QuantityChange struct {
	Asked
	Quantity int `json:"quantity"`
	// Price is that of each now: what is kept of the order costs what it did.
	Price booking.Money `json:"price"`
}

// Check is an Invalid if no order can be for this.
func (c QuantityChange) Check() error {
	var is objections
	if c.tooLarge(&is) {
		return is.err()
	}
	c.check(&is)
	is.quantity("quantity", c.Quantity)
	is.money("price", c.Price)
	return is.err()
}

// PendingQuantity is a change of the quantity that is under way. The order is what it was
// until the change is made.
type PendingQuantity struct {
	ID       string        `json:"id"`
	Quantity int           `json:"quantity"`
	Charge   booking.Money `json:"charge" doc:"What it costs more"`
	Refund   booking.Money `json:"refund" doc:"What is given back once it is made"`
	By       string        `json:"by,omitempty" doc:"The number of the one who asked for it"`
}

// QuantityQuote is what a change of the quantity comes to.
type QuantityQuote struct {
	Difference
	Lots []booking.Lot
}

// QuoteQuantity is what a change comes to that is decided at a moment; an error that says
// why if the order cannot become this. begins is when the drink's day begins.
func (v View) QuoteQuantity(c QuantityChange, at, begins time.Time) (q QuantityQuote, err error) {
	if c.Quantity == v.Quantity {
		return q, booking.Errorf(booking.NotChangeable, "as many are ordered already")
	}
	if err := v.mayCost(c.Price); err != nil {
		return q, err
	}
	lots, ok := booking.Relot(v.lots(), c.Quantity, c.Price.Amount)
	was, _ := booking.CostOf(v.lots())
	total, fits := booking.CostOf(lots)
	if !ok || !fits || v.Amount.Amount > 0 && total == 0 {
		return q, cannotBeCharged()
	}
	return QuantityQuote{v.difference(was, total, at, begins), lots}, nil
}

// lots are what was ordered, at one price until that is changed.
func (v View) lots() []booking.Lot {
	if v.Production != nil && len(v.Production.Lots) > 0 {
		return v.Production.Lots
	}
	return []booking.Lot{{Quantity: v.Quantity, Amount: v.Amount.Amount}}
}

// Changing tells whether a change of the order is under way.
func (v View) Changing() bool {
	return v.Stay != nil && v.Change != nil || v.Production != nil && v.Production.Change != nil
}
