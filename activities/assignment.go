package activities

import (
	"context"
	"errors"
	"fmt"

	"github.com/yeyak/yeyak/booking"
)

// Crew is the store of cleaners and of the calls that wait for one. A transaction that
// frees a cleaner also assigns the cleaner to the call that has waited longest, so no call
// searches again.
type Crew interface {
	// Assign gives the call a free cleaner or, when there is none, a place at the end of
	// the queue: Done, with the cleaner if one is assigned. Undone if the call was
	// cancelled, even before this call.
	Assign(ctx context.Context, c booking.Call) (booking.Outcome, error)
	// Finish frees the call's cleaner after the work, once. Undone if the call was
	// cancelled before. Fails if the call has no cleaner.
	Finish(ctx context.Context, orderID string) (booking.Outcome, error)
	// Cancel frees the call's cleaner, or removes the call from the queue. A call that was
	// never assigned cannot be assigned afterwards.
	Cancel(ctx context.Context, c booking.Call) (booking.Undo, error)
	// Unsignalled lists calls that were assigned a cleaner while they waited and may not have
	// been signalled.
	Unsignalled(ctx context.Context) ([]booking.CleanerAtWork, error)
	// MarkSignalled records that the call was signalled.
	MarkSignalled(ctx context.Context, orderID string) error
}

// Callers are the sagas of calls that wait for a cleaner.
type Callers interface {
	// SignalAssigned sends the call its cleaner. A call that has ended is skipped.
	SignalAssigned(ctx context.Context, orderID string, c booking.Cleaner) error
}

// Assignment finds cleaners for calls.
type Assignment struct {
	Service
	Crew    Crew
	Callers Callers
}

// AssignCleaner assigns a cleaner to the call, or queues the call until one is free.
func (a *Assignment) AssignCleaner(ctx context.Context, c booking.Call) (booking.Outcome, error) {
	return do(ctx, &a.Service, func(ctx context.Context) (booking.Outcome, error) { return a.Crew.Assign(ctx, c) })
}

// FinishCleaning frees the call's cleaner and signals the call that gets the cleaner next.
func (a *Assignment) FinishCleaning(ctx context.Context, orderID string) (booking.Outcome, error) {
	return do(ctx, &a.Service, func(ctx context.Context) (booking.Outcome, error) {
		outcome, err := a.Crew.Finish(ctx, orderID)
		if err != nil {
			return outcome, err
		}
		return outcome, SignalAssignments(ctx, a.Crew, a.Callers)
	})
}

// CancelAssignment undoes AssignCleaner and signals the call that gets the cleaner next.
func (a *Assignment) CancelAssignment(ctx context.Context, c booking.Call) (booking.Undo, error) {
	return do(ctx, &a.Service, func(ctx context.Context) (booking.Undo, error) {
		undo, err := a.Crew.Cancel(ctx, c)
		if err != nil {
			return undo, err
		}
		return undo, SignalAssignments(ctx, a.Crew, a.Callers)
	})
}

// TellAssigned signals the calls that were assigned a cleaner and may not know it: the
// process that freed the cleaner may have died before it signalled them.
func (a *Assignment) TellAssigned(ctx context.Context) error {
	_, err := do(ctx, &a.Service, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, SignalAssignments(ctx, a.Crew, a.Callers)
	})
	return err
}

// SignalAssignments signals the calls that were assigned a cleaner and may not know it. It runs
// after every change that frees or adds a cleaner.
func SignalAssignments(ctx context.Context, crew Crew, callers Callers) error {
	calls, err := crew.Unsignalled(ctx)
	if err != nil {
		return fmt.Errorf("list assigned cleaners: %w", err)
	}
	var errs []error
	for _, c := range calls {
		err := callers.SignalAssigned(ctx, c.OrderID, c.Cleaner)
		if err == nil {
			err = crew.MarkSignalled(ctx, c.OrderID)
		}
		if err != nil { // the remaining calls are still signalled
			errs = append(errs, fmt.Errorf("send call %s its cleaner: %w", c.OrderID, err))
		}
	}
	return errors.Join(errs...)
}
