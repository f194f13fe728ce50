package payments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stripe/stripe-go/v84"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// Void implements activities.PaymentProvider.
//
// It takes the charge's key for itself, with an intent that is not confirmed
// and is then cancelled. If Stripe takes that, it has not seen the charge yet
// and will refuse it from now on. If Stripe says that the key belongs to
// another request, the charge was there first, and repeating it only repeats
// its answer. Both are certain while Stripe remembers the key.
//
// A key that was forgotten belongs to a charge that is a day old. It is in the
// index of the search by then, which lags behind by minutes, so that it is
// found there, beside whatever else was created for the charge: an older void,
// or a second charge. A flight that began before the void and arrives a day
// later would be taken; flights end after half a minute.
func (s *Stripe) Void(ctx context.Context, c booking.Charge) (refs []string, err error) {
	intent, err := s.create(ctx, c, voiding)
	switch {
	case errors.Is(err, errOtherRequest):
		ref, err := s.Charge(ctx, c)
		return taken(nil, ref), unlessDeclined(err)
	case err != nil:
		return nil, unlessDeclined(err) // what Stripe does not take is not taken
	}
	found, err := s.find(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, other := range found {
		if other.ID == intent.ID {
			continue
		}
		ref, err := s.settled(ctx, other)
		if unlessDeclined(err) != nil {
			return nil, err
		}
		refs = taken(refs, ref)
	}
	intent, err = s.cancel(ctx, intent.ID)
	if err != nil {
		return nil, err
	}
	if intent.Status == stripe.PaymentIntentStatusSucceeded {
		refs = taken(refs, intent.ID) // it is the charge, found in place of a saved failure
	}
	return refs, nil
}

func taken(refs []string, ref string) []string {
	if ref == "" || slices.Contains(refs, ref) {
		return refs
	}
	return append(refs, ref)
}

func unlessDeclined(err error) error {
	if errors.Is(err, activities.ErrDeclined) {
		return nil
	}
	return err
}

// cancel makes certain that nothing will be taken by the intent, unless it
// was, and returns it as it stands then.
func (s *Stripe) cancel(ctx context.Context, id string) (*stripe.PaymentIntent, error) {
	if id == "" {
		return nil, errMalformed
	}
	intent, err := s.client.V1PaymentIntents.Cancel(ctx, id, nil)
	if said, ok := errors.AsType[*stripe.Error](err); ok && said.Code == stripe.ErrorCodePaymentIntentUnexpectedState {
		intent, err = said.PaymentIntent, nil // it was cancelled before, or has succeeded
		if intent == nil {
			intent, err = s.client.V1PaymentIntents.Retrieve(ctx, id, nil)
		}
	}
	if err != nil {
		return nil, forAPerson(s.explain(err))
	}
	switch intent.Status {
	case stripe.PaymentIntentStatusCanceled, stripe.PaymentIntentStatusSucceeded:
		return intent, nil
	default:
		return nil, fmt.Errorf("intent %s cannot be cancelled at stripe: it is %q", id, intent.Status)
	}
}

// find searches for all intents of the charge, and returns them as they stand.
func (s *Stripe) find(ctx context.Context, c booking.Charge) (intents []*stripe.PaymentIntent, err error) {
	quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(c.Key)
	params := &stripe.PaymentIntentSearchParams{
		SearchParams: stripe.SearchParams{Query: fmt.Sprintf("metadata['%s']:'%s'", metadataKey, quoted)},
	}
	for found, err := range s.client.V1PaymentIntents.Search(ctx, params) {
		if err != nil {
			return nil, forAPerson(s.explain(err))
		}
		// The index may be behind the intent.
		intent, err := s.client.V1PaymentIntents.Retrieve(ctx, found.ID, nil)
		if err != nil {
			return nil, forAPerson(s.explain(err))
		}
		intents = append(intents, intent)
	}
	return intents, nil
}

// foremost is the intent of a charge that has come furthest: one that has taken
// the money, if there is one, else one that may still do so.
func foremost(intents []*stripe.PaymentIntent) *stripe.PaymentIntent {
	rank := func(i *stripe.PaymentIntent) int {
		switch i.Status {
		case stripe.PaymentIntentStatusSucceeded:
			return 0
		case stripe.PaymentIntentStatusProcessing:
			return 1
		case stripe.PaymentIntentStatusCanceled:
			return 3
		default:
			return 2
		}
	}
	return slices.MinFunc(intents, func(a, b *stripe.PaymentIntent) int { return rank(a) - rank(b) })
}
