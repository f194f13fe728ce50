package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// registerReturns adds a customer's return from the payment provider's page.
func (s *server) registerReturns() {
	register(s, huma.Operation{
		OperationID: "return-from-payment", Method: http.MethodPost, Path: "/v1/payments/{orderId}/return", Tags: []string{tagRecords},
		Summary: "Come back from the payment provider's page",
		Description: "For an order that is `awaiting_payment`, after its customer has done what `nextAction` says. The provider " +
			"is called for the outcome of the payment: what the customer brings proves nothing. The request may be repeated, and " +
			"is not required, since the provider sends a notice, too. 200: the present state of the order. 202: it continues, or " +
			"still waits for the payment.",
		Responses: s.withAccepted(s.problems(append(orders.ReturnCodes(), booking.Invalid)...)),
	}, s.returnFromPayment)
}

type returnInput struct {
	Strict
	Labelled
	OrderID string `path:"orderId" doc:"The order's id"`
	Body    *paymentReturn
}

// paymentReturn is what the provider has added to the customer's return address, if
// anything.
type paymentReturn struct {
	PaymentKey string `json:"paymentKey,omitempty" minLength:"1" maxLength:"200" pattern:"^[!-~]+$" patternDescription:"printable ASCII" doc:"The provider's id of the payment, if it gives the customer one"`
	Amount     int64  `json:"amount,omitempty" minimum:"0" maximum:"1000000000000" doc:"The amount that the provider reports, in the minor unit"`
}

func (s *server) returnFromPayment(ctx context.Context, in *returnInput) (*orderAnswer, error) {
	aboutOrder(ctx, "", in.OrderID)
	var back booking.PaymentReturn
	if in.Body != nil {
		back = booking.PaymentReturn{PaymentKey: in.Body.PaymentKey, Amount: in.Body.Amount}
	}
	out, err := s.Orders.Return(ctx, CallerOf(ctx), in.OrderID, back)
	if err != nil {
		return nil, err
	}
	return in.language().answerOutcome(out, readerOf(ctx, out.View), http.StatusOK), nil
}
