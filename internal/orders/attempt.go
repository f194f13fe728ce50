package orders

import (
	"cmp"
	"context"
	"sort"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Attempt is an attempt to place an order. There may be several under one Idempotency-Key:
// an order that was not accepted because a service was away does not use up the key.
type Attempt struct {
	OrderID string

	placement Placement
	number    int                   // how many orders under the key were not accepted before
	row       *contract.Publication // the row that was found, nil if there is none
	offer     offer                 // the zero value for a repeat
}

// Price is the price of the prepared order, zero for a repeated request.
func (a Attempt) Price() booking.Money { return a.offer.amount }

// repeats reports whether the order is in the read model already, that is, the request is a
// repeat. A repeat gets the first request's answer without looking up the items that it
// names, which may no longer exist.
func (a Attempt) repeats() bool { return a.row != nil }

// attemptsKnown is how many attempts under one key are searched in the read model;
// attemptsAtOnce is how many further ones a request goes through.
const (
	attemptsKnown  = 1 << 14
	attemptsAtOnce = 100
)

// Prepare finds the attempt of a placement, and unless it is a repeat looks up the items
// that it names. Returns Invalid with every field at fault, and NotAllowed if the caller
// may not place orders for the customer. Nothing is started before Place.
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

// attempt is the first attempt under the key that is not known to have ended without being
// accepted. The read model may be away: the engine knows the ids that it has started.
func (o *Orders) attempt(ctx context.Context, p Placement) Attempt {
	if p.Key == "" || p.CustomerID == "" {
		return Attempt{OrderID: newID(p.kind()), placement: p}
	}
	ctx, cancel := context.WithTimeout(ctx, OptionalReadTimeout)
	defer cancel()
	tryNumber := func(number int) (found Attempt, fits bool) {
		found = p.attempt(number)
		row, err := o.Pages.Order(ctx, found.OrderID)
		if err != nil {
			return found, true
		}
		found.row = &row
		return found, !wasUnavailable(row)
	}
	found, fits := tryNumber(0)
	if !fits { // they are in order: each began after the one before had ended
		found, _ = tryNumber(1 + sort.Search(attemptsKnown, func(i int) bool { _, fits := tryNumber(1 + i); return fits }))
	}
	return found
}

// attempt returns the attempt with this number under the placement's key.
func (p Placement) attempt(number int) Attempt {
	return Attempt{OrderID: KeyedID(p.kind(), p.CustomerID, p.ownKey(), number), placement: p, number: number}
}

// wasUnavailable reports whether an order was refused because a service was away. The answer to
// the customer counts, whatever happened to the order since.
func wasUnavailable(row contract.Publication) bool {
	if row.Decision != nil {
		return row.Decision.Reason.Unavailable()
	}
	return row.View.Reason.Unavailable()
}

// repeat answers a repeated request with the order's first decision, whatever happened to the
// order since. An order that was not accepted leaves the key to the next attempt, even for
// something else.
func (o *Orders) repeat(ctx, budget context.Context, t tried, changes <-chan contract.Publication) (progress, error) {
	row, rowErr := o.optionalRow(ctx, t.OrderID)
	if rowErr != nil && t.row != nil {
		row, rowErr = *t.row, nil // as it was when the request came
	}
	seen, decision, made := t.view, contract.View{}, false
	if rowErr == nil {
		seen = row.View
		decision, made = o.decisionIn(ctx, row)
	}
	undecided := false // at the time of this request
	if !made {
		queried, err := o.queryDecision(ctx, seen.ID)
		undecided = err == nil && queried == nil
		if err == nil && queried != nil {
			decision, made = *queried, true
		}
	}
	if made && decision.Reason.Unavailable() {
		return progress{view: decision, decided: true, keyIsFree: t.placement.Key != ""}, nil
	}
	if err := o.checkSame(budget, t, cmp.Or(row.RequestHash, t.startedBy)); err != nil {
		return o.notCompared(ctx, t, seen, rowErr == nil, err)
	}
	if made {
		return progress{view: decision, decided: true}, nil
	}
	found := o.awaitDecision(ctx, budget, seen, changes)
	// An order that could not say whether it was decided may have been refused as
	// unavailable before this request came; then this request is a new one.
	found.keyIsFree = !undecided && found.decided && found.view.Reason.Unavailable() && t.placement.Key != ""
	return found, nil
}

// notCompared answers a request that could not be compared with the one that started its
// order. The customer learns that the order exists. If it has no row, it is put into the
// inbox where its kind may wait there: the dispatcher finds out which request started it.
func (o *Orders) notCompared(ctx context.Context, t tried, seen contract.View, hasRow bool, cause error) (progress, error) {
	switch {
	case !isOpen(cause):
		return progress{}, cause
	case hasRow:
		o.log(ctx, t.OrderID).Warn("order exists, and its request cannot be read", zap.Error(cause))
		return progress{view: seen}, nil
	default:
		return o.keep(ctx, t, unstarted{cause, true})
	}
}

// checkSame refuses a request whose key was used for a different one. The hash of that
// comes from the read model or the engine.
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
