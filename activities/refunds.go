package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/yeyak/yeyak/booking"
)

// RefundPayment undoes ChargePayment: what was charged is given back, what
// may or may not have been charged is settled with the provider first, and
// what was never asked for never will be. What the provider cannot give back
// now is answered as Owed, in its words; once the saga knows these, it is asked
// for again until they change.
func (p *Payments) RefundPayment(ctx context.Context, c booking.Charge) (booking.Undo, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Undo, error) {
		payment, err := p.undo(ctx, c)
		owed, isOwed := errors.AsType[*Owed](err)
		switch {
		case isOwed && owed.Words == c.Owed:
			return booking.Undo{}, elsewhere{stillOwed{owed, askAgain(ctx)}}
		case isOwed:
			return booking.Undo{Owed: owed.Words, NeedsPerson: owed.NeedsPerson}, nil
		}
		given := payment.Status == booking.Refunded || payment.Status == booking.Returned
		undo := booking.Undo{Acted: given, Declined: payment.Status == booking.Declined}
		if given {
			undo.Payment, undo.Refunded = payment.Status, payment.Refunded
		}
		return undo, err
	})
}

// and is what is owed for two charges together.
func (o *Owed) and(other *Owed) *Owed {
	if o == nil {
		return other
	}
	return &Owed{Words: o.Words + "; " + other.Words, NeedsPerson: o.NeedsPerson || other.NeedsPerson}
}

// stillOwed says when it is worth asking again.
type stillOwed struct {
	*Owed
	wait time.Duration
}

// RetryAfter is how long nothing is expected to change.
func (s stillOwed) RetryAfter() time.Duration { return s.wait }

// Bounds of the time between two questions about money that is owed.
const (
	soonestAgain = time.Second
	latestAgain  = 10 * time.Minute
)

// askAgain grows with the time for which the activity has been at it: refunds
// take seconds, or days.
func askAgain(ctx context.Context) time.Duration {
	return min(max(time.Since(activity.GetInfo(ctx).ScheduledTime)/10, soonestAgain), latestAgain)
}

func (p *Payments) undo(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	payment, err := p.Ledger.BeginRefund(ctx, c)
	if err != nil {
		return payment, fmt.Errorf("write refund intent: %w", err)
	}
	if payment.Status != booking.RefundPending {
		return payment, nil
	}
	refs := []string{payment.Ref}
	if payment.Ref == "" {
		payment.Since = payment.At
		if refs, err = p.Provider.Void(ctx, payment.Charge); err != nil {
			return payment, elsewhere{fmt.Errorf("settle unknown charge at provider: %w", err)}
		}
	}
	return p.giveBack(ctx, payment, refs)
}

// giveBack gives back all that was taken for the order. The ledger has room for
// one charge; more than one is more than was ever meant to be taken.
func (p *Payments) giveBack(ctx context.Context, payment booking.Payment, refs []string) (booking.Payment, error) {
	end, ref, refunded := booking.ChargePrevented, "", int64(0)
	var owed *Owed
	for _, taken := range refs {
		err := p.Provider.Refund(ctx, payment.Key+"/refund", taken, payment.Amount)
		said, isOwed := errors.AsType[*Owed](err)
		switch {
		case err == nil:
			end, ref, refunded = booking.Refunded, taken, payment.Amount.Amount
		case errors.Is(err, ErrReturned):
			if end != booking.Refunded {
				end, ref = booking.Returned, taken
			}
		case isOwed:
			owed = owed.and(said)
		default:
			return payment, elsewhere{fmt.Errorf("refund at provider: %w", err)}
		}
	}
	if owed != nil {
		return payment, elsewhere{owed}
	}
	if err := p.Ledger.EndRefund(ctx, payment.OrderID, end, ref, refunded); err != nil {
		return payment, fmt.Errorf("record refund: %w", err)
	}
	payment.Status, payment.Ref, payment.Refunded = end, ref, refunded
	return payment, nil
}
