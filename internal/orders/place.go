package orders

import (
	"cmp"
	"context"
	"time"

	"go.temporal.io/api/enums/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Place starts the saga of the order that was prepared and answers with its first
// decision, or with how far it got within the reply budget; the saga goes on. An
// order that was refused is an error, with the code of its reason.
func (o *Orders) Place(ctx context.Context, _ Caller, a Attempt) (Outcome, error) {
	budget, cancel := context.WithTimeout(ctx, o.patience(a.placement.kind()))
	defer cancel()
	for left := attemptsAtOnce - 1; ; left-- {
		found, err := o.tryToPlace(ctx, budget, a)
		if err != nil {
			return Outcome{OrderID: a.OrderID}, o.notPlaced(ctx, a, err)
		}
		if !found.over || left == 0 || budget.Err() != nil {
			return o.outcomeOf(ctx, a, found)
		}
		if a.repeats() { // it was taken for a repeat, and is a new order after all
			if a.offer, err = o.inquire(ctx, a.placement.Wanted); err != nil {
				return Outcome{OrderID: a.OrderID}, err
			}
		}
		offer := a.offer
		a = a.placement.attempt(a.number + 1)
		a.offer = offer
	}
}

// patience is how long a caller waits for the first decision on an order. Where
// no payment is deferred, it is asked for twice before it is given up, and each
// of these may take as long as the provider is slow.
func (o *Orders) patience(kind booking.Kind) time.Duration {
	switch {
	case o.Policy.PayWithin == 0:
		return o.ReplyBudget + 2*Asking
	case contract.BusinessOf(kind).AsksFirst:
		return o.ReplyBudget + Asking
	default:
		return o.ReplyBudget
	}
}

// outcomeOf says what came of placing an order. One that is still being undone
// was refused, too, when that is its decision.
func (o *Orders) outcomeOf(ctx context.Context, a Attempt, found progress) (Outcome, error) {
	out := Outcome{View: found.view, Done: found.decided, OrderID: a.OrderID}
	status, reason := found.view.Status, found.view.Reason
	if !found.decided || status != booking.Cancelled && status != booking.Cancelling {
		return out, nil
	}
	no := refusal(cmp.Or(CodeOf(reason), booking.AlreadyCancelled))
	if reason == booking.PaymentUnavailable {
		if wait, ok := o.Gate.Admit(ctx); !ok {
			no.After = soon(wait)
		}
	}
	return out, no
}

// tried is an attempt with what its saga would start with.
type tried struct {
	Attempt
	input contract.Input
	view  contract.View // of the order as it would start
	// startedBy is the hash of the request that started the order, as far as the
	// engine was asked for it.
	startedBy string
}

// tryToPlace starts the saga of the order under the id of its attempt, or finds
// it started.
func (o *Orders) tryToPlace(ctx, budget context.Context, a Attempt) (progress, error) {
	// Before the start: a decision that falls at once must not be missed.
	changes, unsubscribe := o.Hub.Subscribe(a.OrderID)
	defer unsubscribe()

	t := tried{Attempt: a}
	if a.repeats() {
		return o.repeat(ctx, budget, t, changes)
	}
	t.input = a.offer.input(contract.Order{
		OrderID: a.OrderID, CustomerID: a.placement.CustomerID, Amount: a.offer.amount, PaymentMethod: a.placement.PaymentMethod,
		RequestHash: a.placement.RequestHash, PlacedAt: o.Now().UTC().Truncate(time.Microsecond), Policy: o.Policy,
	})
	t.view = t.input.View()
	if err := o.enter(ctx, budget, t); err != nil {
		if a.placement.Key == "" {
			return progress{}, err
		}
		hash, lookErr := o.startedBy(ctx, a.OrderID)
		if lookErr != nil {
			return progress{}, err
		}
		t.startedBy = hash // an earlier request's, whose row is not written yet
		return o.repeat(ctx, budget, t, changes)
	}
	budget, cancel := o.fromItsTurn(ctx, budget, a.placement.kind())
	defer cancel()
	err := o.start(budget, t)
	if wasStarted(err) {
		return o.repeat(ctx, budget, t, changes)
	}
	if err != nil && len(changes) == 0 && !o.startedUnanswered(ctx, a.OrderID, err) {
		return progress{}, err
	}
	return o.awaitDecision(ctx, budget, t.view, changes), nil
}

// enter takes the turn in which start starts the order. When it fails, the
// request has started nothing.
func (o *Orders) enter(ctx, budget context.Context, t tried) error {
	if err := o.admit(ctx, t.offer); err != nil {
		return err
	}
	if err := t.input.Check(); err != nil { // the catalogue holds what an earlier build let in
		return err
	}
	if contract.BusinessOf(t.placement.kind()).MayWait() {
		return o.Starts.Await(budget)
	}
	return o.Starts.Enter(ctx)
}

// fromItsTurn is the budget of an order whose turn has come. An order that cannot
// be taken before it is started has waited for that as long as it took, and has
// its budget from now on.
func (o *Orders) fromItsTurn(ctx, budget context.Context, kind booking.Kind) (context.Context, context.CancelFunc) {
	if contract.BusinessOf(kind).MayWait() {
		return budget, func() {}
	}
	return context.WithTimeout(ctx, o.patience(kind))
}

// admit refuses an order that could not be worked on, before anything of it is
// started.
func (o *Orders) admit(ctx context.Context, an offer) error {
	if an.admit != nil {
		if err := an.admit(ctx); err != nil {
			return err
		}
	}
	if an.amount.Amount == 0 {
		return nil
	}
	wait, ok := o.Gate.Admit(ctx)
	if ok {
		return nil
	}
	return booking.Errorf(CodeOf(booking.PaymentUnavailable), "the payment provider is overloaded or out of order").In(soon(wait))
}

// start starts the saga within the budget, and ends the turn that enter took. An
// order that has waited for its turn until the budget's end has half a reply budget
// more: the engine would hardly answer in less. It
// does not end with the request: a customer who leaves at this moment has either
// placed the order or not, and can ask.
func (o *Orders) start(budget context.Context, t tried) (err error) {
	defer func() { o.Starts.Leave(!isAway(err)) }()
	ctx, cancel := withinOneCall(budget, o.ReplyBudget/2)
	defer cancel()
	return o.Engine.begin(ctx, start{
		workflow: contract.BusinessOf(t.view.Kind).Workflow, input: t.input, view: t.view, hash: t.placement.RequestHash,
		summary: t.offer.summary + ", customer " + t.placement.CustomerID,
		reuse:   enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, eager: o.Eager(),
	})
}

// startedUnanswered tells whether the order was started although its start
// failed: hardly any error of the engine says that nothing was done. When the
// engine cannot be asked at once, the request fails: an outcome would promise an
// order that may never be. It may exist all the same, and is found by a repeat
// under its key.
func (o *Orders) startedUnanswered(ctx context.Context, id string, err error) bool {
	if lacksAttributes(err) {
		return false
	}
	_, lookErr := o.startedBy(ctx, id)
	return lookErr == nil
}

// startedBy is the hash of the request that started the order, "" without an
// Idempotency-Key. It fails unless the engine knows the order, though the read
// model may not yet.
func (o *Orders) startedBy(ctx context.Context, id string) (hash string, err error) {
	ctx, cancel := context.WithTimeout(ctx, lastGlance)
	defer cancel()
	return o.Engine.RequestHash(ctx, id)
}
