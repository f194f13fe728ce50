package payments_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
)

// reword changes requests on their way, as another release would word them.
func reword(change func(form url.Values)) func(*http.Request) {
	return func(r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/v1/payment_intents" {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			panic(err)
		}
		change(form)
		reworded := form.Encode()
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(reworded)), int64(len(reworded))
	}
}

func amount(units string) func(url.Values) {
	return func(form url.Values) { form.Set("amount", units) }
}

// TestStripe_ChargeOfAnotherRelease: a charge under the same key, in other terms, is found in any
// case. The amount that it charged counts, and is refunded.
func TestStripe_ChargeOfAnotherRelease(t *testing.T) {
	t.Parallel()
	shillings := booking.Money{Amount: 200_000, Currency: "UGX"}
	for name, behaviour := range map[string]payments.Behaviour{"Searched": {}, "SearchIsBehind": {SearchLag: time.Hour}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, c := newCounter(t), newCharge("pm_card_visa")
			c.Amount, c.Since = shillings, time.Now().Add(-2*time.Minute)
			p.wire.changes(reword(amount("200000")))
			_, err := p.Charge(t.Context(), c)
			require.NoError(t, err)
			p.wire.changes(nil)
			p.sandbox.Behave(behaviour)
			for range 2 {
				_, err = p.Charge(t.Context(), c)
				require.ErrorIs(t, err, activities.ErrOtherAmount)
			}
			refs, err := p.Void(t.Context(), c)
			require.NoError(t, err)
			require.Len(t, refs, 1)
			require.NoError(t, p.Refund(t.Context(), "k", refs[0], shillings))
			p.requireTotals(t, 200_000, 200_000)
		})
	}
	t.Run("OfTheSameAmount", func(t *testing.T) {
		t.Parallel()
		p, c := newCounter(t), newCharge("pm_card_visa")
		p.wire.changes(reword(func(form url.Values) { form.Set("metadata[release]", "old") }))
		ref, err := p.Charge(t.Context(), c)
		require.NoError(t, err)
		p.wire.changes(nil)
		again, err := p.Charge(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, ref, again)
		refs, err := p.Void(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, []string{ref}, refs)
		p.requireTotals(t, price.Amount, 0)
	})
	t.Run("Declined", func(t *testing.T) {
		t.Parallel()
		p, c := newCounter(t), newCharge("pm_card_chargeDeclined")
		c.Amount = shillings
		p.wire.changes(reword(amount("200000")))
		_, err := p.Charge(t.Context(), c)
		require.ErrorIs(t, err, activities.ErrDeclined)
		p.wire.changes(nil)
		_, err = p.Charge(t.Context(), c)
		require.ErrorIs(t, err, activities.ErrDeclined)
		refs, err := p.Void(t.Context(), c)
		require.NoError(t, err)
		require.Empty(t, refs)
	})
	t.Run("Voided", func(t *testing.T) {
		t.Parallel()
		p, c := newCounter(t), newCharge("pm_card_visa")
		c.Amount = shillings
		p.wire.changes(reword(amount("200000")))
		_, err := p.Void(t.Context(), c)
		require.NoError(t, err)
		p.wire.changes(nil)
		_, err = p.Charge(t.Context(), c)
		require.ErrorIs(t, err, activities.ErrVoided)
		p.requireTotals(t, 0, 0)
	})
	t.Run("UnderWay", func(t *testing.T) {
		t.Parallel()
		p, c := newCounter(t), newCharge("pm_1Once")
		first := c
		first.Key = "o0/charge"
		_, err := p.Charge(t.Context(), first)
		require.NoError(t, err)
		c.Since = time.Now()
		p.wire.changes(reword(func(form url.Values) { form.Set("metadata[release]", "old") }))
		_, err = p.Charge(t.Context(), c)
		require.ErrorIs(t, err, activities.ErrDeclined, "its method was used before: no intent is there")
		p.wire.changes(nil)
		for range 2 {
			_, err = p.Charge(t.Context(), c)
			require.ErrorContains(t, err, "another request")
			_, err = p.Void(t.Context(), c)
			require.ErrorContains(t, err, "may be under way", "it may yet create one")
		}
		c.Since = time.Now().Add(-2 * time.Minute)
		refs, err := p.Void(t.Context(), c)
		require.NoError(t, err)
		require.Empty(t, refs)
		_, err = p.Charge(t.Context(), c)
		require.ErrorIs(t, err, activities.ErrVoided)
	})
}

// TestStripe_AmountThatWeDoNotRequest: a charge of another release is searched for, even if our own
// table refuses its amount.
func TestStripe_AmountThatWeDoNotRequest(t *testing.T) {
	t.Parallel()
	for name, lag := range map[string]time.Duration{"Searched": 0, "SearchIsBehind": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, c := newCounter(t), newCharge("pm_card_visa")
			c.Amount, c.Since = booking.Money{Amount: 300_000, Currency: "MGA"}, time.Now()
			p.wire.changes(reword(amount("300050")))
			_, err := p.Charge(t.Context(), c)
			require.NoError(t, err)
			p.wire.changes(nil)
			p.sandbox.Behave(payments.Behaviour{SearchLag: lag})
			c.Amount.Amount = 300_050 // not a whole ariary
			_, err = p.Charge(t.Context(), c)
			require.ErrorIs(t, err, activities.ErrOtherAmount)
			refs, err := p.Void(t.Context(), c)
			require.NoError(t, err)
			require.Len(t, refs, 1)
			require.NoError(t, p.Refund(t.Context(), "k", refs[0], c.Amount))
			p.requireTotals(t, 300_050, 300_050)
		})
	}
}

// TestStripe_VoidChecksWhateverIsRefused: a refused void does not mean that nothing was charged
// before.
func TestStripe_VoidChecksWhateverIsRefused(t *testing.T) {
	t.Parallel()
	answers := map[string]http.HandlerFunc{
		"POST /v1/payment_intents":       says(400, `{"error":{"type":"invalid_request_error","message":"no"}}`),
		"GET /v1/payment_intents/search": says(200, `{"object":"search_result","data":[{"id":"pi_1"}]}`),
		"GET /v1/payment_intents/pi_1":   says(200, intentIn("succeeded")),
		"GET /v1/payment_intents":        says(200, `{"object":"list","data":[]}`),
	}
	refs, err := dial(t, byPath(t, answers)).Void(t.Context(), newCharge("pm_card_visa"))
	require.NoError(t, err)
	require.Equal(t, []string{"pi_1"}, refs)
}

// TestStripe_SavedFailure: Stripe repeats a failure of its own. The outcome is searched for in the
// list, which has no delay.
func TestStripe_SavedFailure(t *testing.T) {
	t.Parallel()
	const broken = `{"error":{"type":"api_error","message":"sorry"}}`
	repeats := says(500, broken, "Idempotent-Replayed", "true")
	for name, answers := range map[string]map[string]http.HandlerFunc{
		"Searched": {
			"GET /v1/payment_intents/search": says(200, `{"object":"search_result","data":[{"id":"pi_1","status":"processing"}]}`),
			"GET /v1/payment_intents/pi_1":   says(200, intentIn("succeeded")),
			"GET /v1/payment_intents":        says(200, `{"object":"list","data":[]}`),
		},
		"Listed": {
			"GET /v1/payment_intents/search": says(200, `{"object":"search_result","data":[]}`),
			"GET /v1/payment_intents":        says(200, `{"object":"list","data":[{"id":"pi_0","status":"succeeded"},`+intentIn("succeeded")+`]}`),
		},
		"NotSearchable": {
			"GET /v1/payment_intents/search": says(400, `{"error":{"type":"invalid_request_error","message":"not in your region"}}`),
			"GET /v1/payment_intents":        says(200, `{"object":"list","data":[`+intentIn("succeeded")+`]}`),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers["POST /v1/payment_intents"] = repeats
			p := dial(t, byPath(t, answers))
			ref, err := p.Charge(t.Context(), newCharge("pm_card_visa"))
			require.NoError(t, err)
			require.Equal(t, "pi_1", ref)
			refs, err := p.Void(t.Context(), newCharge("pm_card_visa"))
			require.NoError(t, err)
			require.Equal(t, []string{"pi_1"}, refs, "it was charged")
		})
	}
}

// TestStripe_SavedFailureOfNothing: a key without a knowable outcome is followed by another one,
// once nothing was created under it, and not too soon.
func TestStripe_SavedFailureOfNothing(t *testing.T) {
	t.Parallel()
	broken, lag := payments.Behaviour{Broken: true, SearchLag: time.Hour}, payments.Behaviour{SearchLag: time.Hour}
	brokenDown := func(t *testing.T, age time.Duration) (counter, booking.Charge) {
		t.Helper()
		p, c := newCounter(t), newCharge("pm_card_visa")
		c.Since = time.Now().Add(-age)
		p.sandbox.Behave(broken)
		for range 3 {
			_, err := p.Charge(t.Context(), c)
			require.ErrorContains(t, err, "stripe answered 500")
		}
		p.sandbox.Behave(lag)
		return p, c
	}
	t.Run("Charge", func(t *testing.T) {
		t.Parallel()
		p, c := brokenDown(t, time.Second)
		_, err := p.Charge(t.Context(), c)
		require.ErrorContains(t, err, "stripe answered 500", "it is too soon")
		c.Since = c.Since.Add(-time.Minute)
		ref, err := p.Charge(t.Context(), c)
		require.NoError(t, err)
		for range 2 {
			again, err := p.Charge(t.Context(), c)
			require.NoError(t, err)
			require.Equal(t, ref, again)
		}
		refs, err := p.Void(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, []string{ref}, refs)
		p.requireTotals(t, price.Amount, 0)
	})
	t.Run("Void", func(t *testing.T) {
		t.Parallel()
		p, c := brokenDown(t, 10*time.Minute)
		for range 2 {
			refs, err := p.Void(t.Context(), c)
			require.NoError(t, err)
			require.Empty(t, refs)
		}
		_, err := p.Charge(t.Context(), c)
		require.ErrorIs(t, err, activities.ErrVoided)
		p.requireTotals(t, 0, 0)
	})
	t.Run("OfTheVoid", func(t *testing.T) {
		t.Parallel()
		p, c := newCounter(t), newCharge("pm_card_visa")
		p.sandbox.Behave(broken)
		_, err := p.Void(t.Context(), c)
		require.ErrorContains(t, err, "stripe answered 500")
		refs, err := p.Void(t.Context(), c)
		require.NoError(t, err, "the key is the void's")
		require.Empty(t, refs)
		p.sandbox.Behave(lag)
		_, err = p.Charge(t.Context(), c)
		require.ErrorIs(t, err, activities.ErrVoided)
		p.requireTotals(t, 0, 0)
	})
	t.Run("ForADay", func(t *testing.T) {
		t.Parallel()
		p, c := brokenDown(t, 23*time.Hour)
		p.sandbox.Behave(broken)
		for range 20 {
			_, err := p.Charge(t.Context(), c)
			require.ErrorContains(t, err, "stripe answered 500")
		}
		keys := 0
		for _, request := range p.wire.requests() {
			if request == "POST /v1/payment_intents" {
				keys++
			}
		}
		require.LessOrEqual(t, keys, 23*12, "a dozen keys at most")
		p.sandbox.Behave(lag)
		for range 2 {
			refs, err := p.Void(t.Context(), c)
			require.NoError(t, err, "all of them are used up")
			require.Empty(t, refs)
			_, err = p.Charge(t.Context(), c)
			require.Error(t, err)
		}
		p.requireTotals(t, 0, 0)
	})
}

// TestStripe_MadeTwice: a charge that was made twice is not a payment of its order, and a void finds
// both.
func TestStripe_MadeTwice(t *testing.T) {
	t.Parallel()
	second := strings.Replace(intentIn("succeeded"), "pi_1", "pi_2", 1)
	p := dial(t, byPath(t, map[string]http.HandlerFunc{
		"POST /v1/payment_intents":       says(500, `{"error":{"type":"api_error"}}`, "Idempotent-Replayed", "true"),
		"GET /v1/payment_intents/search": says(200, `{"object":"search_result","data":[]}`),
		"GET /v1/payment_intents":        says(200, `{"object":"list","data":[`+second+`,`+intentIn("succeeded")+`]}`),
	}))
	_, err := p.Charge(t.Context(), newCharge("pm_card_visa"))
	require.ErrorIs(t, err, activities.ErrOtherAmount)
	refs, err := p.Void(t.Context(), newCharge("pm_card_visa"))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"pi_1", "pi_2"}, refs)
}

// TestStripe_LessThanWeAccept: an order that another release has accepted is charged, and its charge
// is found, although today's least price is higher.
func TestStripe_LessThanWeAccept(t *testing.T) {
	t.Parallel()
	little := newCharge("pm_card_visa")
	little.Amount.Amount = 750
	require.Error(t, payments.Terms{}.Amount(little.Amount))
	made := says(200, strings.Replace(intentIn("succeeded"), "50000", "750", 1))
	for name, answers := range map[string]map[string]http.HandlerFunc{
		"Answered": {"POST /v1/payment_intents": made},
		"Lost": {
			"POST /v1/payment_intents":       says(500, `{"error":{"type":"api_error"}}`, "Idempotent-Replayed", "true"),
			"GET /v1/payment_intents/search": says(200, `{"object":"search_result","data":[{"id":"pi_1"}]}`),
			"GET /v1/payment_intents/pi_1":   made,
			"GET /v1/payment_intents":        says(200, `{"object":"list","data":[]}`),
		},
	} {
		ref, err := dial(t, byPath(t, answers)).Charge(t.Context(), little)
		require.NoError(t, err, name)
		require.Equal(t, "pi_1", ref, name)
	}
}

// TestStripe_SearchThatFails leaves the outcome open.
func TestStripe_SearchThatFails(t *testing.T) {
	t.Parallel()
	const create, search, list = "POST /v1/payment_intents", "GET /v1/payment_intents/search", "GET /v1/payment_intents"
	repeats := says(500, `{"error":{"type":"api_error"}}`, "Idempotent-Replayed", "true")
	other := says(400, `{"error":{"type":"idempotency_error"}}`)
	none := says(200, `{"object":"search_result","data":[]}`)
	otherThenBroken := func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("confirm") == "true" {
			other(w, r)
			return
		}
		says(500, `{"error":{"type":"api_error"}}`)(w, r)
	}
	for name, answers := range map[string]map[string]http.HandlerFunc{
		"Search":   {create: repeats, search: says(503, "")},
		"List":     {create: repeats, search: none, list: says(503, "")},
		"IsItVoid": {create: otherThenBroken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := dial(t, byPath(t, answers))
			_, err := p.Charge(t.Context(), newCharge("pm_card_visa"))
			require.Error(t, err)
			require.NotErrorIs(t, err, activities.ErrDeclined)
			require.NotErrorIs(t, err, activities.ErrVoided)
			_, err = p.Void(t.Context(), newCharge("pm_card_visa"))
			require.Error(t, err)
		})
	}
}

// TestStripe_WhatIsForGoodAfterACharge needs a person, and is no outage.
func TestStripe_WhatIsForGoodAfterACharge(t *testing.T) {
	t.Parallel()
	const create, show, cancel = "POST /v1/payment_intents", "GET /v1/payment_intents/pi_1", "POST /v1/payment_intents/pi_1/cancel"
	const search, list = "GET /v1/payment_intents/search", "GET /v1/payment_intents"
	for status, answer := range map[int]string{
		400: `{"error":{"type":"invalid_request_error","message":"never"}}`,
		402: `{"error":{"type":"invalid_request_error","message":"never"}}`,
		404: `{"error":{"type":"invalid_request_error","code":"resource_missing","message":"never"}}`,
	} {
		never := says(status, answer)
		repeats := says(500, `{"error":{"type":"api_error"}}`, "Idempotent-Replayed", "true")
		for name, answers := range map[string]map[string]http.HandlerFunc{
			"Retrieve": {create: says(200, intentIn("processing")), show: never},
			"Cancel":   {create: says(200, intentIn("requires_action")), cancel: never},
			"Search":   {create: repeats, search: never, list: never},
			"List":     {create: repeats, search: says(200, `{"object":"search_result","data":[]}`), list: never},
			"Found":    {create: repeats, search: says(200, `{"object":"search_result","data":[{"id":"pi_1"}]}`), show: never, list: never},
		} {
			t.Run(fmt.Sprint(name, status), func(t *testing.T) {
				t.Parallel()
				_, err := dial(t, byPath(t, answers)).Charge(t.Context(), newCharge("pm_card_visa"))
				requireOwed(t, err, true, "never")
			})
		}
	}
}
