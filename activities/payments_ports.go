package activities

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// PaymentLedger is our record of requests to the payment provider and their results: one
// payment per order, found by the order's id.
type PaymentLedger interface {
	// BeginCharge writes a pending payment unless the order has one, turns a deferred one
	// into a pending one, and returns the order's payment.
	BeginCharge(ctx context.Context, c booking.Charge) (booking.Payment, error)
	// DeferCharge writes a deferred payment unless the order has one, marks an undecided
	// one as waiting, and returns the order's payment.
	DeferCharge(ctx context.Context, c booking.Charge) (booking.Payment, error)
	// RequireAction turns a pending payment into one that the customer has to confirm; ref
	// is the provider's id of what is to be confirmed. Returns the payment.
	RequireAction(ctx context.Context, orderID, ref string, action booking.NextAction) (booking.Payment, error)
	// EndCharge records the provider's answer (Charged with its reference, or Declined) if
	// the payment is still pending or to be confirmed, and returns the payment.
	EndCharge(ctx context.Context, orderID string, answer booking.PaymentStatus, ref string) (booking.Payment, error)
	// BeginRefund turns the payment of c's order into RefundPending for the reason c.Reason if
	// it is pending, charged or to be confirmed, and into ChargePrevented if it is
	// deferred. For an order without a payment, c is written as ChargePrevented, so that a
	// late charge finds it. The first reason stays; for a charged payment the amount kept
	// and the entry of the refund stay, too. Returns the payment with its entries.
	BeginRefund(ctx context.Context, c booking.Charge) (booking.Payment, error)
	// EndRefund records the end of a RefundPending payment: Refunded or Retained, with the
	// amount of its own refund and the provider's id of it, Returned, or ChargePrevented.
	// If others have refunded more than the policy gives, the policy keeps less. Returns
	// the payment with its entries.
	EndRefund(
		ctx context.Context, orderID string, end booking.PaymentStatus, ref string, refunded int64, refundID string,
	) (booking.Payment, error)
	// NoteRequested records the total that the undo requests from the provider under its key,
	// before the request is sent. Returns false, and records nothing, if another attempt has
	// recorded a different total since was was read.
	NoteRequested(ctx context.Context, orderID string, was, requested int64) (noted bool, err error)
	// NoteCompleted records the refunds that the provider is known to have made under that key,
	// as entries beside the undo's own pending one. It replaces the entries of an earlier
	// NoteCompleted.
	NoteCompleted(ctx context.Context, orderID string, made []booking.Entry) error
	// NoteCharge records the provider's reference of a charge that was made after all: of
	// a Returned payment without a reference, or of a ChargePrevented or Declined payment
	// that was confirmed too late. The latter becomes RefundPending, for the reason
	// PaymentDeclined if it was Declined.
	NoteCharge(ctx context.Context, orderID, ref string) error
	PartLedger
	FurtherLedger
}

// FurtherLedger is the ledger of an order's charges beside the first.
type FurtherLedger interface {
	// BeginFurther writes a pending charge unless there is one under c's key, and returns
	// it. The charge is ChargePrevented if the order's payment is not Charged.
	BeginFurther(ctx context.Context, c booking.Charge) (booking.FurtherCharge, error)
	// PreventFurther writes a ChargePrevented charge unless there is one under c's key, and
	// returns it.
	PreventFurther(ctx context.Context, c booking.Charge) (booking.FurtherCharge, error)
	// EndFurther records the end of a pending charge: Charged with its reference, Declined
	// or ChargePrevented. A Charged one adds to the order's payment. Returns the charge.
	EndFurther(ctx context.Context, c booking.Charge, answer booking.PaymentStatus, ref string) (booking.FurtherCharge, error)
}

// PartLedger is the ledger of refunds of parts of a payment.
type PartLedger interface {
	// Payment returns the order's payment with its entries. Returns NotFound if there is
	// none.
	Payment(ctx context.Context, orderID string) (booking.Payment, error)
	// BeginEntry writes a pending refund of a part unless there is one under its key, restarts a
	// failed one if it still fits into the payment, and returns the payment with its entries.
	// Returns RefundExceeds if e is for more than is left, and NotCharged if the payment is not
	// known to be charged.
	BeginEntry(ctx context.Context, e booking.Entry) (booking.Payment, error)
	// NoteEntry records the state, reference and words of the refund under e's key unless
	// that is done, and writes it if it does not exist.
	NoteEntry(ctx context.Context, e booking.Entry) error
	// Import records refunds that others have made of a payment, and the states of its
	// disputes. Returns the payment with its entries.
	Import(ctx context.Context, orderID string, others []booking.Entry, disputes []booking.Dispute) (booking.Payment, error)
	// NoteMadeOfPart records the refunds that the provider is known to have made of the
	// failed part with the key. It replaces those of an earlier NoteMadeOfPart.
	NoteMadeOfPart(ctx context.Context, orderID, key string, made []booking.Entry) error
	// PayByHand marks the failed refunds as paid by hand, less the amounts that the
	// provider is known to have made. Returns the refunds recorded with the same evidence.
	// Returns UnderDispute if an open dispute may take back what is to be paid.
	PayByHand(ctx context.Context, r booking.Resolution) ([]booking.Entry, error)
}

// PaymentFollower follows payments.
type PaymentFollower interface {
	// Follow has the order's payment checked, once more if it is followed already. The
	// payment is followed from then on while it has an open dispute.
	Follow(ctx context.Context, orderID string) error
}

// PaymentProvider charges and refunds. Any error other than those named leaves the outcome
// unknown; a repetition with the same key finds it out, after the error's RetryAfter(), if
// it has one.
type PaymentProvider interface {
	// Charge charges once per key and returns the provider's reference. Returns ErrDeclined
	// if the provider refuses for good, ErrVoided if the key was voided before it was
	// charged, ErrOtherAmount if the charge has to be refunded, ErrAmountRefused if another
	// payment method would not help, *Owed if no repetition finds out the outcome, and
	// *ActionRequired if the customer has to confirm it first, which only charges with a
	// ReturnTo can need.
	Charge(ctx context.Context, c booking.Charge) (ref string, err error)
	// Confirm finds out the outcome of a charge that the customer had to confirm, and takes
	// the charge where the provider leaves that to us. ref is that of the *ActionRequired;
	// back is what the customer's browser brought back, zero for nothing. It is idempotent,
	// and returns what Charge does; *ActionRequired if the charge is not confirmed yet.
	Confirm(ctx context.Context, c booking.Charge, ref string, back booking.PaymentReturn) (charged string, err error)
	// Void makes certain that a charge whose outcome is unknown, or that the customer has
	// not confirmed, is never made from now on. It returns the references of the charges
	// made before under the key: none, one, or several if it was made several times.
	// Returns *Owed if only a person can find out.
	Void(ctx context.Context, c booking.Charge) (refs []string, err error)
	// Retrieve retrieves the state of a charge. Returns *Owed if only a person can find out.
	Retrieve(ctx context.Context, ref string) (ChargeState, error)
	// Refund refunds amount of the charge that was retrieved as seen, once per key and sum
	// already refunded under it (see ChargeState.RefundedUnder). It reports on all refunds in seen; an
	// amount of 0 requests no further one. Returns nil if they are done, with the
	// provider's id of the refund under the key if known, *Owed if they are not done, and
	// ErrReturned if the customer has the money back in another way.
	Refund(ctx context.Context, key string, seen ChargeState, amount booking.Money) (id string, err error)
	// Part rounds an amount up to one that the provider can refund of a charge.
	Part(amount booking.Money) booking.Money
}

// ChargeState is the state of a charge at the provider, in the minor unit of its currency.
type ChargeState struct {
	Ref      string
	Charged  booking.Money
	Left     int64 // neither refunded, nor being refunded, nor taken back by a bank
	Refunds  []Refund
	Disputes []booking.Dispute
	Returned bool // an operator has marked it at the provider as returned in another way

	// Of holds the charges that were retrieved together, oldest first; nil for a single
	// charge.
	Of []ChargeState

	Units    int64 // Left, in the provider's own unit
	Refusals int   // how many refunds of it the provider has refused
}

// Refund is a refund of a charge at the provider.
type Refund struct {
	ID     string
	Key    string // the key of our request; "" if others made it
	Amount int64
	State  booking.EntryState
	Words  string // the provider's words on its state
	At     time.Time
}

// RefundedUnder is the sum of the refunds under the key that have not failed. It distinguishes
// requests under one key at the provider, even when they are for the same amount.
func (o ChargeState) RefundedUnder(key string) (sum int64) {
	for _, r := range o.Refunds {
		if r.Key == key && r.State != booking.EntryFailed {
			sum += r.Amount
		}
	}
	return sum
}

// requestedUnder is the sum of all refunds under the key, failed ones included: everything that
// was requested under it and reached the provider.
func (o ChargeState) requestedUnder(key string) (sum int64) {
	for _, r := range o.Refunds {
		if r.Key == key {
			sum += r.Amount
		}
	}
	return sum
}

// Has returns a refund under the key in the state, if there is one.
func (o ChargeState) Has(key string, state booking.EntryState) (Refund, bool) {
	for _, r := range o.Refunds {
		if r.Key == key && r.State == state {
			return r, true
		}
	}
	return Refund{}, false
}

// only is o restricted to refunds under the key.
func (o ChargeState) only(key string) ChargeState {
	o.Disputes, o.Of = nil, o.onlyOf(key)
	o.Refunds = slices.DeleteFunc(slices.Clone(o.Refunds), func(r Refund) bool { return r.Key != key })
	return o
}

// Errors of a PaymentProvider that are answers and not failures.
var (
	ErrDeclined = errors.New("payment declined")
	ErrVoided   = errors.New("charge was voided")
	// ErrOtherAmount: another amount than the charge's was charged under its key, by a
	// release that used another unit of the currency, or because it was charged several times.
	ErrOtherAmount = errors.New("another amount was charged")
	// ErrAmountRefused: the provider does not charge this amount with any payment method.
	ErrAmountRefused = errors.New("the provider refuses the amount")
	// ErrReturned: the customer's bank has taken the charge back, or an operator has
	// returned it in another way.
	ErrReturned = errors.New("charge was returned in another way")
	// ErrRepeatAnew: this request is refused for good, and a repeat of the charge is another
	// request.
	ErrRepeatAnew = errors.New("the request has to be repeated with other contents")
)

// ActionRequired is a provider's answer to a charge that the customer has to confirm.
type ActionRequired struct {
	Ref string // the provider's id of what is to be confirmed
	// Action is what the customer has to do. It is zero when the customer has done
	// everything and the provider has not decided yet.
	Action booking.NextAction
}

// Error implements error.
func (a *ActionRequired) Error() string { return "the customer has to confirm " + a.Ref }

// Owed is a provider's answer that money is still to be refunded. A repeated call returns
// the same until the state at the provider changes.
type Owed struct {
	// Words are the provider's words. They change only with the state.
	Words string
	// NeedsPerson: the state does not change by itself.
	NeedsPerson bool
}

// Error implements error.
func (o *Owed) Error() string { return o.Words }
