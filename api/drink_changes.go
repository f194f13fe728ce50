package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

func (s *server) registerDrinkChanges() {
	register(s, huma.Operation{
		OperationID: "change-drink", Method: http.MethodPatch, Path: drinksPath + "/{id}", Tags: []string{tagCafe},
		Summary: "Change or withdraw a drink",
		Description: "Fields that are left out do not change. Orders keep the drink as it was when they were placed. A drink " +
			"that is withdrawn accepts no new orders, and its present orders go on; it can be brought back.",
		Responses: s.problems(booking.NotFound, orders.CodeOf(booking.MenuDeleted), booking.Invalid, booking.Unavailable),
	}, s.changeDrink)
	register(s, huma.Operation{
		OperationID: "set-drink-stock", Method: http.MethodPut, Path: drinksPath + "/{id}/stock", Tags: []string{tagCafe},
		Summary: "Set how many cups of a drink there are on its day", Description: "Not fewer than orders hold.",
		Responses: s.problems(booking.NotFound, orders.CodeOf(booking.MenuDeleted), booking.StockBelowHeld, booking.Invalid, booking.Unavailable),
	}, s.setDrinkStock)
}

type changeDrinkInput struct {
	Labelled
	ID   string `path:"id" doc:"The drink's id"`
	Body struct {
		Name      *title `json:"name,omitempty"`
		Price     *money `json:"price,omitempty" doc:"Price of one cup, for orders from now on"`
		Withdrawn *bool  `json:"withdrawn,omitempty" doc:"Whether it accepts no new orders"`

		Cancellation *statusPolicy `json:"cancellation,omitempty" doc:"The whole policy, for orders from now on; {} refunds everything"`
	} `nameHint:"DrinkChange"`

	cancellation policyEdit
}

// Resolve validates what the schema cannot.
func (in *changeDrinkInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	if in.Body.Name != nil {
		f.checkName(in.Body.Name)
	}
	f.checkPrice(ctx, in.Body.Price)
	in.cancellation = f.statusPolicy(booking.Cafe, in.Body.Cancellation)
	return f
}

type setDrinkStockInput struct {
	Strict
	Labelled
	ID   string `path:"id" doc:"The drink's id"`
	Body struct {
		Count whole `json:"count" minimum:"0" maximum:"1000000" doc:"Number of cups on that day" example:"100"`
	} `nameHint:"DrinkStock"`
}

func (s *server) changeDrink(ctx context.Context, in *changeDrinkInput) (*drinkAnswer, error) {
	drink, err := s.drinkToChange(ctx, booking.ChangeCatalogue, in.ID)
	if err != nil {
		return nil, err
	}
	drink.Drink, err = s.Catalogue.ChangeDrink(ctx, CallerOf(ctx).ID, drink.ID, func(d *booking.Drink) error {
		set(&d.Name, (*string)(in.Body.Name))
		set(&d.Withdrawn, in.Body.Withdrawn)
		in.cancellation.edit(&d.Cancellation)
		if in.Body.Price != nil {
			d.Price = in.Body.Price.value()
		}
		return nil
	})
	if err != nil {
		return nil, orDeleted(err)
	}
	s.noteChange(ctx, "drink changed", zap.String("item", drink.ID), zap.String("owner", drink.OwnerID))
	return in.language().answerDrink(s.showSale(ctx, in.language(), drink)), nil
}

// isDeleted is the error for a drink that is deleted or being deleted.
func isDeleted() error { return &booking.Error{Code: orders.CodeOf(booking.MenuDeleted)} }

// orDeleted turns NotFound into isDeleted: the drink was there before, so its deletion
// has just begun.
func orDeleted(err error) error {
	if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		return isDeleted()
	}
	return err
}

// setDrinkStock is an operation of its own: a drink and its stock are kept in two databases, and
// no request is carried out in part.
func (s *server) setDrinkStock(ctx context.Context, in *setDrinkStockInput) (*drinkAnswer, error) {
	drink, err := s.drinkToChange(ctx, booking.ChangeStock, in.ID)
	if err != nil {
		return nil, err
	}
	err = s.Stock.ChangeStock(ctx, CallerOf(ctx).ID, booking.StockChange{
		Kind: booking.Cafe, OwnerID: drink.OwnerID, Item: booking.Item{ID: drink.ID, Name: drink.Name},
		From: drink.Date, To: drink.Date.AddDays(1), Capacity: int(in.Body.Count),
	})
	if err != nil {
		return nil, orDeleted(err)
	}
	s.noteChange(ctx, "stock set", zap.String("item", drink.ID), zap.String("owner", drink.OwnerID))
	return in.language().answerDrink(s.showSale(ctx, in.language(), drink)), nil
}

// drinkToChange returns the drink with the id if the caller may do the action on it.
// MenuDeleted: the drink is being deleted.
func (s *server) drinkToChange(ctx context.Context, a booking.Action, id string) (drinkOnMenu, error) {
	drink, err := s.drink(ctx, id)
	if err == nil {
		err = may(ctx, a, booking.Thing{OwnerID: drink.OwnerID, ItemID: drink.ID})
	}
	if err == nil && drink.deletion != nil {
		err = isDeleted()
	}
	return drink, err
}
