package booking

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Code is a stable, documented name of an error. Clients and operators branch on it; its
// meaning never changes.
type Code string

// Codes of decisions that an order refuses in its present state, and of things that do not
// exist or are not possible.
const (
	NotFound            Code = "not_found"
	AlreadyCancelled    Code = "already_cancelled"
	BeingCancelled      Code = "being_cancelled"
	AlreadyConfirmed    Code = "already_confirmed"
	AlreadyCompleted    Code = "already_completed"
	AlreadyCheckedIn    Code = "already_checked_in"
	NotCheckedIn        Code = "not_checked_in"
	NotConfirmed        Code = "not_confirmed"
	NotAwaitingOwner    Code = "not_awaiting_owner"
	AlreadyDelivered    Code = "already_delivered"
	NotDelivering       Code = "not_delivering"
	NotInProduction     Code = "not_in_production"
	NotAssigned         Code = "not_assigned"
	DeliveryUnavailable Code = "delivery_unavailable"
	Superseded          Code = "superseded"
	// InventoryUnavailable: a change was not made, since the inventory did not answer in time
	// whether it has what the change needs. The order stays as it was.
	InventoryUnavailable Code = "inventory_unavailable"
	// IdempotencyKeyReused: the key was used for another request before.
	IdempotencyKeyReused Code = "idempotency_key_reused"
	DecisionPending      Code = "decision_pending"
	StockBelowHeld       Code = "stock_below_held"
	NotOnSale            Code = "not_on_sale"
	Unavailable          Code = "unavailable"
	// QuoteChanged: a cancellation refunds another amount than its caller was shown.
	QuoteChanged Code = "quote_changed"
	// VersionChanged: the order has another version than its caller has seen.
	VersionChanged Code = "version_changed"
	// PriceChanged: the order costs another amount than its caller was shown.
	PriceChanged Code = "price_changed"
	// RefundExceeds: the refund is more than is left of the charge.
	RefundExceeds Code = "refund_exceeds"
	// NotAwaitingPayment: the order has no payment that its customer has to confirm.
	NotAwaitingPayment Code = "not_awaiting_payment"
	// NotCharged: there is no charge to refund.
	NotCharged Code = "not_charged"
	// NothingOwed: there is nothing for a person to pay by hand.
	NothingOwed Code = "nothing_owed"
	// UnderDispute: a dispute of the charge is open, and the bank may take back what is to
	// be paid by hand.
	UnderDispute Code = "dispute_open"
	// StillPending: the payment provider has a pending refund for the amount that is to be
	// paid by hand, and may still make it.
	StillPending Code = "refund_pending"
	// ForgedNotice: a notice is not signed by the payment provider, or its signature is too
	// old.
	ForgedNotice Code = "forged_notice"
	// NoticesOff: this system accepts no notices of a payment provider.
	NoticesOff Code = "notices_off"
	// Unauthenticated: the request identifies no caller.
	Unauthenticated Code = "unauthenticated"
	// AlreadyRegistered: the id is taken.
	AlreadyRegistered Code = "already_registered"
	// Invalid: the request is not valid input; the message names the field.
	Invalid Code = "validation_failed"
)

// ErrNothingDone marks a failure for which it is certain that nothing took effect: the
// caller may be informed of that, and may retry. Any other failure leaves open what has happened.
var ErrNothingDone = errors.New("nothing was done")

// ErrNotPrepared marks Unavailable errors that last until an operator has set something up.
var ErrNotPrepared = errors.New("not prepared")

// Error is a refusal whose message is meant for people outside. Any other error is internal
// and its text stays inside.
type Error struct {
	Code    Code
	Message string
	// After is when a retry makes sense, 0 if that is not known.
	After time.Duration
	// Faults are the fields at fault, if known.
	Faults []Fault
	// Price is what the order costs now, for PriceChanged.
	Price *Money

	cause error
}

// Fault is a mistake in one field of the input, in words for people outside.
type Fault struct{ Field, Words string }

// Error is the text for logs: the cause's, if there is one.
func (e *Error) Error() string {
	if e.cause != nil {
		return string(e.Code) + ": " + e.cause.Error()
	}
	return string(e.Code) + ": " + e.Message
}

// Unwrap returns the cause, which is internal.
func (e *Error) Unwrap() error { return e.cause }

// WithCause adds the cause.
func (e *Error) WithCause(cause error) *Error {
	e.cause = cause
	return e
}

// RetryIn adds when a retry makes sense.
func (e *Error) RetryIn(after time.Duration) *Error {
	e.After = after
	return e
}

// Is makes errors.Is compare by code, so that &Error{Code: NotFound} serves as
// a pattern.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Faulty is Invalid for these faults.
func Faulty(faults []Fault) *Error {
	words := make([]string, len(faults))
	for i, f := range faults {
		words[i] = f.Field + ": " + f.Words
	}
	return &Error{Code: Invalid, Message: strings.Join(words, "; "), Faults: faults}
}

// Errorf makes an Error with a formatted message.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}
