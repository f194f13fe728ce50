package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Keyed is embedded in the inputs that place orders.
type Keyed struct {
	IdempotencyKey string `header:"Idempotency-Key" minLength:"1" maxLength:"255" pattern:"^[ -~]+$" patternDescription:"printable ASCII" doc:"Makes it safe to repeat the request: requests of a customer with the same key make one order" example:"7c1f0d6e-order-1"`
}

const idempotencyHeader = "Idempotency-Key"

// checkKey reports an empty key and a second one: either would leave the request
// without the protection of a key.
func (f *faults) checkKey(ctx huma.Context) {
	keys := 0
	ctx.EachHeader(func(name, value string) {
		if name != idempotencyHeader {
			return
		}
		if keys++; keys > 1 {
			f.add("header."+idempotencyHeader, string(isRepeated))
		}
		if value == "" {
			f.add("header."+idempotencyHeader, "is empty")
		}
	})
}

// placing is an order that is being placed.
type placing struct {
	server  *server
	attempt orders.Attempt
}

// prepare prepares the order of a request, and reports its faults. If the request
// cannot be hashed, nothing is known of the order.
func (p *placing) prepare(ctx huma.Context, f *faults, wanted orders.Placement, keyed Keyed, request any) {
	p.server = serverOf(ctx)
	wanted.Host = humagin.Unwrap(ctx).Request.Host
	var err error
	if wanted.Key = keyed.IdempotencyKey; wanted.Key != "" {
		wanted.RequestHash, wanted.PlainHash, err = p.server.hashes(ctx.Context(), request)
	}
	if err == nil {
		p.attempt, err = p.server.Orders.Prepare(ctx.Context(), CallerOf(ctx.Context()), wanted)
	}
	if invalid, ok := errors.AsType[*booking.Error](err); ok && len(invalid.Faults) > 0 {
		f.addBody(invalid.Faults)
	} else if err != nil {
		f.fail(p.server.toProblem(ctx.Context(), err))
	}
}

// place places the order and answers with the outcome.
func (p *placing) place(ctx context.Context, l language) (*orderAnswer, error) {
	isAbout(ctx, p.attempt.OrderID)
	placed, err := p.server.Orders.Place(ctx, p.attempt)
	isAbout(ctx, placed.OrderID)
	if err != nil {
		problem := p.server.placingProblem(ctx, l, placed.View, err)
		if placed.Earlier {
			problem.header.Set("Location", locationOf(contract.View{ID: placed.OrderID, Kind: booking.KindOf(placed.OrderID)}))
		}
		return nil, problem
	}
	return l.answerOutcome(placed, readerOf(ctx, placed.View), http.StatusCreated).located(), nil
}

// placingProblem is the problem of an order that was not placed. For a refused order it
// says what happened to the money.
func (s *server) placingProblem(ctx context.Context, l language, v contract.View, err error) *problem {
	p := s.problemAbout(ctx, l, v, err)
	if v.ID != "" {
		p.Detail += moneyOf(v)
	}
	if errors.Is(err, &booking.Error{Code: orders.IdempotencyKeyReused}) {
		p = p.at(idempotencyHeader, "was used for another request")
	}
	return p
}

// moneyOf says what happened to the money of a refused order.
func moneyOf(v contract.View) string {
	undone := v.Status == booking.Cancelled
	switch {
	case v.Amount.Amount == 0:
		return "" // there was no charge
	case v.Placed && undone:
		return " What was paid has been refunded."
	case v.Placed:
		return " What was paid is being refunded."
	case undone || v.Reason == booking.CafeUnavailable || v.Reason == booking.NotRegistered || v.Reason == booking.NotProcessed:
		return " Nothing was charged."
	default:
		return " You pay nothing: what may have been charged is refunded."
	}
}
