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
// It takes the charge's key for itself, with an intent that is not confirmed
// and is then cancelled. If Stripe takes that, it has not seen the charge yet
// and will refuse it from now on. If Stripe says that the key belongs to
// another request, the charge was there first, and repeating it only repeats
// its answer. Both are certain while Stripe remembers the key. A key under which
// nothing can be known is followed by the next one (stripe_keys.go).
//
// Whatever the key says, all intents of the charge are looked at: those of an
// older void, of a second charge, or of another release. A key that was forgotten
// belongs to a charge that is a day old. It is in the index of the search by
// then. A flight that began before the void and arrives a day later would be
// taken; flights end after half a minute.
func (s *Stripe) Void(ctx context.Context, c booking.Charge) (refs []string, err error) {
	intents, err := s.forestall(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, intent := range intents {
		ref, err := s.settled(ctx, intent)
		if err != nil && !errors.Is(err, activities.ErrDeclined) {
			return nil, err
		}
		if ref != "" {
			refs = append(refs, ref)
		}
	}
	return refs, nil
}

// forestall makes certain that no intent of the charge is created from now on,
// and returns those that there are.
func (s *Stripe) forestall(ctx context.Context, c booking.Charge) ([]*stripe.PaymentIntent, error) {
	if (Terms{}).Amount(c.Amount) != nil {
		return s.findAll(ctx, c) // this release never asks for it
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
		case isForGood(err):
			return s.beside(ctx, c, n)
		case !tellsNothing(err):
			return nil, err
		case !hasEnded(c, err):
			// The charge was asked for in another form than is known here. No other key is due yet: what there is was created by it.
			if found, lost := s.findAll(ctx, c); lost != nil || len(found) > 0 {
				return found, lost
			}
			return nil, fmt.Errorf("another request for the charge may be under way: %w", err)
		}
	}
	return s.findAll(ctx, c) // the charge has used up its keys
}

// beside adds to intents whatever else was created for the charge. Where keys
// before the n-th say nothing, that may be young.
func (s *Stripe) beside(ctx context.Context, c booking.Charge, n int, intents ...*stripe.PaymentIntent) ([]*stripe.PaymentIntent, error) {
	look := s.find
	if n > 0 {
		look = s.findAll
	}
	found, err := look(ctx, c)
	return together(intents, found...), err
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
