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
	if refusal == nil || refusal.View.ID != orderID || !undecided(refusal.View) || now.Sub(refusal.At) > refusalMaxAge {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, OptionalReadTimeout)
	defer cancel()
	row, err := pages.Order(ctx, orderID)
	if err != nil || row.Decision == nil || len(row.Decision.History) == 0 {
		return false
	}
	return row.Decision.History[len(row.Decision.History)-1].At.Before(made)
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
