package payments

import (
	"context"
	"errors"
	"fmt"

	"github.com/stripe/stripe-go/v84"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// Void implements activities.PaymentProvider.
//
// It uses the charge's key for an intent that is not confirmed, and cancels that intent. If
// Stripe accepts it, Stripe has not received the charge yet and will refuse it from now on. If
// Stripe answers that the key belongs to another request, the charge was received first, and
// repeating it only repeats its answer. Both are certain while Stripe remembers the key. If a
// key's outcome cannot be known, the next one is used (stripe_keys.go).
//
// In any case all intents of the charge are retrieved: those of an older void, of a second
// charge, or of another release. If the key is forgotten, the charge is a day old and in the
// search index. A request for the charge that was sent before the void and arrived a day later
// would be carried out; but requests end after half a minute.
func (s *Stripe) Void(ctx context.Context, c booking.Charge) (refs []string, err error) {
	intents, err := s.forestall(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, intent := range intents {
		ref, err := s.finalOf(ctx, intent)
		if err != nil && !errors.Is(err, activities.ErrDeclined) {
			return nil, err
		}
		if ref != "" {
			refs = append(refs, ref)
		}
	}
	return refs, nil
}

// forestall makes certain that no intent of the charge is created from now on, and returns the
// existing ones.
func (s *Stripe) forestall(ctx context.Context, c booking.Charge) ([]*stripe.PaymentIntent, error) {
	if _, err := toStripe(c.Amount); err != nil {
		return s.findAll(ctx, c) // this release cannot request it
	}
	for n := range chargeKeys {
		void, err := s.create(ctx, c, n, voiding)
		switch {
		case err == nil:
			found, err := s.beside(ctx, c, n)
			if err != nil {
				return nil, err
			}
			if void, err = s.cancel(ctx, void.ID); err != nil {
				return nil, err
			}
			return together([]*stripe.PaymentIntent{void}, found...), nil
		case errors.Is(err, errSavedFailure), isForGood(err):
			return s.findAll(ctx, c) // a charge under the key is refused, too
		case !errors.Is(err, errOtherRequest):
			return nil, err
		}
		charge, err := s.create(ctx, c, n, charging)
		switch {
		case err == nil:
			return s.beside(ctx, c, n, charge)
		case isForGood(err), errors.Is(err, errUnknownCustomer): // the answer to the charge, too
			return s.beside(ctx, c, n)
		case !outcomeLost(err):
			return nil, err
		case !hasEnded(c, err):
			// The charge was requested in a form that this build does not know. No other key is due
			// yet, so that request created the existing intents.
			if found, lost := s.findAll(ctx, c); lost != nil || len(found) > 0 {
				return found, lost
			}
			return nil, fmt.Errorf("another request for the charge may be under way: %w", err)
		}
	}
	return s.findAll(ctx, c) // the charge has used up its keys
}

// beside adds all other intents of the charge. If earlier keys than the n-th have no known
// outcome, these intents may be young.
func (s *Stripe) beside(ctx context.Context, c booking.Charge, n int, intents ...*stripe.PaymentIntent) ([]*stripe.PaymentIntent, error) {
	find := s.find
	if n > 0 {
		find = s.findAll
	}
	found, err := find(ctx, c)
	return together(intents, found...), err
}

// cancel makes certain that the intent charges nothing, unless it has charged already, and
// returns its current state.
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
		return nil, toPerson(s.explain(err))
	}
	switch intent.Status {
	case stripe.PaymentIntentStatusCanceled, stripe.PaymentIntentStatusSucceeded:
		return intent, nil
	default:
		return nil, fmt.Errorf("intent %s cannot be cancelled at stripe: it is %q", id, intent.Status)
	}
}
