package orders

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Codes of failures around an order. Those of refusals by an order are in package booking.
// An error without a message is explained by its code.
const (
	IdempotencyKeyReused = booking.IdempotencyKeyReused
	NotRunning           = booking.Code("not_running")
	TemporalUnavailable  = booking.Code("temporal_unavailable")
	Unreachable          = booking.Code("order_unreachable")
	DecisionsExhausted   = contract.DecisionsExhausted
	EarlierBuild         = booking.Code("earlier_build")
	TooManyCallsWaiting  = booking.Code("too_many_calls_waiting")
	TooManyCallsOfYours  = booking.Code("too_many_calls_of_yours")
	// TooManyUnpaid: the customer has the maximum of orders whose payment is to be
	// confirmed.
	TooManyUnpaid        = booking.Code("too_many_unpaid_orders")
	TooManyOrdersOfYours = booking.Code("too_many_orders_of_yours")
	CancelledByCustomer  = booking.Code("cancelled_by_customer")
	CancelledByOperator  = booking.Code("cancelled_by_operator")
)

// CodeOf is the code for an order that ended as cancelled. The reasons that name a person
// would say too little as codes.
func CodeOf(reason booking.Reason) booking.Code {
	switch reason {
	case booking.ByCustomer:
		return CancelledByCustomer
	case booking.ByOperator:
		return CancelledByOperator
	default:
		return booking.Code(reason)
	}
}

// refusal is an error that is explained by its code.
func refusal(code booking.Code) *booking.Error { return &booking.Error{Code: code} }

// NoSuchOrder is NotFound for an id that is not an order's, or not one of the kind.
func NoSuchOrder(id string) error {
	return booking.Errorf(booking.NotFound, "there is no order %q", id)
}

func isNotFound(err error) bool { return errors.Is(err, &booking.Error{Code: booking.NotFound}) }

// soon is a pause before a retry, at least a second.
func soon(pause time.Duration) time.Duration { return max(pause, time.Second) }

// explained turns an error of the engine into one for the caller. All other errors stay as
// they are.
func (o *Orders) explained(ctx context.Context, orderID string, err error) error {
	switch {
	case isAway(err):
		return o.engineAway(ctx, orderID, err, "repeat the request")
	case lacksAttributes(err):
		return booking.Errorf(booking.Unavailable, "a part that this needs is not set up yet").
			WithCause(fmt.Errorf("%w: %w", booking.ErrNotPrepared, err))
	default:
		return err
	}
}

// notPlaced is explained for a request that has placed no order. earlier: an earlier
// request under its key may have placed one.
func (o *Orders) notPlaced(ctx context.Context, a Attempt, earlier bool, err error) error {
	switch {
	case !isAway(err):
		return o.explained(ctx, a.OrderID, err)
	case a.placement.Key == "":
		return o.engineAway(ctx, a.OrderID, err, "nothing was started: repeat the request")
	case !earlier:
		return o.engineAway(ctx, a.OrderID, err, "nothing was started: repeat the request under the same Idempotency-Key")
	default:
		return o.engineAway(ctx, a.OrderID, err,
			"repeat the request under the same Idempotency-Key: should an earlier one have arrived, it is not carried out twice")
	}
}

func (o *Orders) engineAway(ctx context.Context, orderID string, err error, advice string) error {
	o.log(ctx, orderID).Warn("temporal cannot be reached", zap.Error(err))
	return booking.Errorf(TemporalUnavailable, "orders cannot be worked on at the moment; %s", advice)
}
