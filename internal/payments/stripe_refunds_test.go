package payments_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/payments"
)

// byHand refunds a part of an intent as the dashboard does; 0 is all that is left.
func (c counter) byHand(t *testing.T, ref string, amount int64) {
	t.Helper()
	form := url.Values{"payment_intent": {ref}}
	if amount > 0 {
		form.Set("amount", strconv.FormatInt(amount, 10))
	}
	w := post(t.Context(), c.wire, "/v1/refunds", form.Encode())
	require.Equal(t, http.StatusOK, w.Code, w.Body)
}

func (c counter) charged(t *testing.T, method string) (ref string) {
	t.Helper()
	ref, err := c.Charge(t.Context(), newCharge(method))
	require.NoError(t, err)
	return ref
}

// TestStripe_RefundsWhatIsLeft, since others refund at the provider, too.
func TestStripe_RefundsWhatIsLeft(t *testing.T) {
	t.Parallel()
	for name, refunded := range map[string]int64{"None": -1, "APart": 20000, "All": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newCounter(t)
			ref := p.charged(t, "pm_card_visa")
			if refunded >= 0 {
				p.byHand(t, ref, refunded)
			}
			for range 2 {
				require.NoError(t, p.Refund(t.Context(), "k", ref, price))
			}
			p.requireTotals(t, price.Amount, price.Amount)
		})
	}
}

// TestStripe_RefundThatIsPending is not done until Stripe says so, also after its key is
// forgotten.
func TestStripe_RefundThatIsPending(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref := p.charged(t, "pm_card_visa")
	p.sandbox.Behave(payments.Behaviour{Refunds: "wait"})
	p.byHand(t, ref, 10000)
	for range 3 {
		requireOwed(t, p.Refund(t.Context(), "k", ref, price), false, "pending at stripe")
	}
	p.wire.changes(anotherDay)
	requireOwed(t, p.Refund(t.Context(), "k", ref, price), false, "pending at stripe")
	p.sandbox.Behave(payments.Behaviour{})
	require.NoError(t, p.Refund(t.Context(), "k", ref, price))
	p.requireTotals(t, price.Amount, price.Amount)
}

func anotherDay(r *http.Request) {
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		r.Header.Set("Idempotency-Key", key+" of another day")
	}
}

// TestStripe_RefundThatFails needs a person, and is never repeated automatically: a person may
// have repaid the money already. A refund by hand counts.
func TestStripe_RefundThatFails(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref := p.charged(t, "pm_card_visa")
	p.sandbox.Behave(payments.Behaviour{Refunds: "wait"})
	requireOwed(t, p.Refund(t.Context(), "k", ref, price), false, "pending at stripe")
	p.sandbox.Behave(payments.Behaviour{Refunds: "fail"})
	requireOwed(t, p.Refund(t.Context(), "k", ref, price), true, "failed at stripe: expired_or_canceled_card")
	p.sandbox.Behave(payments.Behaviour{})
	p.wire.changes(anotherDay)
	requireOwed(t, p.Refund(t.Context(), "k", ref, price), true, "failed at stripe: expired_or_canceled_card")
	p.requireTotals(t, price.Amount, 0)
	p.byHand(t, ref, 0)
	require.NoError(t, p.Refund(t.Context(), "k", ref, price))
	p.requireTotals(t, price.Amount, price.Amount)
}

// TestStripe_RefundOfWhatIsDisputed: a lost dispute has returned the money, an open one needs a
// person, a won one is closed.
func TestStripe_RefundOfWhatIsDisputed(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref := p.charged(t, "pm_card_createDispute")
	requireOwed(t, p.Refund(t.Context(), "k", ref, price), true, "charge_disputed")
	p.sandbox.Behave(payments.Behaviour{Disputes: "lost"})
	require.ErrorIs(t, p.Refund(t.Context(), "k", ref, price), activities.ErrReturned)
	p.requireTotals(t, price.Amount, 0)
	p.sandbox.Behave(payments.Behaviour{Disputes: "won"})
	require.NoError(t, p.Refund(t.Context(), "k", ref, price))
	p.requireTotals(t, price.Amount, price.Amount)
}

// chargeAs is an intent of 50000 won as Stripe shows it.
func chargeAs(refunded int, disputed bool, metadata string, refunds ...string) string {
	data := "[" + strings.Join(refunds, ",") + "]"
	return fmt.Sprintf(`{"id":"pi_1","status":"succeeded","metadata":{%s},"latest_charge":{"id":"ch_1","amount":50000,"currency":"krw",
		"amount_refunded":%d,"disputed":%t,"refunds":{"object":"list","data":%s}}}`, metadata, refunded, disputed, data)
}

// TestStripe_StateOfACharge covers answers that the stand-in never sends.
func TestStripe_StateOfACharge(t *testing.T) {
	t.Parallel()
	const show, create, disputes = "GET /v1/payment_intents/pi_1", "POST /v1/refunds", "GET /v1/disputes"
	since := func(age time.Duration) string {
		return fmt.Sprintf(`{"id":"re_1","status":"pending","amount":50000,"created":%d,"metadata":{"key":"k"}}`, time.Now().Add(-age).Unix())
	}
	refund := func(t *testing.T, answers map[string]http.HandlerFunc) error {
		return dial(t, byPath(t, answers)).Refund(t.Context(), "k", "pi_1", price)
	}
	t.Run("PendingForLong", func(t *testing.T) {
		t.Parallel()
		requireOwed(t, refund(t, map[string]http.HandlerFunc{show: says(200, chargeAs(50000, false, "", since(9*24*time.Hour)))}), false, "pending")
		requireOwed(t, refund(t, map[string]http.HandlerFunc{show: says(200, chargeAs(50000, false, "", since(11*24*time.Hour)))}), true, "more than 10 days")
	})
	t.Run("GivenBackOtherwise", func(t *testing.T) {
		t.Parallel()
		require.ErrorIs(t, refund(t, map[string]http.HandlerFunc{show: says(200, chargeAs(0, false, `"returned":"by transfer"`))}), activities.ErrReturned)
	})
	t.Run("APartWasTakenBack", func(t *testing.T) {
		t.Parallel()
		var sent string
		answers := map[string]http.HandlerFunc{
			show:     says(200, chargeAs(20000, true, "")),
			disputes: says(200, `{"object":"list","data":[{"id":"du_1","status":"lost","amount":10000,"currency":"krw"}]}`),
			create: func(w http.ResponseWriter, r *http.Request) {
				sent = r.FormValue("amount")
				says(200, `{"id":"re_1","status":"succeeded","metadata":{"key":"k"}}`)(w, r)
			},
		}
		require.NoError(t, refund(t, maps.Clone(answers)))
		require.Equal(t, "20000", sent)

		// The refund of the remainder is pending: it is followed to its end.
		delete(answers, create)
		answers[show] = says(200, chargeAs(40000, true, "", since(time.Hour)))
		requireOwed(t, refund(t, maps.Clone(answers)), false, "pending")
		answers[show] = says(200, chargeAs(40000, true, "", `{"id":"re_1","status":"succeeded","metadata":{"key":"k"}}`))
		require.NoError(t, refund(t, maps.Clone(answers)))
		answers[show] = says(200, chargeAs(40000, true, ""))
		require.ErrorIs(t, refund(t, maps.Clone(answers)), activities.ErrReturned, "none of it was our refund")
	})
	t.Run("ManyRefunds", func(t *testing.T) {
		t.Parallel()
		requireOwed(t, refund(t, map[string]http.HandlerFunc{
			show:              says(200, `{"id":"pi_1","status":"succeeded","latest_charge":{"id":"ch_1","amount":5,"amount_refunded":5,"refunds":{"has_more":true,"data":[]}}}`),
			"GET /v1/refunds": says(200, `{"object":"list","data":[{"id":"re_7","status":"requires_action","created":`+strconv.FormatInt(time.Now().Unix(), 10)+`}]}`),
		}), false, "re_7 of pi_1 is requires_action")
	})
	t.Run("RefundedMeanwhile", func(t *testing.T) {
		t.Parallel()
		seen := 0
		err := refund(t, map[string]http.HandlerFunc{
			show: func(w http.ResponseWriter, r *http.Request) {
				says(200, chargeAs(20000*seen, false, ""))(w, r)
				seen++
			},
			create: says(400, `{"error":{"type":"invalid_request_error","param":"amount","message":"greater than unrefunded amount"}}`),
		})
		require.ErrorContains(t, err, "meanwhile")
		var owed *activities.Owed
		require.NotErrorAs(t, err, &owed, "it is checked again")
	})
	t.Run("NotACharge", func(t *testing.T) {
		t.Parallel()
		require.Error(t, refund(t, map[string]http.HandlerFunc{show: says(200, intentIn("canceled"))}))
	})
}

// TestStripe_RefundRequests pins the requests, in Stripe's unit.
func TestStripe_RefundRequests(t *testing.T) {
	t.Parallel()
	var form, key, expand string
	p := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			expand = r.URL.RawQuery
			says(200, chargeAs(0, false, ""))(w, r)
			return
		}
		if err := r.ParseForm(); err != nil {
			panic(err)
		}
		form, key = r.PostForm.Encode(), r.Header.Get("Idempotency-Key")
		says(200, `{"id":"re_1","status":"succeeded"}`)(w, r)
	}))
	require.NoError(t, p.Refund(t.Context(), "o1/charge/refund", "pi_1", price))
	require.Equal(t, "expand[0]=latest_charge.refunds", expand)
	require.Equal(t, "amount=50000&metadata%5Bkey%5D=o1%2Fcharge%2Frefund&payment_intent=pi_1", form)
	require.Equal(t, "o1/charge/refund/pi_1/50000", key)
}

// TestStripe_CurrenciesWithAnotherUnit: USh 20,000 are 2,000,000 at Stripe, in requests, in
// answers and in the record.
func TestStripe_CurrenciesWithAnotherUnit(t *testing.T) {
	t.Parallel()
	for _, m := range []booking.Money{{Amount: 20000, Currency: "UGX"}, {Amount: 500, Currency: "ISK"}, {Amount: 300000, Currency: "MGA"}, {Amount: 5120, Currency: "KWD"}} {
		t.Run(m.Currency, func(t *testing.T) {
			t.Parallel()
			p, c := newCounter(t), newCharge("pm_card_visa")
			c.Amount = m
			ref, err := p.Charge(t.Context(), c)
			require.NoError(t, err)
			units := map[string]int64{"UGX": 2000000, "ISK": 50000, "MGA": 3000, "KWD": 5120}[m.Currency]
			p.requireTotals(t, units, 0)
			require.NoError(t, p.Refund(t.Context(), "k", ref, m))
			p.requireTotals(t, units, units)
			for charge, err := range p.Charges(t.Context()) {
				require.NoError(t, err)
				require.Equal(t, audit.ProviderCharge{OrderID: "o1", Ref: ref, Charged: m, Refunded: m.Amount}, charge)
			}
		})
	}
}

// TestStripe_MethodThatPaysOnce: the second charge is refused for good, and its void knows that
// nothing was charged.
func TestStripe_MethodThatPaysOnce(t *testing.T) {
	t.Parallel()
	p, first, second := newCounter(t), newCharge("pm_1Once"), newCharge("pm_1Once")
	second.Key, second.OrderID = "o2/charge", "o2"
	for range 2 {
		_, err := p.Charge(t.Context(), first)
		require.NoError(t, err)
		_, err = p.Charge(t.Context(), second)
		require.ErrorIs(t, err, activities.ErrDeclined)
	}
	refs, err := p.Void(t.Context(), second)
	require.NoError(t, err)
	require.Empty(t, refs)
	_, err = p.Charge(t.Context(), second)
	require.ErrorIs(t, err, activities.ErrDeclined, "the refusal is repeated under its key")
	p.requireTotals(t, price.Amount, 0)
}

// TestStripe_VoidChecksAllIntents: an older void beside the charge, or a second charge, hides
// no intent.
func TestStripe_VoidChecksAllIntents(t *testing.T) {
	t.Parallel()
	p, c := newCounter(t), newCharge("pm_card_visa")
	day := 0
	p.wire.changes(func(r *http.Request) {
		if key := r.Header.Get("Idempotency-Key"); key != "" {
			r.Header.Set("Idempotency-Key", fmt.Sprint(key, day))
		}
	})
	_, err := p.Void(t.Context(), c)
	require.NoError(t, err)
	var want []string
	for range 2 {
		day++
		ref, err := p.Charge(t.Context(), c)
		require.NoError(t, err)
		want = append(want, ref)
		day++
		refs, err := p.Void(t.Context(), c)
		require.NoError(t, err)
		require.ElementsMatch(t, want, refs)
	}
	for _, ref := range want {
		require.NoError(t, p.Refund(t.Context(), "k", ref, price), "each is refunded under the same key")
	}
	p.requireTotals(t, 2*price.Amount, 2*price.Amount)
}
