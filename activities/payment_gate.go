package activities

import (
	"context"
	"errors"
)

// PaymentGate stands before the payment provider. It keeps charges away while
// the provider is overloaded or out of order: those wait for their turn.
type PaymentGate interface {
	// Enter lets a charge through, or answers ErrShut at once. One that has
	// waited for its turn goes before those that have not.
	Enter(ctx context.Context, waited bool) (PaymentPass, error)
	// AwaitOpen waits until one whose turn has come may enter, or ctx ends. One that
	// was let in before, to no avail, is not let in again at once.
	AwaitOpen(ctx context.Context, again bool) error
}

// PaymentPass is what one who was let in shows. It has to be given back.
type PaymentPass interface {
	// Asks says that the provider is being asked from now on.
	Asks()
	// Leave says what came of it: nil for an answer of any kind, ErrNotAsked,
	// or why there was none. Only the first word counts.
	Leave(error)
}

// Errors at a PaymentGate.
var (
	// ErrShut: no charge goes to the provider at the moment.
	ErrShut = errors.New("the payment provider takes no payments at the moment")
	// ErrNotAsked: one who was let in had no need to ask the provider.
	ErrNotAsked = errors.New("the payment provider was not asked")
)
