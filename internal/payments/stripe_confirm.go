package payments

import (
	"context"
	"fmt"

	"github.com/stripe/stripe-go/v84"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// A present customer confirms a charge that needs it (3-D Secure, a window of a bank or a
// wallet) on a page of Stripe's, which redirects to the charge's ReturnTo. The intent is
// requires_action until then. Stripe makes the charge without a further request once it is
// confirmed.

// confirmedByCustomer makes a charge one that its present customer can confirm. Its requests
// differ from those of older builds, which never required a confirmation.
func confirmedByCustomer(c booking.Charge, params *stripe.PaymentIntentCreateParams) {
	params.PaymentMethod, params.Confirm = stripe.String(c.Method), stripe.Bool(true)
	params.ReturnURL = stripe.String(c.ReturnTo)
	params.AutomaticPaymentMethods.AllowRedirects = stripe.String("always")
	params.AddMetadata(metadataPresent, "yes")
}

// Confirm implements activities.PaymentProvider. It does not need the customer's return: it
// retrieves the intent.
func (s *Stripe) Confirm(ctx context.Context, c booking.Charge, ref string, _ booking.PaymentReturn) (charged string, err error) {
	intent, err := s.client.V1PaymentIntents.Retrieve(ctx, ref, nil)
	switch {
	case err != nil:
		return "", toPerson(s.explain(err))
	case intent.ID != ref:
		return "", errMalformed
	case intent.Metadata[metadataKey] != c.Key:
		return "", &activities.Owed{Words: fmt.Sprintf("intent %s at stripe is of another charge", ref), NeedsPerson: true}
	case intent.Status == stripe.PaymentIntentStatusProcessing:
		return "", &activities.ActionRequired{Ref: ref}
	}
	return s.outcomeOf(ctx, c, []*stripe.PaymentIntent{intent}, nil)
}

// answered is the outcome of the intent in the answer to a charge. It returns
// *ActionRequired if the customer has to confirm it.
func (s *Stripe) answered(ctx context.Context, c booking.Charge, intent *stripe.PaymentIntent) (ref string, err error) {
	there := c.ReturnTo != "" || intent.Metadata[metadataPresent] != ""
	if !there || intent.Status != stripe.PaymentIntentStatusRequiresAction {
		return s.finalOf(ctx, intent)
	}
	if isRepeated(intent) { // the answer under a key stays the same, while the intent changes
		if intent, err = s.client.V1PaymentIntents.Retrieve(ctx, intent.ID, nil); err != nil {
			return "", toPerson(s.explain(err))
		}
	}
	if intent.Status != stripe.PaymentIntentStatusRequiresAction {
		return s.finalOf(ctx, intent)
	}
	page := pageOf(intent)
	if page == "" {
		s.log.Warn("stripe requires something that no page of its own offers: the charge is declined", zap.String("intent", intent.ID))
		return s.finalOf(ctx, intent)
	}
	return "", &activities.ActionRequired{Ref: intent.ID, Action: booking.NextAction{Type: booking.Redirect, URL: page}}
}

func isRepeated(intent *stripe.PaymentIntent) bool {
	return intent.LastResponse != nil && intent.LastResponse.Header.Get("Idempotent-Replayed") == "true"
}

// pageOf is the URL on which the customer confirms the intent, "" if there is none.
func pageOf(intent *stripe.PaymentIntent) string {
	if intent.NextAction == nil || intent.NextAction.RedirectToURL == nil {
		return ""
	}
	return intent.NextAction.RedirectToURL.URL
}
