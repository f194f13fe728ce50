package booking

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Code is a stable, documented name of what went wrong. Clients and operators
// branch on it; it never changes meaning.
type Code string

// Codes of decisions that an order refuses in its present state, and of
// things that are not there or not possible.
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
	// IdempotencyKeyReused: something else was asked for under the key before.
	IdempotencyKeyReused Code = "idempotency_key_reused"
	DecisionPending      Code = "decision_pending"
	StockBelowHeld       Code = "stock_below_held"
	NotOnSale            Code = "not_on_sale"
	Unavailable          Code = "unavailable"
	// QuoteChanged: a cancel gives back something else than its caller was shown.
	QuoteChanged Code = "quote_changed"
	// VersionChanged: an order is another than its caller has seen.
	VersionChanged Code = "version_changed"
	// PriceChanged: an order costs something else than its caller was shown.
	PriceChanged Code = "price_changed"
	// RefundExceeds: more is to be given back than is left of what was charged.
	RefundExceeds Code = "refund_exceeds"
	// NotAwaitingPayment: the order waits for no payment that its customer has to confirm.
	NotAwaitingPayment Code = "not_awaiting_payment"
	// NotCharged: nothing was charged that could be given back.
	NotCharged Code = "not_charged"
	// NothingOwed: nothing is owed that a person would have to pay.
	NothingOwed Code = "nothing_owed"
	// UnderDispute: a dispute of the charge is open, and the bank may take back what is to
	// be paid by hand.
	UnderDispute Code = "dispute_open"
	// StillPending: the payment provider has a refund pending of what is to be paid by hand,
	// and may make it yet.
	StillPending Code = "refund_pending"
	// ForgedNotice: a notice is not signed by the payment provider, or was long ago.
	ForgedNotice Code = "forged_notice"
	// NoticesOff: this system takes no notices of a payment provider.
	NoticesOff Code = "notices_off"
	// Unauthenticated: nothing that the request presents says whose it is.
	Unauthenticated Code = "unauthenticated"
	// AlreadyRegistered: there is something with this id.
	AlreadyRegistered Code = "already_registered"
	// Invalid: what was sent is no input that there is; the message names the field.
	Invalid Code = "validation_failed"
)

// ErrNothingDone marks a failure of which it is certain that nothing took
// effect: the one who asked may be told so, and may ask again. Any other
// failure leaves open what has happened.
var ErrNothingDone = errors.New("nothing was done")

// ErrNotPrepared marks what is Unavailable until an operator has set it up.
var ErrNotPrepared = errors.New("not prepared")

// Error is a refusal that the caller may be told: its message is meant for
// people outside. Any other error is internal and its text stays inside.
type Error struct {
	Code    Code
	Message string
	// After is when it is worth asking again, 0 where that is not known.
	After time.Duration
	// Faults are the fields at fault, where it is known which these are.
	Faults []Fault
	// Price is what the order costs now, of PriceChanged.
	Price *Money

	cause error
}

// Fault is what is wrong with one field of what was sent, in words for people
// outside.
type Fault struct{ Field, Words string }

// Error is the error's text for logs: its cause's, where it has one.
func (e *Error) Error() string {
	if e.cause != nil {
		return string(e.Code) + ": " + e.cause.Error()
	}
	return string(e.Code) + ": " + e.Message
}

// Unwrap returns the cause, which is internal.
func (e *Error) Unwrap() error { return e.cause }

// Because adds the cause.
func (e *Error) Because(cause error) *Error {
	e.cause = cause
	return e
}

// In adds when it is worth asking again.
func (e *Error) In(after time.Duration) *Error {
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
