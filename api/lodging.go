package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

const reservationsPath = "/v1/lodging/reservations"

func (s *server) registerLodging() {
	register(s, huma.Operation{
		OperationID: "place-reservation", Method: http.MethodPost, Path: reservationsPath, Tags: []string{tagLodging},
		Summary: "Reserve rooms", DefaultStatus: http.StatusCreated,
		Description: "Charges the price, holds the rooms for every night, and notifies the owner. 201: the reservation is " +
			"placed (confirmed, or awaiting_owner). 202: not decided yet; it continues and can be read at Location. A reservation " +
			"that is refused has been undone completely when the refusal is answered. With an Idempotency-Key, a repeated " +
			"request gets the answer of the first one.",
		Responses: s.withProblems(s.placingResponses(booking.SoldOut, booking.RejectedByOwner, booking.OwnerTimeout), booking.NotOnSale, booking.PriceChanged, orders.TooManyOrdersOfYours),
	}, placeReservation)
	register(s, huma.Operation{
		OperationID: "get-reservation", Method: http.MethodGet, Path: reservationsPath + "/{id}", Tags: []string{tagLodging},
		Summary: "Read a reservation", Responses: s.problems(booking.NotFound, orders.TemporalUnavailable, booking.Unavailable),
	}, func(ctx context.Context, in *orderByID) (*orderAnswer, error) {
		return s.getOrder(ctx, booking.Lodging, in)
	})
	s.registerQuote(booking.Lodging, reservationsPath, tagLodging, booking.AlreadyCheckedIn, booking.AlreadyCompleted)
	s.registerReservationDecisions()
	s.registerChanges()
}

func (s *server) registerReservationDecisions() {
	const lodging = booking.Lodging
	registerDecision[decisionInput[*nothing]](s, decision{
		kind: lodging, verb: "confirm", path: reservationsPath + "/{id}/confirm", tag: tagLodging, update: contract.ConfirmUpdate,
		summary: "The owner accepts", refusals: []booking.Code{booking.AlreadyConfirmed, booking.NotAwaitingOwner, booking.AlreadyCompleted},
	})
	registerDecision[decisionInput[rejection]](s, decision{
		kind: lodging, verb: "reject", path: reservationsPath + "/{id}/reject", tag: tagLodging, update: contract.RejectUpdate,
		summary: "The owner refuses", refusals: []booking.Code{booking.AlreadyConfirmed, booking.NotAwaitingOwner, booking.AlreadyCompleted},
	})
	registerDecision[decisionInput[*cancellation]](s, decision{
		kind: lodging, verb: "cancel", path: reservationsPath + "/{id}/cancel", tag: tagLodging, update: contract.CancelUpdate,
		summary: "The customer cancels", refusals: []booking.Code{booking.AlreadyCheckedIn, booking.AlreadyCompleted, booking.QuoteChanged},
	})
	registerDecision[decisionInput[*remark]](s, decision{
		kind: lodging, verb: "no-show", path: reservationsPath + "/{id}/no-show", tag: tagLodging, update: contract.NoShowUpdate,
		summary: "The guests have not come", refusals: []booking.Code{booking.NotConfirmed, booking.NotCheckedIn, booking.AlreadyCompleted},
	})
	registerDecision[decisionInput[*nothing]](s, decision{
		kind: lodging, verb: "complete", path: reservationsPath + "/{id}/complete", tag: tagLodging, update: contract.CompleteUpdate,
		summary: "The guests have checked out early", refusals: []booking.Code{booking.NotConfirmed, booking.NotCheckedIn, booking.AlreadyCompleted},
	})
}

// reservationRequest is a customer's order. Its hash distinguishes a repeated request from
// another one: fields that are added later must be omitted from the JSON when they are
// empty.
type reservationRequest struct {
	PlaceID           name        `json:"placeId" example:"place-0m5w3k1v8t2z6r4q"`
	CustomerID        name        `json:"customerId,omitempty" doc:"The customer; by default the caller" example:"alice"`
	CheckIn           string      `json:"checkIn" format:"date" doc:"First night, from today to two years ahead, in the place's time zone" example:"{today+30}"`
	CheckOut          string      `json:"checkOut" format:"date" doc:"Day of departure" example:"{today+32}"`
	Rooms             whole       `json:"rooms" minimum:"1" maximum:"1000" example:"1"`
	PaymentMethod     name        `json:"paymentMethod,omitempty" default:"pm_card_visa" doc:"The payment provider's token" example:"pm_card_visa"`
	KeepPaymentMethod bool        `json:"keepPaymentMethod,omitempty" doc:"The customer agrees that the provider keeps the card for the next order: see GET /v1/payment-methods. Without it the card is not kept"`
	Price             *shownPrice `json:"price,omitempty" doc:"The whole price that the customer was shown, for all rooms and nights: if the price is different, nothing is ordered"`
}

type placeReservationInput struct {
	Labelled
	Keyed
	Body reservationRequest

	placing placing
}

// Resolve validates what the schema cannot. For a repeated request, the state of the
// place does not matter: it gets the first answer again, even if the place is gone or
// the day is past.
func (in *placeReservationInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.checkKey(ctx)
	f.ownCustomer(ctx, "body.customerId", &in.Body.CustomerID)
	b := in.Body
	in.placing.prepare(ctx, &f, orders.Placement{
		Wanted:     orders.Stay{PlaceID: string(b.PlaceID), CheckIn: dateOf(b.CheckIn), CheckOut: dateOf(b.CheckOut), Rooms: int(b.Rooms)},
		CustomerID: string(b.CustomerID), PaymentMethod: string(b.PaymentMethod), KeepsMethod: b.KeepPaymentMethod, Price: b.Price.value(),
	}, in.Keyed, b)
	return f
}

func placeReservation(ctx context.Context, in *placeReservationInput) (*orderAnswer, error) {
	return in.placing.place(ctx, in.language())
}
