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
// for at least 24 hours. So the body of a charge must not change from one
// release to the next: see TestStripe_Requests.
//
// A charge that is asked for again only after those 24 hours would be a new one.
// The payments service does not ask then: it settles what it does not know.
type Stripe struct {
	client *stripe.Client
	log    *zap.Logger
}

var _ activities.PaymentProvider = (*Stripe)(nil)

// StripeOptions of a connection to Stripe.
type StripeOptions struct {
	URL string // without a path, such as https://api.stripe.com
	Key string // the secret key
	Log *zap.Logger
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
	return &Stripe{client: stripe.NewClient(o.Key, stripe.WithBackends(&stripe.Backends{API: backend})), log: o.Log}
}

// Charge implements activities.PaymentProvider.
func (s *Stripe) Charge(ctx context.Context, c booking.Charge) (ref string, err error) {
	intent, err := s.create(ctx, c, charging)
	if errors.Is(err, errOtherRequest) {
		// Voiding is all that is ever asked for beside the charge under its key.
		if _, err = s.create(ctx, c, voiding); err == nil {
			return "", activities.ErrVoided
		}
	}
	if err != nil {
		return "", err
	}
	return s.settled(ctx, intent)
}

// purpose is what an intent is created for.
type purpose bool

const (
	charging purpose = true
	voiding  purpose = false
)

// create asks for an intent under the charge's key. ErrDeclined: Stripe refused,
// for good. errOtherRequest: the key was used for the other purpose before.
func (s *Stripe) create(ctx context.Context, c booking.Charge, why purpose) (*stripe.PaymentIntent, error) {
	amount, err := toStripe(c.Amount)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", activities.ErrDeclined, err)
	}
	params := &stripe.PaymentIntentCreateParams{
		Amount: stripe.Int64(amount), Currency: stripe.String(strings.ToLower(c.Amount.Currency)),
		// Nobody is there to be sent to a page of a bank's.
		AutomaticPaymentMethods: &stripe.PaymentIntentCreateAutomaticPaymentMethodsParams{
			Enabled: stripe.Bool(true), AllowRedirects: stripe.String("never"),
		},
		Metadata: map[string]string{metadataOrder: c.OrderID, metadataKey: c.Key},
	}
	if why == charging {
		params.PaymentMethod = stripe.String(c.Method)
		params.Confirm, params.OffSession = stripe.Bool(true), stripe.Bool(true)
	}
	params.SetIdempotencyKey(c.Key)
	intent, err := s.client.V1PaymentIntents.Create(ctx, params)
	if isSavedFailure(err) {
		// Stripe broke down over the first request and says so ever after.
		// What it had come to by then is found under the order.
		found, lost := s.find(ctx, c)
		if lost != nil || len(found) > 0 {
			return foremost(found), lost
		}
	}
	if err != nil {
		return nil, s.refusal(s.explain(err))
	}
	return intent, nil
}

// Names of what an intent is labelled with.
const (
	metadataOrder = "order_id"
	metadataKey   = "key"
)

// settled is what a confirmed intent comes to: its id when the money is taken,
// ErrDeclined when it never will be.
func (s *Stripe) settled(ctx context.Context, intent *stripe.PaymentIntent) (ref string, err error) {
	if intent.ID == "" {
		return "", errMalformed
	}
	if intent.Status == stripe.PaymentIntentStatusProcessing {
		// The answer under a key stays what it was; the intent goes on.
		if intent, err = s.client.V1PaymentIntents.Retrieve(ctx, intent.ID, nil); err != nil {
			return "", s.explain(err)
		}
	}
	switch intent.Status {
	case stripe.PaymentIntentStatusRequiresAction, stripe.PaymentIntentStatusRequiresConfirmation,
		stripe.PaymentIntentStatusRequiresCapture:
		// Somebody would have to act (3-D Secure), and nobody is there.
		if intent, err = s.cancel(ctx, intent.ID); err != nil {
			return "", err
		}
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
