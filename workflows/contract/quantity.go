package contract

import (
	"time"

	"github.com/yeyak/yeyak/booking"
)

// QuantityChange is a request to change how many drinks are ordered.
type QuantityChange struct {
	ChangeRequest
	Quantity int `json:"quantity"`
	// Price is the current price of one drink. Drinks that stay in the order keep their old
	// price.
	Price booking.Money `json:"price"`
}

// Check returns Invalid if no order can have this quantity.
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

// PendingQuantity is a change of the quantity that is under way. The order stays as it was
// until the change is made.
type PendingQuantity struct {
	ID       string        `json:"id"`
	Quantity int           `json:"quantity"`
	Charge   booking.Money `json:"charge" doc:"What it costs more"`
	Refund   booking.Money `json:"refund" doc:"What is refunded once it is made"`
	By       string        `json:"by,omitempty" doc:"The number of the caller who requested it"`
}

// QuantityQuote is what a change of the quantity costs or refunds.
type QuantityQuote struct {
	Difference
	Lots []booking.Lot
}

// QuoteQuantity is the quote of a change that is decided at the given moment. begins is
// when the drink's day begins. It returns NotChangeable if the order cannot be changed so.
func (v View) QuoteQuantity(c QuantityChange, at, begins time.Time) (q QuantityQuote, err error) {
	if c.Quantity == v.Quantity {
		return q, booking.Errorf(booking.NotChangeable, "as many are ordered already")
	}
	if err := v.mayCost(c.Price); err != nil {
		return q, err
	}
	lots, ok := booking.ChangeLots(v.lots(), c.Quantity, c.Price.Amount)
	was, _ := booking.CostOf(v.lots())
	total, fits := booking.CostOf(lots)
	if !ok || !fits || v.Amount.Amount > 0 && total == 0 {
		return q, cannotBeCharged()
	}
	return QuantityQuote{v.difference(was, total, at, begins), lots}, nil
}

// lots are what was ordered, all at one price until the quantity is changed.
func (v View) lots() []booking.Lot {
	if v.Production != nil && len(v.Production.Lots) > 0 {
		return v.Production.Lots
	}
	return []booking.Lot{{Quantity: v.Quantity, Amount: v.Amount.Amount}}
}

// Changing reports whether a change of the order is under way.
func (v View) Changing() bool {
	return v.Stay != nil && v.Change != nil || v.Production != nil && v.Production.Change != nil
}

// WithoutChange is the view without its pending change.
func (v View) WithoutChange() View {
	if v.Stay != nil {
		stay := *v.Stay
		stay.Change, v.Stay = nil, &stay
	}
	if v.Production != nil {
		production := *v.Production
		production.Change, v.Production = nil, &production
	}
	return v
}
