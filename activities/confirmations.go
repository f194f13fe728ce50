package activities

import (
	"context"
	"errors"
	"fmt"

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
	ref, err := p.taken(ctx, *payment)
	if err != nil || ref == "" {
		return err
	}
	if err := p.Ledger.NoteCharge(ctx, payment.OrderID, ref); err != nil {
		return fmt.Errorf("record charge that was confirmed too late: %w", err)
	}
	late := payment.Charge
	if *payment, err = p.undo(ctx, late); err != nil {
		return fmt.Errorf("give back charge that was confirmed too late: %w", err)
	}
	return nil
}
