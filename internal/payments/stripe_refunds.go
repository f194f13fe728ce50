package payments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v84"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// metadataReturned is what an operator labels an intent with whose money the
// customer has got back in another way: Stripe cannot always give it back.
const metadataReturned = "returned"

// metadataRefused is what an intent is labelled with to count the refunds of it
// that Stripe has refused.
const metadataRefused = "refunds_refused"

// longestPending is how long a refund may be under way before a person has to
// look at it. Stripe's take up to ten days.
const longestPending = 10 * 24 * time.Hour

// Refund implements activities.PaymentProvider.
//
// Others refund at Stripe too: by hand, in its dashboard, all of a charge or a
// part; and a customer's bank may take it back. So it is what is left of the
// charge that is refunded, and the charge is looked at before anything is asked
// for: a refund that failed must not be begun again, a day later, under a key
// that is forgotten, when somebody has made up for it.
//
// Stripe repeats a refusal for as long as it remembers the key, also when what
// it refused for is over, such as a balance that was too low. So each refusal is
// counted at the intent, and the next request has another key. The one before
// it has ended by then, and has given nothing back: nothing is refunded twice.
func (s *Stripe) Refund(ctx context.Context, key, ref string, _ booking.Money) error {
	is, err := s.look(ctx, ref)
	switch {
	case err != nil:
		return err
	case is.returned:
		return activities.ErrReturned
	case is.left > 0 && is.failed(key) != nil:
		refund := is.failed(key)
		return &activities.Owed{
			Words:       fmt.Sprintf("refund %s of %s is %s at stripe: %s", refund.ID, ref, refund.Status, refund.FailureReason),
			NeedsPerson: true,
		}
	case is.left > 0:
		refund, err := s.refund(ctx, key, ref, is)
		if _, refused := errors.AsType[*activities.Owed](err); refused || tellsNothing(err) {
			return s.refused(ctx, ref, is, err)
		}
		if err != nil {
			return err
		}
		is.refunds = append(is.refunds, refund)
	}
	if err := is.underWay(ref); err != nil {
		return err
	}
	if is.lost > 0 && !is.refunded(key) {
		return activities.ErrReturned // the customer's bank took all of it back
	}
	return nil
}

var errChanged = errors.New("less is left of it")

// refused is for a refund of which nothing will ever come under its key. It
// returns why.
func (s *Stripe) refused(ctx context.Context, ref string, was outlay, why error) error {
	if now, lost := s.look(ctx, ref); lost != nil || now.left != was.left {
		return fmt.Errorf("others have refunded some of %s meanwhile: %w", ref, cmp.Or(lost, errChanged))
	}
	params := &stripe.PaymentIntentUpdateParams{Metadata: map[string]string{metadataRefused: strconv.Itoa(was.refused + 1)}}
	if _, err := s.client.V1PaymentIntents.Update(ctx, ref, params); err != nil {
		// It is refused once more under the same key, and counted then.
		s.log.Warn("a refund that stripe refuses is not counted", zap.String("ref", ref), zap.Error(s.explain(err)))
	}
	return why
}

// refund gives back what is left of the intent. That belongs to the key, since a
// request for another amount is another request. So does how often it was
// refused.
func (s *Stripe) refund(ctx context.Context, key, ref string, is outlay) (*stripe.Refund, error) {
	params := &stripe.RefundCreateParams{
		PaymentIntent: stripe.String(ref), Amount: stripe.Int64(is.left), Metadata: map[string]string{metadataKey: key},
	}
	parts := []string{key, ref, strconv.FormatInt(is.left, 10)}
	if is.refused > 0 {
		parts = append(parts, strconv.Itoa(is.refused))
	}
	params.SetIdempotencyKey(strings.Join(parts, "/"))
	refund, err := s.client.V1Refunds.Create(ctx, params)
	if err != nil {
		return nil, forAPerson(s.explain(err))
	}
	switch refund.Status {
	case stripe.RefundStatusSucceeded, stripe.RefundStatusPending, stripe.RefundStatusRequiresAction:
		return refund, nil
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		return nil, fmt.Errorf("refund %s of %s is %s at stripe", refund.ID, ref, refund.Status) // it is looked at again
	default:
		return nil, errMalformed
	}
}

// outlay is what has become of a charge at Stripe.
type outlay struct {
	left     int64 // nobody has given it back, nor begun to
	lost     int64 // the customer's bank took it back
	returned bool  // the operator says that the customer has it back otherwise
	refused  int   // how many refunds of it Stripe has refused
	refunds  []*stripe.Refund
}

// refunded tells whether a refund that was asked for under the key succeeded.
func (o outlay) refunded(key string) bool {
	return slices.ContainsFunc(o.refunds, func(r *stripe.Refund) bool {
		return r.Metadata[metadataKey] == key && r.Status == stripe.RefundStatusSucceeded
	})
}

// failed is a refund that was asked for under the key, and will never succeed.
func (o outlay) failed(key string) *stripe.Refund {
	for _, r := range o.refunds {
		if r.Metadata[metadataKey] == key && (r.Status == stripe.RefundStatusFailed || r.Status == stripe.RefundStatusCanceled) {
			return r
		}
	}
	return nil
}

// underWay is *Owed while a refund of the charge is.
func (o outlay) underWay(ref string) error {
	for _, r := range o.refunds {
		if r.Status != stripe.RefundStatusPending && r.Status != stripe.RefundStatusRequiresAction {
			continue
		}
		owed := &activities.Owed{Words: fmt.Sprintf("refund %s of %s is %s at stripe", r.ID, ref, r.Status)}
		if time.Since(time.Unix(r.Created, 0)) > longestPending {
			owed.Words, owed.NeedsPerson = owed.Words+fmt.Sprintf(", for more than %d days", longestPending/(24*time.Hour)), true
		}
		return owed
	}
	return nil
}

// look looks at the charge of an intent.
func (s *Stripe) look(ctx context.Context, ref string) (is outlay, err error) {
	params := &stripe.PaymentIntentRetrieveParams{}
	params.AddExpand("latest_charge.refunds")
	intent, err := s.client.V1PaymentIntents.Retrieve(ctx, ref, params)
	if err != nil {
		return is, forAPerson(s.explain(err))
	}
	charge := intent.LatestCharge
	if intent.Status != stripe.PaymentIntentStatusSucceeded || charge == nil || charge.Refunds == nil {
		return is, errMalformed
	}
	is.left, is.refunds = charge.Amount-charge.AmountRefunded, charge.Refunds.Data
	if charge.Refunds.HasMore {
		if is.refunds, err = s.refunds(ctx, ref); err != nil {
			return is, err
		}
	}
	if charge.Disputed {
		if is.lost, err = s.lost(ctx, ref, charge); err != nil {
			return is, err
		}
		is.left -= is.lost
	}
	is.refused, _ = strconv.Atoi(intent.Metadata[metadataRefused])
	is.returned = is.left > 0 && intent.Metadata[metadataReturned] != ""
	return is, nil
}

func (s *Stripe) refunds(ctx context.Context, ref string) (all []*stripe.Refund, err error) {
	params := &stripe.RefundListParams{PaymentIntent: stripe.String(ref)}
	params.Limit = stripe.Int64(stripePage)
	for refund, err := range s.client.V1Refunds.List(ctx, params) {
		if err != nil {
			return nil, forAPerson(s.explain(err))
		}
		all = append(all, refund)
	}
	return all, nil
}

// lost is how much of the charge the customer's bank has taken back for good,
// in Stripe's unit. A dispute in another currency is taken to be about it all.
func (s *Stripe) lost(ctx context.Context, ref string, charge *stripe.Charge) (amount int64, err error) {
	params := &stripe.DisputeListParams{PaymentIntent: stripe.String(ref)}
	params.Limit = stripe.Int64(stripePage)
	for dispute, err := range s.client.V1Disputes.List(ctx, params) {
		switch {
		case err != nil:
			return 0, forAPerson(s.explain(err))
		case dispute.Status != stripe.DisputeStatusLost:
		case dispute.Currency != charge.Currency:
			amount += charge.Amount
		default:
			amount += dispute.Amount
		}
	}
	return amount, nil
}
