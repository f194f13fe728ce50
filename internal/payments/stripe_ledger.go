package payments

import (
	"context"
	"iter"

	"github.com/stripe/stripe-go/v84"

	"github.com/yeyak/yeyak/booking"
)

// StripeCharge is an intent of an order's as Stripe has it on record, also one
// that took nothing.
type StripeCharge struct {
	OrderID  string
	Ref      string
	Taken    booking.Money // zero when it never was
	Refunded int64         // minor units of Taken.Currency
}

// stripePage is the most that Stripe lists at a time.
const stripePage = 100

// Charges lists all that were ever asked for, newest first. Intents that bear
// no order's id are none of ours. An error ends the list.
func (s *Stripe) Charges(ctx context.Context) iter.Seq2[StripeCharge, error] {
	return func(yield func(StripeCharge, error) bool) {
		params := &stripe.PaymentIntentListParams{}
		params.Limit = stripe.Int64(stripePage)
		params.AddExpand("data.latest_charge") // it knows what was refunded
		for intent, err := range s.client.V1PaymentIntents.List(ctx, params) {
			if err != nil {
				yield(StripeCharge{}, s.explain(err))
				return
			}
			if intent.Metadata[metadataOrder] == "" {
				continue
			}
			if !yield(charged(intent), nil) {
				return
			}
		}
	}
}

func charged(intent *stripe.PaymentIntent) StripeCharge {
	c := StripeCharge{OrderID: intent.Metadata[metadataOrder], Ref: intent.ID}
	if intent.Status == stripe.PaymentIntentStatusSucceeded {
		c.Taken = fromStripe(intent.Amount, string(intent.Currency))
	}
	if intent.LatestCharge != nil {
		c.Refunded = fromStripe(intent.LatestCharge.AmountRefunded, string(intent.Currency)).Amount
	}
	return c
}
