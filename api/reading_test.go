package api

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// answersHistory lets the reservation's history begin with its input, or not
// be readable.
func (b *bundle) answersHistory(err error) {
	b.answersHistoryOf("lodging-1", contract.LodgingWorkflow, contract.Lodging{
		Order: contract.Order{OrderID: "lodging-1", PlacedAt: today}, Place: seaside(),
		CheckIn: booking.DateOf(today), CheckOut: booking.DateOf(today).AddDays(1),
	}, err)
}

func (b *bundle) answersHistoryOf(id, workflow string, in contract.Input, err error) {
	input, encodeErr := converter.GetDefaultDataConverter().ToPayloads(in)
	require.NoError(b.t, encodeErr)
	history := &mocks.HistoryEventIterator{}
	history.On("HasNext").Return(true)
	history.On("Next").Return(&historypb.HistoryEvent{
		Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{
				WorkflowType: &commonpb.WorkflowType{Name: workflow}, Input: input,
			},
		},
	}, err)
	b.temporal.On("GetWorkflowHistory", mock.Anything, id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT).Return(history).Maybe()
}

func TestGetOrder(t *testing.T) {
	t.Parallel()
	gone := serviceerror.NewNotFound("workflow not found")
	noWorker := serviceerror.NewDeadlineExceeded("no worker")
	away := serviceerror.NewUnavailable("connection refused")
	nowhere := serviceerror.NewNamespaceNotFound("yeyak")
	for name, test := range map[string]struct {
		row         booking.Status
		rowErr      error
		query       booking.Status
		queryErr    error
		historyErr  error
		want        booking.Status
		wantProblem booking.Code
	}{
		"Row":                   {row: booking.Confirmed, want: booking.Confirmed},
		"NoRow":                 {query: booking.Paid, want: booking.Paid},
		"RowAway":               {rowErr: context.DeadlineExceeded, query: booking.Paid, want: booking.Paid},
		"NoRowNoWorker":         {queryErr: noWorker, want: booking.Received},
		"RowAwayNoWorker":       {rowErr: context.DeadlineExceeded, queryErr: noWorker, want: booking.Received},
		"Unknown":               {queryErr: gone, wantProblem: booking.NotFound},
		"RowAwayUnknown":        {rowErr: context.DeadlineExceeded, queryErr: gone, wantProblem: booking.Unavailable},
		"NoRowTemporalAway":     {queryErr: away, historyErr: away, wantProblem: orders.TemporalUnavailable},
		"EverythingAway":        {rowErr: context.DeadlineExceeded, queryErr: away, historyErr: away, wantProblem: orders.TemporalUnavailable},
		"NoNamespace":           {queryErr: nowhere, historyErr: nowhere, wantProblem: orders.TemporalUnavailable},
		"NoWorkerThenForgotten": {queryErr: noWorker, historyErr: gone, wantProblem: booking.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.store.fail(test.rowErr)
			if test.row != "" {
				b.store.put(orderIn("lodging-1", test.row, ""))
			}
			b.answersQuery(contract.ViewQuery, orderIn("lodging-1", test.query, "").View, test.queryErr)
			b.answersHistory(test.historyErr)
			for _, path := range []string{orderPath, "/v1/mypages/lodging-1"} {
				a := b.do("GET", path, "")
				if test.wantProblem != "" {
					b.problem(a, kindOf(test.wantProblem).status, test.wantProblem)
					continue
				}
				require.Equal(t, http.StatusOK, a.StatusCode, a.text)
				require.Equal(t, test.want, decode[orderView](t, a).Status)
				require.Empty(t, a.Header.Get("Location"))
			}
		})
	}
}

func TestGetMypage_Fresh(t *testing.T) {
	t.Parallel()
	t.Run("Asked", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.store.put(orderIn("lodging-1", booking.Paid, ""))
		b.answersQuery(contract.ViewQuery, orderIn("lodging-1", booking.Confirmed, "").View, nil)
		a := b.do("GET", "/v1/mypages/lodging-1?fresh=true", "")
		require.Equal(t, booking.Confirmed, decode[orderView](t, a).Status)
		require.Equal(t, booking.Confirmed, b.store.orders["lodging-1"].View.Status)
	})
	t.Run("NoWorker", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.store.put(orderIn("lodging-1", booking.Paid, ""))
		b.answersQuery(contract.ViewQuery, nil, serviceerror.NewDeadlineExceeded("no worker"))
		a := b.do("GET", "/v1/mypages/lodging-1?fresh=true", "")
		b.problem(a, 503, orders.Unreachable)
		require.Equal(t, "2", a.Header.Get("Retry-After"))
		require.Equal(t, booking.Paid, decode[orderView](t, b.do("GET", "/v1/mypages/lodging-1", "")).Status)
	})
	t.Run("Forgotten", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.answersQuery(contract.ViewQuery, nil, serviceerror.NewNotFound("workflow not found"))
		b.problem(b.do("GET", "/v1/mypages/lodging-1?fresh=true", ""), 404, booking.NotFound)
		b.store.put(orderIn("lodging-1", booking.Completed, ""))
		a := b.do("GET", "/v1/mypages/lodging-1?fresh=true", "")
		require.Equal(t, http.StatusOK, a.StatusCode, a.text)
		require.Equal(t, booking.Completed, decode[orderView](t, a).Status)
	})
	t.Run("NotAnOrder", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.problem(b.do("GET", "/v1/mypages/temporal-sys-scheduler?fresh=true", ""), 404, booking.NotFound)
	})
}
