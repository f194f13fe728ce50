package api

import (
	"context"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

// deleteDrink starts the deletion once, and answers with the drink, also if the
// deletion was started before.
func (s *server) deleteDrink(ctx context.Context, in *drinkByID) (*drinkAnswer, error) {
	drink, err := s.drink(ctx, in.ID)
	if err == nil {
		err = may(ctx, booking.ChangeCatalogue, booking.Thing{OwnerID: drink.OwnerID, ItemID: drink.ID})
	}
	if err != nil {
		return nil, err
	}
	if drink.deletion == nil || !drink.deletion.Done {
		if err := s.Orders.DeleteDrink(ctx, CallerOf(ctx), drink.ID); err != nil {
			return nil, err
		}
		if drink.deletion == nil {
			s.noteChange(ctx, "drink deleted", zap.String("item", drink.ID), zap.String("owner", drink.OwnerID))
		}
	}
	if drink.deletion == nil {
		drink.deletion = &booking.DrinkDeletion{}
	}
	answer := in.language().answerDrink(s.showSale(ctx, in.language(), drink))
	answer.Location = drinksPath + "/" + drink.ID
	return answer, nil
}
