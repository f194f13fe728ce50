package payments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v84"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// searchLag is the maximal delay of Stripe's search: mostly less than a minute, and up to an
// hour during outages (https://docs.stripe.com/api/payment_intents/search). The list has no
// such delay (https://docs.stripe.com/search#data-freshness).
const searchLag = time.Hour

// clockSkew is the maximal difference between Stripe's clock and ours.
const clockSkew = 5 * time.Minute

// find searches for the intents of a charge that are older than searchLag, and returns their
// current state. Younger ones may be missing.
func (s *Stripe) find(ctx context.Context, c booking.Charge) ([]*stripe.PaymentIntent, error) {
	found, err := s.search(ctx, c)
	if _, refused := errors.AsType[*activities.Owed](err); refused {
		return s.list(ctx, c, c.Since) // not every account has the search
	}
	return found, err
}

// findAll finds all intents of a charge, however young: the list covers the time that the
// search may not.
func (s *Stripe) findAll(ctx context.Context, c booking.Charge) ([]*stripe.PaymentIntent, error) {
	since := c.Since
	found, err := s.search(ctx, c)
	_, refused := errors.AsType[*activities.Owed](err)
	switch {
	case err != nil && !refused:
		return nil, err
	case err == nil && time.Since(since) > searchLag:
		since = time.Now().Add(-searchLag)
	}
	listed, err := s.list(ctx, c, since)
	if err != nil {
		return nil, err
	}
	return together(listed, found...), nil
}

// together adds intents that are not in the list yet.
func together(intents []*stripe.PaymentIntent, more ...*stripe.PaymentIntent) []*stripe.PaymentIntent {
	for _, i := range more {
		if !slices.ContainsFunc(intents, func(has *stripe.PaymentIntent) bool { return has.ID == i.ID }) {
			intents = append(intents, i)
		}
	}
	return intents
}

func (s *Stripe) search(ctx context.Context, c booking.Charge) (intents []*stripe.PaymentIntent, err error) {
	quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(c.Key)
	params := &stripe.PaymentIntentSearchParams{
		SearchParams: stripe.SearchParams{Query: fmt.Sprintf("metadata['%s']:'%s'", metadataKey, quoted)},
	}
	for found, err := range s.client.V1PaymentIntents.Search(ctx, params) {
		if err != nil {
			return nil, toPerson(s.explain(err))
		}
		// The search index may be older than the intent.
		intent, err := s.client.V1PaymentIntents.Retrieve(ctx, found.ID, nil)
		if err != nil {
			return nil, toPerson(s.explain(err))
		}
		intents = append(intents, intent)
	}
	return intents, nil
}

// list lists the intents of a charge that were created since then.
func (s *Stripe) list(ctx context.Context, c booking.Charge, since time.Time) (intents []*stripe.PaymentIntent, err error) {
	params := &stripe.PaymentIntentListParams{}
	params.Limit = stripe.Int64(stripePage)
	if !since.IsZero() {
		params.CreatedRange = &stripe.RangeQueryParams{GreaterThanOrEqual: since.Add(-clockSkew).Unix()}
	}
	for intent, err := range s.client.V1PaymentIntents.List(ctx, params) {
		if err != nil {
			return nil, toPerson(s.explain(err))
		}
		if intent.Metadata[metadataKey] == c.Key {
			intents = append(intents, intent)
		}
	}
	return intents, nil
}

// outcomeOf is the outcome of a charge from its looked-up intents. It returns ErrOtherAmount
// if another release has charged in other terms, or it was charged several times, and
// ErrVoided if there is only a void.
func (s *Stripe) outcomeOf(ctx context.Context, c booking.Charge, found []*stripe.PaymentIntent, lost error) (ref string, err error) {
	if lost != nil {
		return "", lost
	}
	intent := foremost(found)
	if made := count(found, stripe.PaymentIntentStatusSucceeded); made > 1 {
		return "", fmt.Errorf("%w: it was made %d times", activities.ErrOtherAmount, made)
	}
	if intent.Status == stripe.PaymentIntentStatusCanceled && intent.PaymentMethod == nil && intent.LastPaymentError == nil {
		return "", activities.ErrVoided
	}
	if ref, err = s.answered(ctx, c, intent); err != nil {
		return "", err
	}
	if err := isItsAmount(c, intent); err != nil {
		return "", err
	}
	return ref, nil
}

func count(intents []*stripe.PaymentIntent, in stripe.PaymentIntentStatus) (n int) {
	for _, intent := range intents {
		if intent.Status == in {
			n++
		}
	}
	return n
}

// isItsAmount returns ErrOtherAmount if the amounts of intent and charge differ.
func isItsAmount(c booking.Charge, intent *stripe.PaymentIntent) error {
	amount, err := toStripe(c.Amount)
	other := intent.Amount != amount || intent.AmountReceived != 0 && intent.AmountReceived != amount
	if err != nil || other || !strings.EqualFold(string(intent.Currency), c.Amount.Currency) {
		return fmt.Errorf("%w: %s is of %d %s", activities.ErrOtherAmount, intent.ID, intent.Amount, intent.Currency)
	}
	return nil
}

// foremost is the most advanced intent of a charge: one that has charged the customer,
// otherwise one that may still do so.
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
