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
		IsExcluded: func(err error) bool {
			_, others := errors.AsType[elsewhere](err)
			return others || errors.Is(err, context.Canceled)
		},
	})}
}

// busy is an error of somebody who has too much to do, and may say when to ask
// again.
type busy interface {
	error
	RetryAfter() time.Duration
}

func isBusy(err error) bool {
	_, is := errors.AsType[busy](err)
	return is
}

// elsewhere marks a failure of somebody whom a service asks, and who has a
// breaker of their own: the service itself is well.
type elsewhere struct{ error }

func (e elsewhere) Unwrap() error { return e.error }

// Types of errors that a saga tells apart from all others. Both say that
// nothing was done, which any other error leaves open.
const (
	// NotServedType: this process does not serve the step.
	NotServedType = "NotServed"
	// NothingDoneType: it was tried, and it is certain that it took no effect.
	NothingDoneType = "NothingDone"
)

// BusyType is the type of an error that says when to ask again.
const BusyType = "Busy"

// Heard is how much earlier than its activity a step ends, so that what it
// came to is still heard: an activity that runs out of time says nothing, and
// whether it took effect stays open. It costs nothing where steps end in time,
// and is as long as a busy machine may take to hand an answer on.
const Heard = 2 * time.Second

// do runs f for a service: through its breaker when in place, plainly when it
// came from the service's own task queue.
func do[T any](ctx context.Context, s *Service, f func(context.Context) (T, error)) (T, error) {
	var zero T
	if s.breaker == nil {
		return zero, temporal.NewApplicationError("this process does not serve it", NotServedType)
	}
	if deadline, bounded := ctx.Deadline(); bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-Heard))
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

// encoded is the one place where errors become the engine's.
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
