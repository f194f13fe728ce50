package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
)

// registerKeptMethods adds the payment methods that the provider keeps for customers.
func (s *server) registerKeptMethods() {
	const path = "/v1/payment-methods"
	register(s, huma.Operation{
		OperationID: "list-payment-methods", Method: http.MethodGet, Path: path, Tags: []string{tagRecords},
		Summary: "List the cards that are kept for a customer",
		Description: "Newest first, as the payment provider has them. A card is kept if an order was placed, or changed, with " +
			"`keepPaymentMethod`. Its `id` is the `paymentMethod` of a later order of the same customer, and of no other. 503: " +
			"the payment provider does not answer.",
		Responses: s.problems(booking.Invalid, booking.Unavailable),
	}, s.listKeptMethods)
	register(s, huma.Operation{
		OperationID: "remove-payment-method", Method: http.MethodDelete, Path: path + "/{id}", Tags: []string{tagRecords},
		Summary: "Remove a card that is kept for a customer", DefaultStatus: http.StatusNoContent,
		Description: "It pays for no further order. Orders that it has paid for stay as they are, and refunds still go to it. 503: " +
			"the payment provider does not answer; the request may be repeated.",
		Responses: s.problems(booking.NotFound, booking.Invalid, booking.Unavailable),
	}, s.removeKeptMethod)
}

// OfCustomer is the customer of a request about kept payment methods.
type OfCustomer struct {
	Strict
	CustomerID name `query:"customerId" doc:"The customer; by default the caller. Only operators may name another" example:"alice"`
}

// Resolve validates what the schema cannot.
func (in *OfCustomer) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.ownCustomer(ctx, "query.customerId", &in.CustomerID)
	return f
}

// keptMethodView is a kept payment method as the API shows it.
type keptMethodView struct {
	ID       string `json:"id" doc:"The paymentMethod of an order" example:"pm_1PgafyB7WZ01zgkWHEP5XQHt"`
	Type     string `json:"type" doc:"The provider's word for its type" example:"card"`
	Brand    string `json:"brand,omitempty" doc:"The brand of a card" example:"visa"`
	Last4    string `json:"last4,omitempty" doc:"The last digits of a card's number" example:"4242"`
	ExpMonth int    `json:"expMonth,omitempty" doc:"The last month in which a card is valid" example:"12"`
	ExpYear  int    `json:"expYear,omitempty" doc:"The year of that month" example:"2029"`
}

type keptMethodList struct {
	Body struct {
		Items []keptMethodView `json:"items" nullable:"false"`
	}
}

func (s *server) listKeptMethods(ctx context.Context, in *OfCustomer) (*keptMethodList, error) {
	customer := string(in.CustomerID)
	if err := CallerOf(ctx).Authorize(booking.ListMethods, booking.Thing{CustomerID: customer}); err != nil {
		return nil, err
	}
	kept, err := s.KeptMethods.List(ctx, customer)
	if err != nil {
		return nil, err
	}
	var list keptMethodList
	list.Body.Items = each(kept, func(m booking.KeptMethod) keptMethodView { return keptMethodView(m) })
	return &list, nil
}

type keptMethodByID struct {
	OfCustomer
	ID string `path:"id" doc:"The payment method's id"`
}

func (s *server) removeKeptMethod(ctx context.Context, in *keptMethodByID) (*struct{}, error) {
	customer := string(in.CustomerID)
	if err := CallerOf(ctx).Authorize(booking.RemoveMethod, booking.Thing{CustomerID: customer}); err != nil {
		return nil, err
	}
	return nil, s.KeptMethods.Remove(ctx, customer, in.ID)
}

// keepsItsOwn reports a consent to keep the payment method of a change that has none.
func (f *faults) keepsItsOwn(method name, keeps bool) {
	if keeps && method == "" {
		f.add("body.keepPaymentMethod", "is for a paymentMethod of the change")
	}
}
