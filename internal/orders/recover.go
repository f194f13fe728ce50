package orders

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Ended says how the saga's workflow ended.
func (s Saga) Ended() string {
	switch s.Execution {
	case enums.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return "came to its end"
	case enums.WORKFLOW_EXECUTION_STATUS_FAILED:
		return "failed"
	case enums.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		return "was terminated"
	case enums.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return "timed out"
	case enums.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return "was cancelled before it could undo anything"
	default:
		return "has not ended"
	}
}

// View queries the order's workflow for its view, or for the last one if the workflow has
// ended. It needs a worker. Returns NotFound if the engine knows no such workflow, or no
// longer, and Garbled if the workflow's answer is not an order's.
func (e *Engine) View(ctx context.Context, orderID string) (v contract.View, err error) {
	answer, err := e.query(ctx, orderID, contract.ViewQuery)
	if _, none := errors.AsType[*serviceerror.QueryFailed](err); none {
		return v, &Garbled{OrderID: orderID, Cause: err}
	}
	if err != nil {
		return v, orderError(orderID, err)
	}
	if err := answer.Get(&v); err != nil {
		return v, &Garbled{OrderID: orderID, Cause: err}
	}
	return v, nil
}

// Garbled is the error of a workflow that is listed as an order's but is none, or none that
// this build can read.
type Garbled struct {
	OrderID string
	Cause   error
}

func (g *Garbled) Error() string {
	return "the workflow does not return an order's view: " + g.Cause.Error()
}

// About implements the audit's unreadable.
func (g *Garbled) About() (orderID, item string) { return g.OrderID, "" }

// WorkflowTask is the type, in Pending, of the task in which a worker continues the workflow. It
// is not the type of an activity.
const WorkflowTask = "workflow task"

// Awaited is an activity or a workflow task that a workflow waits for.
type Awaited struct {
	ID      string
	Attempt int
}

// Pending returns what the order's workflow waits for, by the types of its activities and
// WorkflowTask.
func (e *Engine) Pending(ctx context.Context, orderID string) (map[string][]Awaited, error) {
	d, err := e.describe(ctx, orderID)
	if err != nil {
		return nil, orderError(orderID, err)
	}
	pending := map[string][]Awaited{}
	for _, a := range d.GetPendingActivities() {
		kind := a.GetActivityType().GetName()
		pending[kind] = append(pending[kind], Awaited{a.GetActivityId(), int(a.GetAttempt())})
	}
	if task := d.GetPendingWorkflowTask(); task != nil {
		pending[WorkflowTask] = []Awaited{{WorkflowTask, int(task.GetAttempt())}}
	}
	return pending, nil
}

// Settle starts the saga of a lost order once more, to compensate the order from its last known
// state, by decision of a person. Returns Superseded if a workflow of the order runs.
func (e *Engine) Settle(ctx context.Context, w Warrant, last contract.View, p contract.Policy, requestHash, by string) error {
	if !w.valid {
		return errNoWarrant
	}
	workflow, input, err := contract.Settlement(last, p, requestHash, by)
	if err == nil {
		err = input.Check()
	}
	if err != nil {
		return err
	}
	err = e.begin(ctx, start{
		workflow: workflow, input: input, view: last, hash: requestHash, summary: "settlement of a lost order",
		reuse: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, // the lost one is closed
	})
	if wasStarted(err) {
		return booking.Errorf(booking.Superseded, "a workflow of order %s runs already", last.ID)
	}
	if err != nil {
		return fmt.Errorf("start settlement of order %s: %w", last.ID, err)
	}
	return nil
}

// Await waits for the end of the order's workflow and returns the order's last view.
func (e *Engine) Await(ctx context.Context, orderID string) (v contract.View, err error) {
	if err := checkID(orderID); err != nil {
		return v, orderError(orderID, err)
	}
	err = e.client.GetWorkflow(ctx, orderID, "").Get(ctx, &v)
	return v, orderError(orderID, err)
}
