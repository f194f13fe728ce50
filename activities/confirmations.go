package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/yeyak/yeyak/booking"
)

// ConfirmPayment asks what came of a charge that the customer has to confirm, and records
// it: Unconfirmed while that is open. It repeats safely. It does not pass the gate: the
// customer has seen the provider's page, so that it is there, and what it is asked here
// says nothing of how charges fare.
func (p *Payments) ConfirmPayment(ctx context.Context, c booking.PaymentConfirmation) (booking.Outcome, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Outcome, error) {
		payment, err := inFlight(ctx, p, c.Charge.Key+"/confirm", func(ctx context.Context) (booking.Payment, error) { return p.confirm(ctx, c) })
		return cameTo(payment), err
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
	taken, err := p.Provider.Confirm(ctx, charge, payment.ActionRef, c.Back)
	switch required, toConfirm := errors.AsType[*ActionRequired](err); {
	case err == nil:
		return p.Ledger.EndCharge(ctx, charge.OrderID, booking.Charged, taken)
	case errors.Is(err, ErrDeclined):
		return p.Ledger.EndCharge(ctx, charge.OrderID, booking.Declined, "")
	case toConfirm:
		payment.Action = shown(required.Action)
		return payment, nil
	case errors.Is(err, ErrVoided), isSettledByUndo(err):
		charge.Why = booking.PaymentUnavailable
		return p.giveUp(ctx, charge) // an undo has begun to void it, and gave its reason, or does so now
	default:
		return payment, elsewhere{fmt.Errorf("confirm at provider: %w", err)}
	}
}

// isToConfirm tells whether a provider has answered that the customer has to confirm.
func isToConfirm(err error) bool {
	_, toConfirm := errors.AsType[*ActionRequired](err)
	return toConfirm
}

// requireAction records what the customer has to do.
func (p *Payments) requireAction(ctx context.Context, c booking.Charge, err error) (booking.Payment, error) {
	required, _ := errors.AsType[*ActionRequired](err)
	return p.Ledger.RequireAction(ctx, c.OrderID, required.Ref, required.Action)
}

// shown is what the customer still has to do, nil for nothing.
func shown(action booking.NextAction) *booking.NextAction {
	if action.Type == "" {
		return nil
	}
	return &action
}

// giveBackLate gives back a charge that the customer has confirmed although it had been
// voided, or declined: its order has ended, and nothing else waits for that money.
func (p *Payments) giveBackLate(ctx context.Context, payment *booking.Payment) error {
	if payment.Ref == "" {
		ref, err := p.taken(ctx, *payment)
		if err != nil || ref == "" {
			return err
		}
		if err := p.Ledger.NoteCharge(ctx, payment.OrderID, ref); err != nil {
			return fmt.Errorf("record charge that was confirmed too late: %w", err)
		}
	}
	return p.undoLate(ctx, payment)
}

// undoLate gives back what is known of a payment only after its order's end.
func (p *Payments) undoLate(ctx context.Context, payment *booking.Payment) error {
	given, err := p.undo(ctx, payment.Charge)
	if _, isOwed := errors.AsType[*Owed](err); isOwed { // the ledger has what the refund waits for
		now, unread := p.Ledger.Payment(ctx, payment.OrderID)
		if unread != nil {
			return fmt.Errorf("read payment: %w", unread)
		}
		*payment = now
	}
	if err != nil {
		return fmt.Errorf("give back charge that was taken too late: %w", err)
	}
	*payment = given
	return nil
}

// isTakenLate tells whether a charge was confirmed too late, and the ledger knows of no
// refund of it yet: the look that has found it did not come to that.
func isTakenLate(payment booking.Payment) bool {
	_, begun := payment.Entry(payment.RefundKey())
	return payment.Status == booking.RefundPending && payment.ActionRef != "" && payment.Ref != "" && !begun && payment.Owed() > 0
}

// unfollowed is the refund that a look has begun, of a charge that was confirmed too late, and
// that is pending. It is told as if it had failed: what follows it asks the ledger first.
func unfollowed(payment booking.Payment, waited []string) []booking.Entry {
	own, begun := payment.Entry(payment.RefundKey())
	if !begun || own.State != booking.EntryPending || payment.ActionRef == "" || slices.Contains(waited, own.Key) {
		return nil
	}
	own.State = booking.EntryFailed
	return []booking.Entry{own}
}
