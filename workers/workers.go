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
	Payments      *activities.Payments // those that are deferred included
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
		s.Payments, s.deferred(), s.Inventory, s.Notifications, s.Management, s.Deliveries, s.Productions, s.Assignment, s.Drinks, s.Mypage,
		activities.RecordDecision,
	}
}

// deferred are the payments that had to wait, a queue of their own.
func (s Services) deferred() *activities.DeferredPayments {
	return &activities.DeferredPayments{Payments: s.Payments}
}

func (s Services) of(queue string) []any {
	switch queue {
	case contract.SagasQueue:
		return s.Sagas()
	case contract.PaymentsQueue:
		return []any{s.Payments}
	case contract.DeferredPaymentsQueue:
		return []any{s.deferred()}
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
		contract.RefundWorkflow:        workflows.Refund,
		contract.RefundAgainWorkflow:   workflows.RefundAgain,
		contract.NoticesWorkflow:       workflows.PaymentNotices,
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
	// DeferredPerSecond is how many deferred payments are taken in a second, by
	// all workers together.
	DeferredPerSecond int
	// Version is what the engine knows this build by; the zero value makes no
	// difference between builds.
	Version worker.WorkerDeploymentVersion
	// Workflows registers the workflows; nil is RegisterWorkflows.
	Workflows func(Registry)
	// Tune changes the options of every worker; nil changes nothing.
	Tune func(*worker.Options)
}

// restingOrders is how many sagas a process keeps in memory. An order rests for
// hours or days between decisions, and is cheaply read again from its history
// (a few milliseconds) when one comes: what costs is to have the garbage
// collector look at the stacks of all that rest.
const restingOrders = 1000

// Start serves the queues, one worker each. The sagas worker comes last, so
// that the steps it hands out are served already.
func Start(c client.Client, o Options) (*Workers, error) {
	register := o.Workflows
	if register == nil {
		register = RegisterWorkflows
	}
	worker.SetStickyWorkflowCacheSize(restingOrders)
	w := &Workers{}
	for _, queue := range o.queues() {
		one := worker.New(c, queue, o.of(queue))
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

// queues are those that are served, in the order in which they are begun with.
func (o Options) queues() []string {
	queues := slices.Clone(o.Serve)
	if slices.Contains(queues, contract.PaymentsQueue) {
		queues = append(queues, contract.DeferredPaymentsQueue)
	}
	last := func(queue string) bool { return queue == contract.SagasQueue }
	if n := slices.IndexFunc(queues, last); n >= 0 {
		queues = append(slices.Delete(queues, n, n+1), contract.SagasQueue)
	}
	return queues
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

// deployment pins every workflow to the build that it began with. Nothing that
// has begun ever meets other code by itself, whichever way a rollout goes;
// those that outlive their build are moved by hand, when the next one has
// proved itself. Activities are of no version: one that is retried must find a
// worker, whatever has been deployed since.
func (o Options) deployment() worker.DeploymentOptions {
	if o.Version.BuildID == "" {
		return worker.DeploymentOptions{}
	}
	return worker.DeploymentOptions{UseVersioning: true, Version: o.Version, DefaultVersioningBehavior: workflow.VersioningBehaviorPinned}
}

// of are the options of a queue's worker. Two pollers, the default, are what a
// burst of orders waits for; the autoscaling ones grow to what it needs.
func (o Options) of(queue string) worker.Options {
	w := worker.Options{
		WorkerStopTimeout:                  o.StopWithin,
		WorkflowTaskPollerBehavior:         worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{InitialNumberOfPollers: 4, MaximumNumberOfPollers: 32}),
		ActivityTaskPollerBehavior:         worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{InitialNumberOfPollers: 2, MaximumNumberOfPollers: 32}),
		MaxConcurrentActivityExecutionSize: 200,
	}
	switch queue {
	case contract.SagasQueue:
		w.MaxConcurrentWorkflowTaskExecutionSize = 400
		w.MaxConcurrentLocalActivityExecutionSize = 400
		// A worker that has died costs the orders it had in memory this long, and
		// who decides on one of them is still told within the reply budget. Of
		// this the engine keeps a second back when it looks for a poll that takes
		// a query: with no more than that, one that finds all polls busy fails.
		w.StickyScheduleToStartTimeout = 1500 * time.Millisecond
		w.DeploymentOptions = o.deployment()
	case contract.DeferredPaymentsQueue:
		// The engine deals them out. Those that a worker holds wait with it for
		// the provider: the front of the line, a second's worth of it.
		w.DisableWorkflowWorker = true
		w.TaskQueueActivitiesPerSecond = float64(o.DeferredPerSecond)
		w.MaxConcurrentActivityExecutionSize = o.DeferredPerSecond
	default:
		w.DisableWorkflowWorker = true
	}
	return w
}
