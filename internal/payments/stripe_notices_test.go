package payments_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v84/webhook"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
)

// Both secrets are valid while one replaces the other.
const (
	oldSecret = "whsec_old"
	newSecret = "whsec_new"
)

// reader reads notices, and retrieves their orders from the stand-in.
func reader(t *testing.T, h http.Handler, secrets ...string) *payments.Stripe {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return payments.NewStripe(payments.StripeOptions{URL: server.URL, Key: secretKey, WebhookSecrets: secrets, Log: zap.NewNop()})
}

// event is a notice in Stripe's format.
func event(what, object string) []byte {
	return fmt.Appendf(nil, `{"id":"evt_1","object":"event","api_version":"2019-02-11","type":%q,"data":{"object":%s}}`, what, object)
}

// signed are the headers of a notice that was signed that long ago.
func signed(body []byte, secret string, ago time.Duration) http.Header {
	return http.Header{payments.SignatureHeader: {webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload: body, Secret: secret, Timestamp: time.Now().Add(-ago),
	}).Header}}
}

func TestStripe_Read(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref := p.charged(t, "pm_card_visa")
	stripe := reader(t, p.wire, oldSecret, newSecret)
	requests := func() int { return len(p.wire.requests()) }
	before := requests()
	for what, object := range map[string]string{
		"charge.refunded":          `{"id":"ch_1","object":"charge","payment_intent":"` + ref + `","metadata":{"order_id":"o1","key":"o1/charge"}}`,
		"charge.refund.updated":    `{"id":"re_1","object":"refund","payment_intent":"` + ref + `","metadata":{"key":"o1/charge/refund"}}`,
		"refund.failed":            `{"id":"re_1","object":"refund","payment_intent":"` + ref + `","metadata":{}}`,
		"charge.dispute.created":   `{"id":"du_1","object":"dispute","payment_intent":"` + ref + `","status":"needs_response"}`,
		"charge.dispute.closed":    `{"id":"du_1","object":"dispute","payment_intent":{"id":"` + ref + `","object":"payment_intent"}}`,
		"charge.dispute.not_known": `{"id":"du_1","object":"dispute","payment_intent":"` + ref + `","metadata":null}`,
	} {
		body := event(what, object)
		for _, secret := range []string{oldSecret, newSecret} {
			got, err := stripe.Read(t.Context(), body, signed(body, secret, 4*time.Minute))
			require.NoError(t, err, what)
			require.Equal(t, booking.PaymentNotice{ID: "evt_1", OrderID: "o1", Ref: ref, What: what}, got)
		}
	}
	require.Equal(t, before+2*5, requests(), "a charge bears its order itself")
}

// TestStripe_ReadWhileSecretsRotate: Stripe signs with both secrets then. A notice is accepted as
// long as either is one of ours.
func TestStripe_ReadWhileSecretsRotate(t *testing.T) {
	t.Parallel()
	body := event("payment_intent.succeeded", `{"id":"pi_1","object":"payment_intent","metadata":{"order_id":"o1","customer_present":"yes"}}`)
	byBoth := signed(body, oldSecret, 0)
	byBoth.Set(payments.SignatureHeader, byBoth.Get(payments.SignatureHeader)+","+strings.SplitN(signed(body, newSecret, 0).Get(payments.SignatureHeader), ",", 2)[1])
	want := booking.PaymentNotice{ID: "evt_1", OrderID: "o1", Ref: "pi_1", What: "payment_intent.succeeded"}
	for name, ours := range map[string][]string{
		"Before": {oldSecret}, "During": {oldSecret, newSecret}, "OtherOrder": {newSecret, oldSecret}, "After": {newSecret},
	} {
		stripe := reader(t, http.NotFoundHandler(), ours...)
		got, err := stripe.Read(t.Context(), body, byBoth)
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
		for _, secret := range []string{oldSecret, newSecret} {
			_, err := stripe.Read(t.Context(), body, signed(body, secret, 0))
			require.Equal(t, slices.Contains(ours, secret), err == nil, name)
		}
	}
	_, err := reader(t, http.NotFoundHandler(), "whsec_other").Read(t.Context(), body, byBoth)
	require.ErrorIs(t, err, &booking.Error{Code: booking.ForgedNotice})
}

// TestStripe_ReadForged: a notice without a signature, with a wrong or an old one is refused, and
// Stripe is not called about it.
func TestStripe_ReadForged(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	stripe := reader(t, p.wire, oldSecret, newSecret)
	body := event("charge.dispute.created", `{"id":"du_1","object":"dispute","payment_intent":"pi_1"}`)
	genuine := signed(body, newSecret, 0)
	for name, tt := range map[string]struct {
		body   []byte
		header http.Header
	}{
		"Unsigned":     {body, http.Header{}},
		"OtherSecret":  {body, signed(body, "whsec_other", 0)},
		"NoSecret":     {body, signed(body, "", 0)},
		"Old":          {body, signed(body, newSecret, 6*time.Minute)},
		"OtherBody":    {event("charge.dispute.created", `{"id":"du_2"}`), genuine},
		"OtherScheme":  {body, http.Header{payments.SignatureHeader: {strings.Replace(genuine.Get(payments.SignatureHeader), "v1=", "v0=", 1)}}},
		"NotSignature": {body, http.Header{payments.SignatureHeader: {"yes"}}},
		"AnotherTime":  {body, http.Header{payments.SignatureHeader: {"t=" + strconv.FormatInt(time.Now().Unix()-7, 10) + genuine.Get(payments.SignatureHeader)[12:]}}},
	} {
		_, err := stripe.Read(t.Context(), tt.body, tt.header)
		require.ErrorIs(t, err, &booking.Error{Code: booking.ForgedNotice}, name)
	}
	require.Empty(t, p.wire.requests())
}

// TestStripe_ReadOfNoOrder: Stripe also reports changes that concern no order of ours.
func TestStripe_ReadOfNoOrder(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref := p.charged(t, "pm_card_visa")
	others := post(t.Context(), p.sandbox.Handler(), "/v1/payment_intents", visa)
	require.Equal(t, http.StatusOK, others.Code)
	stripe := reader(t, p.wire, newSecret)
	for what, object := range map[string]string{
		"customer.created":         `{"id":"cus_1","object":"customer"}`,
		"charge.succeeded":         `{"id":"ch_1","object":"charge","payment_intent":"` + ref + `","metadata":{"order_id":"o1"}}`,
		"payment_intent.succeeded": `{"id":"` + ref + `","object":"payment_intent","metadata":{"order_id":"o1"}}`,
		"charge.refunded":          `{"id":"ch_1","object":"charge","payment_intent":null,"metadata":{}}`,
		"refund.updated":           `{"id":"re_1","object":"refund","payment_intent":"pi_unknown"}`,
		"charge.dispute.created":   `{"id":"du_1","object":"dispute","payment_intent":"` + idIn(t, others.Body.Bytes()) + `"}`,
	} {
		body := event(what, object)
		got, err := stripe.Read(t.Context(), body, signed(body, newSecret, 0))
		require.NoError(t, err, what)
		require.Empty(t, got.OrderID, what)
		require.Equal(t, []string{"evt_1", what}, []string{got.ID, got.What})
	}
}

// TestStripe_ReadWithoutStripe: the order can be found out later. Stripe repeats the notice.
func TestStripe_ReadWithoutStripe(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref := p.charged(t, "pm_card_visa")
	stripe := reader(t, p.wire, newSecret)
	body := event("charge.dispute.created", `{"id":"du_1","object":"dispute","payment_intent":"`+ref+`"}`)
	p.sandbox.Behave(payments.Behaviour{Down: true})
	_, err := stripe.Read(t.Context(), body, signed(body, newSecret, 0))
	require.ErrorIs(t, err, &booking.Error{Code: booking.Unavailable})
	p.sandbox.Behave(payments.Behaviour{})
	got, err := stripe.Read(t.Context(), body, signed(body, newSecret, 0))
	require.NoError(t, err)
	require.Equal(t, "o1", got.OrderID)
}

// TestStripe_ReadUnreadable: a signed body that is not a notice of this kind is refused, field by
// field.
func TestStripe_ReadUnreadable(t *testing.T) {
	t.Parallel()
	stripe := reader(t, http.NotFoundHandler(), newSecret)
	for _, text := range []string{``, `[]`, `{"id":"evt_1","object":"v2.core.event","type":"x"}`, `{"object":"event"}`, string(event("refund.updated", `"re_1"`))} {
		body := []byte(text)
		_, err := stripe.Read(t.Context(), body, signed(body, newSecret, 0))
		require.ErrorIs(t, err, &booking.Error{Code: booking.Invalid}, text)
		var refusal *booking.Error
		require.ErrorAs(t, err, &refusal)
		require.NotContains(t, refusal.Message, "json", text)
	}
}

// TestRead_Off: without a secret, and in the built-in sandbox, a notice could not be verified.
func TestRead_Off(t *testing.T) {
	t.Parallel()
	body := event("charge.refunded", `{}`)
	_, err := reader(t, http.NotFoundHandler()).Read(t.Context(), body, signed(body, "", 0))
	require.ErrorIs(t, err, &booking.Error{Code: booking.NoticesOff})
	_, err = payments.NewSandbox(newCharges(t)).Read(t.Context(), body, signed(body, "", 0))
	require.ErrorIs(t, err, &booking.Error{Code: booking.NoticesOff})
}

func idIn(t *testing.T, body []byte) string {
	t.Helper()
	var said struct{ ID string }
	require.NoError(t, json.Unmarshal(body, &said))
	return said.ID
}
