package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

const foodOrdersPath = "/v1/food/orders"

func (s *server) registerFood() {
	register(s, huma.Operation{
		OperationID: "place-food-order", Method: http.MethodPost, Path: foodOrdersPath, Tags: []string{tagFood},
		Summary: "Order food", DefaultStatus: http.StatusCreated,
		Description: "Charges the price, tells the shop, and gives the order to a courier. " +
			"201: the order stands (paid, or delivering); whoever cannot be told of it now is told later. " +
			"202: not decided yet; it goes on and can be read at Location. " +
			"With an Idempotency-Key, a repeated request is answered as the first one was.",
		Responses: s.withProblems(s.placingResponses(), booking.NotOnSale),
	}, s.placeFoodOrder)
	register(s, huma.Operation{
		OperationID: "get-food-order", Method: http.MethodGet, Path: foodOrdersPath + "/{id}", Tags: []string{tagFood},
		Summary: "Look at an order of food", Responses: s.problems(notFound, temporalUnavailable, unavailable),
	}, func(ctx context.Context, in *orderByID) (*orderAnswer, error) {
		return s.getOrder(ctx, booking.Food, in)
	})
	registerDecision[decisionInput[*cancellation]](s, decision{
		kind: booking.Food, verb: "cancel", path: foodOrdersPath + "/{id}/cancel", tag: tagFood, update: contract.CancelUpdate,
		summary:  "The customer cancels: the delivery first, and then the order",
		refusals: []booking.Code{booking.AlreadyDelivered, booking.DeliveryUnavailable}, asks: true,
	})
}

// foodRequest is what a customer asks for. Its hash tells a repeated request
// from another one: see reservationRequest.
type foodRequest struct {
	MenuID        name   `json:"menuId" example:"menu-0m5w3k1v8t2z6r4q"`
	CustomerID    name   `json:"customerId" example:"alice"`
	Quantity      whole  `json:"quantity" minimum:"1" maximum:"1000" doc:"Portions" example:"2"`
	Address       string `json:"address" minLength:"1" maxLength:"200" doc:"Where the courier goes" example:"12 Sejong-daero, Seoul"`
	PaymentMethod name   `json:"paymentMethod,omitempty" default:"pm_card_visa" doc:"The payment provider's token" example:"pm_card_visa"`
}

type placeFoodInput struct {
	Labelled
	Keyed
	Body foodRequest

	attempt attempt
	menu    booking.Menu
	amount  booking.Money
}

// Resolve finds what the schema cannot, and the menu; a repeated request is
// answered as before, though the menu may be gone.
func (in *placeFoodInput) Resolve(ctx huma.Context) []error {
	s := serverOf(ctx)
	var f faults
	f.checkQuery(ctx)
	f.checkKey(ctx)
	f.checkLines("body.address", &in.Body.Address)
	in.attempt = s.attemptFor(ctx.Context(), booking.Food, string(in.Body.CustomerID), in.IdempotencyKey)
	if !in.attempt.placed {
		in.lookInto(ctx.Context(), s, &f)
	}
	return f
}

func (in *placeFoodInput) lookInto(ctx context.Context, s *server, f *faults) {
	menu, found := lookUp(ctx, s, f, "body.menuId", string(in.Body.MenuID), "menu", s.menu)
	if found {
		in.menu, in.amount = menu, f.wholePrice(s.Terms, "body.quantity", menu.Price, int64(in.Body.Quantity))
	}
}

func (s *server) placeFoodOrder(ctx context.Context, in *placeFoodInput) (*orderAnswer, error) {
	return s.placeOrder(ctx, in.language(), in.attempt, in)
}

func (in *placeFoodInput) order(*server) (newOrder, error) {
	return newOrder{
		workflow: contract.FoodWorkflow,
		order: contract.Order{
			CustomerID: string(in.Body.CustomerID), Amount: in.amount,
			PaymentMethod: string(in.Body.PaymentMethod), RequestHash: in.requestHash(in.Body),
		},
		input: func(o contract.Order) sagaInput {
			return contract.Food{Order: o, Menu: in.menu, Quantity: int(in.Body.Quantity), Address: in.Body.Address}
		},
		summary: fmt.Sprintf("%s, %s, customer %s", shortened(in.menu.Name), counted(int(in.Body.Quantity), "portion"), in.Body.CustomerID),
		admit:   takesOrders(in.menu.Withdrawn),
	}, nil
}
