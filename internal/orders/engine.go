package orders

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Engine is the Temporal client for orders. Each call about orders is here or in sagas.go,
// once.
type Engine struct {
	client    client.Client
	namespace string // the client's, for calls that the SDK has no method for
}

// NewEngine returns an Engine for a client of the default namespace.
func NewEngine(c client.Client) *Engine { return &Engine{c, client.DefaultNamespace} }

// In is the same engine for a client of another namespace.
func (e *Engine) In(namespace string) *Engine { return &Engine{e.client, namespace} }

// Namespace is the client's namespace.
func (e *Engine) Namespace() string { return e.namespace }

// start is a saga to be started.
type start struct {
	workflow string
	input    contract.Input
	view     contract.View // the order's initial view
	hash     string        // the request's, "" without an Idempotency-Key
	summary  string        // one line for the web UI
	reuse    enums.WorkflowIdReusePolicy
	eager    bool
}

// begin starts the saga. It fails if there is one already: see wasStarted.
func (e *Engine) begin(ctx context.Context, s start) error {
	options := client.StartWorkflowOptions{
		ID: s.view.ID, TaskQueue: contract.SagasQueue,
		WorkflowIDReusePolicy:                    s.reuse,
		WorkflowIDConflictPolicy:                 enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		EnableEagerStart:                         s.eager,
		TypedSearchAttributes:                    contract.Attributes(s.view),
		StaticSummary:                            s.summary,
	}
	if s.hash != "" {
		options.Memo = map[string]any{contract.RequestHashMemo: s.hash}
	}
	_, err := e.client.ExecuteWorkflow(ctx, options, s.workflow, s.input)
	return marked(err)
}

// withinOneCall lets one call to the engine take all the time left of the budget, and no
// more, whether or not its request ends. The SDK gives one call half of a deadline, so that
// it could repeat the call, which it does not: so the deadline is twice as far away, and a
// timer ends the call.
func withinOneCall(budget context.Context) (context.Context, context.CancelFunc) {
	end, _ := budget.Deadline()
	left := time.Until(end)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(budget), 2*left)
	timer := time.AfterFunc(left, cancel)
	return ctx, func() { timer.Stop(); cancel() }
}

// answers fails if the engine does not answer at all.
func (e *Engine) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, OptionalReadTimeout)
	defer cancel()
	_, err := e.client.CheckHealth(ctx, &client.CheckHealthRequest{})
	return marked(err)
}

// deleteDrink starts the deletion of a drink, once.
func (e *Engine) deleteDrink(ctx context.Context, drinkID, by string) error {
	_, err := e.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: contract.DrinkDeletionID(drinkID), TaskQueue: contract.SagasQueue,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            "drink " + drinkID,
	}, contract.DrinkDeletionWorkflow, contract.DrinkDeletion{DrinkID: drinkID, By: by})
	if wasStarted(err) {
		return nil
	}
	return marked(err)
}

// decide sends a decision to the order under an id: decisions with the same id are one.
// wasAccepted reports whether the order has accepted it; the answer may follow later.
func (e *Engine) decide(ctx context.Context, _ Warrant, id string, d Decision) (view contract.View, wasAccepted bool, err error) {
	update, err := e.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		UpdateID: id, WorkflowID: d.OrderID, UpdateName: d.Update,
		Args: []any{contract.Decision{Note: d.Note, By: d.By, At: d.MadeAt, Expect: d.Expect, StatusWhenDecided: d.StatusWhenDecided, Version: d.Version}}, WaitForStage: client.WorkflowUpdateStageAccepted,
	})
	if err != nil {
		return view, false, marked(err)
	}
	return view, true, marked(update.Get(ctx, &view))
}

// refund sends a refund by staff to the order's saga, or to the refund's own workflow.
// wasAccepted reports whether that has accepted it; the answer may follow later.
func (e *Engine) refund(ctx context.Context, _ Warrant, workflowID string, r contract.Refund) (is booking.Repaid, wasAccepted bool, err error) {
	update, err := e.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		UpdateID: r.Key(), WorkflowID: workflowID, UpdateName: contract.RefundUpdate,
		Args: []any{r}, WaitForStage: client.WorkflowUpdateStageAccepted,
	})
	if err != nil {
		return is, false, marked(err)
	}
	return is, true, marked(update.Get(ctx, &is))
}

// startRefund starts the workflow of a refund after the end of its order, once. A workflow that
// was terminated or has failed is started anew, and continues from what the ledger has.
func (e *Engine) startRefund(ctx context.Context, _ Warrant, r contract.Refunding) error {
	_, err := e.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: contract.RefundWorkflowID(r.Order.ID, r.Refund.ID), TaskQueue: contract.SagasQueue,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            "refund by staff, order " + r.Order.ID,
	}, contract.RefundWorkflow, r)
	if wasStarted(err) {
		return nil
	}
	return marked(err)
}

// DeliverNotice sends a notice to the workflow that follows the notices of its order, and starts
// the workflow if it does not run.
func (e *Engine) DeliverNotice(ctx context.Context, n booking.PaymentNotice) error {
	id := contract.NoticesWorkflowID(n.OrderID)
	_, err := e.client.SignalWithStartWorkflow(ctx, id, contract.NoticeSignal, n, client.StartWorkflowOptions{
		ID: id, TaskQueue: contract.SagasQueue,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:         "payment notices, order " + n.OrderID,
	}, contract.NoticesWorkflow, contract.Notices{OrderID: n.OrderID})
	return marked(err)
}

// Follow has the order's payment checked, and followed while a dispute of it is open.
func (e *Engine) Follow(ctx context.Context, orderID string) error {
	return e.DeliverNotice(ctx, booking.PaymentNotice{OrderID: orderID, What: seenAtRefund})
}

// query queries the order's workflow, which needs a worker.
func (e *Engine) query(ctx context.Context, orderID, query string) (converter.EncodedValue, error) {
	if err := checkID(orderID); err != nil {
		return nil, err
	}
	answer, err := e.client.QueryWorkflow(ctx, orderID, "", query)
	return answer, marked(err)
}

// atStart is the input of the order's saga, from the first event of its history. It needs
// no worker.
func (e *Engine) atStart(ctx context.Context, orderID string) (contract.Input, error) {
	history := e.client.GetWorkflowHistory(ctx, orderID, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	if !history.HasNext() {
		return nil, fmt.Errorf("order %s has no history", orderID)
	}
	event, err := history.Next()
	if err != nil {
		return nil, marked(err)
	}
	started := event.GetWorkflowExecutionStartedEventAttributes()
	input, err := contract.InputOf(started.GetWorkflowType().GetName(), started.GetInput())
	if err != nil {
		return nil, fmt.Errorf("history of order %s: %w", orderID, err)
	}
	return input, nil
}

// signal sends the order's workflow a signal, which it cannot refuse.
func (e *Engine) signal(ctx context.Context, orderID, signal string, what any) error {
	if err := checkID(orderID); err != nil {
		return err
	}
	return e.client.SignalWorkflow(ctx, orderID, "", signal, what)
}

// ForceCancel signals the order's saga to compensate; false if the order has ended.
func (e *Engine) ForceCancel(ctx context.Context, orderID string, f contract.Force) (running bool, err error) {
	err = e.signal(ctx, orderID, contract.ForceCancelSignal, f)
	return err == nil, ignoreEnded(orderID, err)
}

// SignalAssigned sends the call its cleaner. A call that has ended is skipped.
func (e *Engine) SignalAssigned(ctx context.Context, orderID string, c booking.Cleaner) error {
	return ignoreEnded(orderID, e.signal(ctx, orderID, contract.AssignedSignal, c))
}

// change sends a change to an order, once under its id. wasAccepted reports whether the order
// has accepted it.
func (e *Engine) change(ctx context.Context, _ Warrant, orderID string, c changing) (view contract.View, wasAccepted bool, err error) {
	update, err := e.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		UpdateID: c.UpdateID(), WorkflowID: orderID, UpdateName: contract.ChangeUpdate,
		Args: []any{c}, WaitForStage: client.WorkflowUpdateStageAccepted,
	})
	if err != nil {
		return view, false, marked(err)
	}
	return view, true, marked(update.Get(ctx, &view))
}
