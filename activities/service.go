package activities

import (
	"context"
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/booking"
)

// Service is what the activities of every service share: whether this process serves them,
// and the breaker that keeps a hanging service from costing every order its in-place
// budget. The zero value is a service that is not served here: every process with sagas
// registers every activity, because an unregistered one would leave no trace in the
// history.
type Service struct {
	breaker *gobreaker.CircuitBreaker[any]
}

// After breakerTrips failures in a row, steps of a service go straight to its task queue
// for breakerCooldown, before one is tried in place again.
const (
	breakerTrips    = 3
	breakerCooldown = 5 * time.Second
)

// NewService returns a service that this process serves.
func NewService(name string, changed func(name string, from, to gobreaker.State)) Service {
	return Service{breaker: gobreaker.NewCircuitBreaker[any](gobreaker.Settings{
		Name:          name,
		MaxRequests:   1,
		Timeout:       breakerCooldown,
		ReadyToTrip:   func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakerTrips },
		OnStateChange: changed,
		IsExcluded: func(err error) bool {
			_, others := errors.AsType[calleeFailure](err)
			return others || errors.Is(err, context.Canceled)
		},
	})}
}

// busy is the error of an overloaded callee, which may say when to retry.
type busy interface {
	error
	RetryAfter() time.Duration
}

func isBusy(err error) bool {
	_, is := errors.AsType[busy](err)
	return is
}

// calleeFailure marks a failure of a callee of the service that has its own breaker: the
// service itself works.
type calleeFailure struct{ error }

func (e calleeFailure) Unwrap() error { return e.error }

// Types of errors that a saga distinguishes from all others. After these the step
// certainly had no effect; after any other error that is unknown.
const (
	// NotServedType: this process does not serve the step.
	NotServedType = "NotServed"
	// NothingDoneType: the step was tried and certainly took no effect.
	NothingDoneType = "NothingDone"
)

// BusyType is the type of an error that says when to retry.
const BusyType = "Busy"

// ReplyMargin is how much earlier than its activity a step ends, so that its result is still
// reported: an activity that times out reports nothing, and whether it took effect stays
// open. It costs nothing where steps end in time. It is as long as a busy machine may take to
// report a result.
const ReplyMargin = 2 * time.Second

// do runs f for a service: in place through its breaker, on the service's task queue without
// it.
func do[T any](ctx context.Context, s *Service, f func(context.Context) (T, error)) (T, error) {
	var zero T
	if s.breaker == nil {
		return zero, temporal.NewApplicationError("this process does not serve it", NotServedType)
	}
	if deadline, bounded := ctx.Deadline(); bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-ReplyMargin))
		defer cancel()
	}
	if !activity.GetInfo(ctx).IsLocalActivity {
		v, err := f(ctx)
		return v, encoded(err)
	}
	v, err := s.breaker.Execute(func() (any, error) { return f(ctx) })
	if err != nil {
		return zero, encoded(err)
	}
	return v.(T), nil
}

// encoded converts errors into application errors of the engine. No other function does.
func encoded(err error) error {
	for _, nothing := range []error{booking.ErrNothingDone, gobreaker.ErrOpenState, gobreaker.ErrTooManyRequests} {
		if errors.Is(err, nothing) {
			return temporal.NewApplicationErrorWithCause(err.Error(), NothingDoneType, err)
		}
	}
	if busy, ok := errors.AsType[busy](err); ok && busy.RetryAfter() > 0 {
		return temporal.NewApplicationErrorWithOptions(err.Error(), BusyType,
			temporal.ApplicationErrorOptions{Cause: err, NextRetryDelay: busy.RetryAfter()})
	}
	return err
}
