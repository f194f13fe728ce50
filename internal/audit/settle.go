package audit

import (
	"context"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// remedyOf is the command that settles the order.
func remedyOf(orderID string) string { return "yeyak settle " + orderID }

// Settler starts the compensation of lost orders.
type Settler struct {
	Sagas interface {
		Describe(ctx context.Context, orderID string) (orders.Saga, error)
		View(ctx context.Context, orderID string) (contract.View, error)
		RequestHash(ctx context.Context, orderID string) (string, error)
		Settle(ctx context.Context, w orders.Warrant, last contract.View, p contract.Policy, requestHash, by string) error
	}
	Pages interface {
		Order(ctx context.Context, orderID string) (contract.Publication, error)
	}
	Ledger interface {
		Payment(ctx context.Context, orderID string) (booking.Payment, error)
	}
	Policy contract.Policy
	Log    *zap.Logger
}

// ErrNotLost is the error for orders that need not, or must not, be settled. Its text
// says why.
var ErrNotLost = &booking.Error{Code: orders.NotLost}

// Settle starts the compensation of an order without a running workflow, from its last
// known state, on behalf of a caller. ErrNotLost: its workflow runs, or nothing is
// owed. NotFound: the order is unknown.
func (s Settler) Settle(ctx context.Context, w orders.Warrant, orderID, by string) error {
	saga, err := s.Sagas.Describe(ctx, orderID)
	if err != nil && !isNotFound(err) {
		return err
	}
	if err == nil && saga.Running() {
		return booking.Errorf(orders.NotLost, "the workflow of order %s runs; cancel it instead (yeyak cancel %s)", orderID, orderID)
	}
	last, hash, err := s.lastKnown(ctx, orderID, err == nil)
	if err != nil {
		return err
	}
	if last.Status.Final() {
		return booking.Errorf(orders.NotLost, "order %s is %s, and nothing is owed", orderID, last.Status)
	}
	return s.Sagas.Settle(ctx, w, last, s.Policy, hash, by)
}

// lastKnown is the last known view of the order, and its request's hash: from its
// workflow while the engine has it, else from its row.
func (s Settler) lastKnown(ctx context.Context, orderID string, remembered bool) (contract.View, string, error) {
	if remembered {
		view, hash, err := s.fromWorkflow(ctx, orderID)
		if err == nil || ctx.Err() != nil {
			return view, hash, err
		}
		s.Log.Warn("lost workflow does not answer", zap.String("order", orderID), zap.String("workflow", orderID), zap.Error(err))
	}
	row, err := s.Pages.Order(ctx, orderID)
	if isNotFound(err) {
		view, err := s.fromLedger(ctx, orderID)
		return view, "", err
	}
	return row.View, row.RequestHash, err
}

func (s Settler) fromWorkflow(ctx context.Context, orderID string) (contract.View, string, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	view, err := s.Sagas.View(ctx, orderID)
	if err != nil {
		return view, "", err
	}
	hash, err := s.Sagas.RequestHash(ctx, orderID)
	return view, hash, err
}

// fromLedger makes a view from the payment of an order that is known nowhere else.
func (s Settler) fromLedger(ctx context.Context, orderID string) (contract.View, error) {
	kind := booking.KindOf(orderID)
	if kind == "" {
		return contract.View{}, booking.Errorf(booking.NotFound, "there is no order %s", orderID)
	}
	p, err := s.Ledger.Payment(ctx, orderID)
	if isNotFound(err) {
		return contract.View{}, booking.Errorf(booking.NotFound, "nothing is known of order %s", orderID)
	}
	return contract.View{
		ID: orderID, Kind: kind, Amount: p.Amount, Quantity: 1, Status: booking.Received,
		History: []contract.Entry{{Status: booking.Received, At: p.At}},
	}, err
}
