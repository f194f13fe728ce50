package payments

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v84"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// Stripe is the payment provider that uses Stripe's API, of Stripe itself or of a stand-in.
//
// A charge is one PaymentIntent, created and confirmed by one request. The request's
// Idempotency-Key makes it unique, however often it is sent: Stripe answers a key's first
// request, repeats that answer for the same request, refuses any other request under the
// key, and remembers the key for at least 24 hours. So the body of a charge should not
// change between releases (see TestStripe_Requests). If it did, the intent of the older
// release is looked up (stripe_find.go).
//
// The same request after those 24 hours would be a new charge. The payments service sends
// none then: it finds out the outcome of the first one.
type Stripe struct {
	client         *stripe.Client
	webhookSecrets []string
	customers      Customers
	log            *zap.Logger
}

var _ activities.PaymentProvider = (*Stripe)(nil)

// StripeOptions configure a connection to Stripe.
type StripeOptions struct {
	URL string // without a path, such as https://api.stripe.com
	Key string // the secret key
	// WebhookSecrets verify notices; without one, no notices are accepted.
	WebhookSecrets []string
	// Customers stores the ids of customers at Stripe; without it no cards are kept.
	Customers Customers
	Log       *zap.Logger
}

// stripeTimeout bounds a request without a shorter time limit.
const stripeTimeout = 30 * time.Second

// NewStripe makes a provider. It sends no request yet.
func NewStripe(o StripeOptions) *Stripe {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// All requests go to one host; the default keeps two idle connections per host.
	transport.MaxIdleConnsPerHost = transport.MaxIdleConns
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL:               stripe.String(strings.TrimSuffix(o.URL, "/")),
		HTTPClient:        &http.Client{Transport: busyTransport{transport}, Timeout: stripeTimeout},
		MaxNetworkRetries: stripe.Int64(0), // the saga retries, and knows how long
		EnableTelemetry:   stripe.Bool(false),
		// It would log answers, which contain secrets.
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	return &Stripe{
		client:         stripe.NewClient(o.Key, stripe.WithBackends(&stripe.Backends{API: backend})),
		webhookSecrets: o.WebhookSecrets, customers: o.Customers, log: o.Log,
	}
}

// Charge implements activities.PaymentProvider.
func (s *Stripe) Charge(ctx context.Context, c booking.Charge) (ref string, err error) {
	if _, refused := toStripe(c.Amount); refused != nil {
		// An older release may have made the charge in other terms.
		found, err := s.findAll(ctx, c)
		if err != nil || len(found) > 0 {
			return s.outcomeOf(ctx, c, found, err)
		}
		return "", fmt.Errorf("%w: %w", activities.ErrAmountRefused, refused)
	}
	for n := 0; n < chargeKeys && (n == 0 || isDue(c, n)); n++ {
		var intent *stripe.PaymentIntent
		if intent, err = s.create(ctx, c, n, charging); err == nil {
			return s.answered(ctx, c, intent)
		}
		if !outcomeLost(err) {
			return "", s.refusal(err)
		}
		if errors.Is(err, errOtherRequest) {
			switch voided, lost := s.isVoided(ctx, c, n); {
			case lost != nil:
				return "", lost
			case voided:
				return "", activities.ErrVoided
			}
		}
		if found, lost := s.findAll(ctx, c); lost != nil || len(found) > 0 {
			return s.outcomeOf(ctx, c, found, lost)
		}
		if !hasEnded(c, err) {
			break
		}
	}
	return "", err
}

// purpose is what an intent is created for.
type purpose bool

const (
	charging purpose = true
	voiding  purpose = false
)

// create creates an intent under the n-th key of the charge, whose amount has to be valid for
// Stripe. It returns errOtherRequest if the key was used for another request before, and
// errSavedFailure if Stripe failed at the key's first request.
func (s *Stripe) create(ctx context.Context, c booking.Charge, n int, purpose purpose) (*stripe.PaymentIntent, error) {
	amount, err := toStripe(c.Amount)
	if err != nil {
		return nil, err
	}
	params := &stripe.PaymentIntentCreateParams{
		Amount: stripe.Int64(amount), Currency: stripe.String(strings.ToLower(c.Amount.Currency)),
		// No customer is present who could be redirected to a page of a bank.
		AutomaticPaymentMethods: &stripe.PaymentIntentCreateAutomaticPaymentMethodsParams{
			Enabled: stripe.Bool(true), AllowRedirects: stripe.String("never"),
		},
		Metadata: map[string]string{metadataOrder: c.OrderID, metadataKey: c.Key},
	}
	switch {
	case purpose == voiding:
	case c.ReturnTo == "":
		params.PaymentMethod = stripe.String(c.Method)
		params.Confirm, params.OffSession = stripe.Bool(true), stripe.Bool(true)
		err = s.ofCustomer(ctx, c, params)
	default:
		confirmedByCustomer(c, params)
		err = s.ofCustomer(ctx, c, params)
	}
	if err != nil {
		return nil, err
	}
	params.SetIdempotencyKey(keyOf(c, n))
	intent, err := s.client.V1PaymentIntents.Create(ctx, params)
	if err != nil {
		return nil, s.orUnknownCustomer(ctx, c, params.Customer, err)
	}
	return intent, nil
}

// Names of an intent's metadata.
const (
	metadataOrder = "order_id"
	metadataKey   = "key"
	// metadataPresent labels an intent whose customer was present to confirm it.
	metadataPresent = "customer_present"
)

// finalOf is the outcome of an intent without a waiting customer: its id if the charge is
// made, ErrDeclined if it never will be.
func (s *Stripe) finalOf(ctx context.Context, intent *stripe.PaymentIntent) (ref string, err error) {
	if intent.ID == "" {
		return "", errMalformed
	}
	if intent.Status == stripe.PaymentIntentStatusProcessing {
		// The answer under a key stays the same, while the intent changes.
		if intent, err = s.client.V1PaymentIntents.Retrieve(ctx, intent.ID, nil); err != nil {
			return "", toPerson(s.explain(err))
		}
	}
	switch intent.Status {
	case stripe.PaymentIntentStatusRequiresAction, stripe.PaymentIntentStatusRequiresConfirmation,
		stripe.PaymentIntentStatusRequiresCapture:
		// A customer would have to act (3-D Secure), and none is present.
		intent, err = s.cancel(ctx, intent.ID)
	case stripe.PaymentIntentStatusRequiresPaymentMethod:
		// The customer's browser has the intent's secret, and may try again.
		if intent.Metadata[metadataPresent] != "" {
			intent, err = s.cancel(ctx, intent.ID)
		}
	}
	if err != nil {
		return "", err
	}
	switch intent.Status {
	case stripe.PaymentIntentStatusSucceeded:
		return intent.ID, nil
	case stripe.PaymentIntentStatusCanceled, stripe.PaymentIntentStatusRequiresPaymentMethod:
		return "", fmt.Errorf("%w: %s", activities.ErrDeclined, intent.Status)
	case stripe.PaymentIntentStatusProcessing:
		return "", fmt.Errorf("intent %s is still being processed at stripe", intent.ID)
	default:
		return "", errMalformed
	}
}
