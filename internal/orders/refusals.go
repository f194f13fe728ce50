package orders

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

// Codes of what goes wrong around an order. Those of what an order refuses are
// in package booking. An error without a message is explained by its code.
const (
	IdempotencyKeyReused = booking.Code("idempotency_key_reused")
	NotRunning           = booking.Code("not_running")
	TemporalUnavailable  = booking.Code("temporal_unavailable")
	Unreachable          = booking.Code("order_unreachable")
	DecisionsExhausted   = booking.Code("decisions_exhausted")
	TooManyCallsWaiting  = booking.Code("too_many_calls_waiting")
	CancelledByCustomer  = booking.Code("cancelled_by_customer")
	CancelledByOperator  = booking.Code("cancelled_by_operator")
)

// CodeOf is the code of an order that ended as cancelled. As codes, the names of
// who cancelled would say too little.
func CodeOf(why booking.Reason) booking.Code {
	switch why {
	case booking.ByCustomer:
		return CancelledByCustomer
	case booking.ByOperator:
		return CancelledByOperator
	default:
		return booking.Code(why)
	}
}

// refusal is an error that its code explains.
func refusal(code booking.Code) *booking.Error { return &booking.Error{Code: code} }

func noSuchOrder(id string) error {
	return booking.Errorf(booking.NotFound, "there is no order %q", id)
}

// soon is a pause after which it is worth asking again, at least a second.
func soon(pause time.Duration) time.Duration { return max(pause, time.Second) }

// explained turns an error of the engine into what the caller may be told. All
// other errors stay as they are.
func (o *Orders) explained(ctx context.Context, orderID string, err error) error {
	switch {
	case isAway(err):
		o.log(ctx, orderID).Warn("temporal cannot be reached", zap.Error(err))
		return booking.Errorf(TemporalUnavailable, "orders cannot be worked on at the moment; repeat the request under the same Idempotency-Key: should it have arrived, it is not carried out twice")
	case lacksAttributes(err):
		o.log(ctx, orderID).Error("something was not prepared: see /readyz", zap.Error(err))
		return booking.Errorf(booking.Unavailable, "a part that this needs is not set up yet")
	default:
		return err
	}
}
