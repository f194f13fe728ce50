package orders

import (
	"cmp"
	"context"
	"sort"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Attempt is an attempt to place an order. Under one Idempotency-Key there may be
// several: an order that was not taken, since a service that has to be asked was
// away, does not use the key up.
type Attempt struct {
	OrderID string

	placement Placement
	number    int                   // of the orders under the key that were not taken before
	row       *contract.Publication // that was found, nil if none was
	offer     offer                 // the zero value of a repeat
}

// Price is what the order costs as it was prepared, zero of a repeated request.
func (a Attempt) Price() booking.Money { return a.offer.amount }

// repeats tells whether the order is in the read model already, so that the
// request is a repeated one. It is answered as the first one was: what it names
// is not looked up, and may be gone.
func (a Attempt) repeats() bool { return a.row != nil }

// attemptsKnown is how many attempts under one key are looked for in the read
// model; attemptsAtOnce is how many a request goes through of those that it
// does not know.
const (
	attemptsKnown  = 1 << 14
	attemptsAtOnce = 100
)

// Prepare finds the attempt that a placement is, and looks up what it names unless
// it repeats another. Invalid names every field that is at fault, NotAllowed is for a
// caller that may not place orders for the customer, and nothing is started before
// Place.
func (o *Orders) Prepare(ctx context.Context, caller booking.Caller, p Placement) (a Attempt, err error) {
	if p, err = p.by(caller); err != nil {
		return a, err
	}
	a = o.attempt(ctx, p)
	if !a.repeats() {
		a.offer, err = o.inquire(ctx, p.Wanted)
	}
	return a, err
}

// attempt is the first one under its key that is not known to have ended without
// being taken. A read model that is away is no obstacle: the engine knows the ids
// that it has started.
func (o *Orders) attempt(ctx context.Context, p Placement) Attempt {
	if p.Key == "" || p.CustomerID == "" {
		return Attempt{OrderID: newID(p.kind()), placement: p}
	}
	ctx, cancel := context.WithTimeout(ctx, Glance)
	defer cancel()
	look := func(number int) (found Attempt, fits bool) {
		found = p.attempt(number)
		row, err := o.Pages.Order(ctx, found.OrderID)
		if err != nil {
			return found, true
		}
		found.row = &row
		return found, !wasNotTaken(row)
	}
	found, fits := look(0)
	if !fits { // none was begun before the one before it had ended: they are in order
		found, _ = look(1 + sort.Search(attemptsKnown, func(i int) bool { _, fits := look(1 + i); return fits }))
	}
	return found
}

// attempt is the one of this number under the placement's key.
func (p Placement) attempt(number int) Attempt {
	return Attempt{OrderID: KeyedID(p.kind(), p.CustomerID, p.ownKey(), number), placement: p, number: number}
}

// wasNotTaken tells whether an order was refused because a service was away.
// What its customer was answered counts, whatever became of it since.
func wasNotTaken(row contract.Publication) bool {
	if row.Decision != nil {
		return row.Decision.Reason.Unavailable()
	}
	return row.View.Reason.Unavailable()
}

// repeat answers for an order that was placed before: with its decision as it
// fell, whatever became of the order since. An order that was not taken leaves
// the key to the next attempt, whatever that asks for.
func (o *Orders) repeat(ctx, budget context.Context, t tried, changes <-chan contract.Publication) (progress, error) {
	row, rowErr := o.glanceAtRow(ctx, t.OrderID)
	if rowErr != nil && t.row != nil {
		row, rowErr = *t.row, nil // as it was when the request came
	}
	seen, decision, fallen := t.view, contract.View{}, false
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
		return progress{view: decision, decided: true, over: t.placement.Key != ""}, nil
	}
	if err := o.checkSame(budget, t, cmp.Or(row.RequestHash, t.startedBy)); err != nil {
		return o.notCompared(ctx, t, seen, rowErr == nil, err)
	}
	if fallen {
		return progress{view: decision, decided: true}, nil
	}
	found := o.awaitDecision(ctx, budget, seen, changes)
	// An order that could not say whether it had been decided on may have been
	// answered as not taken before this request came, which is then a new one.
	found.over = !undecided && found.decided && found.view.Reason.Unavailable() && t.placement.Key != ""
	return found, nil
}

// notCompared answers for a request of which it is not known whether it is the one
// that its order was placed by. There is an order, and its customer gets to know that.
// One that has no row gets one where its kind may: whichever request started it, the
// dispatcher finds out.
func (o *Orders) notCompared(ctx context.Context, t tried, seen contract.View, hasRow bool, why error) (progress, error) {
	switch {
	case !isOpen(why):
		return progress{}, why
	case hasRow:
		o.log(ctx, t.OrderID).Warn("order is there, and its request cannot be asked for", zap.Error(why))
		return progress{view: seen}, nil
	default:
		return o.keep(ctx, t, unstarted{why, true})
	}
}

// checkSame refuses a request under a key that was used for another one, whose
// hash the read model knows, or the engine.
func (o *Orders) checkSame(ctx context.Context, t tried, known string) error {
	if known == "" {
		described, err := o.Engine.describe(ctx, t.OrderID)
		if err != nil {
			return err
		}
		known = contract.RequestHashIn(described.GetWorkflowExecutionInfo().GetMemo())
	}
	if !t.placement.placed(known) {
		return booking.Errorf(IdempotencyKeyReused, "this key was used for another request")
	}
	return nil
}
