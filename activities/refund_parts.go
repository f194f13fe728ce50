package activities

import (
	"context"
	"errors"
	"fmt"

	"github.com/yeyak/yeyak/booking"
)

// RefundPart refunds a part of an order's charge, once for e's key and never more than is
// left. The ledger records the refund before the provider is asked. A refund that the
// provider has accepted is answered as pending, one that it cannot make as failed; once the
// saga knows the words, the request is repeated until they change. A refund that a person
// has paid by hand is answered as done. A failed refund is made for less if the order owes
// less by now (booking.Payment.Makes), and ends with RefundExceeds once it no longer fits
// into the payment. Refuses an amount that the provider cannot refund with Invalid, unless
// it is all that is left.
func (p *Payments) RefundPart(ctx context.Context, e booking.Entry) (booking.Repaid, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Repaid, error) {
		stands, payment, err := p.refundPart(ctx, e)
		left, refusal := leftOf(payment, e), whyRefused(err)
		switch {
		case refusal != "":
			return booking.Repaid{Entry: stands, Refused: refusal, Left: left}, nil
		case err != nil:
			return booking.Repaid{}, err
		case stands.State != booking.EntryDone && stands.Words == e.Words && e.Words != "":
			return booking.Repaid{}, elsewhere{stillOwed{&Owed{Words: stands.Words}, askAgain(ctx)}}
		}
		return booking.Repaid{
			Entry: stands, Left: left, Payment: payment.Status, Given: payment.Given(), Failing: failing(payment, e.Key),
		}, nil
	})
}

// whyRefused is the code of a refusal of a part, "" if err is not one. An order without a
// payment counts as NotCharged.
func whyRefused(err error) booking.Code {
	refusal, _ := errors.AsType[*booking.Error](err)
	switch {
	case refusal == nil:
		return ""
	case refusal.Code == booking.NotFound:
		return booking.NotCharged
	case refusal.Code == booking.RefundExceeds || refusal.Code == booking.NotCharged || refusal.Code == booking.Invalid:
		return refusal.Code
	default:
		return ""
	}
}

// leftOf is what can still be refunded of a payment, in the entry's currency.
func leftOf(payment booking.Payment, e booking.Entry) booking.Money {
	return booking.Money{Amount: payment.Refundable(), Currency: e.Amount.Currency}
}

// failing counts the goodwill refunds other than but that have failed and can still be
// made.
func failing(payment booking.Payment, but string) (count int) {
	for _, e := range payment.Entries {
		if e.Reason == booking.Goodwill && e.State == booking.EntryFailed && e.Key != but && payment.Makes(e) > 0 {
			count++
		}
	}
	return count
}

// refundPart returns the entry and its payment as they are afterwards.
func (p *Payments) refundPart(ctx context.Context, e booking.Entry) (stands booking.Entry, payment booking.Payment, err error) {
	payment, err = p.Ledger.Payment(ctx, e.OrderID)
	if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		return e, payment, booking.Errorf(booking.NotCharged, "nothing was charged for order %s", e.OrderID)
	}
	if err != nil {
		return e, payment, fmt.Errorf("read payment: %w", err)
	}
	stands, begun := payment.Entry(e.Key)
	if begun && stands.State == booking.EntryDone {
		p.seenAfterAll(ctx, payment, e.Key)
		return stands, payment, nil
	}
	was := failedBefore(stands, e)
	seen, unseen := p.seen(ctx, &payment, p.learnFrom) // the ledger records the refund even if the provider cannot be asked
	if _, isOwed := errors.AsType[*Owed](unseen); was.State == booking.EntryFailed && unseen != nil && !isOwed {
		if e.Words != "" && e.Words != was.Words {
			return was, payment, nil // the saga does not know yet that it has failed
		}
		return e, payment, p.restoreFailed(ctx, was, elsewhere{unseen})
	}
	if err := p.mayGiveBack(payment, e); !begun && err != nil {
		return e, payment, err
	}
	if payment, err = p.Ledger.BeginEntry(ctx, e); err != nil {
		return e, payment, err
	}
	stands, _ = payment.Entry(e.Key)
	switch stands.State {
	case booking.EntryDone:
		return stands, payment, nil
	case booking.EntryFailed:
		if payment.HasRoom(stands) { // a pending refund may fail and leave room
			return stands, payment, nil
		}
		return p.endWithoutRoom(ctx, stands, payment)
	}
	before := stands
	if err := p.failsBySilence(ctx, &stands, was, p.askFor(ctx, payment, &stands, seen, unseen)); err != nil {
		return e, payment, p.restoreFailed(ctx, was, err)
	}
	if stands != before {
		if err := p.Ledger.NoteEntry(ctx, stands); err != nil {
			return e, payment, fmt.Errorf("record refund of a part: %w", err)
		}
		p.learnOfFailed(ctx, payment, stands, seen)
	}
	return stands, payment.With(stands), nil
}

// mayGiveBack refuses with Invalid an amount that the provider cannot refund.
func (p *Payments) mayGiveBack(payment booking.Payment, e booking.Entry) error {
	can := p.Provider.Part(e.Amount)
	if can == e.Amount || !payment.Taken() || e.Amount.Amount == payment.Refundable() {
		return nil
	}
	return booking.Errorf(booking.Invalid, "amount.amount: the payment provider cannot give back %d %s; the next amount that it can is %d",
		e.Amount.Amount, e.Amount.Currency, can.Amount)
}

// failedBefore is the refund as it was before the provider was asked for it again. An
// attempt that died after that left it pending, with the words of its failure; e, from the
// saga, has it as failed.
func failedBefore(stands, e booking.Entry) booking.Entry {
	if stands.State == booking.EntryPending && e.State == booking.EntryFailed && stands.Words == e.Words {
		stands.State = booking.EntryFailed
	}
	return stands
}

// endWithoutRoom records that a failed refund no longer fits into the payment, and returns
// RefundExceeds.
func (p *Payments) endWithoutRoom(ctx context.Context, e booking.Entry, payment booking.Payment) (booking.Entry, booking.Payment, error) {
	if e.Words != booking.GivenOtherwise {
		e.Words = booking.GivenOtherwise
		if err := p.Ledger.NoteEntry(ctx, e); err != nil {
			return e, payment, fmt.Errorf("record that a refund was given back otherwise: %w", err)
		}
	}
	return e, payment.With(e), booking.Errorf(booking.RefundExceeds, "no room is left for refund %s, which has failed", e.Key)
}

// restoreFailed returns err after it has restored the failed state of a refund that had
// failed before this attempt.
func (p *Payments) restoreFailed(ctx context.Context, was booking.Entry, err error) error {
	if was.State != booking.EntryFailed {
		return err
	}
	if failed := p.Ledger.NoteEntry(context.WithoutCancel(ctx), was); failed != nil {
		return errors.Join(err, fmt.Errorf("record that the refund still needs a person: %w", failed))
	}
	return err
}

// seen retrieves the payment's charge from the provider and brings the ledger up to date by
// learn.
func (p *Payments) seen(ctx context.Context, payment *booking.Payment, learn learning) (Outlay, error) {
	if !payment.Taken() || payment.Ref == "" {
		return Outlay{}, nil // the ledger refuses such a payment
	}
	seen, err := severalCharges{p.Provider}.Look(ctx, payment.Ref)
	if err != nil {
		return seen, fmt.Errorf("look at charge at provider: %w", unheard{err})
	}
	if seen.Taken != payment.Amount {
		return seen, nil
	}
	return seen, learn(ctx, payment, seen)
}

// askFor asks the provider to refund the rest of the entry, and writes the result into the
// entry.
func (p *Payments) askFor(ctx context.Context, payment booking.Payment, e *booking.Entry, seen Outlay, unseen error) error {
	key := atProvider(*e)
	due := booking.Money{Amount: max(0, e.Amount.Amount-uncounted(payment, seen).Under(key)), Currency: e.Amount.Currency}
	err := unseen
	switch {
	case err != nil:
	case due.Amount > seen.Left:
		err = &Owed{Words: fmt.Sprintf("%d %s are left of the charge at the provider", seen.Left, e.Amount.Currency), NeedsPerson: true}
	default:
		var id string
		if id, err = (severalCharges{p.Provider}).Refund(ctx, key, seen.only(key), due); id != "" {
			e.Ref = id
		}
		if err != nil {
			err = unheard{err}
		}
	}
	owed, isOwed := errors.AsType[*Owed](err)
	switch {
	case err == nil:
		e.State, e.Words = booking.EntryDone, ""
	case errors.Is(err, ErrReturned):
		e.State, e.Words = booking.EntryFailed, ErrReturned.Error()
	case !isOwed:
		return elsewhere{fmt.Errorf("refund at provider: %w", err)}
	case owed.NeedsPerson:
		e.State, e.Words = booking.EntryFailed, owed.Words
	default:
		e.State, e.Words = booking.EntryPending, owed.Words
	}
	return nil
}
