package orders

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// dispatch starts the saga of one order of the inbox, or finds it started, and records that.
// After a returned error, other orders have to wait, too.
func (d *Dispatcher) dispatch(ctx context.Context, k Kept) error {
	if err := d.enter(ctx); err != nil {
		d.failed(ctx, k, k.Sent, 0, err)
		return err
	}
	// A start that has begun is finished and recorded, even if the process is stopping.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*startWithin)
	defer cancel()
	sending, err := d.start(ctx, k)
	switch {
	case err == nil && k.Withdrawal == nil:
		return d.done(k, dispatchStarted, d.Inbox.Started(ctx, k.OrderID, ""))
	case err == nil:
		return d.done(k, dispatchClosed, d.Inbox.Closed(ctx, k.OrderID, "it was never begun"))
	case wasStarted(err) && k.Withdrawal == nil:
		return d.found(ctx, k)
	case wasStarted(err):
		return d.stop(ctx, k)
	case isOpen(err):
		d.failed(ctx, k, k.Sent || reached(sending, err), 0, err)
		return err
	default:
		d.Log.Error("order in the inbox cannot be started", zap.String("order", k.OrderID), zap.Error(err))
		d.failed(ctx, k, k.Sent || sending != nil && reached(sending, err), oddPause, err)
		return nil
	}
}

// enter waits for the turn of a start, in the queue shared with requests.
func (d *Dispatcher) enter(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	return d.Starts.Await(ctx)
}

// start starts the order's saga, and ends the turn.
func (d *Dispatcher) start(ctx context.Context, k Kept) (_ *sending, err error) {
	defer func() { d.Starts.Leave(!isAway(err)) }()
	input, err := contract.ReadInput(k.Kind, k.Input, func(o *contract.Order) {
		o.DispatchedAt, o.Withdrawal = time.Now().UTC().Truncate(time.Microsecond), k.Withdrawal
	})
	if err != nil {
		return nil, err
	}
	budget, end := context.WithTimeout(ctx, startWithin)
	defer end()
	call, cancel := withinOneCall(budget)
	defer cancel()
	call, sending := watched(call)
	return sending, d.Engine.begin(call, start{
		workflow: contract.BusinessOf(k.Kind).Workflow, input: input, view: input.View(), hash: k.RequestHash,
		summary: k.Summary, reuse: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, eager: d.Eager(),
	})
}

// found records an order that was started before: by a request that got no answer, or by a
// dispatcher that died. It may be the order of another request under the same key; then
// that request counts.
func (d *Dispatcher) found(ctx context.Context, k Kept) error {
	hash, err := d.Engine.RequestHash(ctx, k.OrderID)
	if err != nil {
		d.failed(ctx, k, true, 0, err)
		return err
	}
	if hash == k.RequestHash {
		hash = ""
	} else {
		d.Log.Warn("the order of another request under its key was started", zap.String("order", k.OrderID))
	}
	return d.done(k, dispatchFound, d.Inbox.Started(ctx, k.OrderID, hash))
}

// stop cancels a withdrawn order that was started, if its customer has withdrawn it. An order
// that was withdrawn for another reason continues if it was started after all.
func (d *Dispatcher) stop(ctx context.Context, k Kept) error {
	closed := func(outcome string) error { return d.done(k, dispatchClosed, d.Inbox.Closed(ctx, k.OrderID, outcome)) }
	if k.Withdrawal.Reason != booking.ByCustomer {
		return closed("it had been started")
	}
	decision := Decision{OrderID: k.OrderID, Kind: k.Kind, Update: contract.CancelUpdate, Note: k.Withdrawal.Note}
	calling, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	_, wasAccepted, err := d.Engine.decide(calling, admittedBefore, fmt.Sprintf("inbox/%d", k.Tries), decision)
	answer, refusal := answerOf(err)
	switch {
	case err == nil:
		return closed("it was cancelled")
	case wasAccepted && isAway(err) && !decision.mayBeRefusedLater():
		return closed("it is being cancelled")
	case answer != nil && (booking.Code(answer.Type()) == booking.DeliveryUnavailable || booking.Code(answer.Type()) == booking.DecisionPending):
		pause := oddPause
		if refusal != nil {
			pause = soon(refusal.Left(time.Now()))
		}
		d.failed(ctx, k, true, pause, err)
		return nil
	case answer != nil:
		return closed("it had been started: " + answer.Type())
	case isWorkflowMissing(err):
		return closed("it had ended")
	case isAway(err):
		d.failed(ctx, k, true, firstWait, err)
		return err
	default:
		d.Log.Error("order in the inbox cannot be cancelled", zap.String("order", k.OrderID), zap.Error(err))
		d.failed(ctx, k, true, oddPause, err)
		return nil
	}
}

// done counts a finished order, once that is recorded.
func (d *Dispatcher) done(k Kept, outcome string, err error) error {
	if err != nil {
		d.Log.Warn("what became of an order is not noted in the inbox", zap.String("order", k.OrderID), zap.Error(err))
		return err // the lease expires
	}
	d.line.left()
	d.count(outcome)
	return nil
}

// failed ends the lease of an order that is retried after a pause.
func (d *Dispatcher) failed(ctx context.Context, k Kept, sent bool, pause time.Duration, cause error) {
	d.count(dispatchFailed)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keptWithin)
	defer cancel()
	err := d.Inbox.Failed(ctx, Failure{OrderID: k.OrderID, Sent: sent, Again: time.Now().Add(pause), Cause: cause.Error()})
	if err != nil && !errors.Is(err, context.Canceled) {
		d.Log.Debug("lease of an order is not ended", zap.String("order", k.OrderID), zap.Error(err))
	}
}

func (d *Dispatcher) count(outcome string) {
	if d.Count != nil {
		d.Count(outcome)
	}
}
