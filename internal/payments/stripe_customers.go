package payments

import (
	"context"
	"errors"
	"fmt"

	"github.com/stripe/stripe-go/v84"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

// Customers remembers who our customers are at the payment provider.
type Customers interface {
	// Customer is the provider's id of a customer, "" while there is none, and before the
	// one that it had before that, "" for none.
	Customer(ctx context.Context, id string) (ref, before string, err error)
	// KeepCustomer keeps the provider's id of a customer unless there is one, and returns
	// the one that stands.
	KeepCustomer(ctx context.Context, id, ref string) (stands string, err error)
	// ForgetCustomer forgets that id of the customer, if it is the one that stands.
	ForgetCustomer(ctx context.Context, id, ref string) error
}

// errUnknownCustomer: Stripe does not know a customer that we know it by. Another one is
// made when the charge is asked for again.
var errUnknownCustomer = errors.New("stripe does not know the customer any more")

// metadataCustomer labels a customer at Stripe with our id, and nothing else is told of it.
const metadataCustomer = "customer"

// ofCustomer makes a charge one of its customer at Stripe, where a card is kept for the
// next one. A customer that Stripe does not make pays without one.
func (s *Stripe) ofCustomer(ctx context.Context, c booking.Charge, params *stripe.PaymentIntentCreateParams) error {
	if s.customers == nil {
		return nil
	}
	ref, err := s.customer(ctx, c.Customer)
	switch {
	case err == nil:
		params.Customer = stripe.String(ref)
	case isForGood(err), errors.Is(err, errSavedFailure):
		s.log.Warn("stripe makes no customer: the card is not kept", zap.Error(err))
	default:
		return err
	}
	return nil
}

// customer is the customer's id at Stripe, who is made there if need be.
func (s *Stripe) customer(ctx context.Context, id string) (ref string, err error) {
	ref, before, err := s.customers.Customer(ctx, id)
	if err != nil || ref != "" {
		return ref, err
	}
	params := &stripe.CustomerCreateParams{Metadata: map[string]string{metadataCustomer: id}}
	params.SetIdempotencyKey(customerKey(id, before))
	made, err := s.client.V1Customers.Create(ctx, params)
	switch {
	case err != nil:
		return "", s.explain(err)
	case made.ID == "":
		return "", errMalformed
	}
	return s.customers.KeepCustomer(ctx, id, made.ID)
}

// customerKey is the key under which a customer is made. It differs where there was one
// before: Stripe would repeat that one.
func customerKey(id, before string) string {
	if before == "" {
		return "customer/" + id
	}
	return "customer/" + id + "/after/" + before
}

// orUnknownCustomer explains why an intent was not created. A customer that Stripe does not
// know, since it was deleted there or our key is of another account, is forgotten.
func (s *Stripe) orUnknownCustomer(ctx context.Context, c booking.Charge, ref *string, err error) error {
	said, ok := errors.AsType[*stripe.Error](err)
	if !ok || ref == nil || said.Code != stripe.ErrorCodeResourceMissing || said.Param != "customer" {
		return s.explain(err)
	}
	if err := s.customers.ForgetCustomer(ctx, c.Customer, *ref); err != nil {
		return fmt.Errorf("forget customer: %w", err)
	}
	return errUnknownCustomer
}
