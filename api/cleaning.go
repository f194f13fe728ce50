package api

import (
	"context"
	"math"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

const callsPath = "/v1/cleaning/calls"

func (s *server) registerCleaning() {
	s.measureCalls()
	register(s, huma.Operation{
		OperationID: "place-call", Method: http.MethodPost, Path: callsPath, Tags: []string{tagCleaning},
		Summary: "Call a cleaner", DefaultStatus: http.StatusCreated,
		Description: "Registers the call with management, charges the price if there is one, and finds a cleaner. 201: the call " +
			"is placed (calling until a cleaner is free, or assigned). 202: not decided yet; it continues and can be read at " +
			"Location. A call is accepted only when management answers, and when not too many calls wait for a cleaner " +
			"already, of this customer or of all. With an Idempotency-Key, a repeated request gets the answer of the first one; " +
			"after `not_registered` it is a new call.",
		Responses: s.withProblems(s.placingResponses(booking.NotRegistered), orders.TooManyCallsWaiting, orders.TooManyCallsOfYours),
	}, placeCall)
	register(s, huma.Operation{
		OperationID: "get-call", Method: http.MethodGet, Path: callsPath + "/{id}", Tags: []string{tagCleaning},
		Summary: "Read a call", Responses: s.problems(booking.NotFound, orders.TemporalUnavailable, booking.Unavailable),
	}, func(ctx context.Context, in *orderByID) (*orderAnswer, error) {
		return s.getOrder(ctx, booking.Cleaning, in)
	})
	s.registerQuote(booking.Cleaning, callsPath, tagCleaning, booking.AlreadyCompleted)
	registerDecision[decisionInput[*cancellation]](s, decision{
		kind: booking.Cleaning, verb: "cancel", path: callsPath + "/{id}/cancel", tag: tagCleaning, update: contract.CancelUpdate,
		summary: "The customer cancels", refusals: []booking.Code{booking.AlreadyCompleted, booking.QuoteChanged},
	})
	registerDecision[decisionInput[*nothing]](s, decision{
		kind: booking.Cleaning, verb: "complete", path: callsPath + "/{id}/complete", tag: tagCleaning, update: contract.CompleteUpdate,
		summary: "The cleaner has finished", refusals: []booking.Code{booking.NotAssigned, booking.AlreadyCompleted},
	})
}

// callRequest is a customer's order. Its hash distinguishes a repeated request from another one
// (see reservationRequest).
type callRequest struct {
	CustomerID name `json:"customerId,omitempty" doc:"The customer; by default the caller" example:"alice"`
	// Tel is for management and the cleaner: no view of the order has it.
	Tel               booking.Personal `json:"tel" minLength:"1" maxLength:"64" doc:"The customer's telephone number, with dots, slashes or spaces as people write it. It is stored as E.164, with ;ext= and the extension if there is one. A number without + and country code belongs to the country in the service's settings" example:"+82 2-123-4567"`
	Location          booking.Personal `json:"location" minLength:"1" maxLength:"200" doc:"Where to clean" example:"12 Sejong-daero, Seoul"`
	Price             *money           `json:"price,omitempty" doc:"The price that the customer offers; by default none"`
	PaymentMethod     name             `json:"paymentMethod,omitempty" default:"pm_card_visa" doc:"The payment provider's token" example:"pm_card_visa"`
	KeepPaymentMethod bool             `json:"keepPaymentMethod,omitempty" doc:"The customer agrees that the provider keeps the card for the next order: see GET /v1/payment-methods. Without it the card is not kept"`
}

type placeCallInput struct {
	Labelled
	Keyed
	Body callRequest

	placing placing
}

// Resolve validates what the schema cannot.
func (in *placeCallInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.checkKey(ctx)
	f.checkLines("body.location", &in.Body.Location)
	f.readTelephone("body.tel", &in.Body.Tel, serverOf(ctx).TelRegion)
	f.checkPrice(ctx, in.Body.Price)
	f.ownCustomer(ctx, "body.customerId", &in.Body.CustomerID)
	b := in.Body
	wanted := orders.Call{Tel: b.Tel, Location: b.Location}
	if b.Price != nil {
		wanted.Price = b.Price.value()
	}
	in.placing.prepare(ctx, &f, orders.Placement{
		Wanted: wanted, CustomerID: string(b.CustomerID), PaymentMethod: string(b.PaymentMethod), KeepsMethod: b.KeepPaymentMethod,
	}, in.Keyed, b)
	return f
}

func placeCall(ctx context.Context, in *placeCallInput) (*orderAnswer, error) {
	return in.placing.place(ctx, in.language())
}

// measureCalls adds the metric of waiting calls: NaN while they cannot be counted.
func (s *server) measureCalls() {
	promauto.With(s.Registry).NewGaugeFunc(prometheus.GaugeOpts{
		Name: "yeyak_cleaning_calls_waiting", Help: "Calls that wait for a cleaner.",
	}, func() float64 {
		waiting, err := s.Orders.WaitingCalls(context.Background())
		if err != nil {
			return math.NaN()
		}
		return float64(waiting)
	})
}
