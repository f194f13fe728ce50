package orders

import (
	"context"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// QuantityChange is a requested change of the quantity of an order of food or of a drink.
type QuantityChange struct {
	Kind     booking.Kind
	OrderID  string
	Quantity int
	Expect   string // the quote that the caller was shown, "" for any
	Version  int64  // of the order that the caller has seen, 0 for any
	Key      string // the Idempotency-Key
	// PaymentMethod is the provider's token to which a difference is charged, "" for that of
	// the order.
	PaymentMethod string
	// KeepsMethod: the customer agrees that the provider keeps that method.
	KeepsMethod bool
}

// QuantityQuote is the price of a change of the quantity.
type QuantityQuote struct {
	contract.QuantityQuote
	Wants contract.QuantityChange
	// More is the stock of the Day that the change needs beyond what the order holds.
	More int
	Day  booking.Date
}

// QuantityCodes lists the codes that ChangeQuantity may return, besides the refusals of its
// services.
func QuantityCodes() []booking.Code {
	return alsoOfChanges(QuantityQuoteCodes())
}

// QuantityQuoteCodes lists the codes that QuoteQuantity may return.
func QuantityQuoteCodes() []booking.Code {
	return []booking.Code{
		booking.NotChangeable, booking.ChangePending, booking.NotInProduction, booking.AlreadyCompleted,
		booking.AlreadyCancelled, booking.BeingCancelled, booking.NotOnSale, NotRunning, booking.NotFound, booking.Invalid,
		TemporalUnavailable, booking.Unavailable,
	}
}

// QuoteQuantity returns the order and the present price of a change of its quantity. Returns
// one of QuantityQuoteCodes if this change is not possible or not allowed.
func (o *Orders) QuoteQuantity(ctx context.Context, caller booking.Caller, c QuantityChange) (contract.View, QuantityQuote, error) {
	view, err := o.changeable(ctx, caller, c.Kind, c.OrderID)
	if err != nil {
		return view, QuantityQuote{}, err
	}
	if view.Status != booking.InProduction && !view.Status.Final() {
		if fresh, err := o.readFresh(ctx, c.OrderID); err == nil { // the row of an order that was just paid may be behind
			view = newer(view, fresh)
		}
	}
	q, drink, err := o.prepareQuantity(ctx, caller, c, view)
	if err != nil {
		return view, q, err
	}
	if err := booking.MayChangeCups(view.Status, o.Now(), drink.Begins()); err != nil {
		return view, q, err
	}
	if err := whileUnchanged(view); err != nil {
		return view, q, err
	}
	if q.QuantityQuote, err = view.QuoteQuantity(q.Wants, o.Now(), drink.Begins()); err != nil {
		return view, q, err
	}
	q.More, q.Day = max(0, c.Quantity-view.Quantity), drink.Date
	return view, q, o.mayCharge(q.Difference)
}

// prepareQuantity returns the change at the present price of the drink.
func (o *Orders) prepareQuantity(
	ctx context.Context, caller booking.Caller, c QuantityChange, v contract.View,
) (q QuantityQuote, drink booking.Drink, err error) {
	switch {
	case v.Kind == booking.Food:
		return q, drink, booking.MayChangeMeals(v.Status)
	case v.Status.Final() || v.Status == booking.Cancelling:
		return q, drink, booking.MayChangeCups(v.Status, o.Now(), o.Now())
	}
	drink, deletion, err := o.Catalogue.Drink(ctx, v.Item.ID)
	if err != nil {
		return q, drink, err
	}
	if drink.Withdrawn || deletion != nil {
		return q, drink, booking.Errorf(booking.NotOnSale, "the drink is not sold any more: the order stays as it is")
	}
	q.Wants = contract.QuantityChange{
		ChangeRequest: contract.ChangeRequest{
			ID: changeID(c.OrderID, caller, c.Key), Content: contentOf(c.PaymentMethod, c.KeepsMethod, c.Quantity, c.Expect), Expect: c.Expect, Version: c.Version,
			PaymentMethod: c.PaymentMethod, KeepsMethod: c.KeepsMethod, By: caller.ID, At: o.Now().UTC(), ForCustomer: forCustomer(caller, v),
		},
		Quantity: c.Quantity, Price: drink.Price,
	}
	return q, drink, nil
}

// ChangeQuantity changes the quantity of an order, once per caller and key. It returns when the
// change is made or refused, or with an outcome that is not Done while the change still runs.
func (o *Orders) ChangeQuantity(ctx context.Context, caller booking.Caller, c QuantityChange) (Outcome, error) {
	is := actionRequest{action: booking.ChangeOrder, kind: c.Kind, orderID: c.OrderID, decision: true}
	return authorizeAndLog(ctx, o, caller, is, func(ctx context.Context, w Warrant) (Outcome, error) {
		view, err := o.changeable(ctx, caller, c.Kind, c.OrderID)
		if err != nil {
			return Outcome{View: view}, err
		}
		q, drink, err := o.prepareQuantity(ctx, caller, c, view)
		if err != nil {
			return Outcome{View: view}, err
		}
		if quote, err := view.QuoteQuantity(q.Wants, o.Now(), drink.Begins()); err == nil {
			if err := o.mayCharge(quote.Difference); err != nil {
				return Outcome{View: view}, err
			}
		}
		return o.sendChange(ctx, w, view, q.Wants)
	})
}
