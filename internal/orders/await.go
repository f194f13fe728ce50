package orders

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// progress is the state of an order when its caller stops waiting.
type progress struct {
	view      contract.View
	decided   bool // view is the one at the first decision
	keyIsFree bool // the order was refused as unavailable before this request, and left the key to it
}

// awaitDecision waits for the order's first decision until the budget ends, and then checks
// once more: the decision may have been made in another process.
//
// It does not wait for a decision that depends on a deferred payment or on the customer's
// confirmation, which may take long.
func (o *Orders) awaitDecision(ctx, budget context.Context, seen contract.View, changes <-chan contract.Publication) progress {
	for seen.PaymentDeferred == nil && seen.Status != booking.AwaitingPayment {
		change, received := nextChange(budget, changes)
		if !received {
			return o.finalRead(ctx, seen)
		}
		if decision, made := o.decisionIn(ctx, change); made {
			return progress{view: decision, decided: true}
		}
		seen = change.View
	}
	return progress{view: seen}
}

// nextChange waits for a change until the budget ends. A change that is there already
// counts, even if the budget has ended.
func nextChange(budget context.Context, changes <-chan contract.Publication) (change contract.Publication, received bool) {
	select {
	case change = <-changes:
		return change, true
	case <-budget.Done():
	}
	select {
	case change = <-changes:
		return change, true
	default:
		return change, false
	}
}

// decisionIn is the order's view at its first decision, if that was made.
func (o *Orders) decisionIn(ctx context.Context, p contract.Publication) (contract.View, bool) {
	switch {
	case p.Decision != nil:
		return *p.Decision, true
	case !p.View.Decided():
		return contract.View{}, false
	}
	// Once the read model holds the decision, publications leave it out.
	if row, err := o.optionalRow(ctx, p.View.ID); err == nil && row.Decision != nil {
		return *row.Decision, true
	}
	if decision, err := o.queryDecision(ctx, p.View.ID); err == nil && decision != nil {
		return *decision, true
	}
	return p.View, true
}

// finalReadTimeout bounds the last check of an order whose request has used up its time.
const finalReadTimeout = 400 * time.Millisecond

// finalRead finds out the state of an order whose decision did not arrive in time. Failures are
// ignored: the order continues, and its caller has waited long and needs an answer soon.
func (o *Orders) finalRead(ctx context.Context, seen contract.View) progress {
	ctx, cancel := context.WithTimeout(ctx, finalReadTimeout)
	defer cancel()
	half, cancelHalf := context.WithTimeout(ctx, finalReadTimeout/2)
	defer cancelHalf()
	if row, err := o.optionalRow(half, seen.ID); err == nil {
		if decision, made := o.decisionIn(ctx, row); made {
			return progress{view: decision, decided: true}
		}
		seen = newer(seen, row.View)
	}
	decision, err := o.queryDecision(ctx, seen.ID)
	switch {
	case err != nil:
		o.log(ctx, seen.ID).Debug("undecided order does not answer", zap.Error(err))
	case decision != nil:
		return progress{view: *decision, decided: true}
	default:
		if view, err := o.queryView(ctx, seen.ID, OptionalReadTimeout); err == nil {
			seen = newer(seen, view)
		}
	}
	return progress{view: seen}
}

func newer(a, b contract.View) contract.View {
	if b.Version > a.Version {
		return b
	}
	return a
}
