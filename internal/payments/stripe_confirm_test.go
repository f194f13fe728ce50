package payments_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
)

// customers are payments.Customers of one test.
type customers struct {
	mu           sync.Mutex
	refs, before map[string]string
}

func newCustomers() *customers {
	return &customers{refs: map[string]string{}, before: map[string]string{}}
}

func (c *customers) Customer(_ context.Context, id string) (ref, before string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refs[id], c.before[id], nil
}

func (c *customers) KeepCustomer(_ context.Context, id, ref string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refs[id] == "" {
		c.refs[id] = ref
	}
	return c.refs[id], nil
}

func (c *customers) ForgetCustomer(_ context.Context, id, ref string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refs[id] == ref {
		c.refs[id], c.before[id] = "", ref
	}
	return nil
}

// dialWith is a provider that uses the handler and stores customers.
func dialWith(t *testing.T, h http.Handler, c payments.Customers) client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return client{payments.NewStripe(payments.StripeOptions{URL: server.URL, Key: secretKey, Customers: c, Log: zap.NewNop()})}
}

// TestStripe_RequestsToConfirm pins the requests under the key of a charge whose customer is
// present.
func TestStripe_RequestsToConfirm(t *testing.T) {
	t.Parallel()
	var forms []url.Values
	var keys []string
	p := dialWith(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			panic(err)
		}
		forms, keys = append(forms, r.PostForm), append(keys, r.URL.Path+" "+r.Header.Get("Idempotency-Key"))
		if r.URL.Path == "/v1/customers" {
			says(200, `{"id":"cus_1","object":"customer"}`)(w, r)
			return
		}
		says(500, `{"error":{"type":"api_error"}}`)(w, r)
	}), newCustomers())
	_, err := p.Charge(t.Context(), newConfirmed("pm_1"))
	require.Error(t, err)
	require.Equal(t, []string{"/v1/customers customer/1024", "/v1/payment_intents o1/charge"}, keys)
	require.Equal(t, "metadata[customer]=1024", unescaped(forms[0]))
	require.Equal(t, "amount=50000&automatic_payment_methods[allow_redirects]=always&automatic_payment_methods[enabled]=true&confirm=true&"+
		"currency=krw&customer=cus_1&metadata[customer_present]=yes&metadata[key]=o1/charge&metadata[order_id]=o1&payment_method=pm_1&"+
		"payment_method_options[card][setup_future_usage]=off_session&return_url="+shop, unescaped(forms[1]))

	const absent = "amount=50000&automatic_payment_methods[allow_redirects]=never&automatic_payment_methods[enabled]=true&confirm=true&currency=krw"
	const ofOrder = "metadata[key]=o1/charge&metadata[order_id]=o1"
	c := newConfirmed("pm_1")
	c.ReturnTo = ""
	_, err = p.Charge(t.Context(), c)
	require.Error(t, err)
	require.Equal(t, absent+"&customer=cus_1&"+ofOrder+"&payment_method=pm_1&payment_method_options[card][setup_future_usage]=off_session",
		unescaped(forms[2]), "no customer is present, and the card is to be kept")

	c.KeepsMethod = false
	_, err = p.Charge(t.Context(), c)
	require.Error(t, err)
	require.Equal(t, absent+"&"+ofOrder+"&off_session=true&payment_method=pm_1", unescaped(forms[3]), "the customer has never kept a card")

	c.CustomerRef = "cus_1"
	_, err = p.Charge(t.Context(), c)
	require.Error(t, err)
	require.Equal(t, absent+"&customer=cus_1&"+ofOrder+"&off_session=true&payment_method=pm_1", unescaped(forms[4]), "the card may be a kept one")
	require.Len(t, keys, 5, "the customer is created once, and only with consent")
}

func unescaped(form url.Values) string {
	text, _ := url.QueryUnescape(form.Encode())
	return text
}

// TestStripe_CardIsUsedAgain: with consent a card belongs to the customer once it has paid. A
// card that was used without consent can pay only once.
func TestStripe_CardIsUsedAgain(t *testing.T) {
	t.Parallel()
	p, known := newCounter(t), newCustomers()
	p.Stripe = dialWith(t, p.sandbox.Handler(), known).Stripe
	order := func(id, customer, method string, there, keeps bool) error {
		c := newCharge(method)
		c.Key, c.OrderID, c.Customer, c.CustomerRef, c.KeepsMethod = id+"/charge", id, customer, known.refs[customer], keeps
		if there {
			c.ReturnTo = shop
		}
		_, err := p.Charge(t.Context(), c)
		return err
	}
	for i, there := range []bool{true, false} {
		card := fmt.Sprintf("pm_1Abc%d", i)
		in := func(id string) string { return fmt.Sprintf("%s-%d", id, i) }
		require.NoError(t, order(in("o1"), "1024", card, there, true))
		require.NoError(t, order(in("o2"), "1024", card, true, false), "the consent was recorded before")
		require.NoError(t, order(in("o3"), "1024", card, false, false), "also when the customer is not there")
		require.NoError(t, order(in("o4"), "1024", card, there, true), "consent once more changes nothing")
		require.ErrorIs(t, order(in("o5"), "1025", card, there, false), activities.ErrDeclined, "it is another customer's")
		require.ErrorIs(t, order(in("o6"), "1025", card, there, true), activities.ErrDeclined)
		require.ErrorIs(t, order(in("o7"), "", card, there, false), activities.ErrDeclined)

		card = fmt.Sprintf("pm_1Def%d", i)
		require.NoError(t, order(in("o8"), "1024", card, there, false), "of a customer who keeps another card")
		require.ErrorIs(t, order(in("o9"), "1024", card, there, false), activities.ErrDeclined, "it was not kept")
		require.ErrorIs(t, order(in("o10"), "1024", card, there, true), activities.ErrDeclined, "it is too late for consent")
	}
	p.requireTotals(t, 10*price.Amount, 0)
}

// TestStripe_ConfirmedCardIsUsedAgain: also a card that needed confirmation.
func TestStripe_ConfirmedCardIsUsedAgain(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	p.Stripe = dialWith(t, p.sandbox.Handler(), newCustomers()).Stripe
	for _, id := range []string{"o1", "o2"} {
		c := newConfirmed(threeDSecure)
		c.Key, c.OrderID = id+"/charge", id
		ref, err := p.Charge(t.Context(), c)
		is := requireAction(t, ref, err)
		decideOnPage(t, is, true)
		_, err = p.Confirm(t.Context(), c, is.Ref, booking.PaymentReturn{})
		require.NoError(t, err)
	}
	p.requireTotals(t, 2*price.Amount, 0)
}

// TestStripe_UnknownCustomer: a customer that Stripe does not know is forgotten, and another one
// is created under another key.
func TestStripe_UnknownCustomer(t *testing.T) {
	t.Parallel()
	known := newCustomers()
	known.refs["1024"] = "cus_deleted"
	p := newCounter(t)
	p.Stripe = dialWith(t, p.wire, known).Stripe
	named, other := newConfirmed("pm_1Abc"), newConfirmed("pm_1Abc")
	named.CustomerRef = "cus_deleted"
	other.Key, other.OrderID = "o2/charge", "o2"
	_, err := p.Charge(t.Context(), named)
	require.ErrorIs(t, err, activities.ErrRepeatAnew)
	require.NotErrorIs(t, err, activities.ErrDeclined)
	refs, err := p.Void(t.Context(), named)
	require.NoError(t, err)
	require.Empty(t, refs)
	_, err = p.Charge(t.Context(), other)
	require.NoError(t, err)
	require.NotEqual(t, "cus_deleted", known.refs["1024"])
	require.Equal(t, "cus_deleted", known.before["1024"])
	p.requireTotals(t, price.Amount, 0)
}

// TestStripe_ChargeOfTheBuildBefore: its request had another form. It is found, and charged once.
func TestStripe_ChargeOfTheBuildBefore(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	before, err := p.Charge(t.Context(), newCharge("pm_card_visa"))
	require.NoError(t, err)
	now, err := p.Charge(t.Context(), newConfirmed("pm_card_visa"))
	require.NoError(t, err)
	require.Equal(t, before, now)
	refs, err := p.Void(t.Context(), newConfirmed("pm_card_visa"))
	require.NoError(t, err)
	require.Equal(t, []string{before}, refs)
	p.requireTotals(t, price.Amount, 0)
}

// TestStripe_ConfirmIsNotFooled by an intent of another charge, or of another amount.
func TestStripe_ConfirmIsNotFooled(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		intent string
		owed   bool
	}{
		"OtherCharge":   {`"status":"succeeded","amount":50000,"currency":"krw","metadata":{"key":"o2/charge"}`, true},
		"OtherAmount":   {`"status":"succeeded","amount":100,"currency":"krw","metadata":{"key":"o1/charge"}`, false},
		"LessReceived":  {`"status":"succeeded","amount":50000,"amount_received":100,"currency":"krw","metadata":{"key":"o1/charge"}`, false},
		"OtherCurrency": {`"status":"succeeded","amount":50000,"currency":"usd","metadata":{"key":"o1/charge"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := dial(t, says(200, `{"id":"pi_1",`+tt.intent+`}`))
			ref, err := p.Confirm(t.Context(), newConfirmed("pm_1"), "pi_1", booking.PaymentReturn{})
			require.Empty(t, ref)
			if tt.owed {
				requireOwed(t, err, true, "is of another charge")
				return
			}
			require.ErrorIs(t, err, activities.ErrOtherAmount)
		})
	}
}

// TestStripe_StillProcessing: the customer has nothing left to do, and is not redirected.
func TestStripe_StillProcessing(t *testing.T) {
	t.Parallel()
	p := dial(t, says(200, `{"id":"pi_1","status":"processing","amount":50000,"currency":"krw","metadata":{"key":"o1/charge"}}`))
	ref, err := p.Confirm(t.Context(), newConfirmed("pm_1"), "pi_1", booking.PaymentReturn{})
	require.Empty(t, requireAction(t, ref, err).Action)
}

// TestStripe_NoPage: an intent that needs an action without a page of Stripe's is cancelled.
func TestStripe_NoPage(t *testing.T) {
	t.Parallel()
	p := dial(t, byPath(t, map[string]http.HandlerFunc{
		"POST /v1/payment_intents":             says(200, `{"id":"pi_1","status":"requires_action","next_action":{"type":"use_stripe_sdk","use_stripe_sdk":{}}}`),
		"POST /v1/payment_intents/pi_1/cancel": says(200, `{"id":"pi_1","status":"canceled"}`),
	}))
	_, err := p.Charge(t.Context(), newConfirmed("pm_1"))
	require.ErrorIs(t, err, activities.ErrDeclined)
}

// TestStripe_FailedConfirmationIsCancelled: the customer's browser knows the intent's secret, and
// could try another card.
func TestStripe_FailedConfirmationIsCancelled(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	c := newConfirmed(threeDSecure)
	ref, err := p.Charge(t.Context(), c)
	is := requireAction(t, ref, err)
	decideOnPage(t, is, false)
	_, err = p.Confirm(t.Context(), c, is.Ref, booking.PaymentReturn{})
	require.ErrorIs(t, err, activities.ErrDeclined)
	intent, err := p.intents.Intent(t.Context(), is.Ref)
	require.NoError(t, err)
	require.Equal(t, "canceled", intent.Status)
}

// TestStripe_WrongAmountIsRefunded: all that was charged, whatever the charge's amount was.
func TestStripe_WrongAmountIsRefunded(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	c := newConfirmed(threeDSecure)
	ref, err := p.Charge(t.Context(), c)
	is := requireAction(t, ref, err)
	p.hand(t, "confirmations", `{"orderId":"o1","amount":100}`, http.StatusOK)
	_, err = p.Confirm(t.Context(), c, is.Ref, booking.PaymentReturn{})
	require.ErrorIs(t, err, activities.ErrOtherAmount)
	p.requireTotals(t, 100, 0)
	refs, err := p.Void(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, []string{is.Ref}, refs)
	require.NoError(t, p.Refund(t.Context(), "o1/charge/refund", is.Ref, price))
	p.requireTotals(t, 100, 100)
}

// TestStripe_VoidsAtOnce: a young charge that waits for its customer is voided, also if the form of
// its request is not known. Its page is of no use from then on.
func TestStripe_VoidsAtOnce(t *testing.T) {
	t.Parallel()
	for name, known := range map[string]bool{"FormKnown": true, "FormUnknown": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newCounter(t)
			c := newConfirmed(threeDSecure)
			c.Since = time.Now()
			ref, err := p.Charge(t.Context(), c)
			is := requireAction(t, ref, err)
			if !known {
				c.ReturnTo, c.Customer = "", ""
			}
			refs, err := p.Void(t.Context(), c)
			require.NoError(t, err)
			require.Empty(t, refs)
			submit(t, is.Action.URL, "approve")
			intent, err := p.intents.Intent(t.Context(), is.Ref)
			require.NoError(t, err)
			require.Equal(t, "canceled", intent.Status)
			p.requireTotals(t, 0, 0)
		})
	}
}

// TestStripe_ChargedAfterItWasCancelled: if a provider does that, the void finds it.
func TestStripe_ChargedAfterItWasCancelled(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	c := newConfirmed(threeDSecure)
	ref, err := p.Charge(t.Context(), c)
	is := requireAction(t, ref, err)
	refs, err := p.Void(t.Context(), c)
	require.NoError(t, err)
	require.Empty(t, refs)
	p.hand(t, "confirmations", `{"orderId":"o1"}`, http.StatusOK) // the confirmation is closed
	p.requireTotals(t, 0, 0)
	p.hand(t, "confirmations", `{"orderId":"o1","state":"late"}`, http.StatusOK)
	p.requireTotals(t, price.Amount, 0)
	refs, err = p.Void(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, []string{is.Ref}, refs)
}
