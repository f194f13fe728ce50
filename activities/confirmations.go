package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/yeyak/yeyak/booking"
)

// ConfirmPayment retrieves the outcome of a charge that the customer has to confirm, and
// records it: Unconfirmed while it is open. It is idempotent. It does not go through the
// gate: the customer has seen the provider's page, so the provider works, and this call
// says nothing about the success of charges.
func (p *Payments) ConfirmPayment(ctx context.Context, c booking.PaymentConfirmation) (booking.Outcome, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Outcome, error) {
		payment, err := oneCallPerKey(ctx, p, c.Charge.Key+"/confirm", func(ctx context.Context) (booking.Payment, error) {
			return p.confirm(ctx, c)
		})
		return outcomeOf(payment), err
	})
}

func (p *Payments) confirm(ctx context.Context, c booking.PaymentConfirmation) (booking.Payment, error) {
	payment, err := p.Ledger.Payment(ctx, c.Charge.OrderID)
	switch {
	case err != nil:
		return payment, fmt.Errorf("read payment: %w", err)
	case payment.Status != booking.ActionRequired:
		return payment, nil
	}
	charge := c.Charge
	charge.Since = payment.At
	charged, err := p.Provider.Confirm(ctx, charge, payment.ActionRef, c.Back)
	switch required, toConfirm := errors.AsType[*ActionRequired](err); {
	case err == nil:
		return p.Ledger.EndCharge(ctx, charge.OrderID, booking.Charged, charged)
	case errors.Is(err, ErrDeclined):
		return p.Ledger.EndCharge(ctx, charge.OrderID, booking.Declined, "")
	case toConfirm:
		payment.Action = shown(required.Action)
		return payment, nil
	case errors.Is(err, ErrVoided), needsUndo(err):
		charge.Reason = booking.PaymentUnavailable
		return p.undoCharge(ctx, charge) // an undo has begun to void it and has recorded its reason, or does so now
	default:
		return payment, calleeFailure{fmt.Errorf("confirm at provider: %w", err)}
	}
}

// isToConfirm reports whether err is the provider's answer that the customer has to confirm.
func isToConfirm(err error) bool {
	_, toConfirm := errors.AsType[*ActionRequired](err)
	return toConfirm
}

// requireAction records what the customer has to do.
func (p *Payments) requireAction(ctx context.Context, c booking.Charge, err error) (booking.Payment, error) {
	required, _ := errors.AsType[*ActionRequired](err)
	return p.Ledger.RequireAction(ctx, c.OrderID, required.Ref, required.Action)
}

// shown is what the customer still has to do, nil if nothing.
func shown(action booking.NextAction) *booking.NextAction {
	if action.Type == "" {
		return nil
	}
	return &action
}

// refundLate refunds a charge that the customer has confirmed although it had been voided or
// declined. Its order has ended, so nothing else refunds it.
func (p *Payments) refundLate(ctx context.Context, payment *booking.Payment) error {
	if payment.Ref == "" {
		ref, err := p.madeCharge(ctx, *payment)
		if err != nil || ref == "" {
			return err
		}
		if err := p.Ledger.NoteCharge(ctx, payment.OrderID, ref); err != nil {
			return fmt.Errorf("record charge that was confirmed too late: %w", err)
		}
	}
	return p.undoLate(ctx, payment)
}

// undoLate refunds charges that became known only after the order's end.
func (p *Payments) undoLate(ctx context.Context, payment *booking.Payment) error {
	refunded, err := p.undo(ctx, payment.Charge)
	if _, isOwed := errors.AsType[*Owed](err); isOwed { // the ledger has recorded what the refund waits for
		now, unread := p.Ledger.Payment(ctx, payment.OrderID)
		if unread != nil {
			return fmt.Errorf("read payment: %w", unread)
		}
		*payment = now
	}
	if err != nil {
		return fmt.Errorf("refund charge that was made too late: %w", err)
	}
	*payment = refunded
	return nil
}

// isChargedLate reports whether a charge was confirmed too late and the ledger has no refund of
// it yet: the check that found it did not get that far.
func isChargedLate(payment booking.Payment) bool {
	_, begun := payment.Entry(payment.RefundKey())
	return payment.Status == booking.RefundPending && payment.ActionRef != "" && payment.Ref != "" && !begun && payment.Owed() > 0
}

// unfollowed is the pending refund that a check has begun, of a charge that was confirmed too
// late. It is reported as failed; the workflow that follows it checks the ledger first.
func unfollowed(payment booking.Payment, waited []string) []booking.Entry {
	own, begun := payment.Entry(payment.RefundKey())
	if !begun || own.State != booking.EntryPending || payment.ActionRef == "" || slices.Contains(waited, own.Key) {
		return nil
	}
	own.State = booking.EntryFailed
	return []booking.Entry{own}
}
