package orders

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Saga is an order in the engine's list of workflows.
type Saga struct {
	OrderID        string
	Kind           booking.Kind
	Status         booking.Status // its last stable status
	NeedsAttention bool
	Execution      enums.WorkflowExecutionStatus
	Run            string    // the run's id
	Began          time.Time // when the run began
}

// Running reports whether a workflow of the order runs.
func (s Saga) Running() bool {
	return s.Execution == enums.WORKFLOW_EXECUTION_STATUS_RUNNING
}

// Lost reports whether the workflow has ended in another way than a saga does.
func (s Saga) Lost() bool { return workflowState{ended: endings[s.Execution]}.lost() }

// Completed reports whether the saga ended normally.
func (s Saga) Completed() bool {
	return s.Execution == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
}

// All selects the sagas of every order that the engine has. Other workflows about an order
// have no kind.
var All = contract.KindAttribute.GetName() + " IS NOT NULL"

// Since selects the sagas that run, and those that ended after t.
func Since(t time.Time) string {
	return fmt.Sprintf("%s AND (ExecutionStatus = 'Running' OR CloseTime > '%s')", All, t.UTC().Format(time.RFC3339))
}

// List lists up to size sagas that the query, a filter of the engine, selects. next is nil
// at the end. An order whose workflow was reset or settled is listed once for each of its
// runs, newest first.
func (e *Engine) List(ctx context.Context, query string, size int, page []byte) (sagas []Saga, next []byte, err error) {
	found, err := e.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query: query, PageSize: int32(size), NextPageToken: page, //nolint:gosec // a page's size is small
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list workflows of orders: %w", err)
	}
	for _, execution := range found.Executions {
		saga, err := sagaOf(execution)
		if err != nil {
			return nil, nil, err
		}
		sagas = append(sagas, saga)
	}
	if len(found.NextPageToken) > 0 {
		next = found.NextPageToken
	}
	return sagas, next, nil
}

func sagaOf(e *workflowpb.WorkflowExecutionInfo) (Saga, error) {
	s := Saga{
		OrderID: e.GetExecution().GetWorkflowId(), Execution: e.GetStatus(), Run: e.GetExecution().GetRunId(), Began: firstOf(e.GetStartTime()),
	}
	fields := e.GetSearchAttributes().GetIndexedFields()
	for name, to := range map[string]any{
		contract.KindAttribute.GetName():           &s.Kind,
		contract.StatusAttribute.GetName():         &s.Status,
		contract.NeedsAttentionAttribute.GetName(): &s.NeedsAttention,
	} {
		if fields[name] == nil {
			continue
		}
		if err := converter.GetDefaultDataConverter().FromPayload(fields[name], to); err != nil {
			return s, fmt.Errorf("search attribute %s of %s: %w", name, s.OrderID, err)
		}
	}
	return s, nil
}

// describe returns the engine's description of the order's newest run.
func (e *Engine) describe(ctx context.Context, orderID string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if err := checkID(orderID); err != nil {
		return nil, err
	}
	d, err := e.client.DescribeWorkflowExecution(ctx, orderID, "")
	return d, marked(err)
}

// Describe is the entry of the engine's list for the order's newest run. Returns NotFound
// if the engine knows none, or no longer.
func (e *Engine) Describe(ctx context.Context, orderID string) (Saga, error) {
	d, err := e.describe(ctx, orderID)
	if err != nil {
		return Saga{}, orderError(orderID, err)
	}
	return sagaOf(d.GetWorkflowExecutionInfo())
}

// Publication queries the order's workflow for its view, its first decision, and the hash
// of its request. It needs a worker. Returns NotFound if the engine knows no such workflow,
// or no longer.
func (e *Engine) Publication(ctx context.Context, orderID string) (p contract.Publication, err error) {
	view, err := e.query(ctx, orderID, contract.ViewQuery)
	if err == nil {
		err = view.Get(&p.View)
	}
	if err != nil {
		return p, orderError(orderID, err)
	}
	decision, err := e.query(ctx, orderID, contract.DecisionQuery)
	if err == nil {
		err = decision.Get(&p.Decision)
	}
	if err != nil {
		return p, orderError(orderID, err)
	}
	p.RequestHash, err = e.RequestHash(ctx, orderID)
	return p, err
}

// RequestHash is the hash of the request that started the order, "" without an
// Idempotency-Key.
func (e *Engine) RequestHash(ctx context.Context, orderID string) (hash string, err error) {
	d, err := e.describe(ctx, orderID)
	if err != nil {
		return "", orderError(orderID, err)
	}
	return contract.RequestHashIn(d.GetWorkflowExecutionInfo().GetMemo()), nil
}

// Running counts the orders of an item whose sagas run, by the engine's list, which may lag
// by some seconds.
func (e *Engine) Running(ctx context.Context, itemID string) (int, error) {
	found, err := e.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Query: fmt.Sprintf("%s AND %s = '%s' AND ExecutionStatus = 'Running'", All, contract.ItemAttribute.GetName(), itemID),
	})
	if err != nil {
		return 0, fmt.Errorf("count running orders of %s: %w", itemID, err)
	}
	return int(found.Count), nil
}

// Used reports whether any saga was ever started in the namespace; false if the namespace
// does not exist yet.
func (e *Engine) Used(ctx context.Context, namespace string) (bool, error) {
	found, err := e.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: namespace, Query: fmt.Sprintf("TaskQueue = %q", contract.SagasQueue),
	})
	if _, fresh := errors.AsType[*serviceerror.NamespaceNotFound](err); fresh {
		return false, nil
	}
	return found.GetCount() > 0, err
}

// longestID is the maximum length of a workflow's id in bytes, by the engine's default.
const longestID = 1000

// checkID returns NotFound for an id that no workflow can have. The engine would answer
// InvalidArgument, as it does for many other faults.
func checkID(orderID string) error {
	if orderID == "" || len(orderID) > longestID {
		return serviceerror.NewNotFound("no workflow can have this id")
	}
	return nil
}

// ignoreEnded drops the error that the order's workflow has ended.
func ignoreEnded(orderID string, err error) error {
	if err = orderError(orderID, err); isNotFound(err) {
		return nil
	}
	return err
}

// orderError turns the engine's "not found" into ours, and adds the order to other errors.
func orderError(orderID string, err error) error {
	if err == nil {
		return nil
	}
	if isWorkflowMissing(err) {
		return booking.Errorf(booking.NotFound, "there is no running workflow of order %s", orderID)
	}
	return fmt.Errorf("workflow of order %s: %w", orderID, err)
}
