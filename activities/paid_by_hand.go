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

// undoPaidByHand ends the undo of a payment whose own refund a person has paid. What the
// provider says of further charges only then is in nothing that the person has paid: it is
// given back at the provider.
func (p *Payments) undoPaidByHand(ctx context.Context, c booking.Charge, payment booking.Payment) (booking.Payment, error) {
	settled, err := p.settleAllFurther(ctx, payment)
	if err != nil {
		if !endsUnsettled(ctx, c, err) {
			return payment, elsewhere{err}
		}
		if settled, err = p.Ledger.Payment(ctx, payment.OrderID); err != nil { // some may be settled
			return payment, fmt.Errorf("read payment: %w", err)
		}
	}
	payment = settled
	p.seenAfterAll(ctx, payment, payment.RefundKey())
	payment.Ref = p.foundAfterAll(ctx, payment)
	if err := p.restOf(ctx, &payment); err != nil {
		return payment, err
	}
	if err := p.giveBackRest(ctx, &payment); err != nil {
		return payment, err
	}
	return p.endRefund(ctx, payment, booking.Returned, payment.Ref, given{})
}

// endsUnsettled tells whether the undo ends though a further charge is not settled: only a
// person can find out what became of it, or the provider has said nothing but errors for too
// long. A look settles it later, should the provider answer again.
func endsUnsettled(ctx context.Context, c booking.Charge, err error) bool {
	_, isOwed := errors.AsType[*Owed](err)
	patience := cmp.Or(time.Duration(c.Patience), longestSilence)
	return isOwed || time.Since(activity.GetInfo(ctx).ScheduledTime) >= patience
}

// errNotShown is for a refund that the provider has made and does not show yet.
var errNotShown = errors.New("the provider does not show what it has given back yet")

// giveBackRest gives back what the undo owes beyond what a person has paid. The ledger has it
// as refunds of the provider's beside that.
func (p *Payments) giveBackRest(ctx context.Context, payment *booking.Payment) error {
	own, _ := payment.Entry(payment.RefundKey())
	if len(payment.Further) == 0 || payment.Owed() <= own.Amount.Amount {
		return nil
	}
	seen, err := p.lookAndLearn(ctx, payment)
	if err != nil {
		return err
	}
	due := booking.Money{Amount: min(seen.Left, payment.Owed()-own.Amount.Amount-pendingUnder(own.Key, seen)), Currency: payment.Amount.Currency}
	if due.Amount = max(0, due.Amount); payment.Owed() <= own.Amount.Amount {
		return nil
	}
	if err := p.asks(ctx, payment, seen, due.Amount); err != nil {
		return err
	}
	_, failed := severalCharges{p.Provider}.Refund(ctx, own.Key, seen, due)
	if failed != nil {
		if err := p.answered(ctx, *payment, madeOf(own, seen), failed); err != nil {
			return err
		}
	}
	if _, err := p.lookAndLearn(ctx, payment); err != nil {
		return err
	}
	switch {
	case payment.Owed() <= own.Amount.Amount, errors.Is(failed, ErrReturned):
		return nil
	default:
		return elsewhere{fmt.Errorf("refund at provider: %w", unheard{cmp.Or(failed, errNotShown)})}
	}
}

// lookAndLearn looks at all charges of a payment, and has the ledger know of what is seen.
func (p *Payments) lookAndLearn(ctx context.Context, payment *booking.Payment) (Outlay, error) {
	seen, err := severalCharges{p.Provider}.Look(ctx, payment.Ref)
	if err != nil {
		return seen, elsewhere{fmt.Errorf("look at charge at provider: %w", unheard{err})}
	}
	return seen, p.learnFrom(ctx, payment, seen)
}

// pendingUnder is what is being given back under the key, and may fail.
func pendingUnder(key string, seen Outlay) (sum int64) {
	for _, r := range seen.Refunds {
		if r.Key == key && r.State == booking.EntryPending {
			sum += r.Amount
		}
	}
	return sum
}

// settleAtLast settles the further charges of a payment whose undo has ended without that, and
// gives back what was taken.
func (p *Payments) settleAtLast(ctx context.Context, payment *booking.Payment) error {
	if !payment.Taken() || payment.Status == booking.Charged || payment.Status == booking.RefundPending ||
		!slices.ContainsFunc(payment.Further, booking.FurtherCharge.Pending) {
		return nil
	}
	settled, err := p.settleAllFurther(ctx, *payment)
	if err != nil {
		return err
	}
	if *payment = settled; payment.Status != booking.RefundPending {
		return nil
	}
	return p.undoLate(ctx, payment)
}

// endUnsettled ends the further charges of which the provider still does not say what became of
// them: an operator has looked. It returns false if there are none. What the provider says now
// goes its own way.
func (p *Payments) endUnsettled(ctx context.Context, r booking.Resolution) (ended bool, err error) {
	if len(r.Unsettled) == 0 {
		return false, nil
	}
	payment, err := p.Ledger.Payment(ctx, r.OrderID)
	if err != nil {
		return false, fmt.Errorf("read payment: %w", err)
	}
	looking, stop := context.WithTimeout(ctx, longestLook)
	defer stop()
	for _, further := range payment.Further {
		switch {
		case !slices.Contains(r.Unsettled, further.Key):
			continue
		case !further.Pending():
			ended = ended || further.Status == booking.ChargePrevented && further.Ref == string(r.Evidence)
			continue
		}
		if _, err := p.settleFurther(looking, further.Charge); err == nil {
			continue
		}
		if _, err := p.Ledger.EndFurther(ctx, further.Charge, booking.ChargePrevented, string(r.Evidence)); err != nil {
			return ended, fmt.Errorf("record that a further charge is over: %w", err)
		}
		ended = true
	}
	return ended, nil
}

// giveBackAfterUndo gives back what a further charge was found to have taken after a person had
// paid what the undo of its order owed: no other attempt may ask for it.
func (p *Payments) giveBackAfterUndo(ctx context.Context, orderID string) error {
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
