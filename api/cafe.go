package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

const cafeOrdersPath = "/v1/cafe/orders"

func (s *server) registerCafe() {
	register(s, huma.Operation{
		OperationID: "place-cafe-order", Method: http.MethodPost, Path: cafeOrdersPath, Tags: []string{tagCafe},
		Summary: "Order a drink", DefaultStatus: http.StatusCreated,
		Description: "Holds the cups, charges the price, and orders the production. 201: the order is placed (paid, or " +
			"in_production). 202: not decided yet; it continues and can be read at Location. An order is accepted only when the " +
			"café answers. An order that is refused has been undone, or is being undone, when the refusal is answered. With " +
			"an Idempotency-Key, a repeated request gets the answer of the first one; after `cafe_unavailable` it is a new order.",
		Responses: s.withProblems(s.placingResponses(booking.SoldOut, booking.MenuDeleted, booking.CafeUnavailable), booking.NotOnSale, booking.PriceChanged),
	}, placeCafeOrder)
	register(s, huma.Operation{
		OperationID: "get-cafe-order", Method: http.MethodGet, Path: cafeOrdersPath + "/{id}", Tags: []string{tagCafe},
		Summary: "Read an order of a drink", Responses: s.problems(booking.NotFound, orders.TemporalUnavailable, booking.Unavailable),
	}, func(ctx context.Context, in *orderByID) (*orderAnswer, error) {
		return s.getOrder(ctx, booking.Cafe, in)
	})
	s.registerQuote(booking.Cafe, cafeOrdersPath, tagCafe, booking.AlreadyCompleted)
	s.registerQuantity(booking.Cafe, cafeOrdersPath, tagCafe)
	registerDecision[decisionInput[*cancellation]](s, decision{
		kind: booking.Cafe, verb: "cancel", path: cafeOrdersPath + "/{id}/cancel", tag: tagCafe, update: contract.CancelUpdate,
		summary: "The customer cancels", refusals: []booking.Code{booking.AlreadyCompleted, booking.QuoteChanged},
	})
}

// drinkRequest is a customer's order. Its hash distinguishes a repeated request from another
// one (see reservationRequest).
type drinkRequest struct {
	MenuID            name        `json:"menuId" example:"drink-0m5w3k1v8t2z6r4q"`
	CustomerID        name        `json:"customerId,omitempty" doc:"The customer; by default the caller" example:"alice"`
	Quantity          whole       `json:"quantity" minimum:"1" maximum:"1000" doc:"Number of cups" example:"2"`
	PaymentMethod     name        `json:"paymentMethod,omitempty" default:"pm_card_visa" doc:"The payment provider's token" example:"pm_card_visa"`
	KeepPaymentMethod bool        `json:"keepPaymentMethod,omitempty" doc:"The customer agrees that the provider keeps the card for the next order: see GET /v1/payment-methods. Without it the card is not kept"`
	Price             *shownPrice `json:"price,omitempty" doc:"The whole price that the customer was shown, for all cups: if the price is different, nothing is ordered"`
}

type placeDrinkInput struct {
	Labelled
	Keyed
	Body drinkRequest

	placing placing
}

// Resolve validates what the schema cannot, and the drink. A repeated request gets the
// first answer again, even after the drink's day.
func (in *placeDrinkInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.checkKey(ctx)
	f.ownCustomer(ctx, "body.customerId", &in.Body.CustomerID)
	b := in.Body
	in.placing.prepare(ctx, &f, orders.Placement{
		Wanted:     orders.Cups{MenuID: string(b.MenuID), Quantity: int(b.Quantity)},
		CustomerID: string(b.CustomerID), PaymentMethod: string(b.PaymentMethod), KeepsMethod: b.KeepPaymentMethod, Price: b.Price.value(),
	}, in.Keyed, b)
	return f
}

func placeCafeOrder(ctx context.Context, in *placeDrinkInput) (*orderAnswer, error) {
	return in.placing.place(ctx, in.language())
}
