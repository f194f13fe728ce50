package orders_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// startedBy is the engine's description of an order started by a request with this hash.
func startedBy(t *testing.T, hash string) *workflowservice.DescribeWorkflowExecutionResponse {
	t.Helper()
	memo, err := converter.GetDefaultDataConverter().ToPayload(hash)
	require.NoError(t, err)
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{contract.RequestHashMemo: memo}},
	}}
}

// valueOf is the answer to a query.
func valueOf(t *testing.T, v any) converter.EncodedValue {
	t.Helper()
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(v)
	require.NoError(t, err)
	return client.NewValue(payloads)
}

// failingHistory is a history that cannot be read.
func failingHistory(err error) client.HistoryEventIterator {
	history := &mocks.HistoryEventIterator{}
	history.On("HasNext").Return(true)
	history.On("Next").Return(nil, err)
	return history
}

// TestEngine_Signals: the signal to an order that has ended is skipped without an error. Any
// other failure is an error: the order may not know.
func TestEngine_Signals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err     error
		running bool
		fails   bool
	}{
		"Sent":    {nil, true, false},
		"Ended":   {serviceerror.NewNotFound("workflow execution already completed"), false, false},
		"Refused": {serviceerror.NewInvalidArgument("input is too large"), false, true},
		"Away":    {serviceerror.NewUnavailable("connection refused"), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temporal := mocks.NewClient(t)
			temporal.On("SignalWorkflow", mock.Anything, "cafe-1", "", contract.ForceCancelSignal, contract.Force{Reason: booking.MenuDeleted, By: "1024"}).Return(test.err)
			temporal.On("SignalWorkflow", mock.Anything, "cleaning-1", "", contract.AssignedSignal, booking.Cleaner{ID: "kim"}).Return(test.err)
			engine := orders.NewEngine(temporal)
			running, err := engine.ForceCancel(t.Context(), "cafe-1", contract.Force{Reason: booking.MenuDeleted, By: "1024"})
			require.Equal(t, test.running, running)
			require.Equal(t, test.fails, err != nil)
			require.Equal(t, test.fails, engine.SignalAssigned(t.Context(), "cleaning-1", booking.Cleaner{ID: "kim"}) != nil)
		})
	}
}

// TestEngine_NoID: an impossible id is NotFound, without a call to the engine.
func TestEngine_NoID(t *testing.T) {
	t.Parallel()
	engine := orders.NewEngine(mocks.NewClient(t)) // a call would fail the test
	for _, id := range []string{"", strings.Repeat("x", 1001)} {
		running, err := engine.ForceCancel(t.Context(), id, contract.Force{Reason: booking.MenuDeleted})
		require.NoError(t, err)
		require.False(t, running)
		require.NoError(t, engine.SignalAssigned(t.Context(), id, booking.Cleaner{ID: "kim"}))
		_, err = engine.Describe(t.Context(), id)
		require.ErrorIs(t, err, &booking.Error{Code: booking.NotFound})
		_, err = engine.View(t.Context(), id)
		require.ErrorIs(t, err, &booking.Error{Code: booking.NotFound})
		_, err = engine.Await(t.Context(), id)
		require.ErrorIs(t, err, &booking.Error{Code: booking.NotFound})
	}
}

// TestEngine_Pending: a workflow whose workflow task is pending waits for something, too.
func TestEngine_Pending(t *testing.T) {
	t.Parallel()
	temporal := mocks.NewClient(t)
	temporal.On("DescribeWorkflowExecution", mock.Anything, "food-1", "").Return(&workflowservice.DescribeWorkflowExecutionResponse{
		PendingActivities: []*workflowpb.PendingActivityInfo{
			{ActivityId: "11", ActivityType: &commonpb.ActivityType{Name: "Notify"}, Attempt: 3},
			{ActivityId: "17", ActivityType: &commonpb.ActivityType{Name: "Notify"}, Attempt: 1},
		},
		PendingWorkflowTask: &workflowpb.PendingWorkflowTaskInfo{Attempt: 1},
	}, nil)
	pending, err := orders.NewEngine(temporal).Pending(t.Context(), "food-1")
	require.NoError(t, err)
	require.Equal(t, map[string][]orders.Awaited{
		"Notify": {{ID: "11", Attempt: 3}, {ID: "17", Attempt: 1}}, orders.WorkflowTask: {{ID: orders.WorkflowTask, Attempt: 1}},
	}, pending)
}

// TestEngine_Describe: a refusal by the engine is not reported as an unknown order.
func TestEngine_Describe(t *testing.T) {
	t.Parallel()
	temporal := mocks.NewClient(t)
	temporal.On("DescribeWorkflowExecution", mock.Anything, "food-1", "").Return(nil, serviceerror.NewInvalidArgument("no"))
	_, err := orders.NewEngine(temporal).Describe(t.Context(), "food-1")
	require.Error(t, err)
	require.NotErrorIs(t, err, &booking.Error{Code: booking.NotFound})
}
