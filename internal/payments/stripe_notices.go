package payments

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/stripe/stripe-go/v84"
	"github.com/stripe/stripe-go/v84/webhook"

	"github.com/yeyak/yeyak/booking"
)

// SignatureHeader is the signature of Stripe's notices, which Stripe calls webhooks.
const SignatureHeader = "Stripe-Signature"

// Kinds of notices about refunds and disputes, or about a charge that its customer had to
// confirm. Other notices do not concern our orders, whatever Stripe is configured to send:
// the answer to a charge reports its outcome.
const (
	intentSucceeded = "payment_intent.succeeded"
	intentFailed    = "payment_intent.payment_failed"
	intentCanceled  = "payment_intent.canceled"
	chargeRefunded  = "charge.refunded"
	refundCreated   = "refund.created"
	refundUpdated   = "refund.updated"
	refundFailed    = "refund.failed"
	refundOfCharge  = "charge.refund.updated"
	ofDisputes      = "charge.dispute."
	disputeCreated  = ofDisputes + "created"
	disputeUpdated  = ofDisputes + "updated"
	disputeClosed   = ofDisputes + "closed"
)

// objectOfNotices is Stripe's type name of a notice.
const objectOfNotices = "event"

// Read reads a notice that Stripe has signed with one of our secrets. There are several while one
// replaces another. A notice of a refund made by hand, or of a dispute, names only the intent,
// and its order is retrieved from Stripe. Read returns ForgedNotice if none of our secrets signed
// the notice, or it was signed more than five minutes ago; NoticesOff if there is no secret;
// Invalid if it is signed but not a notice; Unavailable if its order is not known.
func (s *Stripe) Read(ctx context.Context, body []byte, header http.Header) (booking.PaymentNotice, error) {
	if len(s.webhookSecrets) == 0 {
		return booking.PaymentNotice{}, booking.Errorf(booking.NoticesOff, "there is no secret that notices of stripe are checked with")
	}
	event, err := s.genuine(body, header.Get(SignatureHeader))
	if err != nil {
		return booking.PaymentNotice{}, err
	}
	notice := booking.PaymentNotice{ID: event.ID, What: string(event.Type)}
	switch {
	case event.Data == nil:
		return notice, nil
	case isOfConfirming(event.Type):
		return aboutIntent(notice, event.Data.Raw)
	case !returnsMoney(event.Type):
		return notice, nil
	}
	var about struct {
		Intent   *stripe.PaymentIntent `json:"payment_intent"`
		Metadata map[string]string     `json:"metadata"`
	}
	if err := json.Unmarshal(event.Data.Raw, &about); err != nil {
		return notice, unreadable(err)
	}
	if about.Intent == nil || about.Intent.ID == "" {
		return notice, nil // its charge is not one of ours
	}
	notice.Ref = about.Intent.ID
	if notice.OrderID = about.Metadata[metadataOrder]; notice.OrderID != "" { // the intent's, which its charge has too
		return notice, nil
	}
	notice.OrderID, err = s.orderOf(ctx, notice.Ref)
	return notice, err
}

// genuine is the event in the body, if one of the secrets has signed it. The fields that are
// read are the same in all versions of Stripe's API.
func (s *Stripe) genuine(body []byte, signature string) (event stripe.Event, err error) {
	for _, secret := range s.webhookSecrets {
		if err = webhook.ValidatePayload(body, signature, secret); err == nil {
			if err := json.Unmarshal(body, &event); err != nil || event.Object != objectOfNotices || event.ID == "" {
				return event, unreadable(err)
			}
			return event, nil
		}
	}
	return event, booking.Errorf(booking.ForgedNotice,
		"the notice bears no signature of stripe's that is valid here, or was signed more than five minutes ago").WithCause(err)
}

func unreadable(err error) error {
	return booking.Faulty([]booking.Fault{{Field: "body", Words: "must be an event as stripe's webhooks have it, with its id"}}).WithCause(err)
}

func isOfConfirming(kind stripe.EventType) bool {
	return kind == intentSucceeded || kind == intentFailed || kind == intentCanceled
}

// aboutIntent is a notice of an intent. It concerns no order if no customer was present to
// confirm the intent: its answer reported the outcome.
func aboutIntent(notice booking.PaymentNotice, object json.RawMessage) (booking.PaymentNotice, error) {
	var intent struct {
		ID       string            `json:"id"`
		Metadata map[string]string `json:"metadata"`
	}
	if err := json.Unmarshal(object, &intent); err != nil {
		return notice, unreadable(err)
	}
	if notice.Ref = intent.ID; intent.Metadata[metadataPresent] != "" {
		notice.OrderID = intent.Metadata[metadataOrder]
	}
	return notice, nil
}

func returnsMoney(kind stripe.EventType) bool {
	switch kind {
	case chargeRefunded, refundCreated, refundUpdated, refundFailed, refundOfCharge:
		return true
	default:
		return strings.HasPrefix(string(kind), ofDisputes)
	}
}

// orderOf is the order of an intent, "" if it is not ours. It returns Unavailable if Stripe does
// not answer.
func (s *Stripe) orderOf(ctx context.Context, ref string) (string, error) {
	intent, err := s.client.V1PaymentIntents.Retrieve(ctx, ref, nil)
	if err == nil {
		return intent.Metadata[metadataOrder], nil
	}
	err = s.explain(err)
	if answered, ok := errors.AsType[*answer](err); ok && answered.said.HTTPStatusCode == http.StatusNotFound {
		return "", nil
	}
	return "", booking.Errorf(booking.Unavailable, "stripe does not say whose the notice is").WithCause(err)
}
