package audit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// engine has one order's workflow, or none.
type engine struct {
	execution enumspb.WorkflowExecutionStatus // unspecified: it has forgotten it
	view      *contract.View                  // nil: the workflow does not answer
	away      error

	settled *contract.View
	hash    string
	by      string
}

func (e *engine) Describe(_ context.Context, id string) (orders.Saga, error) {
	if e.away != nil {
		return orders.Saga{}, e.away
	}
	if e.execution == enumspb.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED {
		return orders.Saga{}, booking.Errorf(booking.NotFound, "no workflow of %s", id)
	}
	return orders.Saga{OrderID: id, Execution: e.execution}, nil
}

func (e *engine) View(context.Context, string) (contract.View, error) {
	if e.view == nil {
		return contract.View{}, errors.New("no worker answers")
	}
	return *e.view, nil
}

func (e *engine) RequestHash(context.Context, string) (string, error) {
	return "hash of the workflow", nil
}

func (e *engine) Settle(_ context.Context, _ orders.Warrant, last contract.View, _ contract.Policy, hash, by string) error {
	e.settled, e.hash, e.by = &last, hash, by
	return nil
}

// page is the row of one order, or none.
type page struct{ row *contract.Publication }

func (p page) Order(_ context.Context, id string) (contract.Publication, error) {
	if p.row == nil {
		return contract.Publication{}, booking.Errorf(booking.NotFound, "no row of %s", id)
	}
	return *p.row, nil
}

// ledger is the payment of one order, or none.
type ledger struct{ payment *booking.Payment }

func (l ledger) Payment(_ context.Context, id string) (booking.Payment, error) {
	if l.payment == nil {
		return booking.Payment{}, booking.Errorf(booking.NotFound, "no payment of %s", id)
	}
	return *l.payment, nil
}

func settle(e *engine, row *contract.Publication, payment *booking.Payment, orderID string) error {
	s := audit.Settler{Sagas: e, Pages: page{row}, Ledger: ledger{payment}, Log: zap.NewNop()}
	return s.Settle(context.Background(), orders.Warrant{}, orderID, "1024")
}

func TestSettler_FromTheWorkflow(t *testing.T) {
	t.Parallel()
	view := order(booking.Lodging, booking.Confirmed)
	e := &engine{execution: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, view: &view}
	behind := order(booking.Lodging, booking.Paid)
	require.NoError(t, settle(e, &contract.Publication{View: behind}, nil, view.ID))
	require.Equal(t, view, *e.settled)
	require.Equal(t, "hash of the workflow", e.hash)
	require.Equal(t, "1024", e.by)
}

func TestSettler_FromTheRow(t *testing.T) {
	t.Parallel()
	row := &contract.Publication{View: order(booking.Cafe, booking.InProduction), RequestHash: "hash of the row"}
	for name, e := range map[string]*engine{
		"Forgotten":       {},
		"DoesNotAnswer":   {execution: enumspb.WORKFLOW_EXECUTION_STATUS_FAILED},
		"EndedBeforeTime": {execution: enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, settle(e, row, nil, row.View.ID))
			require.Equal(t, row.View, *e.settled)
			require.Equal(t, "hash of the row", e.hash)
		})
	}
}

func TestSettler_FromTheLedger(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	for _, k := range booking.Kinds() {
		e := &engine{}
		id := string(k) + "-0x"
		require.NoError(t, settle(e, nil, &booking.Payment{Charge: booking.Charge{Amount: price}, At: at}, id))
		require.Equal(t, contract.View{
			ID: id, Kind: k, Amount: price, Quantity: 1, Status: booking.Received,
			History: []contract.Entry{{Status: booking.Received, At: at}},
		}, *e.settled)
		_, _, err := contract.Settlement(*e.settled, contract.Policy{}, "", "")
		require.NoError(t, err)
	}
}

func TestSettler_NothingIsKnown(t *testing.T) {
	t.Parallel()
	notFound := &booking.Error{Code: booking.NotFound}
	require.ErrorIs(t, settle(&engine{}, nil, nil, "lodging-1"), notFound)
	require.ErrorIs(t, settle(&engine{}, nil, &booking.Payment{}, "parcel-1"), notFound, "there are no orders of this kind")
}

func TestSettler_RefusesOrdersThatAreNotLost(t *testing.T) {
	t.Parallel()
	e := &engine{execution: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}
	err := settle(e, nil, nil, "lodging-1")
	require.ErrorIs(t, err, audit.ErrNotLost)
	require.ErrorContains(t, err, "cancel it instead (yeyak cancel lodging-1)")
	require.Nil(t, e.settled)
	for _, s := range []booking.Status{booking.Delivered, booking.Cancelled} {
		for _, execution := range []enumspb.WorkflowExecutionStatus{
			enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, enumspb.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED,
		} {
			e := &engine{execution: execution}
			err := settle(e, &contract.Publication{View: order(booking.Food, s)}, nil, "food-1")
			require.ErrorIs(t, err, audit.ErrNotLost)
			require.ErrorContains(t, err, "order food-1 is "+string(s)+", and nothing is owed")
			require.Nil(t, e.settled)
		}
	}
}

func TestSettler_EngineAway(t *testing.T) {
	t.Parallel()
	e := &engine{away: errors.New("the engine is away")}
	require.ErrorIs(t, settle(e, &contract.Publication{View: order(booking.Food, booking.Paid)}, nil, "food-1"), e.away)
	require.Nil(t, e.settled)
}
