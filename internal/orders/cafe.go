package orders

import (
	"context"
	"fmt"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Cups is an order of a drink.
type Cups struct {
	MenuID   string // the drink's
	Quantity int
}

func (Cups) kind() booking.Kind { return booking.Cafe }

func (c Cups) offer(ctx context.Context, q *inquiry) offer {
	var deletion *booking.DrinkDeletion
	drink := find(ctx, q, "menuId", "drink", c.MenuID, func(ctx context.Context, id string) (d booking.Drink, err error) {
		d, deletion, err = q.Catalogue.Drink(ctx, id)
		return d, err
	})
	admit := onSale(drink.Withdrawn, drink.Fault())
	switch {
	case deletion != nil:
		admit = refuses(CodeOf(booking.MenuDeleted))
	case drink.Fault() == nil && drink.HasEnded(q.Now()):
		q.fault("menuId", fmt.Sprintf("could be ordered until the end of %s only", drink.Date))
	}
	policy := drink.Cancellation
	drink.Cancellation = nil // it is part of contract.Order
	return offer{
		cancellation: policy,
		amount:       q.price("quantity", drink.Price, c.Quantity),
		input: func(o contract.Order) contract.Input {
			return contract.Cafe{Order: o, Drink: drink, Quantity: c.Quantity}.WithInstants()
		},
		summary: fmt.Sprintf("%s on %s, %s", shortened(drink.Name), drink.Date, counted(c.Quantity, "cup")),
		admit:   admit,
	}
}

// DeleteDrink starts the deletion of a drink, once: no further order of it is accepted, and
// open ones are cancelled.
func (o *Orders) DeleteDrink(ctx context.Context, caller booking.Caller, drinkID string) error {
	if !caller.AlwaysAllowed(booking.ChangeCatalogue) {
		drink, _, err := o.Catalogue.Drink(ctx, drinkID)
		if err == nil {
			err = caller.Authorize(booking.ChangeCatalogue, booking.Thing{OwnerID: drink.OwnerID, ItemID: drink.ID})
		}
		if err != nil {
			return err
		}
	}
	// As for an order's start: the SDK gives one call half of the deadline.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*o.ReplyBudget)
	defer cancel()
	err := o.Engine.deleteDrink(ctx, drinkID, caller.ID)
	if isAway(err) {
		o.Log.Warn("temporal cannot be reached", zap.Error(err))
		return booking.Errorf(TemporalUnavailable, "drinks cannot be taken off the menu at the moment; repeat the request: should it have arrived, it is not carried out twice")
	}
	return err
}
