package api

import (
	"context"
	"sort"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Keyed is embedded in the inputs of orders.
type Keyed struct {
	IdempotencyKey string `header:"Idempotency-Key" minLength:"1" maxLength:"255" pattern:"^[ -~]+$" patternDescription:"printable ASCII" doc:"Makes it safe to repeat the request: under one key, a customer gets one order" example:"7c1f0d6e-order-1"`
}

// requestHash is that of a request under a key; without one nobody will ask.
func (k Keyed) requestHash(request any) string {
	if k.IdempotencyKey == "" {
		return ""
	}
	return requestHash(request)
}

const idempotencyHeader = "Idempotency-Key"

// checkKey complains about a key that is there but empty, and about a second
// one: whoever sends them expects to be protected.
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

// attempt is a request's attempt at an order. Under one Idempotency-Key there
// may be several: an order that was not taken, since somebody who has to be
// asked was away, does not use the key up.
type attempt struct {
	kind       booking.Kind
	customerID string
	key        string // "" without an Idempotency-Key

	number  int // of the orders under the key that were not taken before
	orderID string
	placed  bool // the order is in the read model already: the request is a repeated one
}

// attemptsKnown is how many attempts under one key are looked for in the read
// model; attemptsAtOnce is how many a request goes through of those that it
// does not know.
const (
	attemptsKnown  = 1 << 14
	attemptsAtOnce = 100
)

// attemptFor finds the attempt that a request is: the first one under its key
// that is not known to have ended without being taken. A read model that is away is no
// obstacle: the engine knows the ids it has started.
func (s *server) attemptFor(ctx context.Context, kind booking.Kind, customerID, key string) attempt {
	a := attempt{kind: kind, customerID: customerID, key: key}
	if key == "" || customerID == "" {
		a.orderID = newOrderID(kind)
		return a
	}
	ctx, cancel := context.WithTimeout(ctx, glance)
	defer cancel()
	look := func(number int) (found attempt, fits bool) {
		found = a.at(number)
		row, err := s.ReadModel.Order(ctx, found.orderID)
		found.placed = err == nil
		return found, err != nil || !wasNotTaken(row)
	}
	found, fits := look(0)
	if !fits { // none was begun before the one before it had ended: they are in order
		found, _ = look(1 + sort.Search(attemptsKnown, func(i int) bool { _, fits := look(1 + i); return fits }))
	}
	return found
}

// wasNotTaken tells whether an order was refused because somebody was away. What
// its customer was answered counts, whatever became of it since.
func wasNotTaken(row contract.Publication) bool {
	if row.Decision != nil {
		return row.Decision.Reason.Unavailable()
	}
	return row.View.Reason.Unavailable()
}

// at is the attempt of this number under the same key.
func (a attempt) at(number int) attempt {
	a.number, a.orderID, a.placed = number, keyedOrderID(a.kind, a.customerID, a.key, number), false
	return a
}

// repeat answers for an order that was placed before: with its decision as it
// fell, whatever became of the order since. An order that was not taken leaves
// the key to the next attempt, whatever that asks for.
func (s *server) repeat(ctx, budget context.Context, o newOrder, seen contract.View, changes <-chan contract.Publication) (outcome, error) {
	row, rowErr := s.glanceAtRow(ctx, seen.ID)
	var decision contract.View
	var fallen bool
	if rowErr == nil {
		seen = row.View
		decision, fallen = s.decisionIn(ctx, row)
	}
	undecided := false // when this request came
	if !fallen {
		asked, err := s.queryDecision(ctx, seen.ID)
		undecided = err == nil && asked == nil
		if err == nil && asked != nil {
			decision, fallen = *asked, true
		}
	}
	if fallen && decision.Reason.Unavailable() {
		return outcome{view: decision, decided: true, over: o.key != ""}, nil
	}
	if err := s.checkSame(budget, o, row.RequestHash); err != nil {
		return outcome{}, err
	}
	if fallen {
		return outcome{view: decision, decided: true}, nil
	}
	found := s.awaitDecision(ctx, budget, seen, changes)
	// An order that could not say whether it had been decided on may have been
	// answered as not taken before this request came, which is then a new one.
	found.over = !undecided && found.decided && found.view.Reason.Unavailable() && o.key != ""
	return found, nil
}

// checkSame refuses a request under a key that was used for another one, whose
// hash the read model knows, or the engine.
func (s *server) checkSame(ctx context.Context, o newOrder, hash string) error {
	if hash == "" {
		var err error
		if hash, err = s.rememberedHash(ctx, o.orderID); err != nil {
			return err
		}
	}
	if hash != o.order.RequestHash {
		return newProblem(idempotencyKeyReused, "this key was used for another request").
			at(idempotencyHeader, "was used for another request")
	}
	return nil
}

// rememberedHash asks the engine for the hash of the request that started an
// order.
func (s *server) rememberedHash(ctx context.Context, id string) (string, error) {
	described, err := s.Temporal.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return "", temporalError{err}
	}
	return contract.RequestHashIn(described.GetWorkflowExecutionInfo().GetMemo()), nil
}
