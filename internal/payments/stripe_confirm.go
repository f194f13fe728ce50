package payments

import (
	"context"
	"fmt"

	"github.com/stripe/stripe-go/v84"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// Confirm implements activities.PaymentProvider. Stripe takes the money itself once the
// customer has confirmed: what the customer brought back is not needed, and the intent is
// asked for.
func (s *Stripe) Confirm(ctx context.Context, c booking.Charge, ref string, _ booking.PaymentReturn) (taken string, err error) {
	intent, err := s.client.V1PaymentIntents.Retrieve(ctx, ref, nil)
	if err != nil {
		return "", forAPerson(s.explain(err))
	}
	if intent.Metadata[metadataKey] != c.Key {
		return "", &activities.Owed{Words: fmt.Sprintf("intent %s at stripe is not of this charge", ref), NeedsPerson: true}
	}
	return s.came(ctx, c, []*stripe.PaymentIntent{intent}, nil)
}
