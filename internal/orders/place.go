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

// Place starts the saga of the prepared order and returns the order at its first decision,
// or its state at the end of the reply budget; the saga continues. A refused order is an
// error with the code of its reason.
func (o *Orders) Place(ctx context.Context, a Attempt) (Outcome, error) {
	budget, cancel := context.WithTimeout(ctx, o.placeTimeout(a.placement.kind()))
	defer cancel()
	for left := attemptsAtOnce - 1; ; left-- {
		found, err := o.tryToPlace(ctx, budget, a)
		if err != nil {
			_, earlier := errors.AsType[earlierUnknown](err)
			return Outcome{OrderID: a.OrderID, Earlier: earlier}, o.notPlaced(ctx, a, earlier, err)
		}
		if !found.keyIsFree || left == 0 || budget.Err() != nil {
			return o.outcomeOf(ctx, a, found)
		}
		if a.repeats() { // it seemed to be a repeat, and is a new order
			if a.offer, err = o.inquire(ctx, a.placement.Wanted); err != nil {
				return Outcome{OrderID: a.OrderID}, err
			}
		}
		offer := a.offer
		a = a.placement.attempt(a.number + 1)
		a.offer = offer
	}
}

// placeTimeout is how long a caller waits for the first decision on an order. Without
// deferred payments the provider is called twice before the order is given up, and each
// call may be slow.
func (o *Orders) placeTimeout(kind booking.Kind) time.Duration {
	switch {
	case o.Policy.PayWithin == 0:
		return o.ReplyBudget + 2*ServiceWait
	case contract.BusinessOf(kind).ServiceAccepts:
		return o.ReplyBudget + ServiceWait
	default:
		return o.ReplyBudget
	}
}

// outcomeOf is the outcome of placing an order. An order whose decision is a refusal counts
// as refused while it is still being undone.
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

// tried is an attempt with the input of its saga.
type tried struct {
	Attempt
	input contract.Input
	view  contract.View // the first view of the order
	// startBy is the deadline of the saga's start.
	startBy time.Time
	// startedBy is the hash of the request that started the order, "" until the engine has
	// returned it.
	startedBy string
}

// summary is one line for operators.
func (t tried) summary() string { return t.offer.summary + ", customer " + t.placement.CustomerID }

// tryToPlace starts the saga of the order under the id of its attempt, unless it has been
// started already.
func (o *Orders) tryToPlace(ctx, budget context.Context, a Attempt) (found progress, err error) {
	// Before the start, so that an immediate decision is not missed.
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
	if !contract.BusinessOf(a.placement.kind()).MayBeQueued() {
		// The wait for the turn does not count: the budget begins now.
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

// tried returns the attempt with the input of its saga, within the budget.
func (o *Orders) tried(budget context.Context, a Attempt, placedAt time.Time) tried {
	t := tried{Attempt: a, startBy: o.startBy(budget, a, placedAt)}
	t.input = a.offer.input(contract.Order{
		OrderID: a.OrderID, CustomerID: a.placement.CustomerID, PlacedBy: a.placement.forCustomer(),
		Amount: a.offer.amount, PaymentMethod: a.placement.PaymentMethod, KeepsMethod: a.placement.KeepsMethod, ReturnTo: a.placement.returnTo(a.OrderID),
		RequestHash: a.placement.RequestHash, PlacedAt: placedAt, StartBy: t.startBy, Policy: o.Policy,
		Cancellation: a.offer.cancellation, CountsChanges: a.offer.cancellation != nil,
	})
	t.view = t.input.View()
	return t
}

// notEntered answers a request that has started nothing. An earlier request under its key may
// have started an order whose row is not written yet.
func (o *Orders) notEntered(ctx, budget context.Context, t tried, changes <-chan contract.Publication, cause error) (progress, error) {
	if t.placement.Key != "" {
		hash, err := o.startedBy(ctx, t.OrderID)
		if err == nil {
			t.startedBy = hash
			return o.repeat(ctx, budget, t, changes)
		}
		cause = t.unlessNone(cause, err)
	}
	if errors.Is(cause, &booking.Error{Code: admission.Overloaded}) {
		return o.keep(ctx, t, unstarted{error: cause})
	}
	return progress{}, cause
}

// enter waits for the turn in which start starts the order. If it fails, the request has
// started nothing.
func (o *Orders) enter(ctx, budget context.Context, t tried) error {
	if err := t.input.Check(); err != nil { // an earlier build may have accepted an invalid item
		return err
	}
	if contract.BusinessOf(t.placement.kind()).MayBeQueued() {
		end, _ := budget.Deadline()
		turn, cancel := context.WithDeadline(budget, end.Add(-o.ReplyBudget/4)) // which the start needs
		defer cancel()
		return o.Starts.Await(turn)
	}
	return o.Starts.Enter(ctx)
}

// admit refuses an order that could not be worked on, before any part of it is started.
// leave has to be called with the order's progress once placing has ended.
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
		err = booking.Errorf(CodeOf(booking.PaymentUnavailable), "the payment provider is overloaded or out of order").RetryIn(soon(wait))
	}
	return leave, err
}

// enterShares refuses an order whose customer or caller has, or is about to have, the maximum
// of waiting orders: calls for a cleaner or, for other kinds, orders in the inbox. While the
// inbox is empty nothing is counted.
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

// start starts the saga within the budget, and ends the turn of enter. It continues if the
// request ends: the order is then placed or not, and its customer can read it.
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

// startedUnanswered returns nil if the order was started although the call failed: most
// errors of the engine do not exclude that. If the engine does not answer, it remains
// unknown: see keep.
func (o *Orders) startedUnanswered(ctx context.Context, t tried, err error) error {
	if lacksAttributes(err) {
		return err
	}
	_, readErr := o.startedBy(ctx, t.OrderID)
	if readErr == nil {
		return nil
	}
	return t.unlessNone(err, readErr)
}

// earlierUnknown is the error of a request under a key that has started nothing, if the engine does
// not answer whether an earlier one has.
type earlierUnknown struct{ error }

func (u earlierUnknown) Unwrap() error { return u.error }

// unlessNone marks the error of a request that has started nothing, unless it is certain
// that no earlier one under its key has started an order: readErr is the engine's answer.
func (t tried) unlessNone(cause, readErr error) error {
	if t.placement.Key == "" || errors.Is(readErr, refusal(booking.NotFound)) {
		return cause
	}
	return earlierUnknown{cause}
}

// startedBy is the hash of the request that started the order, "" without an Idempotency-Key. It
// reads from the engine, since the read model may not have the order yet. Returns NotFound if the
// engine knows no such order.
func (o *Orders) startedBy(ctx context.Context, id string) (hash string, err error) {
	ctx, cancel := context.WithTimeout(ctx, finalReadTimeout)
	defer cancel()
	return o.Engine.RequestHash(ctx, id)
}
