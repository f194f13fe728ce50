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

// Stripe is the payment provider that speaks Stripe's API, to Stripe or to
// what stands in for it.
//
// A charge is one PaymentIntent, created and confirmed by one request. What
// makes it one, however often it is asked for, is the request's
// Idempotency-Key: Stripe answers a key's first request and repeats that answer
// for the same request, refuses any other request under it, and remembers it
// for at least 24 hours. So the body of a charge should not change from one
// release to the next (see TestStripe_Requests). Where it did, the intent of the
// older release is looked up (stripe_find.go).
//
// A charge that is asked for again only after those 24 hours would be a new one.
// The payments service does not ask then: it settles what it does not know.
type Stripe struct {
	client         *stripe.Client
	webhookSecrets []string
	customers      Customers
	log            *zap.Logger
}

var _ activities.PaymentProvider = (*Stripe)(nil)

// StripeOptions of a connection to Stripe.
type StripeOptions struct {
	URL string // without a path, such as https://api.stripe.com
	Key string // the secret key
	// WebhookSecrets are what notices are checked with; none are taken without.
	WebhookSecrets []string
	// Customers remembers who is who at Stripe; without it cards are not kept.
	Customers Customers
	Log       *zap.Logger
}

// stripePatience bounds a request that nothing else does.
const stripePatience = 30 * time.Second

// NewStripe makes a provider. It asks nothing yet.
func NewStripe(o StripeOptions) *Stripe {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// All requests go to one host; the default keeps two connections to each.
	transport.MaxIdleConnsPerHost = transport.MaxIdleConns
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL:               stripe.String(strings.TrimSuffix(o.URL, "/")),
		HTTPClient:        &http.Client{Transport: turnedAway{transport}, Timeout: stripePatience},
		MaxNetworkRetries: stripe.Int64(0), // the saga tries again, and knows how long
		EnableTelemetry:   stripe.Bool(false),
		// It would log answers, which hold secrets.
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	return &Stripe{
		client:         stripe.NewClient(o.Key, stripe.WithBackends(&stripe.Backends{API: backend})),
		webhookSecrets: o.WebhookSecrets, customers: o.Customers, log: o.Log,
	}
}

// Charge implements activities.PaymentProvider.
func (s *Stripe) Charge(ctx context.Context, c booking.Charge) (ref string, err error) {
	if refused := (Terms{}).Amount(c.Amount); refused != nil {
		// An older release may have asked for it in terms of its own.
		found, err := s.findAll(ctx, c)
		if err != nil || len(found) > 0 {
			return s.came(ctx, c, found, err)
		}
		return "", fmt.Errorf("%w: %w", activities.ErrDeclined, refused)
	}
	for n := 0; n < chargeKeys && (n == 0 || isDue(c, n)); n++ {
		var intent *stripe.PaymentIntent
		if intent, err = s.create(ctx, c, n, charging); err == nil {
			return s.answered(ctx, c, intent)
		}
		if !tellsNothing(err) {
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
			return s.came(ctx, c, found, lost)
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

// create asks for an intent under the n-th key of the charge, whose amount has to
// be one of Stripe's. errOtherRequest: the key was used for another request
// before. errSavedFailure: Stripe broke down over the first one.
func (s *Stripe) create(ctx context.Context, c booking.Charge, n int, why purpose) (*stripe.PaymentIntent, error) {
	amount, err := toStripe(c.Amount)
	if err != nil {
		return nil, err
	}
	params := &stripe.PaymentIntentCreateParams{
		Amount: stripe.Int64(amount), Currency: stripe.String(strings.ToLower(c.Amount.Currency)),
		// Nobody is there to be sent to a page of a bank's.
		AutomaticPaymentMethods: &stripe.PaymentIntentCreateAutomaticPaymentMethodsParams{
			Enabled: stripe.Bool(true), AllowRedirects: stripe.String("never"),
		},
		Metadata: map[string]string{metadataOrder: c.OrderID, metadataKey: c.Key},
	}
	switch {
	case why == voiding:
	case c.ReturnTo == "":
		params.PaymentMethod = stripe.String(c.Method)
		params.Confirm, params.OffSession = stripe.Bool(true), stripe.Bool(true)
		if c.Customer != "" {
			err = s.ofCustomer(ctx, c, params)
		}
	default:
		err = s.confirmedByCustomer(ctx, c, params)
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

// Names of what an intent is labelled with.
const (
	metadataOrder = "order_id"
	metadataKey   = "key"
	// metadataPresent labels an intent whose customer was there to confirm it.
	metadataPresent = "customer_present"
)

// settled is what an intent comes to for which nobody waits: its id when the money is
// taken, ErrDeclined when it never will be.
func (s *Stripe) settled(ctx context.Context, intent *stripe.PaymentIntent) (ref string, err error) {
	if intent.ID == "" {
		return "", errMalformed
	}
	if intent.Status == stripe.PaymentIntentStatusProcessing {
		// The answer under a key stays what it was; the intent goes on.
		if intent, err = s.client.V1PaymentIntents.Retrieve(ctx, intent.ID, nil); err != nil {
			return "", forAPerson(s.explain(err))
		}
	}
	switch intent.Status {
	case stripe.PaymentIntentStatusRequiresAction, stripe.PaymentIntentStatusRequiresConfirmation,
		stripe.PaymentIntentStatusRequiresCapture:
		// Somebody would have to act (3-D Secure), and nobody is there.
		intent, err = s.cancel(ctx, intent.ID)
	case stripe.PaymentIntentStatusRequiresPaymentMethod:
		// The customer's browser came back with the intent's secret, and may try again.
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
