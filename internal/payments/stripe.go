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

// Void implements activities.PaymentProvider.
//
// It takes the charge's key for itself, with an intent that is not confirmed
// and is then cancelled. If Stripe takes that, it has not seen the charge yet
// and will refuse it from now on. If Stripe says that the key belongs to
// another request, the charge was there first, and repeating it only repeats
// its answer. Both are certain while Stripe remembers the key.
//
// A key that was forgotten belongs to a charge that is a day old. It is in the
// index of the search by then, which lags behind by minutes, so that it is
// found there. A flight that began before the void and arrives a day later
// would be taken; flights end after half a minute.
func (s *Stripe) Void(ctx context.Context, c booking.Charge) (ref string, err error) {
	intent, err := s.create(ctx, c, voiding)
	switch {
	case errors.Is(err, errOtherRequest):
		ref, err = s.Charge(ctx, c)
		return ref, unlessDeclined(err)
	case err != nil:
		return "", unlessDeclined(err) // an amount that Stripe does not take is not taken
	}
	older, err := s.find(ctx, c, intent.ID)
	if err != nil {
		return "", err
	}
	if older != nil {
		if ref, err = s.settled(ctx, older); unlessDeclined(err) != nil {
			return "", err
		}
	}
	intent, err = s.cancel(ctx, intent.ID)
	if err == nil && intent.Status == stripe.PaymentIntentStatusSucceeded {
		ref = intent.ID // it was the charge that was found in place of a saved failure
	}
	return ref, err
}

func unlessDeclined(err error) error {
	if errors.Is(err, activities.ErrDeclined) {
		return nil
	}
	return err
}

// Refund implements activities.PaymentProvider. A charge is refunded in full
// or not at all, so that one that is refunded already was refunded by us.
func (s *Stripe) Refund(ctx context.Context, key, ref string, amount booking.Money) error {
	params := &stripe.RefundCreateParams{
		PaymentIntent: stripe.String(ref), Amount: stripe.Int64(amount.Amount),
		Metadata: map[string]string{"key": key},
	}
	params.SetIdempotencyKey(key)
	refund, err := s.client.V1Refunds.Create(ctx, params)
	switch said, ok := errors.AsType[*stripe.Error](err); {
	case ok && said.Code == stripe.ErrorCodeChargeAlreadyRefunded:
		return nil
	case err != nil:
		return s.explain(err)
	case refund.ID == "":
		return errMalformed
	}
	switch refund.Status {
	case stripe.RefundStatusSucceeded, stripe.RefundStatusPending:
		return nil
	default: // failed, canceled, requires_action: a person has to see to it
		return fmt.Errorf("refund %s of %s is %s at stripe", refund.ID, ref, refund.Status)
	}
}

// purpose is what an intent is created for.
type purpose bool

const (
	charging purpose = true
	voiding  purpose = false
)

// create asks for an intent under the charge's key. ErrDeclined: the payment
// method or the amount was refused. errOtherRequest: the key was used for the
// other purpose before.
func (s *Stripe) create(ctx context.Context, c booking.Charge, why purpose) (*stripe.PaymentIntent, error) {
	params := &stripe.PaymentIntentCreateParams{
		Amount: stripe.Int64(c.Amount.Amount), Currency: stripe.String(strings.ToLower(c.Amount.Currency)),
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
		found, lost := s.find(ctx, c, "")
		if lost != nil || found != nil {
			return found, lost
		}
	}
	if err != nil {
		return nil, refusal(s.explain(err))
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

// cancel makes certain that nothing will be taken by the intent, unless it
// was, and returns it as it stands then.
func (s *Stripe) cancel(ctx context.Context, id string) (*stripe.PaymentIntent, error) {
	if id == "" {
		return nil, errMalformed
	}
	intent, err := s.client.V1PaymentIntents.Cancel(ctx, id, nil)
	said, ok := errors.AsType[*stripe.Error](err)
	switch {
	case ok && said.Code == stripe.ErrorCodePaymentIntentUnexpectedState && said.PaymentIntent != nil:
		intent = said.PaymentIntent // it was cancelled before, or has succeeded
	case err != nil:
		return nil, s.explain(err)
	}
	switch intent.Status {
	case stripe.PaymentIntentStatusCanceled, stripe.PaymentIntentStatusSucceeded:
		return intent, nil
	default:
		return nil, fmt.Errorf("intent %s cannot be cancelled at stripe: it is %q", id, intent.Status)
	}
}

// find searches for an intent of the charge other than the one that is known,
// and returns it as it stands; nil when there is none.
func (s *Stripe) find(ctx context.Context, c booking.Charge, known string) (*stripe.PaymentIntent, error) {
	quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(c.Key)
	params := &stripe.PaymentIntentSearchParams{
		SearchParams: stripe.SearchParams{Query: fmt.Sprintf("metadata['%s']:'%s'", metadataKey, quoted)},
	}
	for found, err := range s.client.V1PaymentIntents.Search(ctx, params) {
		if err != nil {
			return nil, s.explain(err)
		}
		if found.ID == known {
			continue
		}
		// The index may be behind the intent.
		intent, err := s.client.V1PaymentIntents.Retrieve(ctx, found.ID, nil)
		if err != nil {
			return nil, s.explain(err)
		}
		return intent, nil
	}
	return nil, nil
}
