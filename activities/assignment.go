package activities

import (
	"context"
	"errors"
	"fmt"

	"github.com/yeyak/yeyak/booking"
)

// Crew are the cleaners, and the calls that wait for one. Whoever frees a
// cleaner gives them to the call that has waited longest, in the same
// transaction: no call looks for itself again.
type Crew interface {
	// Assign gives the call a free cleaner or, when there is none, a place at
	// the end of the queue: Done, with the cleaner once there is one. Undone
	// when the call was cancelled, even before.
	Assign(ctx context.Context, c booking.Call) (booking.Outcome, error)
	// Finish frees the call's cleaner after the work, once. Undone when the
	// call was cancelled before. A call without a cleaner is an error.
	Finish(ctx context.Context, orderID string) (booking.Outcome, error)
	// Cancel frees the call's cleaner, or takes the call from the queue. One
	// that never came never will.
	Cancel(ctx context.Context, c booking.Call) (booking.Undo, error)
	// Untold lists calls that were given a cleaner while they waited, and may
	// not know it yet.
	Untold(ctx context.Context) ([]booking.CleanerAtWork, error)
	// Told notes that the call knows.
	Told(ctx context.Context, orderID string) error
}

// Callers are the calls that wait for a cleaner.
type Callers interface {
	// TellAssigned tells the call who comes. One that is over needs not know.
	TellAssigned(ctx context.Context, orderID string, c booking.Cleaner) error
}

// Assignment finds cleaners for calls.
type Assignment struct {
	Service
	Crew    Crew
	Callers Callers
}

// AssignCleaner finds a cleaner for the call, now or when one is free.
func (a *Assignment) AssignCleaner(ctx context.Context, c booking.Call) (booking.Outcome, error) {
	return do(ctx, &a.Service, func(ctx context.Context) (booking.Outcome, error) { return a.Crew.Assign(ctx, c) })
}

// FinishCleaning frees the call's cleaner, who goes to the call that has
// waited longest.
func (a *Assignment) FinishCleaning(ctx context.Context, orderID string) (booking.Outcome, error) {
	return do(ctx, &a.Service, func(ctx context.Context) (booking.Outcome, error) {
		outcome, err := a.Crew.Finish(ctx, orderID)
		if err != nil {
			return outcome, err
		}
		return outcome, TellAssigned(ctx, a.Crew, a.Callers)
	})
}

// CancelAssignment undoes AssignCleaner. The cleaner goes to the call that has
// waited longest.
func (a *Assignment) CancelAssignment(ctx context.Context, c booking.Call) (booking.Undo, error) {
	return do(ctx, &a.Service, func(ctx context.Context) (booking.Undo, error) {
		undo, err := a.Crew.Cancel(ctx, c)
		if err != nil {
			return undo, err
		}
		return undo, TellAssigned(ctx, a.Crew, a.Callers)
	})
}

// TellAssigned tells the calls that were given a cleaner and may not know it:
// who freed the cleaner may have died before they were told.
func (a *Assignment) TellAssigned(ctx context.Context) error {
	_, err := do(ctx, &a.Service, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, TellAssigned(ctx, a.Crew, a.Callers)
	})
	return err
}

// TellAssigned tells the calls that were given a cleaner and may not know it.
// Whoever frees a cleaner, or adds one, calls it afterwards.
func TellAssigned(ctx context.Context, crew Crew, callers Callers) error {
	calls, err := crew.Untold(ctx)
	if err != nil {
		return fmt.Errorf("who was assigned: %w", err)
	}
	var errs []error
	for _, c := range calls {
		err := callers.TellAssigned(ctx, c.OrderID, c.Cleaner)
		if err == nil {
			err = crew.Told(ctx, c.OrderID)
		}
		if err != nil { // the others are told all the same
			errs = append(errs, fmt.Errorf("tell call %s of its cleaner: %w", c.OrderID, err))
		}
	}
	return errors.Join(errs...)
}
