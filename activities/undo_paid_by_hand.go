package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/yeyak/yeyak/booking"
)

// undoPaidByHand ends the undo of a payment whose own refund a person has paid by hand.
// Further charges that the provider reports only now are not part of what the person has
// paid: they are refunded at the provider.
func (p *Payments) undoPaidByHand(ctx context.Context, c booking.Charge, payment booking.Payment) (booking.Payment, error) {
	updated, err := p.voidAllFurther(ctx, payment)
	if err != nil {
		if !endsUndecided(ctx, c, err) {
			return payment, calleeFailure{err}
		}
		if updated, err = p.Ledger.Payment(ctx, payment.OrderID); err != nil { // some may be decided
			return payment, fmt.Errorf("read payment: %w", err)
		}
	}
	payment = updated
	p.importIfPaidByHand(ctx, payment, payment.RefundKey())
	payment.Ref = p.foundAfterAll(ctx, payment)
	if err := p.restOf(ctx, &payment); err != nil {
		return payment, err
	}
	if err := p.refundRest(ctx, &payment); err != nil {
		return payment, err
	}
	return p.endRefund(ctx, payment, booking.Returned, payment.Ref, ownRefund{})
}

// endsUndecided reports whether the undo ends although the outcome of a further charge is
// unknown: only a person can find it out, or the provider has answered only with errors for
// too long. A later check refunds the charge if the provider reports it then.
func endsUndecided(ctx context.Context, c booking.Charge, err error) bool {
	_, isOwed := errors.AsType[*Owed](err)
	timeout := cmp.Or(time.Duration(c.AttentionAfter), silenceTimeout)
	return isOwed || time.Since(activity.GetInfo(ctx).ScheduledTime) >= timeout
}

// errNotShown: the provider has made a refund and does not show it yet.
var errNotShown = errors.New("the provider does not show the refund yet")

// refundRest refunds what the undo owes beyond what a person has paid by hand. The ledger
// records it as separate refunds of the provider.
func (p *Payments) refundRest(ctx context.Context, payment *booking.Payment) error {
	own, _ := payment.Entry(payment.RefundKey())
	if len(payment.Further) == 0 || payment.Owed() <= own.Amount.Amount {
		return nil
	}
	seen, err := p.retrieveAndImport(ctx, payment)
	if err != nil {
		return err
	}
	due := booking.Money{Amount: min(seen.Left, payment.Owed()-own.Amount.Amount-pendingUnder(own.Key, seen)), Currency: payment.Amount.Currency}
	if due.Amount = max(0, due.Amount); payment.Owed() <= own.Amount.Amount {
		return nil
	}
	if err := p.recordRequest(ctx, payment, seen, due.Amount); err != nil {
		return err
	}
	_, failed := severalCharges{p.Provider}.Refund(ctx, own.Key, seen, due)
	if failed != nil {
		if err := p.recordAnswer(ctx, *payment, madeOf(own, seen), failed); err != nil {
			return err
		}
	}
	if _, err := p.retrieveAndImport(ctx, payment); err != nil {
		return err
	}
	switch {
	case payment.Owed() <= own.Amount.Amount, errors.Is(failed, ErrReturned):
		return nil
	default:
		return calleeFailure{fmt.Errorf("refund at provider: %w", noAnswer{cmp.Or(failed, errNotShown)})}
	}
}

// retrieveAndImport retrieves all charges of a payment and brings the ledger up to date.
func (p *Payments) retrieveAndImport(ctx context.Context, payment *booking.Payment) (ChargeState, error) {
	seen, err := severalCharges{p.Provider}.Retrieve(ctx, payment.Ref)
	if err != nil {
		return seen, calleeFailure{fmt.Errorf("retrieve charge at provider: %w", noAnswer{err})}
	}
	return seen, p.followAndImport(ctx, payment, seen)
}

// pendingUnder is the sum of the pending refunds under the key, which may fail.
func pendingUnder(key string, seen ChargeState) (sum int64) {
	for _, r := range seen.Refunds {
		if r.Key == key && r.State == booking.EntryPending {
			sum += r.Amount
		}
	}
	return sum
}

// voidFurtherLate voids the further charges whose outcome was unknown when the payment's undo
// ended, and refunds those that were taken.
func (p *Payments) voidFurtherLate(ctx context.Context, payment *booking.Payment) error {
	if !payment.Taken() || payment.Status == booking.Charged || payment.Status == booking.RefundPending ||
		!slices.ContainsFunc(payment.Further, booking.FurtherCharge.Pending) {
		return nil
	}
	updated, err := p.voidAllFurther(ctx, *payment)
	if err != nil {
		return err
	}
	if *payment = updated; payment.Status != booking.RefundPending {
		return nil
	}
	return p.undoLate(ctx, payment)
}

// endUndecided ends the further charges whose outcome the provider still does not report:
// an operator has found it out. It returns false if there are none. Charges whose outcome the
// provider reports now are recorded with that outcome.
func (p *Payments) endUndecided(ctx context.Context, r booking.Resolution) (ended bool, err error) {
	if len(r.UnknownCharges) == 0 {
		return false, nil
	}
	payment, err := p.Ledger.Payment(ctx, r.OrderID)
	if err != nil {
		return false, fmt.Errorf("read payment: %w", err)
	}
	limited, stop := context.WithTimeout(ctx, checkTimeout)
	defer stop()
	for _, further := range payment.Further {
		switch {
		case !slices.Contains(r.UnknownCharges, further.Key):
			continue
		case !further.Pending():
			ended = ended || further.Status == booking.ChargePrevented && further.Ref == string(r.Evidence)
			continue
		}
		if _, err := p.voidFurther(limited, further.Charge); err == nil {
			continue
		}
		if _, err := p.Ledger.EndFurther(ctx, further.Charge, booking.ChargePrevented, string(r.Evidence)); err != nil {
			return ended, fmt.Errorf("record that a further charge has ended: %w", err)
		}
		ended = true
	}
	return ended, nil
}

// refundAfterUndo refunds a further charge that was found to be taken after a person had paid
// by hand what the undo owed: there may be no other attempt that requests it.
func (p *Payments) refundAfterUndo(ctx context.Context, orderID string) error {
	payment, err := p.Ledger.Payment(ctx, orderID)
	if err != nil {
		return fmt.Errorf("read payment: %w", err)
	}
	if payment.Status != booking.RefundPending || !isPaidByHand(payment) {
		return nil
	}
	_, err = p.undoOnce(ctx, payment.Charge)
	return err
}
