package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

const foodOrdersPath = "/v1/food/orders"

func (s *server) registerFood() {
	register(s, huma.Operation{
		OperationID: "place-food-order", Method: http.MethodPost, Path: foodOrdersPath, Tags: []string{tagFood},
		Summary: "Order food", DefaultStatus: http.StatusCreated,
		Description: "Charges the price, notifies the shop, and gives the order to a courier. 201: the order is placed (paid, " +
			"or delivering); a service that is away gets it later. 202: not decided yet; it continues and can be read at Location. " +
			"With an Idempotency-Key, a repeated request gets the answer of the first one.",
		Responses: s.withProblems(s.placingResponses(), booking.NotOnSale, booking.PriceChanged, orders.TooManyOrdersOfYours),
	}, placeFoodOrder)
	register(s, huma.Operation{
		OperationID: "get-food-order", Method: http.MethodGet, Path: foodOrdersPath + "/{id}", Tags: []string{tagFood},
		Summary: "Read an order of food", Responses: s.problems(booking.NotFound, orders.TemporalUnavailable, booking.Unavailable),
	}, func(ctx context.Context, in *orderByID) (*orderAnswer, error) {
		return s.getOrder(ctx, booking.Food, in)
	})
	s.registerQuote(booking.Food, foodOrdersPath, tagFood, booking.AlreadyDelivered)
	s.registerQuantity(booking.Food, foodOrdersPath, tagFood)
	registerDecision[decisionInput[*cancellation]](s, decision{
		kind: booking.Food, verb: "cancel", path: foodOrdersPath + "/{id}/cancel", tag: tagFood, update: contract.CancelUpdate,
		summary:  "The customer cancels: the delivery first, and then the order",
		refusals: []booking.Code{booking.AlreadyDelivered, booking.QuoteChanged, booking.DeliveryUnavailable},
	})
}

// foodRequest is a customer's order. Its hash distinguishes a repeated request from another one
// (see reservationRequest).
type foodRequest struct {
	MenuID            name             `json:"menuId" example:"menu-0m5w3k1v8t2z6r4q"`
	CustomerID        name             `json:"customerId,omitempty" doc:"The customer; by default the caller" example:"alice"`
	Quantity          whole            `json:"quantity" minimum:"1" maximum:"1000" doc:"Number of portions" example:"2"`
	Address           booking.Personal `json:"address" minLength:"1" maxLength:"200" doc:"The address of the delivery" example:"12 Sejong-daero, Seoul"`
	PaymentMethod     name             `json:"paymentMethod,omitempty" default:"pm_card_visa" doc:"The payment provider's token" example:"pm_card_visa"`
	KeepPaymentMethod bool             `json:"keepPaymentMethod,omitempty" doc:"The customer agrees that the provider keeps the card for the next order: see GET /v1/payment-methods. Without it the card is not kept"`
	Price             *shownPrice      `json:"price,omitempty" doc:"The whole price that the customer was shown, for all portions: if the price is different, nothing is ordered"`
}

type placeFoodInput struct {
	Labelled
	Keyed
	Body foodRequest

	placing placing
}

// Resolve validates what the schema cannot, and the menu. A repeated request gets the
// first answer again, even if the menu is gone.
func (in *placeFoodInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.checkKey(ctx)
	f.checkLines("body.address", &in.Body.Address)
	f.ownCustomer(ctx, "body.customerId", &in.Body.CustomerID)
	b := in.Body
	in.placing.prepare(ctx, &f, orders.Placement{
		Wanted:     orders.Meal{MenuID: string(b.MenuID), Quantity: int(b.Quantity), Address: b.Address},
		CustomerID: string(b.CustomerID), PaymentMethod: string(b.PaymentMethod), KeepsMethod: b.KeepPaymentMethod, Price: b.Price.value(),
	}, in.Keyed, b)
	return f
}

func placeFoodOrder(ctx context.Context, in *placeFoodInput) (*orderAnswer, error) {
	return in.placing.place(ctx, in.language())
}
