package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// registerNotices adds the payment provider's webhook.
func (s *server) registerNotices() {
	register(s, huma.Operation{
		OperationID: "take-payment-notice", Method: http.MethodPost, Path: "/v1/payments/notices", Tags: []string{tagRecords},
		Summary: "A notice of the payment provider", DefaultStatus: http.StatusNoContent,
		Description: "For the payment provider only: its signature is the proof. A notice is a hint that a payment has changed; " +
			"the payment is then retrieved from the provider. A notice may come late, more than once and in any order. 204: it " +
			"is accepted, or is about no order. 503: it was not accepted, and the provider sends it again.",
		Responses:        s.problems(append(orders.NoticeCodes(), booking.ForgedNotice, booking.NoticesOff, booking.Unavailable)...),
		SkipValidateBody: true, // the provider defines the body
	}, s.takeNotice)
	s.registerReturns()
	register(s, huma.Operation{
		OperationID: "look-at-payment", Method: http.MethodPost, Path: "/v1/payments/{orderId}/look", Tags: []string{tagRecords},
		Summary: "Check a payment at the payment provider", DefaultStatus: http.StatusAccepted,
		Description: "Does the same as a notice of the provider, if none has come: records refunds that were made there by " +
			"hand, disputes and their ends, and makes waiting refunds retry at once. 202: it will be done; the outcome can be " +
			"read at Location.",
		Responses: s.problems(orders.CheckPaymentCodes()...),
	}, s.checkPayment)
}

// noticeRequest is any notice of the provider. It is parsed after its signature has
// been checked, which covers the bytes.
type noticeRequest struct {
	Strict
	Signature string `header:"Stripe-Signature" doc:"Stripe's signature of the body"`
	RawBody   []byte `contentType:"application/json"`
	header    http.Header
}

// Resolve validates what the schema cannot.
func (in *noticeRequest) Resolve(ctx huma.Context) []error {
	in.header = humagin.Unwrap(ctx).Request.Header
	return in.Strict.Resolve(ctx)
}

func (s *server) takeNotice(ctx context.Context, in *noticeRequest) (*struct{}, error) {
	notice, err := s.Notices.Read(ctx, in.RawBody, in.header)
	if err != nil {
		return nil, err
	}
	return nil, s.Orders.Notice(ctx, notice)
}

type checkAnswer struct {
	Location string `header:"Location" doc:"Where the payment with its entries and disputes can be read"`
}

func (s *server) checkPayment(ctx context.Context, in *paymentByOrder) (*checkAnswer, error) {
	aboutOrder(ctx, "", in.OrderID)
	if err := s.Orders.CheckPayment(ctx, CallerOf(ctx), in.OrderID); err != nil {
		return nil, err
	}
	return &checkAnswer{Location: "/v1/payments/" + in.OrderID}, nil
}
