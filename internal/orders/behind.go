package orders

import (
	"context"
	"slices"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// freshRefusal is for how long a refusal tells how an order stands.
const freshRefusal = time.Minute

// isBehind tells whether an order that refuses a decision is worked on anew, and has
// not come again to where it was when it was decided on: a process died before the
// engine had recorded that. The order will come there, or be cancelled.
func isBehind(ctx context.Context, pages Pages, orderID string, made, now time.Time, refusal error) bool {
	_, why := answerOf(refusal)
	if why == nil || why.View.ID != orderID || !undecided(why.View) || now.Sub(why.At) > freshRefusal {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, Glance)
	defer cancel()
	row, err := pages.Order(ctx, orderID)
	if err != nil || row.Decision == nil || len(row.Decision.History) == 0 {
		return false
	}
	return row.Decision.History[len(row.Decision.History)-1].At.Before(made)
}

// undecided tells whether an order is on its way to its first decision.
func undecided(v contract.View) bool {
	onItsWay := []booking.Status{booking.Received, booking.PaymentPending, booking.AwaitingPayment, booking.Paid}
	return !v.Decided() && slices.Contains(onItsWay, v.Status)
}

// refusedOrKept answers for a decision that its order has refused. One that came too
// early, since the order is worked on anew, is kept.
func (o *Orders) refusedOrKept(ctx context.Context, k KeptDecision, refusal error) (out Outcome, err error) {
	if isBehind(ctx, o.Pages, k.OrderID, k.DecidedAt, o.Now(), refusal) {
		if out, kept, err := o.keepDecision(ctx, k); kept {
			return out, err
		}
	}
	out.View, err = o.refused(ctx, k.Decision, refusal)
	return out, err
}
