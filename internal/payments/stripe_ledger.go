package payments

import (
	"context"
	"iter"

	"github.com/stripe/stripe-go/v84"

	"github.com/yeyak/yeyak/internal/audit"
)

// stripePage is the largest page of Stripe's lists.
const stripePage = 100

// Charges lists all charges, newest first. It skips intents without an order's id, which are
// not ours. An error ends the list.
func (s *Stripe) Charges(ctx context.Context) iter.Seq2[audit.ProviderCharge, error] {
	return func(yield func(audit.ProviderCharge, error) bool) {
		params := &stripe.PaymentIntentListParams{}
		params.Limit = stripe.Int64(stripePage)
		params.AddExpand("data.latest_charge") // it contains the refunded amount
		for intent, err := range s.client.V1PaymentIntents.List(ctx, params) {
			if err != nil {
				yield(audit.ProviderCharge{}, s.explain(err))
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

func charged(intent *stripe.PaymentIntent) audit.ProviderCharge {
	c := audit.ProviderCharge{OrderID: intent.Metadata[metadataOrder], Ref: intent.ID}
	if intent.Status == stripe.PaymentIntentStatusSucceeded {
		c.Charged = fromStripe(intent.Amount, string(intent.Currency))
	}
	if intent.LatestCharge != nil {
		c.Refunded = fromStripe(intent.LatestCharge.AmountRefunded, string(intent.Currency)).Amount
	}
	return c
}
