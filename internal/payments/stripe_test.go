package payments_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/payments"
)

func TestStripe_Charges(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	c := newCharge("pm_card_visa")
	ref, err := p.Charge(t.Context(), c)
	require.NoError(t, err)
	require.Regexp(t, "^pi_", ref)
	require.Equal(t, []string{"POST /v1/payment_intents"}, p.wire.requests(), "one request does it")
	again, err := p.Charge(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, ref, again)
	p.requireTotals(t, price.Amount, 0)
}

func TestStripe_Declines(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*booking.Charge){
		"Declined":     func(c *booking.Charge) { c.Method = "pm_card_chargeDeclinedInsufficientFunds" },
		"ThreeDSecure": func(c *booking.Charge) { c.Method = "pm_card_authenticationRequired" },
		"NoSuchMethod": func(c *booking.Charge) { c.Method = "visa" },
		// The customer is not to blame for these.
		"TooMuch":        func(c *booking.Charge) { c.Amount.Amount = 100_000_000 },
		"TooLittle":      func(c *booking.Charge) { c.Amount.Amount = 799 },
		"Nothing":        func(c *booking.Charge) { c.Amount.Amount = 0 },
		"NoSuchCurrency": func(c *booking.Charge) { c.Amount.Currency = "WON." },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, c := newCounter(t), newCharge("pm_card_visa")
			change(&c)
			refused := activities.ErrDeclined
			if c.Amount != price {
				refused = activities.ErrAmountRefused
			}
			for range 2 {
				ref, err := p.Charge(t.Context(), c)
				require.ErrorIs(t, err, refused)
				require.Empty(t, ref)
			}
			refs, err := p.Void(t.Context(), c)
			require.NoError(t, err)
			require.Empty(t, refs, "there is nothing to refund")
			p.requireTotals(t, 0, 0)
		})
	}
}

func TestStripe_LostAnswers(t *testing.T) {
	t.Parallel()
	p, c := newCounter(t), newCharge("pm_card_visa")
	p.sandbox.Behave(payments.Behaviour{LoseAnswers: true})
	for range 2 {
		_, err := p.Charge(t.Context(), c)
		require.Error(t, err)
		require.NotErrorIs(t, err, activities.ErrDeclined)
		require.NotErrorIs(t, err, activities.ErrVoided)
	}
	p.requireTotals(t, price.Amount, 0)
	_, err := p.Charge(t.Context(), booking.Charge{Key: "o2/charge", OrderID: "o2", Amount: price, Method: "pm_card_chargeDeclined"})
	require.NotErrorIs(t, err, activities.ErrDeclined, "a refusal is lost like any other answer")

	p.sandbox.Behave(payments.Behaviour{})
	ref, err := p.Charge(t.Context(), c)
	require.NoError(t, err, "a repeated request gets the outcome")
	p.sandbox.Behave(payments.Behaviour{LoseAnswers: true})
	require.Error(t, p.Refund(t.Context(), "o1/charge/refund", ref, price))
	p.sandbox.Behave(payments.Behaviour{})
	require.NoError(t, p.Refund(t.Context(), "o1/charge/refund", ref, price))
	p.requireTotals(t, price.Amount, price.Amount)
}

func TestStripe_Down(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	p.sandbox.Behave(payments.Behaviour{Down: true})
	_, err := p.Charge(t.Context(), newCharge("pm_card_visa"))
	require.ErrorContains(t, err, "stripe answered 500 api_error")
	_, err = p.Void(t.Context(), newCharge("pm_card_visa"))
	require.Error(t, err)
	require.Error(t, p.Refund(t.Context(), "k", "pi_1", price))
	p.requireTotals(t, 0, 0)
}

func TestStripe_VoidsWhatWasNotCharged(t *testing.T) {
	t.Parallel()
	p, c := newCounter(t), newCharge("pm_card_visa")
	for range 2 {
		refs, err := p.Void(t.Context(), c)
		require.NoError(t, err)
		require.Empty(t, refs)
	}
	_, err := p.Charge(t.Context(), c)
	require.ErrorIs(t, err, activities.ErrVoided)
	p.requireTotals(t, 0, 0)
	intents, err := p.intents.List(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, intents, 1)
	require.Equal(t, "canceled", intents[0].Status)
}

func TestStripe_VoidFindsWhatWasCharged(t *testing.T) {
	t.Parallel()
	p, c := newCounter(t), newCharge("pm_card_visa")
	p.sandbox.Behave(payments.Behaviour{LoseAnswers: true})
	_, err := p.Charge(t.Context(), c)
	require.Error(t, err)
	p.sandbox.Behave(payments.Behaviour{})
	var refs []string
	for range 2 {
		refs, err = p.Void(t.Context(), c)
		require.NoError(t, err)
		require.Len(t, refs, 1)
	}
	require.NoError(t, p.Refund(t.Context(), "o1/charge/refund", refs[0], price))
	p.requireTotals(t, price.Amount, price.Amount)
}

// TestStripe_VoidAfterADay: the provider has forgotten the charge's key.
func TestStripe_VoidAfterADay(t *testing.T) {
	t.Parallel()
	p, c := newCounter(t), newCharge("pm_card_visa")
	c.Key = `o'1\/charge` // characters that a search has to quote
	ref, err := p.Charge(t.Context(), c)
	require.NoError(t, err)
	p.wire.changes(func(r *http.Request) {
		if key := r.Header.Get("Idempotency-Key"); key != "" {
			r.Header.Set("Idempotency-Key", key+" of another day")
		}
	})
	for range 2 {
		refs, err := p.Void(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, []string{ref}, refs)
	}
	p.requireTotals(t, price.Amount, 0)
	require.NoError(t, p.Refund(t.Context(), "k", ref, price))
	p.wire.changes(nil)
	require.NoError(t, p.Refund(t.Context(), "k", ref, price), "it was refunded under a key that is forgotten")
	p.requireTotals(t, price.Amount, price.Amount)
}

func TestStripe_Refund(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref, err := p.Charge(t.Context(), newCharge("pm_card_visa"))
	require.NoError(t, err)
	requireOwed(t, p.Refund(t.Context(), "k", "pi_unknown", price), true, "resource_missing")
	p.requireTotals(t, price.Amount, 0)
	for range 2 {
		require.NoError(t, p.Refund(t.Context(), "k", ref, price))
	}
	require.NoError(t, p.Refund(t.Context(), "other", ref, price), "nothing is left of it")
	p.requireTotals(t, price.Amount, price.Amount)
}

// TestStripe_ChargeVoidAndRefundRace: in any order of the requests, all get the same outcome in the
// end, and the money is refunded once.
func TestStripe_ChargeVoidAndRefundRace(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	var orders errgroup.Group
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		c := booking.Charge{Key: id + "/charge", OrderID: id, Amount: price, Method: "pm_card_visa"}
		for range 2 {
			orders.Go(func() error {
				return untilKnown(t.Context(), func() error { _, err := p.Charge(t.Context(), c); return err })
			})
			orders.Go(func() error {
				return untilKnown(t.Context(), func() error {
					refs, err := p.Void(t.Context(), c)
					for _, ref := range refs {
						err = errors.Join(err, p.Refund(t.Context(), c.Key+"/refund", ref, price))
					}
					return err
				})
			})
		}
	}
	require.NoError(t, orders.Wait())
	charged, refunded, err := p.intents.Totals(t.Context())
	require.NoError(t, err)
	require.Equal(t, charged, refunded)
}

func untilKnown(ctx context.Context, call func() error) error {
	for ctx.Err() == nil {
		if err := call(); err == nil || errors.Is(err, activities.ErrVoided) {
			return nil
		}
	}
	return ctx.Err()
}

func TestStripe_Ledger(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	want := map[string]audit.ProviderCharge{}
	for _, id := range []string{"paid", "refunded", "declined", "voided"} {
		c := booking.Charge{Key: id + "/charge", OrderID: id, Amount: price, Method: "pm_card_visa"}
		charge := audit.ProviderCharge{OrderID: id, Charged: price}
		var err error
		switch id {
		case "declined":
			c.Method, charge.Charged = "pm_card_chargeDeclined", booking.Money{}
			_, err = p.Charge(t.Context(), c)
			require.ErrorIs(t, err, activities.ErrDeclined)
			err = nil
		case "voided":
			charge.Charged = booking.Money{}
			_, err = p.Void(t.Context(), c)
		default:
			charge.Ref, err = p.Charge(t.Context(), c)
		}
		require.NoError(t, err)
		if id == "refunded" {
			charge.Refunded = price.Amount
			require.NoError(t, p.Refund(t.Context(), c.Key+"/refund", charge.Ref, price))
		}
		want[id] = charge
	}
	p.wire.changes(func(r *http.Request) { // two intents per page
		query := r.URL.Query()
		query.Set("limit", "2")
		r.URL.RawQuery = query.Encode()
	})
	got := map[string]audit.ProviderCharge{}
	for c, err := range p.Charges(t.Context()) {
		require.NoError(t, err)
		if c.Charged == (booking.Money{}) {
			c.Ref = ""
		}
		got[c.OrderID] = c
	}
	require.Equal(t, want, got)
	p.sandbox.Behave(payments.Behaviour{Down: true})
	for _, err := range p.Charges(t.Context()) {
		require.Error(t, err)
	}
}
