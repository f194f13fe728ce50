package payments

import (
	"context"
	"fmt"

	"github.com/stripe/stripe-go/v84"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// A customer who is there confirms a charge that asks for that (3-D Secure, a bank's or a
// wallet's window) on a page of Stripe's, which leads back to the charge's ReturnTo. The
// intent requires_action until then. Stripe takes the money by itself once it is confirmed.

// confirmedByCustomer makes a charge one that its customer is there to confirm. Such
// requests have a shape of their own: builds before them asked for none.
func (s *Stripe) confirmedByCustomer(ctx context.Context, c booking.Charge, params *stripe.PaymentIntentCreateParams) error {
	params.PaymentMethod, params.Confirm = stripe.String(c.Method), stripe.Bool(true)
	params.ReturnURL = stripe.String(c.ReturnTo)
	params.AutomaticPaymentMethods.AllowRedirects = stripe.String("always")
	params.AddMetadata(metadataPresent, "yes")
	if c.Customer == "" {
		return nil
	}
	// Of a card only: other methods are refused where they cannot be kept.
	params.PaymentMethodOptions = &stripe.PaymentIntentCreatePaymentMethodOptionsParams{
		Card: &stripe.PaymentIntentCreatePaymentMethodOptionsCardParams{SetupFutureUsage: stripe.String("off_session")},
	}
	return s.ofCustomer(ctx, c, params)
}

// Confirm implements activities.PaymentProvider. What the customer brought back is not
// needed: the intent is asked for.
func (s *Stripe) Confirm(ctx context.Context, c booking.Charge, ref string, _ booking.PaymentReturn) (taken string, err error) {
	intent, err := s.client.V1PaymentIntents.Retrieve(ctx, ref, nil)
	switch {
	case err != nil:
		return "", forAPerson(s.explain(err))
	case intent.ID != ref:
		return "", errMalformed
	case intent.Metadata[metadataKey] != c.Key:
		return "", &activities.Owed{Words: fmt.Sprintf("intent %s at stripe is of another charge", ref), NeedsPerson: true}
	case intent.Status == stripe.PaymentIntentStatusProcessing:
		return "", &activities.ActionRequired{Ref: ref}
	}
	return s.came(ctx, c, []*stripe.PaymentIntent{intent}, nil)
}

// answered is what an intent comes to that a charge was answered with. *ActionRequired: its
// customer has to confirm it.
func (s *Stripe) answered(ctx context.Context, c booking.Charge, intent *stripe.PaymentIntent) (ref string, err error) {
	there := c.ReturnTo != "" || intent.Metadata[metadataPresent] != ""
	if !there || intent.Status != stripe.PaymentIntentStatusRequiresAction {
		return s.settled(ctx, intent)
	}
	if isRepeated(intent) { // the answer under a key stays what it was; the intent goes on
		if intent, err = s.client.V1PaymentIntents.Retrieve(ctx, intent.ID, nil); err != nil {
			return "", forAPerson(s.explain(err))
		}
	}
	if intent.Status != stripe.PaymentIntentStatusRequiresAction {
		return s.settled(ctx, intent)
	}
	page := pageOf(intent)
	if page == "" {
		s.log.Warn("stripe asks for something that no page of its own offers: the charge is declined", zap.String("intent", intent.ID))
		return s.settled(ctx, intent)
	}
	return "", &activities.ActionRequired{Ref: intent.ID, Action: booking.NextAction{Type: booking.Redirect, URL: page}}
}

func isRepeated(intent *stripe.PaymentIntent) bool {
	return intent.LastResponse != nil && intent.LastResponse.Header.Get("Idempotent-Replayed") == "true"
}

// pageOf is where the customer confirms the intent, "" where there is no such page.
func pageOf(intent *stripe.PaymentIntent) string {
	if intent.NextAction == nil || intent.NextAction.RedirectToURL == nil {
		return ""
	}
	return intent.NextAction.RedirectToURL.URL
}
