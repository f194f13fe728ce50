package sagas

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Sagas are the workflows of orders in one namespace.
type Sagas struct{ client client.Client }

// New reaches sagas through c.
func New(c client.Client) *Sagas { return &Sagas{c} }

// Saga is what the engine's list of workflows tells of an order.
type Saga struct {
	OrderID        string
	Kind           booking.Kind
	Status         booking.Status // where it last came to rest
	NeedsAttention bool
	Execution      enumspb.WorkflowExecutionStatus
}

// Running tells whether somebody works on the order.
func (s Saga) Running() bool {
	return s.Execution == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
}

// Completed tells whether the saga came to its own end.
func (s Saga) Completed() bool {
	return s.Execution == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
}

// All lists the sagas of every order that the engine remembers.
var All = contract.KindAttribute.GetName() + " IS NOT NULL"

// Since lists the sagas that run, and those that ended after t.
func Since(t time.Time) string {
	return fmt.Sprintf("%s AND (ExecutionStatus = 'Running' OR CloseTime > '%s')", All, t.UTC().Format(time.RFC3339))
}

// List lists up to size sagas that the query of the engine's list filter
// selects. next is nil at the end. An order whose workflow was reset or
// settled is listed once for each of its runs, the newest first.
func (s *Sagas) List(ctx context.Context, query string, size int, page []byte) (sagas []Saga, next []byte, err error) {
	found, err := s.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query: query, PageSize: int32(size), NextPageToken: page, //nolint:gosec // a page's size is small
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list workflows of orders: %w", err)
	}
	for _, e := range found.Executions {
		saga, err := sagaOf(e)
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
	s := Saga{OrderID: e.GetExecution().GetWorkflowId(), Execution: e.GetStatus()}
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

// Describe is what the engine's list would tell of one order's newest run.
// NotFound: the engine knows of none, or no longer.
func (s *Sagas) Describe(ctx context.Context, orderID string) (Saga, error) {
	d, err := s.client.DescribeWorkflowExecution(ctx, orderID, "")
	if err != nil {
		return Saga{}, gone(orderID, err)
	}
	return sagaOf(d.GetWorkflowExecutionInfo())
}

// Look asks the order's workflow how the order stands: its view, its first
// decision, and the hash of its request. It needs a worker. NotFound: the
// engine knows of no such workflow, or no longer.
func (s *Sagas) Look(ctx context.Context, orderID string) (p contract.Publication, err error) {
	view, err := s.client.QueryWorkflow(ctx, orderID, "", contract.ViewQuery)
	if err == nil {
		err = view.Get(&p.View)
	}
	if err != nil {
		return p, gone(orderID, err)
	}
	decision, err := s.client.QueryWorkflow(ctx, orderID, "", contract.DecisionQuery)
	if err == nil {
		err = decision.Get(&p.Decision)
	}
	if err != nil {
		return p, gone(orderID, err)
	}
	p.RequestHash, err = s.RequestHash(ctx, orderID)
	return p, err
}

// RequestHash is the hash of the request that started the order, "" without an
// Idempotency-Key.
func (s *Sagas) RequestHash(ctx context.Context, orderID string) (hash string, err error) {
	d, err := s.client.DescribeWorkflowExecution(ctx, orderID, "")
	if err != nil {
		return "", gone(orderID, err)
	}
	return contract.RequestHashIn(d.GetWorkflowExecutionInfo().GetMemo()), nil
}

// ForceCancel tells the order's saga to undo it; false when it is over.
func (s *Sagas) ForceCancel(ctx context.Context, orderID string, why booking.Reason) (running bool, err error) {
	err = s.client.SignalWorkflow(ctx, orderID, "", contract.ForceCancelSignal, why)
	return err == nil, unlessOver(orderID, err)
}

// Running counts the orders of an item whose sagas run, as the engine's list
// knows them: it may be some seconds behind.
func (s *Sagas) Running(ctx context.Context, itemID string) (int, error) {
	found, err := s.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Query: fmt.Sprintf("%s = '%s' AND ExecutionStatus = 'Running'", contract.ItemAttribute.GetName(), itemID),
	})
	if err != nil {
		return 0, fmt.Errorf("count running orders of %s: %w", itemID, err)
	}
	return int(found.Count), nil
}

// TellAssigned tells the call who comes. One that is over needs not know.
func (s *Sagas) TellAssigned(ctx context.Context, orderID string, c booking.Cleaner) error {
	return unlessOver(orderID, s.client.SignalWorkflow(ctx, orderID, "", contract.AssignedSignal, c))
}

func unlessOver(orderID string, err error) error {
	if err = gone(orderID, err); errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		return nil
	}
	return err
}

// gone turns the engine's "not found" into ours, and its "no such id", and says of other errors
// which order they are about.
func gone(orderID string, err error) error {
	if err == nil {
		return nil
	}
	_, none := errors.AsType[*serviceerror.NotFound](err)
	_, noID := errors.AsType[*serviceerror.InvalidArgument](err) // no workflow has an id that is empty, or as long
	if none || noID {
		return booking.Errorf(booking.NotFound, "there is no running workflow of order %s", orderID)
	}
	return fmt.Errorf("workflow of order %s: %w", orderID, err)
}
