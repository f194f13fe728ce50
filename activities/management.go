package activities

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// Registry stores the calls that management knows.
type Registry interface {
	// Register records the call, once. Undone if it was unregistered, even before it was
	// registered.
	Register(ctx context.Context, c booking.Call) (booking.Outcome, error)
	// Unregister removes the call. A call that was never registered cannot be registered
	// afterwards.
	Unregister(ctx context.Context, c booking.Call) (booking.Undo, error)
}

// Management registers every call.
type Management struct {
	Service
	Registry Registry
}

// RegisterCall registers a call with management.
func (m *Management) RegisterCall(ctx context.Context, c booking.Call) (booking.Outcome, error) {
	return do(ctx, &m.Service, func(ctx context.Context) (booking.Outcome, error) {
		return m.Registry.Register(ctx, c)
	})
}

// UnregisterCall undoes RegisterCall.
func (m *Management) UnregisterCall(ctx context.Context, c booking.Call) (booking.Undo, error) {
	return do(ctx, &m.Service, func(ctx context.Context) (booking.Undo, error) {
		return m.Registry.Unregister(ctx, c)
	})
}
