package orders

import (
	"context"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

// DeleteDrink starts the deletion of a drink, once: no order of it is taken any
// more, and those that are open are cancelled.
func (o *Orders) DeleteDrink(ctx context.Context, _ Caller, drinkID string) error {
	// As for an order's start: the SDK gives half of it to one call.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*o.ReplyBudget)
	defer cancel()
	err := o.Engine.deleteDrink(ctx, drinkID)
	if isAway(err) {
		o.Log.Warn("temporal cannot be reached", zap.Error(err))
		return booking.Errorf(TemporalUnavailable, "drinks cannot be taken off the menu at the moment; repeat the request: should it have arrived, it is not carried out twice")
	}
	return err
}
