package activities

import (
	"context"
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

// Service is what every service's activities share: whether this process may
// do them, and the breaker that keeps a hanging service from costing every
// order its in-place budget. The zero value is a service that is not served
// here: every process that serves sagas registers every activity, since one
// that is not registered would leave no trace in the history.
type Service struct {
	breaker *gobreaker.CircuitBreaker[any]
}

// After this many failures in a row, steps of a service go straight to its
// task queue for this long, before one is tried in place again.
const (
	breakerTrips    = 3
	breakerCooldown = 5 * time.Second
)

// NewService makes a service that this process serves.
func NewService(name string, changed func(name string, from, to gobreaker.State)) Service {
	return Service{breaker: gobreaker.NewCircuitBreaker[any](gobreaker.Settings{
		Name:          name,
		MaxRequests:   1,
		Timeout:       breakerCooldown,
		ReadyToTrip:   func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakerTrips },
		OnStateChange: changed,
		IsExcluded:    func(err error) bool { return errors.Is(err, context.Canceled) },
	})}
}

// NotServedType is the error type of a step that this process does not serve.
const NotServedType = "NotServed"

// do runs f for a service: through its breaker when in place, plainly when it
// came from the service's own task queue.
func do[T any](ctx context.Context, s *Service, f func(context.Context) (T, error)) (T, error) {
	var zero T
	if s.breaker == nil {
		return zero, temporal.NewApplicationError("this process does not serve it", NotServedType)
	}
	if !activity.GetInfo(ctx).IsLocalActivity {
		return f(ctx)
	}
	v, err := s.breaker.Execute(func() (any, error) { return f(ctx) })
	if err != nil {
		return zero, err
	}
	return v.(T), nil
}
