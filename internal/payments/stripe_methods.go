package payments

import (
	"context"
	"errors"
	"net/http"

	"github.com/stripe/stripe-go/v84"

	"github.com/yeyak/yeyak/booking"
)

// Methods implements MethodKeeper.
func (s *Stripe) Methods(ctx context.Context, customer string) (kept []booking.KeptMethod, err error) {
	params := &stripe.CustomerListPaymentMethodsParams{Customer: stripe.String(customer)}
	params.Limit, params.Single = stripe.Int64(stripePage), true // a customer has fewer methods
	for method, err := range s.client.V1Customers.ListPaymentMethods(ctx, params) {
		switch {
		case isMissing(err): // the customer was deleted
			return nil, nil
		case err != nil:
			return nil, s.explain(err)
		}
		kept = append(kept, keptMethod(method))
	}
	return kept, nil
}

func keptMethod(m *stripe.PaymentMethod) booking.KeptMethod {
	kept := booking.KeptMethod{ID: m.ID, Type: string(m.Type)}
	if card := m.Card; card != nil {
		kept.Brand, kept.Last4 = string(card.Brand), card.Last4
		kept.ExpMonth, kept.ExpYear = int(card.ExpMonth), int(card.ExpYear)
	}
	return kept
}

// RemoveMethod implements MethodKeeper. Stripe finds the method only if it is the customer's.
func (s *Stripe) RemoveMethod(ctx context.Context, customer, id string) error {
	none := booking.Errorf(booking.NotFound, "no such payment method is kept")
	found, err := s.client.V1Customers.RetrievePaymentMethod(ctx, id, &stripe.CustomerRetrievePaymentMethodParams{Customer: stripe.String(customer)})
	switch {
	case isMissing(err):
		return none
	case err != nil:
		return s.explain(err)
	case found.ID != id:
		return errMalformed
	}
	if _, err = s.client.V1PaymentMethods.Detach(ctx, id, nil); err == nil {
		return nil
	}
	if err = s.explain(err); isForGood(err) { // another request has removed it
		return none
	}
	return err
}

// isMissing reports whether Stripe has answered that a thing does not exist.
func isMissing(err error) bool {
	said, ok := errors.AsType[*stripe.Error](err)
	return ok && (said.Code == stripe.ErrorCodeResourceMissing || said.HTTPStatusCode == http.StatusNotFound)
}
