package orders_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// followed makes the engine accept notices of an order, or not, and returns the accepted ones.
func (b *bundle) followed(orderID string, err error) *[]booking.PaymentNotice {
	wasAccepted := &[]booking.PaymentNotice{}
	b.engine.On("SignalWithStartWorkflow", mock.Anything, orderID+"/notices", contract.NoticeSignal, mock.Anything,
		mock.MatchedBy(func(o client.StartWorkflowOptions) bool {
			return o.ID == orderID+"/notices" && o.TaskQueue == contract.SagasQueue &&
				o.WorkflowIDReusePolicy == enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
		}), contract.NoticesWorkflow, contract.Notices{OrderID: orderID}).
		Run(func(args mock.Arguments) { *wasAccepted = append(*wasAccepted, args.Get(3).(booking.PaymentNotice)) }).
		Return(&mocks.WorkflowRun{}, err)
	return wasAccepted
}

// TestNotice_IsFollowed: each notice goes to the one workflow for its order's notices, each
// time it comes.
func TestNotice_IsFollowed(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	wasAccepted := b.followed("lodging-1", nil)
	n := booking.PaymentNotice{ID: "evt_1", OrderID: "lodging-1", What: "charge.refunded"}
	require.NoError(t, b.Notice(t.Context(), n))
	require.NoError(t, b.Notice(t.Context(), n))
	require.Equal(t, []booking.PaymentNotice{n, n}, *wasAccepted)
}

// TestNotice_AboutNoOrder: a notice that is not about an order is ignored.
func TestNotice_AboutNoOrder(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for _, id := range []string{"", "whatever", "lodging-", "lodging-1/notices", "subscription-1"} {
		require.NoError(t, b.Notice(t.Context(), booking.PaymentNotice{ID: "evt_1", OrderID: id}), id)
	}
}

// TestNotice_NotAccepted: while the engine does not accept a notice, the provider has to send it
// again.
func TestNotice_NotAccepted(t *testing.T) {
	t.Parallel()
	for _, err := range []error{serviceerror.NewUnavailable("away"), errors.New("a defect")} {
		b := newBundle(t)
		b.followed("lodging-1", err)
		err := b.Notice(t.Context(), booking.PaymentNotice{ID: "evt_1", OrderID: "lodging-1"})
		require.ErrorIs(t, err, &booking.Error{Code: orders.TemporalUnavailable})
	}
}

// TestCheckPayment: an operator's check of a payment works like a notice. It requires a
// payment.
func TestCheckPayment(t *testing.T) {
	t.Parallel()
	g := newRefunding(t, booking.Confirmed)
	wasAccepted := g.followed(g.order, nil)
	require.NoError(t, g.CheckPayment(t.Context(), olga, g.order))
	require.Len(t, *wasAccepted, 1)
	alice := booking.Caller{ID: "alice", Roles: []booking.Role{booking.CustomerRole}}
	require.ErrorIs(t, g.CheckPayment(t.Context(), alice, g.order), &booking.Error{Code: booking.NotAllowed})
	require.ErrorIs(t, g.CheckPayment(t.Context(), olga, "lodging-2"), &booking.Error{Code: booking.NotFound})
	require.ErrorIs(t, g.CheckPayment(t.Context(), olga, "whatever"), &booking.Error{Code: booking.NotFound})
	require.Len(t, *wasAccepted, 1)
}

// TestEngine_Follow: a dispute that is found otherwise is followed like one from a notice.
func TestEngine_Follow(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	wasAccepted := b.followed("lodging-1", nil)
	require.NoError(t, b.Engine.Follow(t.Context(), "lodging-1"))
	require.Equal(t, "lodging-1", (*wasAccepted)[0].OrderID)
}

// TestReadFresh_KnowsOfDisputes: disputes come from the row, because the saga does not have
// them.
func TestReadFresh_KnowsOfDisputes(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := of(booking.Lodging).in(booking.Confirmed, "")
	p.View.Disputed = true
	b.store.put(p)
	ofSaga := p.View
	ofSaga.Disputed = false
	ofSaga.Version--
	b.answersQuery(contract.ViewQuery, ofSaga, nil)
	view, err := b.ReadFresh(t.Context(), booking.Caller{Unchecked: true}, p.View.ID)
	require.NoError(t, err)
	require.True(t, view.Disputed)
}
