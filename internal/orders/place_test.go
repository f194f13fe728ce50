package orders_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// call is a request for a cleaner, who costs nothing.
type call struct{ looked int }

func (c *call) LookUp(context.Context) error { c.looked++; return nil }

func (c *call) Order() orders.Order {
	return orders.Order{
		Amount: booking.Money{Currency: "KRW"},
		Input: func(o contract.Order) contract.Input {
			return contract.Cleaning{Order: o, Tel: "+8221234567", Location: "12 Sejong-daero"}
		},
		Summary: "cleaning",
	}
}

var alice = orders.Caller{ID: "alice"}

// comesTo lets the saga of every order publish that it has come to a status as
// soon as it is started.
func comesTo(o *orders.Orders, engine *mocks.Client, status booking.Status, why booking.Reason) {
	engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, contract.CleaningWorkflow, mock.Anything).
		Return(func(_ context.Context, _ client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
			v := args[0].(contract.Cleaning).View()
			v.Status, v.Reason = status, why
			o.Hub.Wake(contract.Publication{View: v, Decision: &v})
			return &mocks.WorkflowRun{}, nil
		})
}

func TestPlace_Stands(t *testing.T) {
	t.Parallel()
	o, engine := setup(t)
	comesTo(o, engine, booking.Calling, "")
	request := &call{}
	out, err := o.Place(t.Context(), alice, o.Attempt(t.Context(), alice, booking.Cleaning, ""), request)
	require.NoError(t, err)
	require.True(t, out.Done)
	require.Equal(t, booking.Calling, out.View.Status)
	require.Equal(t, "alice", out.View.CustomerID, "the caller is the customer")
	require.Equal(t, out.OrderID, out.View.ID)
	require.Zero(t, request.looked, "it was looked up before")
}

// TestPlace_Refused: an order that was refused is an error with the code of its
// reason, and comes with the order.
func TestPlace_Refused(t *testing.T) {
	t.Parallel()
	for reason, code := range map[booking.Reason]booking.Code{
		booking.NotRegistered: "not_registered", booking.ByCustomer: orders.CancelledByCustomer, booking.ByOperator: orders.CancelledByOperator,
	} {
		o, engine := setup(t)
		comesTo(o, engine, booking.Cancelled, reason)
		out, err := o.Place(t.Context(), alice, o.Attempt(t.Context(), alice, booking.Cleaning, ""), &call{})
		require.Equal(t, &booking.Error{Code: code}, err, "its code explains it, in whatever language")
		require.Equal(t, booking.Cancelled, out.View.Status)
	}
}

// TestPlace_NotStarted: nothing is promised of an order that the engine does not
// know.
func TestPlace_NotStarted(t *testing.T) {
	t.Parallel()
	o, engine := setup(t)
	engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(nil, serviceerror.NewUnavailable("connection refused"))
	engine.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, serviceerror.NewNotFound("no such workflow"))
	out, err := o.Place(t.Context(), alice, o.Attempt(t.Context(), alice, booking.Cleaning, "k1"), &call{})
	require.ErrorIs(t, err, &booking.Error{Code: orders.TemporalUnavailable})
	require.Empty(t, out.View.ID)
	require.Equal(t, orders.KeyedID(booking.Cleaning, "alice", "k1", 0), out.OrderID)
}
