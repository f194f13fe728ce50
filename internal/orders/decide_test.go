package orders_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// pages is a read model in memory, with one order.
type pages struct{ row *contract.Publication }

func (p pages) Order(_ context.Context, id string) (contract.Publication, error) {
	if p.row == nil || p.row.View.ID != id {
		return contract.Publication{}, booking.Errorf(booking.NotFound, "there is no %q", id)
	}
	return *p.row, nil
}

func (p pages) View(ctx context.Context, id string) (contract.View, error) {
	row, err := p.Order(ctx, id)
	return row.View, err
}

func (p pages) Orders(context.Context, booking.OrderFilter, booking.Page) ([]contract.View, string, error) {
	return nil, "", nil
}
func (p pages) CountOrders(context.Context, booking.OrderFilter) (int, error) { return 0, nil }
func (p pages) Publish(context.Context, contract.Publication) error           { return nil }

// setup returns orders on an engine that the test describes, and on a read model with a
// paid order of food.
func setup(t *testing.T) (*orders.Orders, *mocks.Client) {
	t.Helper()
	engine := mocks.NewClient(t)
	row := contract.Publication{View: contract.View{ID: "food-1", Kind: booking.Food, Status: booking.Paid}}
	return orders.New(orders.Deps{
		Engine: orders.NewEngine(engine), Hub: &orders.Hub{}, Pages: pages{&row}, ReplyBudget: testTimeout,
		Policy: contract.Policy{InPlace: true},
		Now:    func() time.Time { return time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC) },
	}), engine
}

// answers makes every update end with an error of the order's, and records the ids of the
// updates.
func answers(engine *mocks.Client, err error) *[]string {
	var ids []string
	engine.On("UpdateWorkflow", mock.Anything, mock.Anything).
		Return(func(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
			ids = append(ids, o.UpdateID)
			handle := &mocks.WorkflowUpdateHandle{}
			handle.On("Get", mock.Anything, mock.Anything).Return(err)
			return handle, nil
		})
	return &ids
}

var cancel = orders.Decision{OrderID: "food-1", Kind: booking.Food, Update: contract.CancelUpdate}

// TestDecide_RefusalIsOfTheDomain: the refusal of an order is a booking.Error with the
// order's view, without details of its transport.
func TestDecide_RefusalIsOfTheDomain(t *testing.T) {
	t.Parallel()
	o, engine := setup(t)
	refusal := contract.Refusal{View: contract.View{ID: "food-1", Status: booking.Delivering}, After: booking.Duration(40 * time.Second)}
	answers(engine, temporal.NewNonRetryableApplicationError("the delivery is away", string(booking.DeliveryUnavailable), nil, refusal))
	out, err := o.Decide(t.Context(), booking.Caller{Unchecked: true}, cancel)
	require.Equal(t, booking.Errorf(booking.DeliveryUnavailable, "the delivery is away").RetryIn(40*time.Second), err)
	require.Equal(t, booking.Delivering, out.View.Status)
	require.False(t, out.Done)
}

// TestDecide_EngineAway: an engine that is away has a code of its own; an order that the
// engine does not know is answered by its row.
func TestDecide_EngineAway(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		code booking.Code
	}{
		"Broken":  {serviceerror.NewUnavailable("connection reset"), orders.Unreachable},
		"Nowhere": {serviceerror.NewNamespaceNotFound("yeyak"), orders.TemporalUnavailable},
		"Slow":    {context.DeadlineExceeded, orders.Unreachable},
		"AtLimit": {serviceerror.NewFailedPrecondition("2000 updates"), orders.DecisionsExhausted},
	} {
		o, engine := setup(t)
		engine.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(nil, test.err)
		_, err := o.Decide(t.Context(), booking.Caller{Unchecked: true}, cancel)
		require.ErrorIs(t, err, &booking.Error{Code: test.code}, name)
		require.NotContains(t, err.Error(), "Idempotency-Key", "%s: decisions have none", name)
	}
}

// TestRead_EngineAway: the answer to a reader mentions no key either.
func TestRead_EngineAway(t *testing.T) {
	t.Parallel()
	o, engine := setup(t)
	nowhere := serviceerror.NewNamespaceNotFound("yeyak")
	engine.On("QueryWorkflow", mock.Anything, "food-2", "", contract.ViewQuery).Return(nil, nowhere)
	engine.On("GetWorkflowHistory", mock.Anything, "food-2", "", false, mock.Anything).Return(failingHistory(nowhere))
	_, err := o.Read(t.Context(), booking.Caller{Unchecked: true}, booking.Food, "food-2")
	require.ErrorIs(t, err, &booking.Error{Code: orders.TemporalUnavailable})
	require.NotContains(t, err.Error(), "Idempotency-Key")
}

// TestDecide_DefectStaysInside: an error that is neither a refusal nor an outage is
// internal.
func TestDecide_DefectStaysInside(t *testing.T) {
	t.Parallel()
	o, engine := setup(t)
	answers(engine, temporal.NewApplicationError("secret", "PanicError"))
	_, err := o.Decide(t.Context(), booking.Caller{Unchecked: true}, cancel)
	var domainErr *booking.Error
	require.Error(t, err)
	require.NotErrorAs(t, err, &domainErr)
}

// TestDecide_CallersAreKnownApart: updates of different callers have different ids, and no
// caller's name is used for a missing one.
func TestDecide_CallersAreKnownApart(t *testing.T) {
	t.Parallel()
	o, engine := setup(t)
	ids := answers(engine, temporal.NewNonRetryableApplicationError("no", string(booking.AlreadyDelivered), nil))
	for _, caller := range []booking.Caller{
		{Unchecked: true}, {ID: "alice", Unchecked: true}, {ID: "anybody", Roles: []booking.Role{booking.OperatorRole}},
	} {
		_, err := o.Decide(t.Context(), caller, cancel)
		require.ErrorIs(t, err, &booking.Error{Code: booking.AlreadyDelivered})
	}
	require.Regexp(t, `^cancel/_anonymous/\d+/0$`, (*ids)[0])
	require.Regexp(t, `^cancel/alice/\d+/0$`, (*ids)[1])
	require.Regexp(t, `^cancel/anybody/\d+/0$`, (*ids)[2])
	require.False(t, booking.IsName(strings.Split((*ids)[0], "/")[1]))
}

func TestDecide_OtherKind(t *testing.T) {
	t.Parallel()
	o, _ := setup(t) // a call would fail the test
	_, err := o.Decide(t.Context(), booking.Caller{Unchecked: true}, orders.Decision{OrderID: "food-1", Kind: booking.Cafe, Update: contract.CancelUpdate})
	require.Equal(t, booking.Errorf(booking.NotFound, `there is no order "food-1"`), err)
}
