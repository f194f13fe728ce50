package orders_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// watched has everything that a monitor reads, in memory. All methods return away unless it
// is nil.
type watched struct {
	needs []orders.NeedingAttention
	away  error
}

func (w *watched) NeedingAttention(context.Context, orders.AttentionFilter, booking.Page) ([]orders.NeedingAttention, string, error) {
	return w.needs, "", w.away
}

func (w *watched) OpenOrders(context.Context) ([]orders.OpenCount, error) {
	return []orders.OpenCount{{Kind: booking.Food, Status: booking.Delivering, Orders: 2}}, w.away
}
func (w *watched) Owed(context.Context) ([]orders.Owed, error) { return nil, w.away }
func (w *watched) States(context.Context, []string) (map[string]contract.RowState, error) {
	return nil, w.away
}
func (w *watched) EventsOfOrder(context.Context, string) ([]booking.Event, error) { return nil, w.away }
func (w *watched) Latest(context.Context) (done, last booking.AuditRun, err error) {
	return done, last, w.away
}
func (w *watched) OpenFindings(context.Context) (map[string]int, error) { return nil, w.away }
func (w *watched) Findings(context.Context, string, booking.Page) ([]booking.AuditFinding, string, error) {
	return nil, "", w.away
}
func (w *watched) Actions(context.Context, string, booking.Page) ([]booking.OperatorAction, string, error) {
	return nil, "", w.away
}
func (w *watched) Outlook(context.Context) (int, time.Time, error) { return 0, today, w.away }
func (w *watched) OfOrder(context.Context, string) ([]orders.StockEntry, error) {
	return nil, w.away
}

type inboxOf struct{ *watched }

func (w inboxOf) Open(context.Context) (orders.OpenInbox, error) { return orders.OpenInbox{}, w.away }

type decisionsOf struct{ *watched }

func (w decisionsOf) Open(context.Context) (orders.OpenDecisions, error) {
	return orders.OpenDecisions{}, w.away
}

// queues is the engine's service for task queues.
type queues struct {
	workflowservice.WorkflowServiceClient
	polled []*taskqueuepb.PollerInfo
	away   error
}

func (q queues) DescribeTaskQueue(
	context.Context, *workflowservice.DescribeTaskQueueRequest, ...grpc.CallOption,
) (*workflowservice.DescribeTaskQueueResponse, error) {
	return &workflowservice.DescribeTaskQueueResponse{Pollers: q.polled}, q.away
}

func (b *bundle) monitor(w *watched) *orders.Monitor {
	return &orders.Monitor{
		Orders: b.Orders, Pages: w, Audits: w, Log: w, Line: w, Stock: w, Inbox: inboxOf{w}, Decisions: decisionsOf{w},
		Now: func() time.Time { return today },
	}
}

// TestMonitor_WhatIsAway: each part of an overview that cannot be read is named, without a
// driver's words, and the others are shown.
func TestMonitor_WhatIsAway(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.engine.On("WorkflowService").Return(queues{away: errors.New("dial tcp 10.0.0.7: refused")})
	b.engine.On("ListWorkflow", mock.Anything, mock.Anything).Return(nil, serviceerror.NewUnavailable("dial tcp 10.0.0.7: refused"))
	is, err := b.monitor(&watched{}).Overview(t.Context(), operator)
	require.NoError(t, err)
	require.Equal(t, []orders.OpenCount{{Kind: booking.Food, Status: booking.Delivering, Orders: 2}}, is.Open)
	require.Len(t, is.Unknown, 3)
	require.NotContains(t, is.Unknown["queues"]+is.Unknown["read_model"], "10.0.0.7")
	require.False(t, is.IsHealthy())
	require.Zero(t, is.ShutUntil, "its time has passed")

	is, err = b.monitor(&watched{away: errors.New("no database")}).Overview(t.Context(), operator)
	require.NoError(t, err)
	require.Len(t, is.Unknown, 9)
	_, err = b.monitor(&watched{}).Overview(t.Context(), alice)
	require.ErrorIs(t, err, &booking.Error{Code: booking.NotAllowed})
}

// TestMonitor_Attention: a list shows what the engine and the ledger know of each order,
// and is shown without them, too.
func TestMonitor_Attention(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	attention := func(id string) orders.NeedingAttention {
		return orders.NeedingAttention{Order: contract.View{ID: id, Kind: booking.Food, Status: booking.Cancelling}, Cause: orders.UndoOwed}
	}
	b.engine.On("DescribeWorkflowExecution", mock.Anything, "food-1", "").Return(&workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: enums.WORKFLOW_EXECUTION_STATUS_RUNNING},
		PendingActivities: []*workflowpb.PendingActivityInfo{{
			ActivityType: &commonpb.ActivityType{Name: "RefundPayment"}, Attempt: 7,
			LastFailure: &failurepb.Failure{Message: "refund", Cause: &failurepb.Failure{Message: "card_gone"}},
		}},
	}, nil)
	b.engine.On("DescribeWorkflowExecution", mock.Anything, "food-2", "").Return(&workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: enums.WORKFLOW_EXECUTION_STATUS_TERMINATED},
	}, nil)
	b.engine.On("DescribeWorkflowExecution", mock.Anything, "food-3", "").Return(nil, serviceerror.NewUnavailable("away"))
	b.engine.On("DescribeWorkflowExecution", mock.Anything, "food-4", "").Return(nil, serviceerror.NewNotFound("forgotten"))
	w := &watched{needs: []orders.NeedingAttention{attention("food-1"), attention("food-2"), attention("food-3"), attention("food-4")}}
	found, _, err := b.monitor(w).Attention(t.Context(), operator, orders.AttentionFilter{}, booking.Page{})
	require.NoError(t, err)
	require.Equal(t, "refund: card_gone", found[0].Answer)
	require.Equal(t, "RefundPayment keeps failing: refund: card_gone", found[0].Says)
	require.Equal(t, 7, found[0].Waits[0].Attempt)
	require.Equal(t, "terminated", found[1].Lost)
	require.Equal(t, []bool{false, false, true, false}, []bool{found[0].Unknown, found[1].Unknown, found[2].Unknown, found[3].Unknown})
	w.away = booking.Errorf(booking.Unavailable, "away")
	_, _, err = b.monitor(w).Attention(t.Context(), operator, orders.AttentionFilter{}, booking.Page{})
	require.ErrorIs(t, err, w.away)
}
