package payments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v84"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// metadataReturned is the label with which an operator marks an intent whose money the customer
// has got back in another way: Stripe cannot always refund it.
const metadataReturned = "returned"

// metadataRefused is the label that counts the refunds of an intent that Stripe has refused.
const metadataRefused = "refunds_refused"

// longestPending is how long a refund may be pending before it needs a person. Stripe's take up
// to ten days.
const longestPending = 10 * 24 * time.Hour

// Refund implements activities.PaymentProvider.
//
// Money of a charge can also go back without us: people refund it in Stripe's dashboard, in
// full or in part, and the customer's bank may take it back. So the charge is read before a
// refund is requested. A refund that failed must not be requested again a day later, under a
// forgotten key, if a person has repaid it meanwhile.
//
// Stripe repeats a refusal as long as it remembers the key, also if its reason is gone, such as
// a balance that was too low. So each refusal is counted in the intent's metadata, and the next
// request has another key. The refused request has ended by then without a refund, so nothing
// is refunded twice.
func (s *Stripe) Refund(ctx context.Context, key string, seen activities.ChargeState, amount booking.Money) (id string, err error) {
	units, err := s.units(seen, amount)
	switch {
	case err != nil:
		return "", err
	case units > 0 && seen.Returned:
		return "", activities.ErrReturned
	case units > 0:
		if err := hasFailed(key, seen); err != nil {
			refund, _ := seen.Has(key, booking.EntryFailed)
			return refund.ID, err
		}
		refund, err := s.refund(ctx, key, seen, units)
		if _, refused := errors.AsType[*activities.Owed](err); refused || outcomeLost(err) {
			return "", s.refused(ctx, seen, err)
		}
		if err != nil {
			return "", err
		}
		seen.Refunds = append(seen.Refunds, refunded(refund, amount.Currency))
	}
	return outcome(key, seen)
}

// outcome is the outcome of the refunds of a charge.
func outcome(key string, seen activities.ChargeState) (id string, err error) {
	for _, state := range []booking.EntryState{booking.EntryPending, booking.EntryDone} {
		if r, has := seen.Has(key, state); has {
			id = r.ID
			break
		}
	}
	if err := underWay(seen); err != nil {
		return id, err
	}
	if err := bankReturned(key, seen); err != nil {
		return "", err
	}
	return id, nil
}

// units is an amount in Stripe's unit: all that is left, including a remainder.
func (s *Stripe) units(seen activities.ChargeState, amount booking.Money) (int64, error) {
	switch amount.Amount {
	case seen.Left:
		return seen.Units, nil
	case 0:
		return 0, nil
	}
	t, known := terms[amount.Currency]
	if !known {
		return 0, fmt.Errorf("%s is no currency that stripe takes", amount.Currency)
	}
	if least := s.Part(amount); least != amount {
		return 0, &activities.Owed{
			Words:       fmt.Sprintf("stripe cannot refund %d %s: the next amount that it can is %d", amount.Amount, amount.Currency, least.Amount),
			NeedsPerson: true,
		}
	}
	up, down := scale(amount.Currency, t)
	return min(amount.Amount/down*up, seen.Units), nil
}

// Part implements activities.PaymentProvider.
func (s *Stripe) Part(amount booking.Money) booking.Money { return Terms{}.Part(amount) }

var errChanged = errors.New("less is left of it")

// refused handles a refund that will never be made under its key. It returns the reason.
func (s *Stripe) refused(ctx context.Context, was activities.ChargeState, cause error) error {
	if now, lost := s.Retrieve(ctx, was.Ref); lost != nil || now.Units != was.Units {
		return fmt.Errorf("others have refunded some of %s meanwhile: %w", was.Ref, cmp.Or(lost, errChanged))
	}
	params := &stripe.PaymentIntentUpdateParams{Metadata: map[string]string{metadataRefused: strconv.Itoa(was.Refusals + 1)}}
	if _, err := s.client.V1PaymentIntents.Update(ctx, was.Ref, params); err != nil {
		// The same key is refused once more, and the refusal is counted then.
		s.log.Warn("a refund that stripe refuses is not counted", zap.String("ref", was.Ref), zap.Error(s.explain(err)))
	}
	return cause
}

// refund refunds a part of the intent. Its key contains the amount, since a request for another
// amount is another request, and the number of refusals. It does not contain what is left of
// the intent: a request that was carried out but not answered has to find its own result.
func (s *Stripe) refund(ctx context.Context, key string, seen activities.ChargeState, units int64) (*stripe.Refund, error) {
	params := &stripe.RefundCreateParams{
		PaymentIntent: stripe.String(seen.Ref), Amount: stripe.Int64(units), Metadata: map[string]string{metadataKey: key},
	}
	parts := []string{key, seen.Ref, strconv.FormatInt(units, 10)}
	if before := seen.RefundedUnder(key); before > 0 {
		parts = append(parts, "after", strconv.FormatInt(before, 10))
	}
	if seen.Refusals > 0 {
		parts = append(parts, strconv.Itoa(seen.Refusals))
	}
	params.SetIdempotencyKey(strings.Join(parts, "/"))
	refund, err := s.client.V1Refunds.Create(ctx, params)
	if err != nil {
		return nil, toPerson(s.explain(err))
	}
	switch refund.Status {
	case stripe.RefundStatusSucceeded, stripe.RefundStatusPending, stripe.RefundStatusRequiresAction:
		if refund.Metadata == nil {
			refund.Metadata = map[string]string{}
		}
		refund.Metadata[metadataKey] = key
		return refund, nil
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		return nil, fmt.Errorf("refund %s of %s is %s at stripe", refund.ID, seen.Ref, refund.Status) // it is read again later
	default:
		return nil, errMalformed
	}
}

// underWay returns *Owed while a refund of the charge is pending.
func underWay(seen activities.ChargeState) error {
	for _, r := range seen.Refunds {
		if r.State != booking.EntryPending {
			continue
		}
		owed := &activities.Owed{Words: fmt.Sprintf("refund %s of %s is %s", r.ID, seen.Ref, r.Words)}
		if time.Since(r.At) > longestPending {
			owed.Words, owed.NeedsPerson = owed.Words+fmt.Sprintf(", for more than %d days", longestPending/(24*time.Hour)), true
		}
		return owed
	}
	return nil
}

// Retrieve implements activities.PaymentProvider.
func (s *Stripe) Retrieve(ctx context.Context, ref string) (seen activities.ChargeState, err error) {
	params := &stripe.PaymentIntentRetrieveParams{}
	params.AddExpand("latest_charge.refunds")
	intent, err := s.client.V1PaymentIntents.Retrieve(ctx, ref, params)
	if err != nil {
		return seen, toPerson(s.explain(err))
	}
	charge := intent.LatestCharge
	if intent.Status != stripe.PaymentIntentStatusSucceeded || charge == nil || charge.Refunds == nil {
		return seen, errMalformed
	}
	currency := strings.ToUpper(string(cmp.Or(charge.Currency, intent.Currency)))
	seen = activities.ChargeState{Ref: ref, Charged: fromStripe(charge.Amount, currency), Units: charge.Amount - charge.AmountRefunded}
	refunds := charge.Refunds.Data
	if charge.Refunds.HasMore {
		if refunds, err = s.refunds(ctx, ref); err != nil {
			return seen, err
		}
	}
	for _, r := range refunds {
		seen.Refunds = append(seen.Refunds, refunded(r, currency))
	}
	if charge.Disputed {
		lost, err := s.disputes(ctx, &seen, charge)
		if err != nil {
			return seen, err
		}
		seen.Units = max(0, seen.Units-lost) // a part of the disputed amount may have been refunded before
	}
	seen.Left = fromStripe(seen.Units, currency).Amount
	seen.Refusals, _ = strconv.Atoi(intent.Metadata[metadataRefused])
	seen.Returned = intent.Metadata[metadataReturned] != ""
	return seen, nil
}

// refunded is a refund in the form of the ledger.
func refunded(r *stripe.Refund, currency string) activities.Refund {
	is := activities.Refund{
		ID: r.ID, Key: r.Metadata[metadataKey], Amount: fromStripe(r.Amount, currency).Amount, State: booking.EntryDone,
		Words: string(r.Status) + " at stripe", At: time.Unix(r.Created, 0),
	}
	switch r.Status {
	case stripe.RefundStatusPending, stripe.RefundStatusRequiresAction:
		is.State = booking.EntryPending
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		is.State, is.Words = booking.EntryFailed, fmt.Sprintf("%s at stripe: %s", r.Status, r.FailureReason)
	}
	return is
}

func (s *Stripe) refunds(ctx context.Context, ref string) (all []*stripe.Refund, err error) {
	params := &stripe.RefundListParams{PaymentIntent: stripe.String(ref)}
	params.Limit = stripe.Int64(stripePage)
	for refund, err := range s.client.V1Refunds.List(ctx, params) {
		if err != nil {
			return nil, toPerson(s.explain(err))
		}
		all = append(all, refund)
	}
	return all, nil
}

// disputes adds the disputes of the charge to seen, and returns the amount that the customer's
// bank has charged back for good, in Stripe's unit. A dispute in another currency counts for the
// whole charge.
func (s *Stripe) disputes(ctx context.Context, seen *activities.ChargeState, charge *stripe.Charge) (lost int64, err error) {
	params := &stripe.DisputeListParams{PaymentIntent: stripe.String(seen.Ref)}
	params.Limit = stripe.Int64(stripePage)
	for dispute, err := range s.client.V1Disputes.List(ctx, params) {
		if err != nil {
			return 0, toPerson(s.explain(err))
		}
		units := dispute.Amount
		if dispute.Currency != charge.Currency {
			units = charge.Amount
		}
		is := booking.Dispute{ID: dispute.ID, Amount: fromStripe(units, string(charge.Currency)), State: booking.DisputeOpen}
		if e := dispute.EvidenceDetails; e != nil && e.DueBy > 0 {
			is.EvidenceDueBy = time.Unix(e.DueBy, 0).UTC()
		}
		switch dispute.Status {
		case stripe.DisputeStatusLost:
			is.State = booking.DisputeLost
			lost += units
		case stripe.DisputeStatusWon, stripe.DisputeStatusWarningClosed, stripe.DisputeStatusPrevented:
			is.State = booking.DisputeWon
		}
		seen.Disputes = append(seen.Disputes, is)
	}
	return lost, nil
}
