package orders

import (
	"cmp"
	"context"
	"sort"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Attempt is a request's attempt at an order. Under one Idempotency-Key there
// may be several: an order that was not taken, since a service that has to be
// asked was away, does not use the key up.
type Attempt struct {
	OrderID string
	// Repeats: the order is in the read model already, so that the request is a
	// repeated one. It is answered as the first one was: what it names is not
	// looked up, and may be gone.
	Repeats bool

	kind       booking.Kind
	customerID string
	key        string                // "" without an Idempotency-Key
	number     int                   // of the orders under the key that were not taken before
	row        *contract.Publication // that was found, nil if none was
}

// attemptsKnown is how many attempts under one key are looked for in the read
// model; attemptsAtOnce is how many a request goes through of those that it
// does not know.
const (
	attemptsKnown  = 1 << 14
	attemptsAtOnce = 100
)

// Attempt finds the attempt that a request is: the first one under its key that
// is not known to have ended without being taken. A read model that is away is
// no obstacle: the engine knows the ids that it has started.
func (o *Orders) Attempt(ctx context.Context, caller Caller, kind booking.Kind, key string) Attempt {
	a := Attempt{kind: kind, customerID: caller.ID, key: key}
	if key == "" || caller.ID == "" {
		a.OrderID = newID(kind)
		return a
	}
	ctx, cancel := context.WithTimeout(ctx, Glance)
	defer cancel()
	look := func(number int) (found Attempt, fits bool) {
		found = a.at(number)
		row, err := o.Pages.Order(ctx, found.OrderID)
		if err != nil {
			return found, true
		}
		found.row, found.Repeats = &row, true
		return found, !wasNotTaken(row)
	}
	found, fits := look(0)
	if !fits { // none was begun before the one before it had ended: they are in order
		found, _ = look(1 + sort.Search(attemptsKnown, func(i int) bool { _, fits := look(1 + i); return fits }))
	}
	return found
}

// wasNotTaken tells whether an order was refused because a service was away.
// What its customer was answered counts, whatever became of it since.
func wasNotTaken(row contract.Publication) bool {
	if row.Decision != nil {
		return row.Decision.Reason.Unavailable()
	}
	return row.View.Reason.Unavailable()
}

// at is the attempt of this number under the same key.
func (a Attempt) at(number int) Attempt {
	return Attempt{
		OrderID: KeyedID(a.kind, a.customerID, a.key, number), kind: a.kind, customerID: a.customerID, key: a.key, number: number,
	}
}

// repeat answers for an order that was placed before: with its decision as it
// fell, whatever became of the order since. An order that was not taken leaves
// the key to the next attempt, whatever that asks for.
func (o *Orders) repeat(ctx, budget context.Context, p placement, changes <-chan contract.Publication) (progress, error) {
	row, rowErr := o.glanceAtRow(ctx, p.OrderID)
	if rowErr != nil && p.row != nil {
		row, rowErr = *p.row, nil // as it was when the request came
	}
	seen, decision, fallen := p.input.View(), contract.View{}, false
	if rowErr == nil {
		seen = row.View
		decision, fallen = o.decisionIn(ctx, row)
	}
	undecided := false // when this request came
	if !fallen {
		asked, err := o.queryDecision(ctx, seen.ID)
		undecided = err == nil && asked == nil
		if err == nil && asked != nil {
			decision, fallen = *asked, true
		}
	}
	if fallen && decision.Reason.Unavailable() {
		return progress{view: decision, decided: true, over: p.key != ""}, nil
	}
	if err := o.checkSame(budget, p, cmp.Or(row.RequestHash, p.startedBy)); err != nil {
		return progress{}, err
	}
	if fallen {
		return progress{view: decision, decided: true}, nil
	}
	found := o.awaitDecision(ctx, budget, seen, changes)
	// An order that could not say whether it had been decided on may have been
	// answered as not taken before this request came, which is then a new one.
	found.over = !undecided && found.decided && found.view.Reason.Unavailable() && p.key != ""
	return found, nil
}

// checkSame refuses a request under a key that was used for another one, whose
// hash the read model knows, or the engine.
func (o *Orders) checkSame(ctx context.Context, p placement, known string) error {
	if known == "" {
		described, err := o.Engine.describe(ctx, p.OrderID)
		if err != nil {
			return err
		}
		known = contract.RequestHashIn(described.GetWorkflowExecutionInfo().GetMemo())
	}
	if known != p.order.RequestHash {
		return booking.Errorf(IdempotencyKeyReused, "this key was used for another request")
	}
	return nil
}
