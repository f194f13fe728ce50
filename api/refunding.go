package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// registerRefunds adds the refunds that staff and operators make.
func (s *server) registerRefunds() {
	responses := s.problems(actedMeanwhile(orders.RefundCodes())...)
	responses["200"] = &huma.Response{
		Description: "An earlier request with the Idempotency-Key has begun it; this is its state",
		Content:     map[string]*huma.MediaType{"application/json": {Schema: s.schemaOf(reflect.TypeFor[paymentEntry]())}},
	}
	register(s, huma.Operation{
		OperationID: "refund-payment", Method: http.MethodPost, Path: "/v1/payments/{orderId}/refunds", Tags: []string{tagRecords},
		Summary: "Refund a part of what was paid", DefaultStatus: http.StatusCreated,
		Description: "Refunds some or all of what is left of an order's payment, as goodwill; the order does not change. It can " +
			"be repeated under another Idempotency-Key until nothing is left. 201: it is begun. `done`: the payment provider has " +
			"made it. `pending`: the provider has not made it yet, and the request is repeated until it has. `failed`: the provider cannot make " +
			"it at the moment, and a person has to act. The customer gets a message about each. 503: nothing was begun. Only " +
			"with `order_unreachable` it may still be begun: repeat it under its key.",
		Responses: responses,
	}, s.refundPayment)
	register(s, huma.Operation{
		OperationID: "resolve-payment", Method: http.MethodPost, Path: "/v1/payments/{orderId}/resolution", Tags: []string{tagRecords},
		Summary: "Record that a refund was paid by hand",
		Description: "For a refund that the payment provider cannot make: records the evidence of how it was paid otherwise, " +
			"and the order continues. 200: it is recorded. 409 `dispute_open`: the customer's bank may take back the same money; " +
			"the refund is retried when that is decided. 202: it is accepted, also while the order cannot be reached; the " +
			"outcome can be read at Location. 503: it was not accepted. Only with `order_unreachable` the order may still accept " +
			"it.",
		Responses: s.withAccepted(s.withProblems(s.problems(orders.ActedMeanwhile, booking.NothingOwed, booking.UnderDispute, booking.StillPending, booking.AlreadyCompleted, booking.AlreadyDelivered), orders.DecisionCodes()...)),
	}, s.resolvePayment)
}

// refundRequest requests a refund. Its key is required: without one, a repeated request would
// refund twice.
type refundRequest struct {
	Labelled
	Acting
	OrderID        string `path:"orderId" doc:"The order's id"`
	IdempotencyKey string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"255" pattern:"^[ -~]+$" patternDescription:"printable ASCII" doc:"Makes it safe to repeat the request: requests of a caller with the same key make one refund of an order" example:"7c1f0d6e-refund-1"`
	Body           goodwill
}

// goodwill is the amount of a refund and its reason.
type goodwill struct {
	Amount money            `json:"amount" doc:"The amount, at most what is left of the payment, in its currency"`
	Reason booking.Personal `json:"reason" minLength:"1" maxLength:"500" doc:"Shown in the order's history" example:"The heating was out of order"`
}

// Resolve validates what the schema cannot.
func (in *refundRequest) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.checkKey(ctx)
	f.checkLines("body.reason", &in.Body.Reason)
	if in.Body.Amount.Currency != "" && in.Body.Amount.Amount == 0 {
		f.add("body.amount.amount", "must be more than 0")
	}
	if amount := in.Body.Amount.value(); amount.Amount > 0 {
		if can := serverOf(ctx).Terms.Part(amount); can != amount {
			f.add("body.amount.amount", "the payment provider cannot refund %d %s; the next amount that it can is %d", amount.Amount, amount.Currency, can.Amount)
		}
	}
	return f
}

type refundAnswer struct {
	Status   int
	Location string `header:"Location" doc:"Where the payment with its entries can be read"`
	Body     paymentEntry
}

// ownWords shows a note to its author.
func ownWords(p booking.Personal) string { return p.Shown(booking.ReaderOperator, booking.Note, true) }

func (s *server) refundPayment(ctx context.Context, in *refundRequest) (*refundAnswer, error) {
	aboutOrder(ctx, "", in.OrderID)
	is, err := s.Orders.Refund(in.acting(ctx), CallerOf(ctx), orders.Refund{
		OrderID: in.OrderID, Amount: in.Body.Amount.value(), Note: booking.Lines(in.Body.Reason), Key: in.IdempotencyKey,
	})
	switch {
	case errors.Is(err, &booking.Error{Code: orders.IdempotencyKeyReused}):
		return nil, s.toProblem(ctx, err).at(idempotencyHeader, "was used for another request")
	case err != nil:
		return nil, s.notActed(ctx, in.OrderID, err)
	}
	answer := &refundAnswer{Status: http.StatusCreated, Location: "/v1/payments/" + in.OrderID, Body: words(ownWords).showEntry(is.Entry)}
	if is.Earlier {
		answer.Status = http.StatusOK
	}
	return answer, nil
}

// resolutionRequest says how a failed refund was paid by hand.
type resolutionRequest struct {
	Labelled
	Acting
	OrderID string `path:"orderId" doc:"The order's id"`
	Body    byHand
}

// byHand is the evidence of a refund that was paid by hand.
type byHand struct {
	Evidence booking.Personal `json:"evidence" minLength:"1" maxLength:"500" doc:"How it was paid, so that others can find the payment; stored with the refund" example:"bank transfer 2026-1129-0042"`
}

// Resolve validates what the schema cannot.
func (in *resolutionRequest) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.checkLines("body.evidence", &in.Body.Evidence)
	return f
}

func (s *server) resolvePayment(ctx context.Context, in *resolutionRequest) (*orderAnswer, error) {
	aboutOrder(ctx, "", in.OrderID)
	l := in.language()
	out, err := s.Orders.Resolve(in.acting(ctx), CallerOf(ctx), in.OrderID, booking.Lines(in.Body.Evidence))
	if err != nil {
		return nil, s.withActions(ctx, s.problemAbout(ctx, l, out.View, err), in.OrderID)
	}
	return l.answerOutcome(out, readerOf(ctx, out.View), http.StatusOK), nil
}
