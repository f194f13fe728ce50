package orders

import (
	"context"
	"time"

	"go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/yeyak/yeyak/workflows/contract"
)

// workflowState is the state of the newest run of an order's workflow.
type workflowState struct {
	run   string
	began time.Time
	ended string // running, completed, terminated, failed, timed_out, canceled; "" for none
	waits []Waiting
}

// lost reports whether the workflow has ended in another way than a saga does.
func (s workflowState) lost() bool {
	switch s.ended {
	case "", "running", "completed":
		return false
	default:
		return true
	}
}

// endings are the words for the ways in which a run ends.
var endings = map[enums.WorkflowExecutionStatus]string{
	enums.WORKFLOW_EXECUTION_STATUS_RUNNING:    "running",
	enums.WORKFLOW_EXECUTION_STATUS_COMPLETED:  "completed",
	enums.WORKFLOW_EXECUTION_STATUS_TERMINATED: "terminated",
	enums.WORKFLOW_EXECUTION_STATUS_FAILED:     "failed",
	enums.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:  "timed_out",
	enums.WORKFLOW_EXECUTION_STATUS_CANCELED:   "canceled",
}

// workflowState reads from the engine the state of the order's workflow, and the last failure of
// what it waits for.
func (e *Engine) workflowState(ctx context.Context, orderID string) (is workflowState, err error) {
	d, err := e.describe(ctx, orderID)
	if err != nil {
		return is, err
	}
	info := d.GetWorkflowExecutionInfo()
	is.run, is.began, is.ended = info.GetExecution().GetRunId(), firstOf(info.GetStartTime()), endings[info.GetStatus()]
	for _, a := range d.GetPendingActivities() {
		w := Waiting{
			Step: a.GetActivityType().GetName(), Attempt: int(a.GetAttempt()), Failure: messageOf(a.GetLastFailure()),
			At: firstOf(a.GetLastAttemptCompleteTime(), a.GetLastStartedTime(), a.GetScheduledTime()),
		}
		if next := a.GetNextAttemptScheduleTime(); next != nil {
			w.Next = next.AsTime()
		}
		is.waits = append(is.waits, w)
	}
	if task := d.GetPendingWorkflowTask(); task != nil && task.GetAttempt() > 1 {
		is.waits = append(is.waits, Waiting{
			Step: WorkflowTask, Attempt: int(task.GetAttempt()), At: firstOf(task.GetOriginalScheduledTime(), task.GetScheduledTime()),
		})
	}
	return is, nil
}

// stamp is a time of the engine's. It is invalid if it is not set.
type stamp interface {
	IsValid() bool
	AsTime() time.Time
}

// firstOf is the first of the times that is set.
func firstOf(times ...stamp) time.Time {
	for _, t := range times {
		if t.IsValid() {
			return t.AsTime()
		}
	}
	return time.Time{}
}

// messageOf is the message of a failure, with its cause's if that says more.
func messageOf(f *failurepb.Failure) string {
	message := f.GetMessage()
	for cause := f.GetCause(); cause != nil; cause = cause.GetCause() {
		if m := cause.GetMessage(); m != "" && m != message {
			message += ": " + m
		}
	}
	return message
}

// QueueState is a task queue with its workers.
type QueueState struct {
	Name string
	// Workers is how many processes poll it. A process without a free slot does not.
	Workers int
	// Backlog is about how many tasks wait, and Oldest how long the first of them has.
	Backlog int
	Oldest  time.Duration
}

// polledWithin is how long ago a process may have begun to poll: a poll lasts for a minute
// at most. The engine lists a dead process for some five minutes.
const polledWithin = 2 * time.Minute

// queue reads from the engine the workers and the backlog of a task queue.
func (e *Engine) queue(ctx context.Context, name string) (QueueState, error) {
	kind := enums.TASK_QUEUE_TYPE_ACTIVITY
	if name == contract.SagasQueue {
		kind = enums.TASK_QUEUE_TYPE_WORKFLOW
	}
	d, err := e.client.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace: e.namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: name}, TaskQueueType: kind, ReportStats: true,
	})
	if err != nil {
		return QueueState{}, marked(err)
	}
	working := map[string]bool{}
	for _, p := range d.GetPollers() {
		if time.Since(p.GetLastAccessTime().AsTime()) < polledWithin {
			working[p.GetIdentity()] = true
		}
	}
	return QueueState{
		Name: name, Workers: len(working),
		Backlog: int(d.GetStats().GetApproximateBacklogCount()), Oldest: d.GetStats().GetApproximateBacklogAge().AsDuration(),
	}, nil
}
