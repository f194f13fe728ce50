package orders

import (
	"cmp"
	"context"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Call is a call for a cleaner.
type Call struct {
	Tel      booking.Personal // in the stored form: see booking.IsTelephone
	Location booking.Personal
	// Price is what the customer offers; without a currency it is 0.
	Price booking.Money
}

func (Call) kind() booking.Kind { return booking.Cleaning }

// offer looks up the policy only, because a call names no item. A call that costs nothing
// has nothing to refund and needs no policy.
func (c Call) offer(ctx context.Context, q *inquiry) offer {
	c.Price.Currency = cmp.Or(c.Price.Currency, "KRW")
	var policy *booking.CancellationPolicy
	if c.Price.Amount > 0 {
		policy, q.err = q.Catalogue.CallPolicy(ctx)
	}
	return offer{
		cancellation: policy, amount: c.Price,
		input: func(o contract.Order) contract.Input {
			return contract.Cleaning{Order: o, Tel: c.Tel, Location: c.Location}
		},
		summary: "cleaning",
		shares:  q.callShares,
	}
}

// CallQueue counts the calls that wait for a cleaner.
type CallQueue interface {
	// Waiting is the number of all waiting calls.
	Waiting(ctx context.Context) (int, error)
	// WaitingOf is the number of the customer's.
	WaitingOf(ctx context.Context, customerID string) (int, error)
	// WaitingBy is the number of those that the caller placed for others.
	WaitingBy(ctx context.Context, placedBy string) (int, error)
}

// callAgainAfter is when a call that was not accepted is worth repeating: cleaners do not
// become free from one moment to the next.
const callAgainAfter = time.Minute

// callShares are the shares of the waiting calls: this customer's, the caller's for others,
// and that of all.
func (o *Orders) callShares(p Placement) []share {
	if o.Calls == nil {
		return nil
	}
	shares := p.shares(o.MaxCallsOfOne, o.Calls.WaitingOf, o.Calls.WaitingBy, func(used int, whose string) error {
		return booking.Errorf(TooManyCallsOfYours, "%d calls %s wait for a cleaner already", used, whose).RetryIn(callAgainAfter)
	})
	return bounding(append(shares, share{
		shareOf: shareOf{"of all", "all"}, most: o.MaxWaitingCalls,
		count: func(ctx context.Context, _ string) (int, error) { return o.Calls.Waiting(ctx) },
		refused: func(used int) error {
			return booking.Errorf(TooManyCallsWaiting, "%d calls wait for a cleaner already", used).RetryIn(callAgainAfter)
		},
	}))
}

// WaitingCalls is the number of calls that wait for a cleaner.
func (o *Orders) WaitingCalls(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, OptionalReadTimeout)
	defer cancel()
	return o.Calls.Waiting(ctx)
}
