package orders

import (
	"context"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// NothingToRetry is the code for an order without a step that waits for a retry.
const NothingToRetry = booking.Code("nothing_to_retry")

// WaitingStep is a step or undo of an order that has failed and will be retried.
type WaitingStep struct {
	Name    string    // the activity's type
	Attempt int       // the next one
	Next    time.Time // when it comes by itself
	Failure string    // the last one, in the service's words
	// Paused: an operator has paused it, so it is not retried until it is resumed.
	Paused bool

	workflow, activity string // their ids
}

// Retried lists the steps that are retried at once.
type Retried struct{ Steps []WaitingStep }

func (Retried) outcome() string { return booking.ActionAccepted }

// RetryCodes lists the codes that Retry may return.
func RetryCodes() []booking.Code {
	return []booking.Code{NothingToRetry, NotRunning, booking.NotFound, booking.Invalid, TemporalUnavailable, booking.Unavailable}
}

// Waiting lists the steps of an order that wait for a retry, for callers that may retry
// them. Returns NotRunning if no workflow of the order runs.
func (o *Orders) Waiting(ctx context.Context, caller booking.Caller, orderID string) ([]WaitingStep, error) {
	if err := o.Allow(ctx, caller, booking.RetryOrder, "", orderID); err != nil {
		return nil, err
	}
	steps, err := o.waitingSteps(ctx, orderID)
	return steps, o.explained(ctx, orderID, err)
}

// Retry retries at once the steps of an order that wait for a retry, for a reason. Running
// and paused steps stay as they are.
func (o *Orders) Retry(ctx context.Context, caller booking.Caller, orderID string, reason booking.Personal) (Retried, error) {
	is := actionRequest{action: booking.RetryOrder, kind: booking.KindOf(orderID), orderID: orderID, reason: reason}
	return authorizeAndLog(ctx, o, caller, is, func(ctx context.Context, w Warrant) (Retried, error) {
		done, err := o.retry(ctx, w, orderID)
		return done, o.explained(ctx, orderID, err)
	})
}

func (o *Orders) retry(ctx context.Context, w Warrant, orderID string) (done Retried, err error) {
	steps, err := o.waitingSteps(ctx, orderID)
	if err != nil {
		return done, err
	}
	for _, s := range steps {
		if s.Paused {
			continue
		}
		switch err := o.Engine.retry(ctx, w, s); {
		case isWorkflowMissing(err): // it has ended meanwhile
		case err != nil:
			return done, err
		default:
			done.Steps = append(done.Steps, s)
		}
	}
	if len(done.Steps) == 0 {
		return done, booking.Errorf(NothingToRetry, "no step of the order waits to be tried again")
	}
	return done, nil
}

// waitingSteps reads the order's saga, and the workflows of its refunds that are not done.
func (o *Orders) waitingSteps(ctx context.Context, orderID string) (steps []WaitingStep, err error) {
	running := false
	ids, err := o.workflowsOf(ctx, orderID)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		found, runs, err := o.Engine.waiting(ctx, id)
		if err != nil && !isWorkflowMissing(err) {
			return nil, err
		}
		running = running || runs
		steps = append(steps, found...)
	}
	if !running {
		return nil, refusal(NotRunning)
	}
	return steps, nil
}

func (o *Orders) workflowsOf(ctx context.Context, orderID string) ([]string, error) {
	ids := []string{orderID}
	payment, err := o.Ledger.Payment(ctx, orderID)
	if isNotFound(err) {
		return ids, nil
	}
	if err != nil {
		return nil, err
	}
	return append(ids, refundsOf(orderID, payment.Unmade())...), nil
}

// refundsOf lists the ids of the workflows that the entries' refunds have or would have: a
// refund made before the order's end is part of its saga.
func refundsOf(orderID string, entries []booking.Entry) (ids []string) {
	for _, e := range entries {
		if id, ours := contract.RefundIDOf(orderID, e.Key); ours {
			ids = append(ids, contract.RefundWorkflowID(orderID, id))
		}
	}
	return ids
}

// waiting lists the steps of a workflow that wait for a retry.
func (e *Engine) waiting(ctx context.Context, workflowID string) (steps []WaitingStep, running bool, err error) {
	d, err := e.describe(ctx, workflowID)
	if err != nil {
		return nil, false, err
	}
	for _, a := range d.GetPendingActivities() {
		if s, waits := waitingStep(workflowID, a); waits {
			steps = append(steps, s)
		}
	}
	return steps, d.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}

// waitingStep is an activity that has failed and does not run at the moment.
func waitingStep(workflowID string, a *workflowpb.PendingActivityInfo) (WaitingStep, bool) {
	s := WaitingStep{
		Name: a.GetActivityType().GetName(), Attempt: int(a.GetAttempt()), Failure: a.GetLastFailure().GetMessage(), Paused: a.GetPaused(),
		workflow: workflowID, activity: a.GetActivityId(),
	}
	if next := a.GetNextAttemptScheduleTime(); next.IsValid() {
		s.Next = next.AsTime()
	}
	backsOff := a.GetState() == enums.PENDING_ACTIVITY_STATE_SCHEDULED && !s.Next.IsZero()
	return s, backsOff || s.Paused
}

// retry has the engine retry an activity at once. It keeps the activity's heartbeat
// details, and does not resume one that was paused meanwhile.
func (e *Engine) retry(ctx context.Context, _ Warrant, s WaitingStep) error {
	_, err := e.client.WorkflowService().ResetActivity(ctx, &workflowservice.ResetActivityRequest{
		Namespace: e.namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: s.workflow},
		Activity: &workflowservice.ResetActivityRequest_Id{Id: s.activity}, KeepPaused: true,
	})
	return marked(err)
}
