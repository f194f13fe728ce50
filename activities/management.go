package activities

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// Registry is where management keeps the calls that it knows of.
type Registry interface {
	// Register notes the call, once. Undone when it was struck off, even
	// before it was ever registered.
	Register(ctx context.Context, c booking.Call) (booking.Outcome, error)
	// Unregister strikes the call off. One that was never registered never
	// will be.
	Unregister(ctx context.Context, c booking.Call) (booking.Undo, error)
}

// Management knows of every call.
type Management struct {
	Service
	Registry Registry
}

// RegisterCall makes management know of a call.
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
