package activities

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// PaymentLedger is our own record of what was asked of the payment provider
// and what came of it: one line an order, found again by its order id.
type PaymentLedger interface {
	// BeginCharge writes a pending payment unless the order has one, turns one
	// that is deferred into a pending one, and returns the order's payment as
	// it stands.
	BeginCharge(ctx context.Context, c booking.Charge) (booking.Payment, error)
	// DeferCharge writes a deferred payment unless the order has one, notes
	// that it waits unless it is decided on, and returns the order's payment as
	// it stands.
	DeferCharge(ctx context.Context, c booking.Charge) (booking.Payment, error)
	// RequireAction turns a pending payment into one that the customer has to confirm,
	// with the provider's id of what is to be confirmed. Returns the payment as it stands
	// then.
	RequireAction(ctx context.Context, orderID, ref string, action booking.NextAction) (booking.Payment, error)
	// EndCharge records the provider's answer (Charged with its reference, or
	// Declined) if the payment is still pending or to be confirmed, and returns the payment as it
	// stands then.
	EndCharge(ctx context.Context, orderID string, answer booking.PaymentStatus, ref string) (booking.Payment, error)
	// BeginRefund turns the pending or charged payment of c's order, or one that is to
	// be confirmed, into RefundPending, for the reason c.Why, and a deferred one into one that is
	// ChargePrevented. So becomes c for an order without a payment, so that a
	// charge that comes late finds it. The first reason given stays, and of a
	// charged payment what is kept of it, with the entry of the refund. Returns the
	// payment as it stands then, with its entries.
	BeginRefund(ctx context.Context, c booking.Charge) (booking.Payment, error)
	// EndRefund records what a RefundPending payment came to: Refunded or Retained
	// with the amount that its own refund gave back and the provider's id of that,
	// Returned, or ChargePrevented. The policy keeps less then if others have given back
	// more than it gives. Returns the payment as it stands then, with its entries.
	EndRefund(
		ctx context.Context, orderID string, end booking.PaymentStatus, ref string, refunded int64, refundID string,
	) (booking.Payment, error)
	// NoteAsked records what the undo asks the provider to give back under its key, in all,
	// before it does. False, and nothing is recorded: another attempt has asked for something
	// else since was was read.
	NoteAsked(ctx context.Context, orderID string, was, asked int64) (noted bool, err error)
	// NoteMade records what the provider is known to have made under that key, as entries
	// beside the undo's own, which is under way. It stands in place of what was known before.
	NoteMade(ctx context.Context, orderID string, made []booking.Entry) error
	// NoteCharge records the provider's reference of a charge that was taken after all,
	// of a Returned payment that has none, or of one that is ChargePrevented or Declined and was
	// confirmed too late: that is RefundPending then, for the reason PaymentDeclined if it was Declined.
	NoteCharge(ctx context.Context, orderID, ref string) error
	PartLedger
	FurtherLedger
}

// FurtherLedger is what the ledger knows of an order's charges beside the first.
type FurtherLedger interface {
	// BeginFurther writes a pending charge unless there is one under c's key, and returns
	// it as it stands. It is ChargePrevented where the order's payment is not Charged.
	BeginFurther(ctx context.Context, c booking.Charge) (booking.FurtherCharge, error)
	// PreventFurther writes a charge that is ChargePrevented unless there is one under c's
	// key, and returns it as it stands.
	PreventFurther(ctx context.Context, c booking.Charge) (booking.FurtherCharge, error)
	// EndFurther records what a pending charge came to: Charged with its reference, Declined
	// or ChargePrevented. One that was taken adds to the order's payment. Returns the charge
	// as it stands then.
	EndFurther(ctx context.Context, c booking.Charge, answer booking.PaymentStatus, ref string) (booking.FurtherCharge, error)
}

// PartLedger is what the ledger knows of parts of a payment.
type PartLedger interface {
	// Payment is the order's payment with its entries. NotFound: there is none.
	Payment(ctx context.Context, orderID string) (booking.Payment, error)
	// BeginEntry writes a pending refund of a part unless there is one under its key,
	// begins one that has failed again if there is room for it, and returns the
	// payment with its entries. RefundExceeds: more is asked for than is left.
	// NotCharged: no charge is known to stand.
	BeginEntry(ctx context.Context, e booking.Entry) (booking.Payment, error)
	// NoteEntry records the state, reference and words of the refund under e's key,
	// unless that is done, and writes it if it is not there.
	NoteEntry(ctx context.Context, e booking.Entry) error
	// Import records what others have given back of a payment, and how its disputes
	// stand. Returns the payment with its entries.
	Import(ctx context.Context, orderID string, others []booking.Entry, disputes []booking.Dispute) (booking.Payment, error)
	// PayByHand marks the refunds that have failed as done by hand; what the provider is known to
	// have made of one is not paid again. Returns those that the same evidence stands for. UnderDispute: a dispute of the charge may yet take back
	// what is to be paid.
	PayByHand(ctx context.Context, r booking.Resolution) ([]booking.Entry, error)
}

// PaymentFollower follows what becomes of payments.
type PaymentFollower interface {
	// Follow has the order's payment looked at, once more if it is followed already. It is
	// followed from then on while a dispute of it is open.
	Follow(ctx context.Context, orderID string) error
}

// PaymentProvider moves the money. Any error other than those named leaves the
// outcome unknown; asking again with the same key settles it, after the time
// that the error's RetryAfter() gives, if it has one.
type PaymentProvider interface {
	// Charge takes the money once per key and returns the provider's
	// reference. ErrDeclined: the provider refused, for good. ErrVoided: the
	// key was voided before it was charged. ErrOtherAmount: it has to be given
	// back. *Owed: asking again never tells what came of it. *ActionRequired: the customer
	// has to confirm it first; that is for charges with a ReturnTo only.
	Charge(ctx context.Context, c booking.Charge) (ref string, err error)
	// Confirm tells what came of a charge that the customer had to confirm, and takes it
	// where that is for us to do. ref is that of its *ActionRequired, and back what the
	// customer brought back, zero if nothing came back. It repeats safely, and answers as
	// Charge does; *ActionRequired: it is not confirmed yet.
	Confirm(ctx context.Context, c booking.Charge, ref string, back booking.PaymentReturn) (taken string, err error)
	// Void makes certain that a charge whose outcome is unknown, or that the customer has
	// not confirmed, is never taken from now on. It returns the reference of the charge if it already was,
	// none if it never will be, and several if it was taken several times. *Owed:
	// only a person can find out.
	Void(ctx context.Context, c booking.Charge) (refs []string, err error)
	// Look tells what has become of a charge. *Owed: only a person can find out.
	Look(ctx context.Context, ref string) (Outlay, error)
	// Refund gives back amount of the charge that was seen, once per key and what was
	// seen under it (see Outlay.Under), and tells what came of all refunds that were seen; an amount of 0 asks for nothing more.
	// Nil: they are done. id is the provider's of the refund under the key, when
	// known. *Owed: not yet. ErrReturned: the customer has it back in another way.
	Refund(ctx context.Context, key string, seen Outlay, amount booking.Money) (id string, err error)
	// Part rounds an amount up to one that can be given back of a charge.
	Part(amount booking.Money) booking.Money
}

// Outlay is what has become of a charge at the provider, in the minor unit of its
// currency.
type Outlay struct {
	Ref      string
	Taken    booking.Money
	Left     int64 // nobody has given it back, nor begun to, and no bank has taken it back
	Refunds  []Refund
	Disputes []booking.Dispute
	Returned bool // the operator says at the provider that the customer has it back in another way

	// Of are the charges that were looked at together, oldest first; nil for one alone.
	Of []Outlay

	Units    int64 // Left, in the provider's own unit
	Refusals int   // how many refunds of it the provider has refused
}

// Refund is a refund of a charge at the provider.
type Refund struct {
	ID     string
	Key    string // that it was asked for under; "" when that was not by us
	Amount int64
	State  booking.EntryState
	Words  string // the provider's on its state
	At     time.Time
}

// Under is what refunds under the key come to that have not failed. The next one
// under it is another request than the one before, though it be for as much.
func (o Outlay) Under(key string) (sum int64) {
	for _, r := range o.Refunds {
		if r.Key == key && r.State != booking.EntryFailed {
			sum += r.Amount
		}
	}
	return sum
}

// everUnder is what refunds under the key come to, with those that have failed: what was asked
// for under it, and carried out.
func (o Outlay) everUnder(key string) (sum int64) {
	for _, r := range o.Refunds {
		if r.Key == key {
			sum += r.Amount
		}
	}
	return sum
}

// Has tells whether a refund under the key is in the state.
func (o Outlay) Has(key string, state booking.EntryState) (Refund, bool) {
	for _, r := range o.Refunds {
		if r.Key == key && r.State == state {
			return r, true
		}
	}
	return Refund{}, false
}

// only is what was seen, as far as it is about the key.
func (o Outlay) only(key string) Outlay {
	o.Disputes, o.Of = nil, o.onlyOf(key)
	o.Refunds = slices.DeleteFunc(slices.Clone(o.Refunds), func(r Refund) bool { return r.Key != key })
	return o
}

// Errors of a PaymentProvider that are answers, not failures.
var (
	ErrDeclined = errors.New("payment declined")
	ErrVoided   = errors.New("charge was voided")
	// ErrOtherAmount: another amount than the charge's was taken under its key,
	// by a release that knew another unit of its currency.
	ErrOtherAmount = errors.New("another amount was taken")
	// ErrReturned: the customer's bank has taken the charge back, or an operator
	// says that they have given it back otherwise.
	ErrReturned = errors.New("charge was returned in another way")
)

// ActionRequired is a provider's answer to a charge that the customer has to confirm.
type ActionRequired struct {
	Ref string // the provider's id of what is to be confirmed
	// Action is what the customer has to do. It is zero when the customer has done all, and
	// the provider has not decided yet.
	Action booking.NextAction
}

// Error implements error.
func (a *ActionRequired) Error() string { return "the customer has to confirm " + a.Ref }

// Owed is a provider's answer of which it is known that money is still to be
// given back. To ask again repeats it, until something changes at the provider.
type Owed struct {
	// Words are the provider's, the same as long as nothing changes.
	Words string
	// NeedsPerson: it never changes by itself.
	NeedsPerson bool
}

// Error implements error.
func (o *Owed) Error() string { return o.Words }
