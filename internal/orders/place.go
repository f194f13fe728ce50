package orders

import (
	"cmp"
	"context"
	"errors"
	"time"

	"go.temporal.io/api/enums/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Place starts the saga of the order that was prepared and answers with its first
// decision, or with how far it got within the reply budget; the saga goes on. An
// order that was refused is an error, with the code of its reason.
func (o *Orders) Place(ctx context.Context, a Attempt) (Outcome, error) {
	budget, cancel := context.WithTimeout(ctx, o.placeTimeout(a.placement.kind()))
	defer cancel()
	for left := attemptsAtOnce - 1; ; left-- {
		found, err := o.tryToPlace(ctx, budget, a)
		if err != nil {
			_, earlier := errors.AsType[unasked](err)
			return Outcome{OrderID: a.OrderID, Earlier: earlier}, o.notPlaced(ctx, a, earlier, err)
		}
		if !found.keyIsFree || left == 0 || budget.Err() != nil {
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

// placeTimeout is how long a caller waits for the first decision on an order. Where
// no payment is deferred, it is asked for twice before it is given up, and each
// of these may take as long as the provider is slow.
func (o *Orders) placeTimeout(kind booking.Kind) time.Duration {
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
	if !found.decided {
		out.After = o.expected(found.view)
	}
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
	// startBy is until when the saga has to be started.
	startBy time.Time
	// startedBy is the hash of the request that started the order, as far as the
	// engine was asked for it.
	startedBy string
}

// summary is one line for operators.
func (t tried) summary() string { return t.offer.summary + ", customer " + t.placement.CustomerID }

// tryToPlace starts the saga of the order under the id of its attempt, or finds
// it started.
func (o *Orders) tryToPlace(ctx, budget context.Context, a Attempt) (found progress, err error) {
	// Before the start: a decision that falls at once must not be missed.
	changes, unsubscribe := o.Hub.Subscribe(a.OrderID)
	defer unsubscribe()

	t := tried{Attempt: a}
	if a.repeats() {
		return o.repeat(ctx, budget, t, changes)
	}
	placedAt := o.Now().UTC().Truncate(time.Microsecond)
	t = o.tried(budget, a, placedAt)
	leave, err := o.admit(ctx, t)
	defer func() { leave(found) }()
	if err == nil {
		err = o.enter(ctx, budget, t)
	}
	if err != nil {
		return o.notEntered(ctx, budget, t, changes, err)
	}
	if !contract.BusinessOf(a.placement.kind()).MayWait() {
		// It has waited for that as long as it took, and has its budget from now on.
		inTurn, cancel := context.WithTimeout(ctx, o.placeTimeout(a.placement.kind()))
		defer cancel()
		budget, t = inTurn, o.tried(inTurn, a, placedAt)
	}
	sending, err := o.start(budget, t)
	if wasStarted(err) {
		return o.repeat(ctx, budget, t, changes)
	}
	if err != nil && len(changes) == 0 {
		err = o.startedUnanswered(ctx, t, err)
	}
	switch {
	case err == nil || len(changes) > 0:
		return o.awaitDecision(ctx, budget, t.view, changes), nil
	case isOpen(err):
		return o.keep(ctx, t, unstarted{err, reached(sending, err)})
	default:
		return progress{}, err
	}
}

// tried is what the saga of an attempt would start with, within the budget.
func (o *Orders) tried(budget context.Context, a Attempt, placedAt time.Time) tried {
	t := tried{Attempt: a, startBy: o.startBy(budget, a, placedAt)}
	t.input = a.offer.input(contract.Order{
		OrderID: a.OrderID, CustomerID: a.placement.CustomerID, PlacedBy: a.placement.forCustomer(),
		Amount: a.offer.amount, PaymentMethod: a.placement.PaymentMethod, ReturnTo: a.placement.returnTo(a.OrderID),
		RequestHash: a.placement.RequestHash, PlacedAt: placedAt, StartBy: t.startBy, Policy: o.Policy,
		Cancellation: a.offer.cancellation, CountsChanges: a.offer.cancellation != nil,
	})
	t.view = t.input.View()
	return t
}

// notEntered answers for a request that has started nothing. Under its key an
// earlier one may have, whose row is not written yet.
func (o *Orders) notEntered(ctx, budget context.Context, t tried, changes <-chan contract.Publication, why error) (progress, error) {
	if t.placement.Key != "" {
		hash, err := o.startedBy(ctx, t.OrderID)
		if err == nil {
			t.startedBy = hash
			return o.repeat(ctx, budget, t, changes)
		}
		why = t.unlessNone(why, err)
	}
	if errors.Is(why, &booking.Error{Code: admission.Overloaded}) {
		return o.keep(ctx, t, unstarted{error: why})
	}
	return progress{}, why
}

// enter takes the turn in which start starts the order. When it fails, the
// request has started nothing.
func (o *Orders) enter(ctx, budget context.Context, t tried) error {
	if err := t.input.Check(); err != nil { // the catalogue holds what an earlier build let in
		return err
	}
	if contract.BusinessOf(t.placement.kind()).MayWait() {
		end, _ := budget.Deadline()
		turn, cancel := context.WithDeadline(budget, end.Add(-o.ReplyBudget/4)) // which the start needs
		defer cancel()
		return o.Starts.Await(turn)
	}
	return o.Starts.Enter(ctx)
}

// admit refuses an order that could not be worked on, before anything of it is
// started. leave is called when it has been placed, or not, with how far it got.
func (o *Orders) admit(ctx context.Context, t tried) (leave func(progress), err error) {
	leave = func(progress) {}
	if t.offer.admit != nil {
		if err := t.offer.admit(ctx, t.placement); err != nil {
			return leave, err
		}
	}
	if err := t.offer.asShown(t.placement); err != nil {
		return leave, err
	}
	leaveShares, err := o.enterShares(ctx, t)
	leave = func(progress) { leaveShares() }
	if err != nil || t.offer.amount.Amount == 0 {
		return leave, err
	}
	leaveUnpaid, err := o.mayAwaitPayment(ctx, t)
	leave = func(found progress) {
		leaveUnpaid(found)
		leaveShares()
	}
	if err != nil {
		return leave, err
	}
	if wait, ok := o.Gate.Admit(ctx); !ok {
		err = booking.Errorf(CodeOf(booking.PaymentUnavailable), "the payment provider is overloaded or out of order").In(soon(wait))
	}
	return leave, err
}

// enterShares refuses an order whose customer or caller has as many that wait as one
// may, or is about to: of calls for a cleaner, or else in the inbox. While that is empty
// nothing is looked up.
func (o *Orders) enterShares(ctx context.Context, t tried) (leave func(), refused error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), OptionalReadTimeout)
	defer cancel()
	if t.offer.shares != nil {
		return o.calls.admit(ctx, o.Log, t.offer.shares(t.placement))
	}
	shares := o.inboxShares(t.placement)
	for i, s := range shares {
		shares[i].count = func(ctx context.Context, id string) (int, error) {
			if o.Dispatcher.line.empty() {
				return 0, nil
			}
			return s.count(ctx, id)
		}
	}
	return o.waiting.admit(ctx, o.Log, shares)
}

// start starts the saga within the budget, and ends the turn that enter took. It
// does not end with the request: a customer who leaves at this moment has either
// placed the order or not, and can ask.
func (o *Orders) start(budget context.Context, t tried) (_ *sending, err error) {
	defer func() { o.Starts.Leave(!isAway(err)) }()
	ctx, cancel := withinOneCall(budget)
	defer cancel()
	ctx, sending := watched(ctx)
	return sending, o.Engine.begin(ctx, start{
		workflow: contract.BusinessOf(t.view.Kind).Workflow, input: t.input, view: t.view, hash: t.placement.RequestHash,
		summary: t.summary(), reuse: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, eager: o.Eager(),
	})
}

// startedUnanswered is nil if the order was started although its start failed:
// hardly any error of the engine says that nothing was done. When the engine cannot
// be asked at once, that stays open: see keep.
func (o *Orders) startedUnanswered(ctx context.Context, t tried, err error) error {
	if lacksAttributes(err) {
		return err
	}
	_, lookErr := o.startedBy(ctx, t.OrderID)
	if lookErr == nil {
		return nil
	}
	return t.unlessNone(err, lookErr)
}

// unasked is why a request under a key has started nothing, where the engine could not
// be asked whether an earlier one has.
type unasked struct{ error }

func (u unasked) Unwrap() error { return u.error }

// unlessNone marks why a request has started nothing, unless it is certain that an
// earlier one under its key has not either: lookErr is what the engine said to that.
func (t tried) unlessNone(why, lookErr error) error {
	if t.placement.Key == "" || errors.Is(lookErr, refusal(booking.NotFound)) {
		return why
	}
	return unasked{why}
}

// startedBy is the hash of the request that started the order, "" without an
// Idempotency-Key. It fails unless the engine knows the order, though the read
// model may not yet.
func (o *Orders) startedBy(ctx context.Context, id string) (hash string, err error) {
	ctx, cancel := context.WithTimeout(ctx, finalReadTimeout)
	defer cancel()
	return o.Engine.RequestHash(ctx, id)
}
