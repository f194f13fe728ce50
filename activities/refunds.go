package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/yeyak/yeyak/booking"
)

// RefundPayment undoes ChargePayment: what was charged is given back, what
// may or may not have been charged is settled with the provider first, and
// what was never asked for never will be. What the provider cannot give back
// now is answered as Owed, in its words; once the saga knows these, it is asked
// for again until they change.
func (p *Payments) RefundPayment(ctx context.Context, c booking.Charge) (booking.Undo, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Undo, error) {
		payment, err := p.undoOnce(ctx, c)
		owed, isOwed := errors.AsType[*Owed](err)
		switch {
		case isOwed && owed.Words == c.Owed:
			return booking.Undo{}, elsewhere{stillOwed{owed, askAgain(ctx)}}
		case isOwed:
			return owing(owed, payment), nil
		}
		undo := booking.Undo{Declined: payment.Status == booking.Declined}
		if err == nil && payment.Taken() {
			undo.Acted, undo.Payment, undo.Refunded, undo.Kept = true, payment.Status, payment.Refunded, payment.Kept
			undo.Further = payment.Amount.Amount - payment.FirstCharge().Amount
			if given := payment.Given(); given != payment.Refunded {
				undo.Given = given
			}
			if c.TellOwn {
				undo.Own = ownGiven(payment)
			}
		}
		return undo, err
	})
}

// ownGiven is what the undo's own refund has given back of a payment, or a person in its place.
func ownGiven(payment booking.Payment) *int64 {
	given := int64(0)
	if own, _ := payment.Entry(payment.RefundKey()); own.State == booking.EntryDone {
		given = own.Amount.Amount
	}
	return &given
}

// owing is the answer of an undo that owes something. What a person has paid by hand is
// not due any more.
func owing(owed *Owed, payment booking.Payment) booking.Undo {
	undo := booking.Undo{Owed: owed.Words, NeedsPerson: owed.NeedsPerson}
	if !owed.NeedsPerson {
		return undo
	}
	undo.Due = payment.Owed()
	if own, _ := payment.Entry(payment.RefundKey()); isPaidByHand(payment) {
		undo.Due = max(0, undo.Due-own.Amount.Amount)
	}
	return undo
}

// and is what is owed for two charges together.
func (o *Owed) and(other *Owed) *Owed {
	if o == nil {
		return other
	}
	return &Owed{Words: o.Words + "; " + other.Words, NeedsPerson: o.NeedsPerson || other.NeedsPerson}
}

// stillOwed says when it is worth asking again.
type stillOwed struct {
	*Owed
	wait time.Duration
}

// RetryAfter is how long nothing is expected to change.
func (s stillOwed) RetryAfter() time.Duration { return s.wait }

// Bounds of the time between two questions about money that is owed.
const (
	soonestAgain = time.Second
	latestAgain  = 10 * time.Minute
)

// askAgain grows with the time for which the activity has been at it: refunds
// take seconds, or days.
func askAgain(ctx context.Context) time.Duration {
	return min(max(time.Since(activity.GetInfo(ctx).ScheduledTime)/10, soonestAgain), latestAgain)
}

func (p *Payments) undo(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	if c.Keep > 0 {
		c.Keep = p.kept(c)
	}
	payment, err := p.Ledger.BeginRefund(ctx, c)
	switch {
	case err != nil:
		return payment, fmt.Errorf("write refund intent: %w", err)
	case payment.Status != booking.RefundPending:
		return payment, nil
	case isPaidByHand(payment):
		return p.undoPaidByHand(ctx, c, payment)
	}
	if payment, err = p.settleAllFurther(ctx, payment); err != nil {
		return payment, p.noted(ctx, payment, err)
	}
	refs := []string{payment.Ref}
	if payment.Ref == "" {
		payment.ReturnTo, payment.Customer = c.ReturnTo, c.Customer // the ledger does not keep what the charge was asked for with
		if refs, err = p.void(ctx, payment); err != nil {
			return payment, p.noted(ctx, payment, silence(ctx, c, err))
		}
	}
	payment, err = p.giveBack(ctx, payment, refs)
	return payment, p.afterSilence(ctx, c, payment, err)
}

// kept is what can be kept of a charge, so that the provider can give back the
// rest.
func (p *Payments) kept(c booking.Charge) int64 {
	given := p.Provider.Part(booking.Money{Amount: max(0, c.Amount.Amount-c.Keep), Currency: c.Amount.Currency})
	return max(0, c.Amount.Amount-given.Amount)
}

// isPaidByHand tells whether a person has paid what the undo owes.
func isPaidByHand(payment booking.Payment) bool {
	e, found := payment.Entry(payment.RefundKey())
	return found && e.State == booking.EntryDone && e.ByHand
}

// restOf is what the undo of a charge waits for, once a person has paid what it owed. A
// part that was pending then is not in what was paid: it may fail, or has failed.
func (p *Payments) restOf(ctx context.Context, payment *booking.Payment) error {
	own, _ := payment.Entry(payment.RefundKey())
	part := underWay(*payment)
	if part == nil && payment.Owed() > own.Amount.Amount {
		part = failedPart(*payment)
	}
	if part == nil {
		return nil
	}
	stands, now, err := p.refundPart(ctx, *part)
	if errors.Is(err, &booking.Error{Code: booking.RefundExceeds}) {
		return nil // it has been given back otherwise
	}
	if err != nil {
		return err
	}
	*payment = now
	owed := &Owed{Words: "refund " + part.Key + " of the same charge is under way"}
	if stands.State == booking.EntryFailed {
		owed = &Owed{Words: "refund " + part.Key + " of the same charge: " + stands.Words, NeedsPerson: true}
	}
	return elsewhere{owed}
}

// failedPart is a refund of a part that has failed, and may be made yet.
func failedPart(payment booking.Payment) *booking.Entry {
	for _, e := range payment.Entries {
		if mayBeMadeUpFor(payment, e) && payment.HasRoom(e) {
			return &e
		}
	}
	return nil
}

// giveBack gives back what is owed of all that was taken for the order. The ledger
// has room for one charge; more than one is more than was ever meant to be taken.
func (p *Payments) giveBack(ctx context.Context, payment booking.Payment, refs []string) (booking.Payment, error) {
	end, ref, last := booking.ChargePrevented, "", given{}
	var owed *Owed
	for _, taken := range refs {
		came, err := p.giveBackOne(ctx, &payment, taken, len(refs) == 1)
		said, isOwed := errors.AsType[*Owed](err)
		switch {
		case err == nil:
			end, ref, last = booking.Refunded, taken, came
			if payment.Keeps(came.amount) > 0 && came.amount == 0 && !slices.ContainsFunc(payment.Entries, booking.Entry.ByProvider) {
				end = booking.Retained
			}
		case errors.Is(err, ErrReturned):
			if end != booking.Refunded {
				end, ref = booking.Returned, taken
			}
		case isOwed:
			owed = owed.and(said)
		default:
			return payment, err
		}
	}
	if owed != nil {
		return payment, p.noted(ctx, payment, owed)
	}
	return p.endRefund(ctx, payment, end, ref, last)
}

// noted is err, once the ledger knows what the undo waits for, if it is known.
func (p *Payments) noted(ctx context.Context, payment booking.Payment, err error) error {
	owed, isOwed := errors.AsType[*Owed](err)
	if !isOwed {
		return elsewhere{err}
	}
	e, found := payment.Entry(payment.RefundKey())
	state := booking.EntryPending
	if owed.NeedsPerson {
		state = booking.EntryFailed
	}
	if found && e.State == state && e.Words == owed.Words {
		return elsewhere{err}
	}
	if !found {
		e = booking.Entry{
			Key: payment.RefundKey(), OrderID: payment.OrderID, Kind: booking.RefundEntry, Reason: booking.EntryReason(payment.Why),
			Amount: booking.Money{Amount: payment.Owed(), Currency: payment.Amount.Currency},
		}
	}
	e.State, e.Words = state, owed.Words
	if failed := p.Ledger.NoteEntry(ctx, e); failed != nil {
		return fmt.Errorf("record what the refund waits for: %w", failed)
	}
	return elsewhere{err}
}

// endRefund records the end. The payment's own refund is the given one. Notices may have
// changed what is kept since the payment was read: the answer is what the ledger has.
func (p *Payments) endRefund(ctx context.Context, payment booking.Payment, end booking.PaymentStatus, ref string, own given) (booking.Payment, error) {
	ended, err := p.Ledger.EndRefund(ctx, payment.OrderID, end, ref, own.amount, own.id)
	if err != nil {
		return payment, fmt.Errorf("record refund: %w", err)
	}
	return ended, nil
}
