package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

const drinksPath = "/v1/cafe/menus"

func (s *server) registerDrinks() {
	register(s, huma.Operation{
		OperationID: "add-drink", Method: http.MethodPost, Path: drinksPath, Tags: []string{tagCafe},
		Summary: "Register a drink for a day", DefaultStatus: http.StatusCreated,
		Responses: s.problems(booking.Invalid, booking.Unavailable),
	}, s.addDrink)
	register(s, huma.Operation{
		OperationID: "list-drinks", Method: http.MethodGet, Path: drinksPath, Tags: []string{tagCafe},
		Summary: "List the drinks, with how many are left",
		Description: "Those whose day has not ended, with a date only those of that day: in the order in which their days end, soonest " +
			"first. count and remaining are absent while they are not known.",
		Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.Unavailable),
	}, s.listDrinks)
	register(s, huma.Operation{
		OperationID: "get-drink", Method: http.MethodGet, Path: drinksPath + "/{id}", Tags: []string{tagCafe},
		Summary:     "Read a drink, the cups that are left, and the progress of its deletion",
		Description: "count and remaining are absent while they are not known.",
		Responses:   s.problems(booking.NotFound, booking.Unavailable),
	}, s.getDrink)
	register(s, huma.Operation{
		OperationID: "delete-drink", Method: http.MethodDelete, Path: drinksPath + "/{id}", Tags: []string{tagCafe},
		Summary: "Take a drink off the menu", DefaultStatus: http.StatusAccepted,
		Description: "It is not sold any more, and every open order of it is cancelled and refunded. That goes on after the " +
			"answer and can be followed at Location.",
		Responses: s.problems(booking.NotFound, orders.TemporalUnavailable, booking.Unavailable),
	}, s.deleteDrink)
}

type addDrinkInput struct {
	Labelled
	Body struct {
		Name     title  `json:"name" example:"Iced Americano"`
		OwnerID  name   `json:"ownerId,omitempty" doc:"The café; by default the caller's organisation, if there is only one" example:"cora"`
		Price    money  `json:"price" doc:"Price of one cup"`
		Date     string `json:"date" format:"date" doc:"The day for which it can be ordered; from today to two years ahead, in its time zone" example:"{today+1}"`
		Count    whole  `json:"count" minimum:"1" maximum:"1000000" doc:"Number of cups on that day" example:"100"`
		TimeZone string `json:"timeZone,omitempty" default:"Asia/Seoul" minLength:"1" maxLength:"64" doc:"IANA name" example:"Asia/Seoul"`

		Cancellation *statusPolicy `json:"cancellation,omitempty" doc:"How much is refunded to customers who cancel; by default everything"`
	} `nameHint:"NewDrink"`

	drink booking.Drink
}

// Resolve validates what the schema cannot.
func (in *addDrinkInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	b := &in.Body
	f.ownOwner(ctx, "body.ownerId", &b.OwnerID)
	f.checkName(&b.Name)
	f.checkPrice(ctx, &b.Price)
	in.drink = booking.Drink{
		Name: string(b.Name), OwnerID: string(b.OwnerID), Price: b.Price.value(), Date: dateOf(b.Date), TimeZone: b.TimeZone,
		Cancellation: f.statusPolicy(booking.Cafe, b.Cancellation).policy,
	}
	parsed(&f, "body.timeZone", &b.TimeZone, parseTimeZone)
	if in.drink.Date.IsZero() {
		return f // the schema reports the fault
	}
	if fault := booking.AheadFault(in.drink.Date, b.TimeZone, serverOf(ctx).Now()); fault != "" {
		f.add("body.date", "%s", fault)
	}
	return f
}

// drinkView is a drink as the API shows it.
type drinkView struct {
	ID          string             `json:"id" example:"drink-0m5w3k1v8t2z6r4q"`
	Name        string             `json:"name" example:"Iced Americano"`
	OwnerID     string             `json:"ownerId" doc:"The café" example:"cora"`
	Price       booking.Money      `json:"price" doc:"Price of one cup"`
	Date        string             `json:"date" format:"date" doc:"The day for which it can be ordered" example:"{today+1}"`
	TimeZone    string             `json:"timeZone" doc:"IANA name of the time zone of the date" example:"Asia/Seoul"`
	Status      booking.SaleStatus `json:"status" enum:"on_sale,over,withdrawn,deleting,deleted" doc:"over: its day has ended, and it can no longer be ordered" example:"on_sale"`
	StatusLabel string             `json:"statusLabel" doc:"The status in words, in the language of Content-Language" example:"on sale"`
	Withdrawn   bool               `json:"withdrawn" doc:"Whether it accepts no new orders"`
	// Cancellation is nil for a drink whose customers get everything back.
	Cancellation *booking.CancellationPolicy `json:"cancellation,omitempty" doc:"How much is refunded to customers who cancel; by default everything"`
	Count        *int                        `json:"count,omitempty" doc:"Number of cups on that day" example:"100"`
	Remaining    *int                        `json:"remaining,omitempty" doc:"Number of cups that no order holds" example:"97"`
	Deletion     *booking.DrinkDeletion      `json:"deletion,omitempty" doc:"Progress of the deletion: orders that held some of the drink, orders that were cancelled by it, and orders that had already ended"`
}

func (s *server) showDrink(l language, d drinkOnMenu) drinkView {
	status := d.status(s.Now())
	return drinkView{
		ID: d.ID, Name: d.Name, OwnerID: d.OwnerID, Price: d.Price, Date: d.Date.String(), TimeZone: d.TimeZone,
		Status: status, StatusLabel: status.Label(booking.Language(l)), Withdrawn: d.Withdrawn, Deletion: d.deletion,
		Cancellation: d.Cancellation,
	}
}

// left adds the stock and how much of it is left.
func (v drinkView) left(level booking.StockDay) drinkView {
	v.Count, v.Remaining = &level.Capacity, &level.Remaining
	return v
}

func (l language) answerDrink(v drinkView) *drinkAnswer {
	return &drinkAnswer{Localized: l.localized(), Body: v}
}

type drinkAnswer struct {
	Localized
	Location string `header:"Location" doc:"The drink's address; on 201 and 202"`
	Body     drinkView
}

type drinkByID struct {
	Strict
	Labelled
	ID string `path:"id" doc:"The drink's id"`
}

type drinkSelection struct {
	Strict
	Labelled
	Paging
	Counted
	Selection
	Date string `query:"date" format:"date" doc:"Only drinks of this day" example:"{today+1}"`
}

type drinkList struct {
	Localized
	Body part[drinkView]
}

// addDrink adds the stock before the drink: stock without a drink is harmless, but a
// drink without stock would be sold out.
func (s *server) addDrink(ctx context.Context, in *addDrinkInput) (*drinkAnswer, error) {
	drink, count := in.drink, int(in.Body.Count)
	if err := may(ctx, booking.ChangeCatalogue, booking.Thing{OwnerID: drink.OwnerID}); err != nil {
		return nil, err
	}
	drink.ID = newID("drink")
	if err := s.Stock.SetCapacity(ctx, drink.ID, drink.Date, drink.Date.AddDays(1), count); err != nil {
		return nil, err
	}
	if err := s.Catalogue.AddDrink(ctx, CallerOf(ctx).ID, drink, count); err != nil {
		return nil, err
	}
	s.noteChange(ctx, "drink added", zap.String("item", drink.ID), zap.String("owner", drink.OwnerID))
	l := in.language()
	answer := l.answerDrink(s.showDrink(l, drinkOnMenu{Drink: drink}).left(booking.StockDay{Capacity: count, Remaining: count}))
	answer.Location = drinksPath + "/" + drink.ID
	return answer, nil
}

func (s *server) listDrinks(ctx context.Context, in *drinkSelection) (*drinkList, error) {
	filter := in.filter()
	filter.Date, filter.EndsAfter = dateOf(in.Date), s.Now()
	drinks, next, err := s.Catalogue.Drinks(ctx, filter, in.page())
	if err != nil {
		return nil, err
	}
	levels, l := s.levelsOf(ctx, drinks), in.language()
	body, err := totalled(ctx, in.Counted, partOf(each(drinks, func(d booking.Drink) drinkView {
		shown := s.showDrink(l, drinkOnMenu{Drink: d})
		if level, known := levels[booking.ItemDay{ItemID: d.ID, Date: d.Date}]; known {
			shown = shown.left(level)
		}
		return shown
	}), next), filter, s.Catalogue.CountDrinks)
	return &drinkList{Localized: l.localized(), Body: body}, err
}

// levelsOf reads how many of the drinks are left. If that fails, the answer goes
// without.
func (s *server) levelsOf(ctx context.Context, drinks []booking.Drink) map[booking.ItemDay]booking.StockDay {
	days := each(drinks, func(d booking.Drink) booking.ItemDay { return booking.ItemDay{ItemID: d.ID, Date: d.Date} })
	ctx, cancel := context.WithTimeout(ctx, orders.OptionalReadTimeout)
	defer cancel()
	levels, err := s.Stock.Levels(ctx, days)
	if err != nil {
		s.Logger.Warn("stock of drinks cannot be read", zap.Error(err))
	}
	return levels
}

func (s *server) getDrink(ctx context.Context, in *drinkByID) (*drinkAnswer, error) {
	drink, err := s.drink(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return in.language().answerDrink(s.showSale(ctx, in.language(), drink)), nil
}

// drinkOnMenu is a drink and its deletion; the deletion is nil while the drink is on
// sale.
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

// status is the drink's sale status.
func (d drinkOnMenu) status(now time.Time) booking.SaleStatus {
	switch {
	case d.deletion != nil && d.deletion.Done:
		return booking.SaleDeleted
	case d.deletion != nil:
		return booking.SaleDeleting
	case d.Fault() != nil:
		return booking.OffSale // it is not known when its day ends
	case d.HasEnded(now):
		return booking.SaleOver
	case d.Withdrawn:
		return booking.OffSale
	default:
		return booking.OnSale
	}
}

// showSale shows a drink with its sale status and, if that can be read, how many are
// left.
func (s *server) showSale(ctx context.Context, l language, d drinkOnMenu) drinkView {
	shown := s.showDrink(l, d)
	ctx, cancel := context.WithTimeout(ctx, orders.OptionalReadTimeout)
	defer cancel()
	days, err := s.Stock.Days(ctx, d.ID, d.Date, d.Date.AddDays(1))
	if err != nil {
		s.Logger.Warn("stock cannot be read", zap.String("drink", d.ID), zap.Error(err))
	}
	if err == nil && len(days) > 0 {
		shown = shown.left(days[0])
	}
	return shown
}
