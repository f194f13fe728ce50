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

// Services are the activities of every service. A service whose Service is zero is not
// served by this process; its activities return an error.
type Services struct {
	Payments      *activities.Payments // including deferred ones
	Inventory     *activities.Inventory
	Notifications *activities.Notifications
	Management    *activities.Management
	Deliveries    *activities.Deliveries
	Productions   *activities.Productions
	Assignment    *activities.Assignment
	Drinks        *activities.Drinks
	Mypage        *activities.Mypage
}

// Sagas lists the activities of the sagas' worker: those of all services, since steps
// run in place, and its own.
func (s Services) Sagas() []any {
	return []any{
		s.Payments, s.deferred(), s.Inventory, s.Notifications, s.Management, s.Deliveries, s.Productions, s.Assignment, s.Drinks, s.Mypage,
		activities.RecordDecision,
	}
}

// deferred are the deferred payments, which have a queue of their own.
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

// Registry registers workflows; a replayer is one, too.
type Registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
}

// RegisterWorkflows registers all workflows.
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

// Options are the options of a process's workers.
type Options struct {
	Serve    []string // the task queues
	Services Services
	// StopWithin is how long a stopping worker waits for its running tasks.
	StopWithin time.Duration
	// DeferredPerSecond is the number of deferred payments per second, of all workers
	// together.
	DeferredPerSecond int
	// Version is the engine's worker version of this build; the zero value means
	// unversioned.
	Version worker.WorkerDeploymentVersion
	// Workflows registers the workflows; nil for RegisterWorkflows.
	Workflows func(Registry)
	// Tune changes the options of every worker; nil changes nothing.
	Tune func(*worker.Options)
}

// cachedSagas is how many sagas a process keeps in memory. An order waits for hours
// or days between decisions, and is cheaply replayed from its history (in a few
// milliseconds) when one comes: the cost of keeping it is the garbage collector's, for
// its stacks.
const cachedSagas = 1000

// Start serves the queues, one worker each. The sagas' worker starts last, so that the
// queues of its steps are served already.
func Start(c client.Client, o Options) (*Workers, error) {
	register := o.Workflows
	if register == nil {
		register = RegisterWorkflows
	}
	worker.SetStickyWorkflowCacheSize(cachedSagas)
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

// queues are the served queues, in the order in which they are started.
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

// Stop stops the workers concurrently, and waits for their running tasks, up to
// StopWithin.
func (w *Workers) Stop() {
	var stopped sync.WaitGroup
	for _, one := range w.running {
		stopped.Go(one.Stop)
	}
	stopped.Wait()
	w.running = nil
}

// deployment pins every workflow to the build that started it. A running workflow never
// meets other code by itself, in any rollout; those that outlive their build are moved
// by hand, when the next one has proved itself. Activities are unversioned: a retried
// one must find a worker of any later build.
func (o Options) deployment() worker.DeploymentOptions {
	if o.Version.BuildID == "" {
		return worker.DeploymentOptions{}
	}
	return worker.DeploymentOptions{UseVersioning: true, Version: o.Version, DefaultVersioningBehavior: workflow.VersioningBehaviorPinned}
}

// of are the options of a queue's worker. With the default of two pollers a burst of
// orders would wait; autoscaling pollers grow as needed.
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
		// After a worker's death, its cached orders wait this long, and a decision on one of them
		// is still answered within the reply budget. The engine subtracts a second when it
		// assigns a query to a poll: with no more than that, a query fails while all polls are
		// busy.
		w.StickyScheduleToStartTimeout = 1500 * time.Millisecond
		w.DeploymentOptions = o.deployment()
	case contract.DeferredPaymentsQueue:
		// The engine hands them out. A worker that holds tasks waits with them for the
		// provider: for the first of the queue, a second's worth.
		w.DisableWorkflowWorker = true
		w.TaskQueueActivitiesPerSecond = float64(o.DeferredPerSecond)
		w.MaxConcurrentActivityExecutionSize = o.DeferredPerSecond
	default:
		w.DisableWorkflowWorker = true
	}
	return w
}
