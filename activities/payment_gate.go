package activities

import (
	"context"
	"errors"
)

// PaymentGate limits calls to the payment provider. While the provider is overloaded or
// failing, charges are kept from it and wait for their turn.
type PaymentGate interface {
	// Enter admits a charge, or returns ErrShut at once. Charges that have waited for their
	// turn go before those that have not.
	Enter(ctx context.Context, waited bool) (PaymentSlot, error)
	// AwaitOpen waits until a charge whose turn has come may enter, or ctx ends. again: the
	// charge was admitted before without result, so it is not admitted again at once.
	AwaitOpen(ctx context.Context, again bool) error
}

// PaymentSlot admits one charge. It has to be returned by Leave.
type PaymentSlot interface {
	// Begin marks the start of the call to the provider.
	Begin()
	// Leave returns the slot with the result of the call: nil for an answer of any kind,
	// ErrNotCalled, or the error. Only the first call of Leave counts.
	Leave(error)
}

// Errors at a PaymentGate.
var (
	// ErrShut is returned while no charge is sent to the provider.
	ErrShut = errors.New("the payment provider accepts no payments at the moment")
	// ErrNotCalled is the result of a slot whose charge did not need the provider.
	ErrNotCalled = errors.New("the payment provider was not called")
)
