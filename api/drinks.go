package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

const drinksPath = "/v1/cafe/menus"

func (s *server) registerDrinks() {
	register(s, huma.Operation{
		OperationID: "add-drink", Method: http.MethodPost, Path: drinksPath, Tags: []string{tagCafe},
		Summary: "Register a drink for a day", DefaultStatus: http.StatusCreated,
		Responses: s.problems(validationFailed, unavailable),
	}, s.addDrink)
	register(s, huma.Operation{
		OperationID: "list-drinks", Method: http.MethodGet, Path: drinksPath, Tags: []string{tagCafe},
		Summary: "List the drinks that are on sale", Description: "Those whose day is over are not. How many are left is told for each by itself.",
		Responses: s.problems(validationFailed, booking.InvalidCursor, unavailable),
	}, s.listDrinks)
	register(s, huma.Operation{
		OperationID: "get-drink", Method: http.MethodGet, Path: drinksPath + "/{id}", Tags: []string{tagCafe},
		Summary:     "Look at a drink: how many are left, and how far its deletion has come",
		Description: "count and remaining are left out while they cannot be known.",
		Responses:   s.problems(notFound, unavailable),
	}, s.getDrink)
	register(s, huma.Operation{
		OperationID: "delete-drink", Method: http.MethodDelete, Path: drinksPath + "/{id}", Tags: []string{tagCafe},
		Summary: "Take a drink off the menu", DefaultStatus: http.StatusAccepted,
		Description: "No more of it is sold, and every open order of it is cancelled and refunded. That goes on after the answer and can be followed at Location.",
		Responses:   s.problems(notFound, temporalUnavailable, unavailable),
	}, s.deleteDrink)
}

type addDrinkInput struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"200" example:"Iced Americano"`
		OwnerID  name   `json:"ownerId" doc:"The café" example:"cora"`
		Price    money  `json:"price" doc:"Of one cup"`
		Date     string `json:"date" format:"date" doc:"The day it can be ordered for; from today to two years ahead, in its time zone" example:"2026-12-24"`
		Count    whole  `json:"count" minimum:"1" maximum:"1000000" doc:"Cups there are on that day" example:"100"`
		TimeZone string `json:"timeZone,omitempty" default:"Asia/Seoul" minLength:"1" maxLength:"64" doc:"IANA name" example:"Asia/Seoul"`
	} `nameHint:"NewDrink"`

	drink booking.Drink
}

// Resolve finds what the schema cannot.
func (in *addDrinkInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	b := &in.Body
	f.checkName(b.Name)
	f.checkPrice(ctx, &b.Price)
	in.drink = booking.Drink{Name: b.Name, OwnerID: string(b.OwnerID), Price: b.Price.value(), TimeZone: b.TimeZone}
	zone := lastTimeZone
	if name := parsed(&f, "body.timeZone", &b.TimeZone, parseTimeZone); name != nil {
		zone, _ = booking.Zone(*name) // it has just been tried
	}
	date, err := booking.ParseDate(b.Date)
	if err == nil { // else the schema has complained
		f.checkAhead("body.date", date, serverOf(ctx).Now().In(zone))
	}
	in.drink.Date = date
	return f
}

// drinkView is a drink as the API shows it.
type drinkView struct {
	ID        string                 `json:"id" example:"drink-0m5w3k1v8t2z6r4q"`
	Name      string                 `json:"name" example:"Iced Americano"`
	OwnerID   string                 `json:"ownerId" doc:"The café" example:"cora"`
	Price     booking.Money          `json:"price" doc:"Of one cup"`
	Date      string                 `json:"date" format:"date" doc:"The day it can be ordered for" example:"2026-12-24"`
	TimeZone  string                 `json:"timeZone" doc:"IANA name; the date is meant in it" example:"Asia/Seoul"`
	Status    string                 `json:"status" enum:"on_sale,over,deleting,deleted" doc:"over: its day is, and it can no longer be ordered" example:"on_sale"`
	Count     *int                   `json:"count,omitempty" doc:"Cups there are on that day" example:"100"`
	Remaining *int                   `json:"remaining,omitempty" doc:"Cups not held by any order" example:"97"`
	Deletion  *booking.DrinkDeletion `json:"deletion,omitempty" doc:"How far the deletion has come: orders that held some of the drink, those that were cancelled for it, and those that were over already"`
}

func (s *server) showDrink(d booking.Drink) drinkView {
	shown := drinkView{
		ID: d.ID, Name: d.Name, OwnerID: d.OwnerID, Price: d.Price, Date: d.Date.String(), TimeZone: d.TimeZone,
		Status: onSale,
	}
	if d.Over(s.Now()) {
		shown.Status = over
	}
	return shown
}

type drinkAnswer struct {
	Location string `header:"Location" doc:"The drink's address; on 201 and 202"`
	Body     drinkView
}

type drinkByID struct {
	Strict
	ID string `path:"id" doc:"The drink's id"`
}

type drinkList struct {
	Strict
	Paging
}

// addDrink adds the stock before the drink: stock without a drink is in
// nobody's way, and a drink without stock would be sold out.
func (s *server) addDrink(ctx context.Context, in *addDrinkInput) (*drinkAnswer, error) {
	drink, count := in.drink, int(in.Body.Count)
	drink.ID = newID("drink")
	if err := s.Stock.SetCapacity(ctx, drink.ID, drink.Date, drink.Date.AddDays(1), count); err != nil {
		return nil, err
	}
	if err := s.Catalogue.AddDrink(ctx, drink); err != nil {
		return nil, err
	}
	shown := s.showDrink(drink)
	shown.Count, shown.Remaining = &count, &count
	return &drinkAnswer{Location: drinksPath + "/" + drink.ID, Body: shown}, nil
}

func (s *server) listDrinks(ctx context.Context, in *drinkList) (*list[drinkView], error) {
	drinks, next, err := s.Catalogue.Drinks(ctx, in.page(), s.Now())
	if err != nil {
		return nil, err
	}
	return &list[drinkView]{Body: partOf(each(drinks, s.showDrink), next)}, nil
}

func (s *server) getDrink(ctx context.Context, in *drinkByID) (*drinkAnswer, error) {
	drink, err := s.drink(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &drinkAnswer{Body: s.showSale(ctx, drink)}, nil
}

// drinkOnMenu is a drink with its deletion, nil while it is on sale.
type drinkOnMenu struct {
	booking.Drink
	deletion *booking.DrinkDeletion
}

func (s *server) drink(ctx context.Context, id string) (drinkOnMenu, error) {
	return known(ctx, "drink", id, func(ctx context.Context, id string) (d drinkOnMenu, err error) {
		d.Drink, d.deletion, err = s.Catalogue.Drink(ctx, id)
		return d, err
	})
}

// How a drink sells.
const (
	onSale   = "on_sale"
	over     = "over"
	deleting = "deleting"
	deleted  = "deleted"
)

// showSale shows a drink with how it sells. How many are left can be done
// without.
func (s *server) showSale(ctx context.Context, d drinkOnMenu) drinkView {
	shown := s.showDrink(d.Drink)
	shown.Deletion = d.deletion
	switch {
	case d.deletion == nil:
	case d.deletion.Done:
		shown.Status = deleted
	default:
		shown.Status = deleting
	}
	ctx, cancel := context.WithTimeout(ctx, glance)
	defer cancel()
	days, err := s.Stock.Days(ctx, d.ID, d.Date, d.Date.AddDays(1))
	if err != nil {
		s.Logger.Warn("stock cannot be read", zap.String("drink", d.ID), zap.Error(err))
	}
	if err == nil && len(days) > 0 {
		shown.Count, shown.Remaining = &days[0].Capacity, &days[0].Remaining
	}
	return shown
}
