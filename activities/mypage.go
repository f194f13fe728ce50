package activities

import (
	"context"
	"errors"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// ReadModel has one row for each order.
type ReadModel interface {
	// Publish writes the order's row, unless there is a newer version, and appends the
	// events that the feed does not have yet, in one transaction.
	Publish(ctx context.Context, p contract.Publication) error
}

// Waiters are the requests that wait for a change of an order.
type Waiters interface {
	// Publishing records that requests receive v before the read model has it: lists in
	// this process wait until it does.
	Publishing(v contract.View)
	// Wake wakes the requests that wait in this process.
	Wake(p contract.Publication)
	// Announce wakes those of other processes, once the change can be read.
	Announce(ctx context.Context, orderID string)
}

// Repairer finds orders whose row is missing or behind, and writes it from the workflow's
// answer.
type Repairer interface {
	// RepairPage repairs the orders of one page of the list of workflows. next is nil after
	// the last page.
	RepairPage(ctx context.Context, page []byte) (healed int, next []byte, err error)
}

// Decisions are the decisions that wait to be delivered to their orders.
type Decisions interface {
	// Waits counts the waiting decisions on the order that were made before a time.
	Waits(ctx context.Context, orderID string, before time.Time) (int, error)
}

// Disputed are the rows of orders whose payment is disputed.
type Disputed interface {
	// NoteDisputes records the open disputes of the order's payment and returns the order's
	// view. Returns NotFound if the order has no row.
	NoteDisputes(ctx context.Context, orderID string, open []booking.Dispute) (contract.View, error)
	// View returns the order's view from its row. Returns NotFound if it has no row.
	View(ctx context.Context, orderID string) (contract.View, error)
}

// Mypage keeps the read model up to date.
type Mypage struct {
	Service
	Decisions Decisions
	Disputed  Disputed
	ReadModel ReadModel
	Waiters   Waiters
	Repairer  Repairer
}

// PublishView publishes an order's change. Requests that wait for it in this process receive
// it first, so that an unavailable read model delays no answer.
func (m *Mypage) PublishView(ctx context.Context, p contract.Publication) error {
	m.Waiters.Publishing(p.View)
	m.Waiters.Wake(p)
	_, err := do(ctx, &m.Service, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, m.ReadModel.Publish(ctx, p)
	})
	if err != nil {
		return err
	}
	m.Waiters.Wake(p) // again: a request may have read the row before the commit and begun to wait after the first Wake
	m.Waiters.Announce(ctx, p.View.ID)
	return nil
}

// RepairedPage is the result of repairing one page.
type RepairedPage struct {
	Healed int    `json:"healed"`
	Next   []byte `json:"next,omitempty"`
}

// RepairPage repairs the rows that are missing or behind in one page of orders.
func (m *Mypage) RepairPage(ctx context.Context, page []byte) (RepairedPage, error) {
	return do(ctx, &m.Service, func(ctx context.Context) (done RepairedPage, err error) {
		done.Healed, done.Next, err = m.Repairer.RepairPage(ctx, page)
		return done, err
	})
}

// KeptQuestion selects the decisions on an order that were made before a time.
type KeptQuestion struct {
	OrderID string    `json:"orderId"`
	Before  time.Time `json:"before"`
}

// KeptDecisions counts the decisions on an order that wait to be delivered.
func (m *Mypage) KeptDecisions(ctx context.Context, q KeptQuestion) (int, error) {
	return do(ctx, &m.Service, func(ctx context.Context) (int, error) {
		return m.Decisions.Waits(ctx, q.OrderID, q.Before)
	})
}

// ReadOrder returns the order's view from its row. It fails, and is retried, while there is
// no row.
func (m *Mypage) ReadOrder(ctx context.Context, orderID string) (contract.View, error) {
	return do(ctx, &m.Service, func(ctx context.Context) (contract.View, error) { return m.Disputed.View(ctx, orderID) })
}

// OpenDisputes are the open disputes of an order's payment.
type OpenDisputes struct {
	OrderID  string            `json:"orderId"`
	Disputes []booking.Dispute `json:"disputes,omitempty"`
}

// DisputedOrder is the customer, owner and item of an order whose payment is disputed. It is
// zero for an order without a row, which has no open dispute.
type DisputedOrder struct {
	CustomerID string `json:"customerId,omitempty"`
	OwnerID    string `json:"ownerId,omitempty"`
	ItemID     string `json:"itemId,omitempty"`
	ItemName   string `json:"itemName,omitempty"`
	// NeverPlaced: the order has ended, and was never paid for before that.
	NeverPlaced bool `json:"neverPlaced,omitempty"`
	// NotYetPlaced: the order has not ended, and is not paid for yet.
	NotYetPlaced bool `json:"notYetPlaced,omitempty"`
}

// NoteDisputes marks the order's row while a dispute of its payment is open. It fails, and is
// retried, while there is no row to mark.
func (m *Mypage) NoteDisputes(ctx context.Context, d OpenDisputes) (DisputedOrder, error) {
	view, err := do(ctx, &m.Service, func(ctx context.Context) (contract.View, error) {
		view, err := m.Disputed.NoteDisputes(ctx, d.OrderID, d.Disputes)
		if len(d.Disputes) == 0 && errors.Is(err, &booking.Error{Code: booking.NotFound}) {
			return view, nil
		}
		return view, err
	})
	if err != nil {
		return DisputedOrder{}, err
	}
	m.Waiters.Announce(ctx, d.OrderID)
	return DisputedOrder{
		CustomerID: view.CustomerID, OwnerID: view.OwnerID, ItemID: view.Item.ID, ItemName: view.Item.Name,
		NeverPlaced: view.Status.Final() && !view.Placed, NotYetPlaced: view.ID != "" && !view.Status.Final() && !view.Placed,
	}, nil
}
