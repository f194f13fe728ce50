package orders

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

const (
	// Limits for the timeline of an order: mostRuns runs, and mostOfHistory events of each.
	mostRuns      = 20
	mostOfHistory = 5000
)

// ofEngine is the engine's part of an order's timeline: its runs, their events, and the
// steps that it waits for; and the same of its refunds that have workflows of their own.
func (m *Monitor) ofEngine(ctx context.Context, orderID string) (moments []Moment, runs []Run, cut bool, err error) {
	if moments, runs, cut, err = m.ofWorkflow(ctx, orderID); err != nil {
		return moments, runs, cut, err
	}
	payment, _ := m.Orders.Ledger.Payment(ctx, orderID) // the ledger is a source of its own and reports its failures
	for _, id := range refundsOf(orderID, payment.Entries) {
		of, _, more, err := m.ofWorkflow(ctx, id)
		for i := range of {
			if of[i].Source == FromRun {
				of[i].Says = withReason("of the refund "+strings.TrimPrefix(id, contract.RefundWorkflowID(orderID, "")), of[i].Says)
			}
		}
		moments, cut = append(moments, of...), cut || more
		if err != nil {
			return moments, runs, cut, err
		}
	}
	return moments, runs, cut, nil
}

// ofWorkflow is ofEngine for one workflow. Events that a reset has copied are shown once.
func (m *Monitor) ofWorkflow(ctx context.Context, workflowID string) (moments []Moment, runs []Run, cut bool, err error) {
	engine := m.Orders.Engine
	is, err := engine.workflowState(ctx, workflowID)
	if isWorkflowMissing(err) {
		return nil, nil, false, nil // the engine no longer has it
	}
	if err != nil {
		return nil, nil, false, err
	}
	if runs, err = engine.runs(ctx, workflowID, is); err != nil {
		return nil, nil, false, err
	}
	for i, r := range runs {
		if m.Link != nil {
			runs[i].Link = m.Link(workflowID, r.ID)
		}
		of, more, err := engine.history(ctx, workflowID, r.ID)
		if err != nil {
			return moments, runs, cut, err
		}
		moments, cut = append(moments, of...), cut || more
	}
	for _, w := range is.waits {
		moments = append(moments, Moment{
			At: w.At, Source: FromStep, What: w.Step, Attempt: w.Last(), Says: w.Failure, Failed: w.Failure != "", Pending: true, Run: is.run,
		})
	}
	return moments, runs, cut, nil
}

// runs lists the runs of the workflow, oldest first. The engine's list may lag by a moment,
// so the newest run is passed in.
func (e *Engine) runs(ctx context.Context, workflowID string, newest workflowState) (runs []Run, err error) {
	sagas, _, err := e.List(ctx, fmt.Sprintf("WorkflowId = '%s'", workflowID), mostRuns, nil)
	if err != nil {
		return nil, err
	}
	for _, s := range sagas {
		runs = append(runs, Run{ID: s.Run, Began: s.Began, Ended: endings[s.Execution]})
	}
	if !slices.ContainsFunc(runs, func(r Run) bool { return r.ID == newest.run }) {
		runs = append(runs, Run{ID: newest.run, Began: newest.began, Ended: newest.ended})
	}
	slices.SortStableFunc(runs, func(a, b Run) int { return a.Began.Compare(b.Began) })
	return runs, nil
}

// history lists the moments of a run. A run made by a reset begins with a copy of another
// one: its own moments begin at the reset. cut: there are more.
func (e *Engine) history(ctx context.Context, workflowID, run string) (moments []Moment, cut bool, err error) {
	events := e.client.GetWorkflowHistory(ctx, workflowID, run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	r := reading{run: run, scheduled: map[int64]string{}}
	for n := 0; events.HasNext(); n++ {
		if n == mostOfHistory {
			return r.moments, true, nil
		}
		event, err := events.Next()
		if isWorkflowMissing(err) {
			return r.moments, false, nil // the engine no longer has the run
		}
		if err != nil {
			return r.moments, false, marked(err)
		}
		r.add(event)
	}
	return r.moments, false, nil
}

// reading converts the events of a history into moments.
type reading struct {
	run       string
	scheduled map[int64]string // the activities' types by the events that scheduled them
	moments   []Moment
}

func (r *reading) note(e *historypb.HistoryEvent, m Moment) {
	m.At, m.Run = e.GetEventTime().AsTime(), r.run
	if m.Source == "" {
		m.Source = FromRun
	}
	r.moments = append(r.moments, m)
}

// add adds the event's moment, if it has one.
func (r *reading) add(e *historypb.HistoryEvent) {
	switch e.GetEventType() {
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
		r.note(e, Moment{What: "started", Attempt: int(e.GetWorkflowExecutionStartedEventAttributes().GetAttempt())})
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
		r.note(e, Moment{What: "completed"})
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
		r.note(e, Moment{What: "failed", Failed: true, Says: messageOf(e.GetWorkflowExecutionFailedEventAttributes().GetFailure())})
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
		r.note(e, Moment{What: "timed_out", Failed: true})
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
		r.note(e, Moment{What: "canceled", Failed: true})
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
		a := e.GetWorkflowExecutionTerminatedEventAttributes()
		r.note(e, Moment{What: "terminated", Failed: true, Says: withReason(a.GetReason(), a.GetIdentity())})
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
		a := e.GetWorkflowExecutionCancelRequestedEventAttributes()
		r.note(e, Moment{What: "cancel_requested", Says: withReason(a.GetCause(), a.GetIdentity())})
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
		r.note(e, Moment{What: "signal " + e.GetWorkflowExecutionSignaledEventAttributes().GetSignalName()})
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
		input := e.GetWorkflowExecutionUpdateAcceptedEventAttributes().GetAcceptedRequest().GetInput()
		r.note(e, Moment{What: "update " + input.GetName(), By: byOf(input.GetArgs())})
	case enums.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
		r.note(e, Moment{What: "worker_gone", Failed: true, Says: e.GetWorkflowTaskTimedOutEventAttributes().GetTimeoutType().String()})
	case enums.EVENT_TYPE_WORKFLOW_TASK_FAILED:
		r.addFailedTask(e)
	default:
		r.addStep(e)
	}
}

func (r *reading) addFailedTask(e *historypb.HistoryEvent) {
	a := e.GetWorkflowTaskFailedEventAttributes()
	if a.GetCause() == enums.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW {
		r.moments = nil // everything before belongs to the run that was reset
		r.note(e, Moment{What: "reset", Says: a.GetFailure().GetMessage()})
		return
	}
	r.note(e, Moment{What: "task_failed", Failed: true, Says: withReason(a.GetCause().String(), messageOf(a.GetFailure()))})
}

// addStep adds a step: the engine keeps the number of its attempts and the last failure.
// The write of a row is left out, unless it failed.
func (r *reading) addStep(e *historypb.HistoryEvent) {
	switch e.GetEventType() {
	case enums.EVENT_TYPE_MARKER_RECORDED:
		r.addInPlace(e)
	case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		a := e.GetActivityTaskScheduledEventAttributes()
		r.scheduled[e.GetEventId()] = a.GetActivityType().GetName()
		r.step(e, a.GetActivityType().GetName(), Moment{Pending: true, Says: "to the queue " + a.GetTaskQueue().GetName()})
	case enums.EVENT_TYPE_ACTIVITY_TASK_STARTED:
		a := e.GetActivityTaskStartedEventAttributes()
		if failed := messageOf(a.GetLastFailure()); failed != "" {
			// The failure is that of the attempt before.
			r.step(e, r.scheduled[a.GetScheduledEventId()], Moment{Attempt: int(a.GetAttempt()) - 1, Failed: true, Says: failed})
		}
	case enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
		a := e.GetActivityTaskCompletedEventAttributes()
		r.step(e, r.scheduled[a.GetScheduledEventId()], resultOf(a.GetResult()))
	case enums.EVENT_TYPE_ACTIVITY_TASK_FAILED:
		a := e.GetActivityTaskFailedEventAttributes()
		r.step(e, r.scheduled[a.GetScheduledEventId()], Moment{Failed: true, Says: messageOf(a.GetFailure())})
	case enums.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
		a := e.GetActivityTaskTimedOutEventAttributes()
		r.step(e, r.scheduled[a.GetScheduledEventId()], Moment{Failed: true, Says: messageOf(a.GetFailure())})
	case enums.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
		r.step(e, r.scheduled[e.GetActivityTaskCanceledEventAttributes().GetScheduledEventId()], Moment{Says: "called off"})
	}
}

func (r *reading) step(e *historypb.HistoryEvent, step string, m Moment) {
	if step == contract.PublishActivity && !m.Failed {
		return
	}
	m.Source, m.What = FromStep, step
	r.note(e, m)
}

// addInPlace adds a local activity, which the SDK records as a marker.
func (r *reading) addInPlace(e *historypb.HistoryEvent) {
	a := e.GetMarkerRecordedEventAttributes()
	if a.GetMarkerName() != "LocalActivity" {
		return
	}
	var of struct {
		ActivityType string
		Attempt      int
	}
	if decode(a.GetDetails()["data"], &of) != nil {
		return
	}
	m := resultOf(a.GetDetails()["result"])
	if f := a.GetFailure(); f != nil {
		m = Moment{Failed: true, Says: messageOf(f)}
	}
	m.Attempt = of.Attempt
	r.step(e, of.ActivityType, m)
}

// resultOf is the result of a step, if it has one: see booking.Outcome.
func resultOf(result *commonpb.Payloads) Moment {
	var outcome booking.Outcome
	if decode(result, &outcome) != nil || outcome.Result == "" {
		return Moment{Says: "done"}
	}
	return Moment{Says: withReason(string(outcome.Result), string(outcome.Reason)), Failed: outcome.Result == booking.Refused}
}

// byOf is the caller in an update's arguments.
func byOf(args *commonpb.Payloads) string {
	var update struct{ By string }
	if decode(args, &update) != nil {
		return ""
	}
	return update.By
}

var errNoPayload = errors.New("no payload")

func decode(p *commonpb.Payloads, into any) error {
	if len(p.GetPayloads()) == 0 {
		return errNoPayload
	}
	return converter.GetDefaultDataConverter().FromPayload(p.GetPayloads()[0], into)
}
