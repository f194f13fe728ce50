package workers

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/workflows"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Services are the activities of every service. One whose Service is zero is
// not served by this process; its activities say so when asked.
type Services struct {
	Payments      *activities.Payments
	Inventory     *activities.Inventory
	Notifications *activities.Notifications
	Management    *activities.Management
	Deliveries    *activities.Deliveries
	Productions   *activities.Productions
	Assignment    *activities.Assignment
	Drinks        *activities.Drinks
	Mypage        *activities.Mypage
}

// Sagas lists what the worker of the sagas has to have: the activities of all
// services, since steps are done in place, and its own.
func (s Services) Sagas() []any {
	return []any{
		s.Payments, s.Inventory, s.Notifications, s.Management, s.Deliveries, s.Productions, s.Assignment, s.Drinks, s.Mypage,
		activities.RecordDecision,
	}
}

func (s Services) of(queue string) []any {
	switch queue {
	case contract.SagasQueue:
		return s.Sagas()
	case contract.PaymentsQueue:
		return []any{s.Payments}
	case contract.InventoryQueue:
		return []any{s.Inventory, s.Drinks}
	case contract.NotificationsQueue:
		return []any{s.Notifications}
	case contract.ManagementQueue:
		return []any{s.Management}
	case contract.FulfilmentQueue:
		return []any{s.Deliveries, s.Productions, s.Assignment}
	case contract.MypageQueue:
		return []any{s.Mypage}
	default:
		return nil
	}
}

// Registry is what workflows are registered with; a replayer is one, too.
type Registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
}

// RegisterWorkflows registers every workflow there is.
func RegisterWorkflows(r Registry) {
	for name, w := range map[string]any{
		contract.LodgingWorkflow:       workflows.Lodging,
		contract.FoodWorkflow:          workflows.Food,
		contract.CafeWorkflow:          workflows.Cafe,
		contract.CleaningWorkflow:      workflows.Cleaning,
		contract.DrinkDeletionWorkflow: workflows.DrinkDeletion,
		contract.RepairWorkflow:        workflows.Repair,
	} {
		r.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{Name: name})
	}
}

// Workers serve task queues until they are stopped.
type Workers struct {
	running []worker.Worker
}

// Options are what the workers of a process are started with.
type Options struct {
	Serve    []string // the task queues
	Services Services
	// StopWithin is how long a worker that is stopped waits for the tasks in its
	// hands.
	StopWithin time.Duration
	// Workflows registers the workflows; nil is RegisterWorkflows.
	Workflows func(Registry)
}

// Start serves the queues, one worker each. The sagas worker comes last, so
// that the steps it hands out are served already.
func Start(c client.Client, o Options) (*Workers, error) {
	register := o.Workflows
	if register == nil {
		register = RegisterWorkflows
	}
	w := &Workers{}
	for _, queue := range slices.SortedFunc(slices.Values(o.Serve), func(a, b string) int { return order(a) - order(b) }) {
		one := worker.New(c, queue, options(queue, o.StopWithin))
		if queue == contract.SagasQueue {
			register(one)
		}
		for _, a := range o.Services.of(queue) {
			one.RegisterActivity(a)
		}
		if err := one.Start(); err != nil {
			w.Stop()
			return nil, fmt.Errorf("start worker of %s: %w", queue, err)
		}
		w.running = append(w.running, one)
	}
	return w, nil
}

func order(queue string) int {
	if queue == contract.SagasQueue {
		return 1
	}
	return 0
}

// Stop stops the workers, all at once, and waits for what they have in hand,
// as long as Start was told.
func (w *Workers) Stop() {
	var stopped sync.WaitGroup
	for _, one := range w.running {
		stopped.Go(one.Stop)
	}
	stopped.Wait()
	w.running = nil
}

// options of a queue's worker. Two pollers, the default, are what a burst of
// orders waits for; the autoscaling ones grow to what it needs.
func options(queue string, stopWithin time.Duration) worker.Options {
	o := worker.Options{
		WorkerStopTimeout:                  stopWithin,
		WorkflowTaskPollerBehavior:         worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{InitialNumberOfPollers: 4, MaximumNumberOfPollers: 32}),
		ActivityTaskPollerBehavior:         worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{InitialNumberOfPollers: 2, MaximumNumberOfPollers: 32}),
		MaxConcurrentActivityExecutionSize: 200,
	}
	if queue == contract.SagasQueue {
		o.MaxConcurrentWorkflowTaskExecutionSize = 400
		o.MaxConcurrentLocalActivityExecutionSize = 400
	} else {
		o.DisableWorkflowWorker = true
	}
	return o
}
