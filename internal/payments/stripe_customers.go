package payments

import (
	"context"
	"errors"
	"fmt"

	"github.com/stripe/stripe-go/v84"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// Customers stores the ids of our customers at the payment provider.
type Customers interface {
	// Customer returns the provider's id of a customer, and the customer's id before that;
	// each is "" if there is none.
	Customer(ctx context.Context, id string) (ref, before string, err error)
	// KeepCustomer stores the provider's id of a customer unless there is one, and returns
	// the stored one.
	KeepCustomer(ctx context.Context, id, ref string) (stored string, err error)
	// ForgetCustomer deletes that id of the customer, if it is the stored one.
	ForgetCustomer(ctx context.Context, id, ref string) error
}

// errUnknownCustomer means that Stripe does not know the stored id of a customer. The next
// attempt of the charge creates another customer.
var errUnknownCustomer = fmt.Errorf("stripe does not know the customer any more: %w", activities.ErrRepeatAnew)

// metadataCustomer labels a customer at Stripe with our id. Stripe gets no other data of them.
const metadataCustomer = "customer"

// ofCustomer assigns a charge to its customer at Stripe, if there is one: Stripe refuses a card
// that belongs to a customer if the charge does not name the customer, or names another one.
// With the customer's consent it creates the customer, and the card is kept. If Stripe refuses
// to create the customer, the charge has none.
func (s *Stripe) ofCustomer(ctx context.Context, c booking.Charge, params *stripe.PaymentIntentCreateParams) error {
	if s.customers == nil || c.Customer == "" {
		return nil
	}
	ref, err := c.CustomerRef, error(nil)
	if ref == "" && c.KeepsMethod {
		ref, err = s.customer(ctx, c.Customer)
	}
	switch {
	case isForGood(err), errors.Is(err, errSavedFailure):
		s.log.Warn("stripe makes no customer: the card is not kept", zap.Error(err))
	case err != nil:
		return err
	case ref != "":
		params.Customer = stripe.String(ref)
		if c.KeepsMethod {
			keepCard(params)
		}
	}
	return nil
}

// keepCard has the card kept for charges without a present customer. It is only for cards:
// other methods would be refused if they cannot be kept. Stripe refuses it for a charge that is
// itself made without the customer. A charge that then needs a confirmation is cancelled.
func keepCard(params *stripe.PaymentIntentCreateParams) {
	params.OffSession = nil
	params.PaymentMethodOptions = &stripe.PaymentIntentCreatePaymentMethodOptionsParams{
		Card: &stripe.PaymentIntentCreatePaymentMethodOptionsCardParams{SetupFutureUsage: stripe.String("off_session")},
	}
}

// customer is the customer's id at Stripe. It creates the customer if there is none.
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

// customerKey is the key under which a customer is created. After a former customer it is
// another one, since Stripe would repeat the former.
func customerKey(id, before string) string {
	if before == "" {
		return "customer/" + id
	}
	return "customer/" + id + "/after/" + before
}

// orUnknownCustomer explains why an intent was not created. It forgets a customer that Stripe
// does not know, since it was deleted there or our key belongs to another account.
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
