package payments_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/internal/payments"
)

// TestStripe_RefundThatIsRefused is requested anew each time: the reason of the refusal may be
// past, although Stripe repeats the refusal under its key.
func TestStripe_RefundThatIsRefused(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref := p.charged(t, "pm_card_visa")
	p.sandbox.Behave(payments.Behaviour{Refunds: "refuse"})
	for range 3 {
		requireOwed(t, p.Refund(t.Context(), "k", ref, price), true, "Insufficient funds")
	}
	p.sandbox.Behave(payments.Behaviour{})
	for range 2 {
		require.NoError(t, p.Refund(t.Context(), "k", ref, price))
	}
	p.requireTotals(t, price.Amount, price.Amount)
}

// TestStripe_RefundAfterARefusalIsMadeOnce, whatever answers are lost and however many callers
// request it.
func TestStripe_RefundAfterARefusalIsMadeOnce(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref := p.charged(t, "pm_card_visa")
	p.sandbox.Behave(payments.Behaviour{Refunds: "refuse"})
	requireOwed(t, p.Refund(t.Context(), "k", ref, price), true, "Insufficient funds")
	p.sandbox.Behave(payments.Behaviour{LoseAnswers: true})
	require.Error(t, p.Refund(t.Context(), "k", ref, price))
	p.sandbox.Behave(payments.Behaviour{})
	var askers errgroup.Group
	for range 5 {
		askers.Go(func() error {
			var came error
			err := untilKnown(t.Context(), func() error {
				came = p.Refund(t.Context(), "k", ref, price)
				if _, owed := errors.AsType[*activities.Owed](came); owed {
					return nil
				}
				return came
			})
			return errors.Join(err, came)
		})
	}
	require.NoError(t, askers.Wait())
	p.requireTotals(t, price.Amount, price.Amount)
}

// TestStripe_RefundThatIsNotCounted: the refusal is reported all the same, and counted when it is
// repeated.
func TestStripe_RefundThatIsNotCounted(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref := p.charged(t, "pm_card_visa")
	p.sandbox.Behave(payments.Behaviour{Refunds: "refuse"})
	p.wire.changes(func(r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/v1/payment_intents/"+ref {
			r.URL.Path = "/nowhere"
		}
	})
	requireOwed(t, p.Refund(t.Context(), "k", ref, price), true, "Insufficient funds")
	p.sandbox.Behave(payments.Behaviour{})
	p.wire.changes(nil)
	requireOwed(t, p.Refund(t.Context(), "k", ref, price), true, "Insufficient funds")
	require.NoError(t, p.Refund(t.Context(), "k", ref, price))
	p.requireTotals(t, price.Amount, price.Amount)
}

// TestStripe_RefundThatBrokeDown: Stripe repeats the failure under its key, and nothing was
// refunded.
func TestStripe_RefundThatBrokeDown(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref := p.charged(t, "pm_card_visa")
	p.sandbox.Behave(payments.Behaviour{Broken: true})
	for range 3 {
		require.ErrorContains(t, p.Refund(t.Context(), "k", ref, price), "stripe answered 500")
	}
	p.sandbox.Behave(payments.Behaviour{})
	require.ErrorContains(t, p.Refund(t.Context(), "k", ref, price), "stripe answered 500", "it is repeated")
	require.NoError(t, p.Refund(t.Context(), "k", ref, price))
	p.requireTotals(t, price.Amount, price.Amount)
}
