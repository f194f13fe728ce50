package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

// MethodKeeper is a provider that keeps customers' payment methods. customer is the provider's
// id.
type MethodKeeper interface {
	// Methods lists the methods of the customer, newest first.
	Methods(ctx context.Context, customer string) ([]booking.KeptMethod, error)
	// RemoveMethod removes the method from the customer. It returns NotFound if the customer
	// has no such method.
	RemoveMethod(ctx context.Context, customer, id string) error
}

// KeptMethods are the payment methods that customers have at the provider.
type KeptMethods struct {
	Customers Customers
	Keeper    MethodKeeper // nil: the provider keeps none
	Log       *zap.Logger
}

// keeperTimeout bounds a request to the provider about kept methods, since a caller waits for it.
const keeperTimeout = 5 * time.Second

// methodsRetryAfter is when a request that the provider has not answered may be repeated.
const methodsRetryAfter = 5 * time.Second

// Keeps reports whether the provider keeps payment methods.
func (k KeptMethods) Keeps() bool { return k.Keeper != nil }

// List lists the methods of our customer, newest first. It returns Unavailable if the provider
// does not answer. A customer without an id at the provider has no methods: no request is sent.
func (k KeptMethods) List(ctx context.Context, customer string) ([]booking.KeptMethod, error) {
	ref, err := k.ref(ctx, customer)
	if err != nil || ref == "" {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, keeperTimeout)
	defer cancel()
	kept, err := k.Keeper.Methods(ctx, ref)
	return kept, k.unavailable(err)
}

// Remove removes a method of our customer. It returns NotFound if the customer has no such
// method, and Unavailable like List.
func (k KeptMethods) Remove(ctx context.Context, customer, id string) error {
	ref, err := k.ref(ctx, customer)
	switch {
	case err != nil:
		return err
	case ref == "" || !booking.IsName(id):
		return booking.Errorf(booking.NotFound, "no such payment method is kept")
	}
	ctx, cancel := context.WithTimeout(ctx, keeperTimeout)
	defer cancel()
	return k.unavailable(k.Keeper.RemoveMethod(ctx, ref, id))
}

// ref is the provider's id of our customer, "" for none.
func (k KeptMethods) ref(ctx context.Context, customer string) (ref string, err error) {
	if k.Keeper == nil || customer == "" {
		return "", nil
	}
	ref, _, err = k.Customers.Customer(ctx, customer)
	if err != nil {
		return "", fmt.Errorf("read customer at the payment provider: %w", err)
	}
	return ref, nil
}

// unavailable is Unavailable for an error of the provider other than NotFound.
func (k KeptMethods) unavailable(err error) error {
	if err == nil || errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		return err
	}
	k.Log.Warn("the payment provider does not answer about kept payment methods", zap.Error(err))
	return booking.Errorf(booking.Unavailable, "the payment provider does not answer").RetryIn(methodsRetryAfter)
}
