package orders_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// past is the history of a run.
type past []*historypb.HistoryEvent

func (p *past) HasNext() bool { return len(*p) > 0 }

func (p *past) Next() (*historypb.HistoryEvent, error) {
	e := (*p)[0]
	*p = (*p)[1:]
	return e, nil
}

// TestMonitor_Workers: a process that has not polled a queue recently is not one of its
// workers, although the engine still lists it.
func TestMonitor_Workers(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	poller := func(identity string, ago time.Duration) *taskqueuepb.PollerInfo {
		return &taskqueuepb.PollerInfo{Identity: identity, LastAccessTime: timestamppb.New(time.Now().Add(-ago))}
	}
	polled := []*taskqueuepb.PollerInfo{poller("died", 4*time.Minute), poller("polls", time.Minute), poller("polls", 30*time.Second), {Identity: "never"}}
	b.engine.On("WorkflowService").Return(queues{polled: polled})
	b.engine.On("ListWorkflow", mock.Anything, mock.Anything).Return(&workflowservice.ListWorkflowExecutionsResponse{}, nil)
	m := b.monitor(&watched{})
	m.Tallies = func() []orders.Tally { return []orders.Tally{{Name: orders.TallyLate, Of: 1}} }
	is, err := m.Overview(t.Context(), operator)
	require.NoError(t, err)
	require.Equal(t, []orders.Tally{{Name: orders.TallyLate, Of: 1}}, is.Tallies)
	require.Len(t, is.Queues, len(contract.Queues()))
	for _, q := range is.Queues {
		require.Equal(t, 1, q.Workers, q.Name)
	}
	require.True(t, is.IsHealthy())
}

// TestOverview_Well: orders and decisions that have waited for too long, and a failed
// audit, need an operator; short waits do not.
func TestOverview_Well(t *testing.T) {
	t.Parallel()
	is := orders.Overview{
		At: today, Inbox: orders.OpenInbox{Orders: 1, Oldest: today.Add(-time.Minute)}, ReadModel: orders.ReadModelLag{Behind: 1, Oldest: time.Second},
		Done: booking.AuditRun{State: booking.AuditDone}, Last: booking.AuditRun{State: booking.AuditRunning},
	}
	require.True(t, is.IsHealthy())
	for name, change := range map[string]func(*orders.Overview){
		"Inbox":     func(o *orders.Overview) { o.Inbox.Oldest = today.Add(-3 * time.Minute) },
		"Decisions": func(o *orders.Overview) { o.Decisions.Oldest = today.Add(-3 * time.Minute) },
		"ReadModel": func(o *orders.Overview) { o.ReadModel.Oldest = 2 * time.Minute },
		"Audit":     func(o *orders.Overview) { o.Last.State = booking.AuditFailed },
		"Workflows": func(o *orders.Overview) { o.Failing = []string{"food-1"} },
	} {
		changed := is
		change(&changed)
		require.False(t, changed.IsHealthy(), name)
	}
}

// TestMonitor_RefundsAfterTheEnd: the events and waiting steps of a refund's own workflow
// are shown with its order. A failed attempt has its own number.
func TestMonitor_RefundsAfterTheEnd(t *testing.T) {
	t.Parallel()
	g := newRefunding(t, booking.Completed)
	payment := g.ledger[g.order]
	payment.Entries = []booking.Entry{{
		Key: contract.RefundKey("r1"), OrderID: g.order, Kind: booking.RefundEntry, Amount: won(1000), State: booking.EntryPending, At: today, Changed: today,
	}}
	g.ledger[g.order] = payment
	refund := contract.RefundWorkflowID(g.order, "r1")
	describe := func(id, run string, status enums.WorkflowExecutionStatus, waits ...*workflowpb.PendingActivityInfo) {
		g.engine.On("DescribeWorkflowExecution", mock.Anything, id, "").Return(&workflowservice.DescribeWorkflowExecutionResponse{
			WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: status, Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: run}},
			PendingActivities:     waits,
		}, nil)
	}
	step := &commonpb.ActivityType{Name: contract.RefundPartActivity}
	describe(g.order, "of-order", enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	describe(refund, "of-refund", enums.WORKFLOW_EXECUTION_STATUS_RUNNING, &workflowpb.PendingActivityInfo{
		ActivityType: step, Attempt: 7, LastFailure: &failurepb.Failure{Message: "card_gone"},
	})
	g.engine.On("ListWorkflow", mock.Anything, mock.Anything).Return(&workflowservice.ListWorkflowExecutionsResponse{}, nil)
	g.engine.On("GetWorkflowHistory", mock.Anything, g.order, "of-order", false, mock.Anything).Return(&past{})
	g.engine.On("GetWorkflowHistory", mock.Anything, refund, "of-refund", false, mock.Anything).Return(&past{
		{EventId: 1, EventType: enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{},
		}},
		{EventId: 5, EventType: enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{ActivityType: step},
		}},
		{EventId: 6, EventType: enums.EVENT_TYPE_ACTIVITY_TASK_STARTED, Attributes: &historypb.HistoryEvent_ActivityTaskStartedEventAttributes{
			ActivityTaskStartedEventAttributes: &historypb.ActivityTaskStartedEventAttributes{
				ScheduledEventId: 5, Attempt: 3, LastFailure: &failurepb.Failure{Message: "slow"},
			},
		}},
	})
	m := g.monitor(&watched{needs: []orders.NeedingAttention{{Order: contract.View{ID: g.order, Kind: booking.Lodging, Status: booking.Completed}, Cause: orders.Marked}}})
	found, _, err := m.Attention(t.Context(), operator, orders.AttentionFilter{}, booking.Page{})
	require.NoError(t, err)
	require.False(t, found[0].Unknown)
	require.Equal(t, contract.RefundPartActivity+" keeps failing: card_gone", found[0].Says)
	require.Equal(t, "card_gone", found[0].Answer)

	line, err := m.Timeline(t.Context(), operator, g.order)
	require.NoError(t, err)
	require.Empty(t, line.Unknown)
	require.Equal(t, []orders.Run{{ID: "of-order", Ended: "completed"}}, line.Runs, "the order's own")
	at := slices.IndexFunc(line.Moments, func(m orders.Moment) bool { return m.What == "started" && m.Run == "of-refund" })
	require.Equal(t, "of the refund r1", line.Moments[at].Says)
	var tried []int
	for _, m := range line.Moments {
		if m.What == contract.RefundPartActivity && m.Failed {
			tried = append(tried, m.Attempt)
		}
	}
	require.ElementsMatch(t, []int{2, 6}, tried, "the next attempt is another one")
}
