package api

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// glance bounds a look at the read model or the workflow that can be done
// without.
const glance = 500 * time.Millisecond

// newOrder is an order on its way into the world, whatever its business.
type newOrder struct {
	attempt
	order    contract.Order // the id comes from the attempt, time and policy from the server
	workflow string
	input    func(contract.Order) sagaInput
	summary  string // one line for the web UI
	// admit refuses an order that could not be worked on, before anything is
	// started; nil takes every one that can be paid for.
	admit func(context.Context) error
}

// sagaInput is what the saga of an order starts with.
type sagaInput interface {
	// View is the order as it stands before its workflow has run.
	View() contract.View
	// Check is an Invalid if the saga would not start with it.
	Check() error
}

// placing is a request for an order.
type placing interface {
	// lookInto finds what the request names, and what is wrong with it.
	lookInto(context.Context, *server, *faults)
	// order is the order that the request asks for, once it was looked into.
	order(*server) (newOrder, error)
}

// placeOrder starts the order's saga and answers with its first decision, or
// with how far it got in the time that there is; the saga goes on.
func (s *server) placeOrder(ctx context.Context, l language, a attempt, request placing) (*orderAnswer, error) {
	budget, cancel := context.WithTimeout(ctx, s.patience(a.kind))
	defer cancel()
	found, err := s.goThroughAttempts(ctx, budget, a, request)
	if err != nil {
		return nil, err
	}
	answer, err := l.answerPlaced(found)
	if p, refused := errors.AsType[*problem](err); refused && found.view.Reason == booking.PaymentUnavailable {
		if wait, ok := s.Gate.Admit(ctx); !ok {
			_ = p.after(wait)
		}
	}
	return answer, err
}

// goThroughAttempts places the order under the first attempt that is not over.
func (s *server) goThroughAttempts(ctx, budget context.Context, a attempt, request placing) (outcome, error) {
	for left := attemptsAtOnce - 1; ; left-- {
		o, err := request.order(s)
		if err != nil {
			return outcome{}, err
		}
		o.attempt = a
		o.order.PlacedAt, o.order.Policy = s.Now().UTC().Truncate(time.Microsecond), s.Policy
		found, err := s.tryToPlace(ctx, budget, o)
		if err != nil || !found.over || left == 0 || budget.Err() != nil {
			return found, err
		}
		if a.placed { // it was taken for a repeat, and is a new order after all
			var f faults
			request.lookInto(ctx, s, &f)
			if err := f.problem(); err != nil {
				return outcome{}, err
			}
		}
		a = a.at(a.number + 1)
	}
}

// patience is how long a request waits for the first decision on its order.
// Where nobody pays later, payment is asked for twice before it is given up, and
// each of these may take as long as the provider is slow.
func (s *server) patience(kind booking.Kind) time.Duration {
	switch {
	case s.Policy.PayWithin == 0:
		return s.ReplyBudget + 2*asking
	case kind == booking.Cafe || kind == booking.Cleaning:
		return s.ReplyBudget + asking
	default:
		return s.ReplyBudget
	}
}

// admitOrder refuses an order that nobody could work on, before anything of it
// is started.
func (s *server) admitOrder(ctx context.Context, o newOrder) error {
	if o.admit != nil {
		if err := o.admit(ctx); err != nil {
			return err
		}
	}
	if o.order.Amount.Amount == 0 {
		return nil
	}
	wait, ok := s.Gate.Admit(ctx)
	if ok {
		return nil
	}
	return newProblem(codeOf(booking.PaymentUnavailable), "the payment provider is overloaded or out of order").after(wait)
}

// withinOneCall lets one call to the engine take all the time that is left of
// the budget, and no more, whether or not its request ends. Of a deadline the
// SDK gives one call half, so that it could repeat the call, which it does not:
// so the deadline is twice as far away, and something else ends the call.
func withinOneCall(budget context.Context) (context.Context, context.CancelFunc) {
	end, _ := budget.Deadline()
	left := time.Until(end)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(budget), 2*left)
	timer := time.AfterFunc(left, cancel)
	return ctx, func() { timer.Stop(); cancel() }
}

// isStarted tells whether the engine knows the order, though the read model may
// not yet.
func (s *server) isStarted(ctx context.Context, id string) bool {
	ctx, cancel := context.WithTimeout(ctx, lastGlance)
	defer cancel()
	_, err := s.Temporal.DescribeWorkflowExecution(ctx, id, "")
	return err == nil
}

// tryToPlace starts the saga of the order under the id of its attempt, or
// finds it started.
func (s *server) tryToPlace(ctx, budget context.Context, o newOrder) (outcome, error) {
	isAbout(ctx, o.orderID)
	o.order.OrderID = o.orderID
	input := o.input(o.order)
	view := input.View()
	// Before the start: a decision that falls at once must not be missed.
	changes, unsubscribe := s.Hub.Subscribe(view.ID)
	defer unsubscribe()

	if o.placed {
		return s.repeat(ctx, budget, o, view, changes)
	}
	if err := s.admitOrder(ctx, o); err != nil {
		if o.key != "" && s.isStarted(ctx, o.orderID) {
			return s.repeat(ctx, budget, o, view, changes)
		}
		return outcome{}, err
	}
	err := s.start(budget, o, input)
	if _, started := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); started {
		return s.repeat(ctx, budget, o, view, changes)
	}
	if err != nil && len(changes) == 0 && !s.startedUnanswered(ctx, o.orderID, err) {
		return outcome{}, err
	}
	return s.awaitDecision(ctx, budget, view, changes), nil
}

// startedUnanswered tells whether only the answer to a start was lost. When the
// engine cannot say so at once, the request fails: 202 would promise an order
// that may never be. It may exist all the same, and is found by a repeat under
// its key.
func (s *server) startedUnanswered(ctx context.Context, id string, err error) bool {
	_, broken := errors.AsType[*serviceerror.Unavailable](err)
	return (ranOut(err) || broken) && s.isStarted(ctx, id)
}

// start starts the saga when it is its turn, within the budget. It does not end
// with the request: a customer who leaves at this moment has either placed the
// order or not, and can ask.
func (s *server) start(budget context.Context, o newOrder, input sagaInput) error {
	if err := input.Check(); err != nil { // the catalogue holds what an earlier build let in
		return err
	}
	if !s.budgets.starts.enter(budget) {
		return tooBusy()
	}
	defer s.budgets.starts.leave()
	ctx, cancel := withinOneCall(budget)
	defer cancel()
	options := client.StartWorkflowOptions{
		ID: o.orderID, TaskQueue: contract.SagasQueue,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		EnableEagerStart:                         s.Eager(),
		TypedSearchAttributes:                    contract.Attributes(input.View()),
		StaticSummary:                            o.summary,
	}
	if o.order.RequestHash != "" {
		options.Memo = map[string]any{contract.RequestHashMemo: o.order.RequestHash}
	}
	if _, err := s.Temporal.ExecuteWorkflow(ctx, options, o.workflow, input); err != nil {
		return temporalError{err}
	}
	return nil
}
