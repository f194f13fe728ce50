package activities

import (
	"context"
	"errors"
)

// PaymentGate stands before the payment provider. It keeps charges away while
// the provider is overloaded or out of order: those wait for their turn.
type PaymentGate interface {
	// Enter lets a charge through, or answers ErrShut at once. One that has
	// waited for its turn goes before those that have not. Whoever was let in
	// says what came of it: nil for an answer of any kind, ErrNotAsked, or why
	// there was none. Only the first word counts.
	Enter(waited bool) (leave func(error), err error)
	// Opens waits until one whose turn has come may enter, or ctx ends.
	Opens(ctx context.Context) error
}

// Errors at a PaymentGate.
var (
	// ErrShut: no charge goes to the provider at the moment.
	ErrShut = errors.New("the payment provider takes no payments at the moment")
	// ErrNotAsked: one who was let in had no need to ask the provider.
	ErrNotAsked = errors.New("the payment provider was not asked")
)
