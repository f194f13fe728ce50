package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/sdk/activity"

	"github.com/yeyak/yeyak/booking"
)

// LookAgain retrieves the state of an order's charge from the provider and imports refunds
// and disputes that others have made into the ledger. It requests no refund: the saga that
// waits for the money does. Where only a person can find out the state of the charge, the
// answer is what the ledger knows.
func (p *Payments) LookAgain(ctx context.Context, g booking.ChargeCheck) (booking.ChargeChecked, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.ChargeChecked, error) {
		payment, err := p.Ledger.Payment(ctx, g.OrderID)
		if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
			return booking.ChargeChecked{}, nil
		}
		if err != nil {
			return booking.ChargeChecked{}, fmt.Errorf("read payment: %w", err)
		}
		waited := openRefunds(payment)
		unseen := p.importLateCharge(ctx, &payment)
		var seen ChargeState
		if unseen == nil {
			seen, unseen = p.retrieveCharge(ctx, &payment, p.importCharge)
		}
		if _, isOwed := errors.AsType[*Owed](unseen); unseen != nil && !isOwed {
			return booking.ChargeChecked{}, calleeFailure{unseen}
		}
		if unrecorded(payment, seen) && activity.GetInfo(ctx).Attempt <= attemptsToRecord {
			return booking.ChargeChecked{}, calleeFailure{errors.New("a refund by others waits for the end of one of ours with the same amount")}
		}
		checked := checkedCharge(payment, waited)
		checked.Failed = slices.Concat(checked.Failed, unfollowed(payment, waited), unended(payment))
		checked.Refunded = refundedAfterConfirmation(payment)
		checked.Unconfirmed = g.Confirms && payment.Status == booking.ActionRequired
		return checked, nil
	})
}

// attemptsToRecord bounds how often a check is repeated because a refund of ours is being requested
// again: its workflow may have been terminated. Later checks record what the last attempt has left.
const attemptsToRecord = 10

// refundedAfterConfirmation is what the undo's own refund has refunded of a charge that the
// customer had to confirm.
func refundedAfterConfirmation(payment booking.Payment) *booking.Money {
	own, begun := payment.Entry(payment.RefundKey())
	if !begun || own.State != booking.EntryDone || payment.ActionRef == "" {
		return nil
	}
	return &own.Amount
}

// openRefunds lists the keys of a payment's refunds that are pending or have failed.
func openRefunds(payment booking.Payment) (keys []string) {
	for _, e := range payment.Entries {
		if e.State != booking.EntryDone {
			keys = append(keys, e.Key)
		}
	}
	return keys
}

// checkedCharge is the answer for a payment whose refunds with the waited keys were not done
// before the check. Refunds that the check has found done are included: the saga that waits
// for them does not know that yet.
func checkedCharge(payment booking.Payment, waited []string) booking.ChargeChecked {
	checked := booking.ChargeChecked{Status: payment.Status, Disputes: payment.OpenDisputes(), Refunds: waited}
	for _, d := range payment.Disputes {
		if d.State == booking.DisputeLost {
			checked.Lost = append(checked.Lost, d)
		}
	}
	for _, key := range openRefunds(payment) {
		if !slices.Contains(waited, key) {
			checked.Refunds = append(checked.Refunds, key)
		}
	}
	for _, e := range payment.Entries {
		if e.State == booking.EntryFailed && !e.ByOthers() && payment.HasRoom(e) {
			if e.Key == payment.RefundKey() && payment.Status == booking.RefundPending {
				e.Amount.Amount = payment.Owed() // parts may have been refunded since it failed
			}
			checked.Failed = append(checked.Failed, e)
		}
	}
	return checked
}
