package orders

import (
	"context"
	"slices"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// refusalMaxAge is how long a refusal counts as the order's present state.
const refusalMaxAge = time.Minute

// isBehind reports whether the refusing order repeats work after a crash and has not yet reached
// the status in which the decision was made: a process died before the engine had recorded the
// work. The order will reach it, or be cancelled.
func isBehind(ctx context.Context, pages Pages, orderID string, made, now time.Time, err error) bool {
	_, refusal := answerOf(err)
	if refusal == nil || refusal.View.ID != orderID || now.Sub(refusal.At) > refusalMaxAge {
		return false
	}
	isUndecided, awaitsWork := undecided(refusal.View), slices.Contains([]booking.Status{booking.Paid, booking.Calling}, refusal.View.Status)
	if !isUndecided && !awaitsWork {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, OptionalReadTimeout)
	defer cancel()
	row, err := pages.Order(ctx, orderID)
	switch {
	case err != nil:
		return false
	case isUndecided:
		return row.Decision != nil && hadCome(*row.Decision, made)
	default:
		shown := row.View
		return shown.Kind.Reaches(refusal.View.Status, shown.Status) && !shown.Status.Final() && shown.Status != booking.Cancelling && hadCome(shown, made)
	}
}

// hadCome reports whether the order was in this state before the time made.
func hadCome(v contract.View, made time.Time) bool {
	return len(v.History) > 0 && v.History[len(v.History)-1].At.Before(made)
}

// undecided reports whether an order has not reached its first decision.
func undecided(v contract.View) bool {
	outsideLedger := []booking.Status{booking.Received, booking.PaymentPending, booking.AwaitingPayment, booking.Paid}
	return !v.Decided() && slices.Contains(outsideLedger, v.Status)
}

// refusedOrKept answers a decision that its order has refused. If the order is behind, the
// decision is kept.
func (o *Orders) refusedOrKept(ctx context.Context, k KeptDecision, refusal error) (out Outcome, err error) {
	if isBehind(ctx, o.Pages, k.OrderID, k.DecidedAt, o.Now(), refusal) {
		if out, kept, err := o.keepDecision(ctx, k); kept {
			return out, err
		}
	}
	out.View, err = o.refused(ctx, k.Decision, refusal)
	return out, err
}
