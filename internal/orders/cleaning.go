package orders

import (
	"cmp"
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Call is a call for a cleaner.
type Call struct {
	Tel      booking.Personal // as it is kept: see booking.IsTelephone
	Location booking.Personal
	// Price is what the customer offers; without a currency it is nothing, in some
	// currency.
	Price booking.Money
}

func (Call) kind() booking.Kind { return booking.Cleaning }

// offer looks nothing up: a call names nothing that is kept.
func (c Call) offer(_ context.Context, q *inquiry) offer {
	c.Price.Currency = cmp.Or(c.Price.Currency, "KRW")
	return offer{
		amount: c.Price,
		input: func(o contract.Order) contract.Input {
			return contract.Cleaning{Order: o, Tel: c.Tel, Location: c.Location}
		},
		summary: "cleaning",
		admit:   q.admitCall,
	}
}

// CallQueue is the calls that wait for a cleaner.
type CallQueue interface {
	// Waiting is how many calls wait.
	Waiting(ctx context.Context) (int, error)
	// WaitingOf is how many of them are the customer's.
	WaitingOf(ctx context.Context, customerID string) (int, error)
	// WaitingBy is how many of them the caller placed for others.
	WaitingBy(ctx context.Context, placedBy string) (int, error)
}

// callAgainAfter is when a call that was not taken is worth repeating: cleaners
// do not come free from one moment to the next.
const callAgainAfter = time.Minute

// admitCall refuses a call when as many wait for a cleaner as may: of this customer, of
// the caller that calls for others, or of all. It counts those in the queue: of calls
// that are on their way there at this moment a few more may come in. When they cannot
// be counted, the call is taken: the queue is away, the call waits until it is back
// like any other, and a limit must not be what takes the service down.
func (o *Orders) admitCall(ctx context.Context, p Placement) error {
	ctx, cancel := context.WithTimeout(ctx, Glance)
	defer cancel()
	if o.MaxCallsOfOne > 0 {
		switch waiting, whose, err := usedUp(ctx, p.shares(o.MaxCallsOfOne, o.Calls.WaitingOf, o.Calls.WaitingBy)); {
		case err != nil:
			o.Log.Warn("waiting calls cannot be counted", zap.Error(err))
			return nil
		case waiting > 0:
			return booking.Errorf(TooManyCallsOfYours, "%d calls %s wait for a cleaner already", waiting, whose).In(callAgainAfter)
		}
	}
	if o.MaxWaitingCalls <= 0 {
		return nil
	}
	waiting, err := o.Calls.Waiting(ctx)
	if err != nil {
		o.Log.Warn("waiting calls cannot be counted", zap.Error(err))
		return nil
	}
	if waiting < o.MaxWaitingCalls {
		return nil
	}
	return booking.Errorf(TooManyCallsWaiting, "%d calls wait for a cleaner already", waiting).In(callAgainAfter)
}

// WaitingCalls is how many calls wait for a cleaner.
func (o *Orders) WaitingCalls(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, Glance)
	defer cancel()
	return o.Calls.Waiting(ctx)
}
