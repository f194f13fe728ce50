package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// RefundPart refunds a part of an order's charge, once for e's key and never more than is left.
// The ledger records the refund before the provider is called. A refund that the provider has
// accepted is answered as pending, one that it cannot make as failed; once the saga knows the
// words, the request is repeated until they change. A refund that a person has paid by hand is
// answered as done. A failed refund is made for less if the order owes less by now
// (booking.Payment.RefundsNow), and ends with RefundExceeds once it no longer fits into the
// payment. Refuses an amount that the provider cannot refund with Invalid, unless it is all that
// is left.
func (p *Payments) RefundPart(ctx context.Context, e booking.Entry) (booking.Repaid, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Repaid, error) {
		recorded, payment, err := p.refundPart(ctx, e)
		left, refusal := leftOf(payment, e), whyRefused(err)
		if ends := refusal == booking.RefundExceeds || recorded.State == booking.EntryDone; ends && e.State != "" {
			payment = p.settled(ctx, payment, e.Key) // the order may have been marked for it
		}
		switch {
		case refusal != "":
			return booking.Repaid{Entry: recorded, Refused: refusal, Left: left, Failing: failing(payment, e.Key)}, nil
		case err != nil:
			return booking.Repaid{}, err
		case recorded.State != booking.EntryDone && recorded.Words == e.Words && e.Words != "":
			return booking.Repaid{}, calleeFailure{stillOwed{&Owed{Words: recorded.Words}, retryInterval(ctx)}}
		}
		return booking.Repaid{
			Entry: recorded, Left: left, Payment: payment.Status, RefundedInAll: payment.RefundedInAll(), Failing: failing(payment, e.Key),
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

// settled is the payment once no goodwill refund other than but is being requested again after it
// has failed: its state does not say meanwhile whether it needs a person. One that stays so for a
// second is pending at the provider.
func (p *Payments) settled(ctx context.Context, payment booking.Payment, but string) booking.Payment {
	for range 20 {
		again := slices.ContainsFunc(payment.Entries, func(e booking.Entry) bool {
			return e.Reason == booking.Goodwill && isRequested(e) && e.Key != but
		})
		if !again {
			break
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return payment
		}
		if now, err := p.Ledger.Payment(ctx, payment.OrderID); err == nil {
			payment = now
		}
	}
	return payment
}

// failing counts the goodwill refunds other than but that have failed and can still be
// made.
func failing(payment booking.Payment, but string) (count int) {
	for _, e := range payment.Entries {
		if e.Reason == booking.Goodwill && e.State == booking.EntryFailed && e.Key != but && payment.RefundsNow(e) > 0 {
			count++
		}
	}
	return count
}

// refundPart returns the entry and its payment as they are afterwards.
func (p *Payments) refundPart(ctx context.Context, e booking.Entry) (recorded booking.Entry, payment booking.Payment, err error) {
	payment, err = p.Ledger.Payment(ctx, e.OrderID)
	if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		return e, payment, booking.Errorf(booking.NotCharged, "nothing was charged for order %s", e.OrderID)
	}
	if err != nil {
		return e, payment, fmt.Errorf("read payment: %w", err)
	}
	recorded, begun := payment.Entry(e.Key)
	if begun && recorded.State == booking.EntryDone {
		p.importIfPaidByHand(ctx, payment, e.Key)
		return recorded, payment, nil
	}
	was := failedBefore(recorded, e)
	seen, unseen := p.retrieveCharge(ctx, &payment, p.followAndImport) // the ledger records the refund even if the provider does not answer
	if _, isOwed := errors.AsType[*Owed](unseen); was.State == booking.EntryFailed && unseen != nil && !isOwed {
		if e.Words != "" && e.Words != was.Words {
			return was, payment, nil // the saga does not know yet that it has failed
		}
		return e, payment, p.restoreFailed(ctx, was, calleeFailure{unseen})
	}
	if err := p.canRefund(payment, e); !begun && err != nil {
		return e, payment, err
	}
	if payment, err = p.Ledger.BeginEntry(ctx, e); err != nil {
		return e, payment, err
	}
	recorded, _ = payment.Entry(e.Key)
	switch recorded.State {
	case booking.EntryDone:
		return recorded, payment, nil
	case booking.EntryFailed:
		if payment.HasRoom(recorded) { // a pending refund may fail and leave room
			return recorded, payment, nil
		}
		return p.endWithoutRoom(ctx, recorded, payment)
	}
	before := recorded
	if err := p.failAfterSilence(ctx, &recorded, was, p.requestRefund(ctx, payment, &recorded, seen, unseen)); err != nil {
		return e, payment, p.restoreFailed(ctx, was, err)
	}
	if recorded != before {
		if err := p.Ledger.NoteEntry(ctx, recorded); err != nil {
			return e, payment, fmt.Errorf("record refund of a part: %w", err)
		}
		p.noteMadeOfFailed(ctx, payment, recorded, seen)
	}
	return recorded, payment.With(recorded), nil
}

// canRefund refuses with Invalid an amount that the provider cannot refund.
func (p *Payments) canRefund(payment booking.Payment, e booking.Entry) error {
	can := p.Provider.Part(e.Amount)
	if can == e.Amount || !payment.WasCharged() || e.Amount.Amount == payment.Refundable() {
		return nil
	}
	return booking.Errorf(booking.Invalid, "amount.amount: the payment provider cannot refund %d %s; the next amount that it can is %d",
		e.Amount.Amount, e.Amount.Currency, can.Amount)
}

// failedBefore is the refund as it was before it was requested from the provider again. An
// attempt that died after that left it pending, with the words of its failure; e, from the saga,
// has it as failed.
func failedBefore(recorded, e booking.Entry) booking.Entry {
	if recorded.State == booking.EntryPending && e.State == booking.EntryFailed && recorded.Words == e.Words {
		recorded.State = booking.EntryFailed
	}
	return recorded
}

// endWithoutRoom records that a failed refund no longer fits into the payment, and returns
// RefundExceeds.
func (p *Payments) endWithoutRoom(ctx context.Context, e booking.Entry, payment booking.Payment) (booking.Entry, booking.Payment, error) {
	if e.Words != booking.RefundedOtherwise {
		e.Words = booking.RefundedOtherwise
		if err := p.Ledger.NoteEntry(ctx, e); err != nil {
			return e, payment, fmt.Errorf("record that a part was refunded otherwise: %w", err)
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

// retrieveCharge retrieves the payment's charge from the provider and brings the ledger up to
// date by update.
func (p *Payments) retrieveCharge(ctx context.Context, payment *booking.Payment, update updater) (ChargeState, error) {
	if !payment.WasCharged() || payment.Ref == "" {
		return ChargeState{}, nil // the ledger refuses such a payment
	}
	seen, err := severalCharges{p.Provider}.Retrieve(ctx, payment.Ref)
	if err != nil {
		return seen, fmt.Errorf("retrieve charge at provider: %w", noAnswer{err})
	}
	if seen.Charged != payment.Amount {
		return seen, nil
	}
	return seen, update(ctx, payment, seen)
}

// requestRefund requests the remaining refund of the entry from the provider, and writes the
// result into the entry.
func (p *Payments) requestRefund(ctx context.Context, payment booking.Payment, e *booking.Entry, seen ChargeState, unseen error) error {
	key := atProvider(*e)
	due := booking.Money{Amount: max(0, e.Amount.Amount-uncounted(payment, seen).RefundedUnder(key)), Currency: e.Amount.Currency}
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
			err = noAnswer{err}
		}
	}
	owed, isOwed := errors.AsType[*Owed](err)
	switch {
	case err == nil:
		e.State, e.Words = booking.EntryDone, ""
	case errors.Is(err, ErrReturned):
		e.State, e.Words = booking.EntryFailed, ErrReturned.Error()
	case !isOwed:
		return calleeFailure{fmt.Errorf("refund at provider: %w", err)}
	case owed.NeedsPerson:
		e.State, e.Words = booking.EntryFailed, owed.Words
	default:
		e.State, e.Words = booking.EntryPending, owed.Words
	}
	return nil
}
