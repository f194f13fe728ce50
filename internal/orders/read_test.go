package orders_test

import (
	"context"
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

// answersHistory makes the history of a business's order begin with its input, or fail to
// be read.
func (b *bundle) answersHistory(of business, err error) {
	input, encodeErr := converter.GetDefaultDataConverter().ToPayloads(of.input)
	require.NoError(b.t, encodeErr)
	history := &mocks.HistoryEventIterator{}
	history.On("HasNext").Return(true)
	history.On("Next").Return(&historypb.HistoryEvent{
		Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{
				WorkflowType: &commonpb.WorkflowType{Name: contract.BusinessOf(of.kind).Workflow}, Input: input,
			},
		},
	}, err)
	b.engine.On("GetWorkflowHistory", mock.Anything, of.id(), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT).Return(history).Maybe()
}

// TestRead: an order is read from the read model, and queried if that is behind or away. If
// no worker answers, the view is made from its input.
func TestRead(t *testing.T) {
	t.Parallel()
	unknown := serviceerror.NewNotFound("workflow not found")
	noWorker := serviceerror.NewDeadlineExceeded("no worker")
	away := serviceerror.NewUnavailable("connection refused")
	nowhere := serviceerror.NewNamespaceNotFound("yeyak")
	rowAway := booking.Errorf(booking.Unavailable, "away").WithCause(context.DeadlineExceeded)
	for name, test := range map[string]struct {
		row        booking.Status
		rowErr     error
		query      booking.Status
		queryErr   error
		historyErr error
		want       booking.Status
		wantCode   booking.Code
	}{
		"Row":                   {row: booking.Confirmed, want: booking.Confirmed},
		"NoRow":                 {query: booking.Paid, want: booking.Paid},
		"RowAway":               {rowErr: rowAway, query: booking.Paid, want: booking.Paid},
		"RowAwayNoWorker":       {rowErr: rowAway, queryErr: noWorker, want: booking.Received},
		"NoRowNoWorker":         {queryErr: noWorker, want: booking.Received},
		"Unknown":               {queryErr: unknown, wantCode: booking.NotFound},
		"RowAwayUnknown":        {rowErr: rowAway, queryErr: unknown, wantCode: booking.Unavailable},
		"NoRowTemporalAway":     {queryErr: away, historyErr: away, wantCode: orders.TemporalUnavailable},
		"EverythingAway":        {rowErr: rowAway, queryErr: away, historyErr: away, wantCode: orders.TemporalUnavailable},
		"NoNamespace":           {queryErr: nowhere, historyErr: nowhere, wantCode: orders.TemporalUnavailable},
		"NoWorkerThenForgotten": {queryErr: noWorker, historyErr: unknown, wantCode: booking.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, reservation := newBundle(t), of(booking.Lodging)
			b.store.fail(test.rowErr)
			if test.row != "" {
				b.store.put(reservation.in(test.row, ""))
			}
			b.answersQuery(contract.ViewQuery, reservation.in(test.query, "").View, test.queryErr)
			b.answersHistory(reservation, test.historyErr)
			for _, kind := range []booking.Kind{booking.Lodging, ""} {
				view, err := b.Read(t.Context(), booking.Caller{Unchecked: true}, kind, "lodging-1")
				if test.wantCode != "" {
					require.ErrorIs(t, err, &booking.Error{Code: test.wantCode})
					continue
				}
				require.NoError(t, err)
				require.Equal(t, test.want, view.Status)
			}
		})
	}
}

// TestRead_AsItWasStarted: an order without a row and without a worker is read from its
// input.
func TestRead_AsItWasStarted(t *testing.T) {
	t.Parallel()
	for _, business := range businesses() {
		b := newBundle(t)
		b.answersQuery(contract.ViewQuery, nil, serviceerror.NewDeadlineExceeded("no worker"))
		b.answersHistory(business, nil)
		view, err := b.Read(t.Context(), booking.Caller{Unchecked: true}, business.kind, business.id())
		require.NoError(t, err)
		require.Equal(t, business.input.View(), view)
	}
}

// TestReadFresh: the order itself is queried, and the read model is updated.
func TestReadFresh(t *testing.T) {
	t.Parallel()
	reservation := of(booking.Lodging)
	t.Run("Asked", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.store.put(reservation.in(booking.Paid, ""))
		b.answersQuery(contract.ViewQuery, reservation.in(booking.Confirmed, "").View, nil)
		view, err := b.ReadFresh(t.Context(), booking.Caller{Unchecked: true}, "lodging-1")
		require.NoError(t, err)
		require.Equal(t, booking.Confirmed, view.Status)
		require.Equal(t, booking.Confirmed, b.store.orders["lodging-1"].View.Status)
	})
	t.Run("NoWorker", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.store.put(reservation.in(booking.Paid, ""))
		b.answersQuery(contract.ViewQuery, nil, serviceerror.NewDeadlineExceeded("no worker"))
		_, err := b.ReadFresh(t.Context(), booking.Caller{Unchecked: true}, "lodging-1")
		require.ErrorIs(t, err, &booking.Error{Code: orders.Unreachable})
		view, err := b.Read(t.Context(), booking.Caller{Unchecked: true}, "", "lodging-1")
		require.NoError(t, err)
		require.Equal(t, booking.Paid, view.Status)
	})
	t.Run("Forgotten", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.answersQuery(contract.ViewQuery, nil, serviceerror.NewNotFound("workflow not found"))
		_, err := b.ReadFresh(t.Context(), booking.Caller{Unchecked: true}, "lodging-1")
		require.ErrorIs(t, err, &booking.Error{Code: booking.NotFound})
		b.store.put(reservation.in(booking.Completed, ""))
		view, err := b.ReadFresh(t.Context(), booking.Caller{Unchecked: true}, "lodging-1")
		require.NoError(t, err)
		require.Equal(t, booking.Completed, view.Status)
	})
	t.Run("NotAnOrder", func(t *testing.T) {
		t.Parallel()
		_, err := newBundle(t).ReadFresh(t.Context(), booking.Caller{Unchecked: true}, "temporal-sys-scheduler")
		require.ErrorIs(t, err, &booking.Error{Code: booking.NotFound})
	})
}
