package activities

import (
	"context"
	"errors"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// ReadModel is what customers and owners read.
type ReadModel interface {
	// Publish writes the order's row, unless a newer version is there, and
	// appends the events that the feed does not hold yet, in one transaction.
	Publish(ctx context.Context, p contract.Publication) error
}

// Waiters are the callers who wait for an order to change.
type Waiters interface {
	// Publishing notes that v is told before the read model holds it: lists in
	// this process wait for that.
	Publishing(v contract.View)
	// Wake tells those who wait in this process.
	Wake(p contract.Publication)
	// Announce tells other processes, after the change can be read.
	Announce(ctx context.Context, orderID string)
}

// Repairer finds orders whose row is missing or behind, and heals it from what
// their workflow answers.
type Repairer interface {
	// RepairPage goes through one page of the list of workflows. next is nil
	// after the last one.
	RepairPage(ctx context.Context, page []byte) (healed int, next []byte, err error)
}

// Decisions are those that wait to be delivered to their orders.
type Decisions interface {
	// Waits tells how many decisions on the order wait that were made before a
	// moment.
	Waits(ctx context.Context, orderID string, before time.Time) (int, error)
}

// Disputed are the rows of orders whose payment is disputed.
type Disputed interface {
	// NoteDisputes writes which disputes of the order's payment are open, and returns the
	// order's view. NotFound: it has no row.
	NoteDisputes(ctx context.Context, orderID string, open []booking.Dispute) (contract.View, error)
	// View is the order as its row has it. NotFound: it has no row.
	View(ctx context.Context, orderID string) (contract.View, error)
}

// Mypage keeps the read model up to date, and the decisions beside it.
type Mypage struct {
	Service
	Decisions Decisions
	Disputed  Disputed
	ReadModel ReadModel
	Waiters   Waiters
	Repairer  Repairer
}

// PublishView shows an order's change to the world. Those who wait for it in
// this process learn of it first, so that a read model that is away delays no
// answer.
func (m *Mypage) PublishView(ctx context.Context, p contract.Publication) error {
	m.Waiters.Publishing(p.View)
	m.Waiters.Wake(p)
	_, err := do(ctx, &m.Service, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, m.ReadModel.Publish(ctx, p)
	})
	if err != nil {
		return err
	}
	m.Waiters.Wake(p) // again: someone may have looked before the commit and waited after the first call
	m.Waiters.Announce(ctx, p.View.ID)
	return nil
}

// RepairedPage is what came of one page.
type RepairedPage struct {
	Healed int    `json:"healed"`
	Next   []byte `json:"next,omitempty"`
}

// RepairPage heals what is missing or behind in one page of orders.
func (m *Mypage) RepairPage(ctx context.Context, page []byte) (RepairedPage, error) {
	return do(ctx, &m.Service, func(ctx context.Context) (done RepairedPage, err error) {
		done.Healed, done.Next, err = m.Repairer.RepairPage(ctx, page)
		return done, err
	})
}

// KeptQuestion asks for decisions on an order that were made before a moment.
type KeptQuestion struct {
	OrderID string    `json:"orderId"`
	Before  time.Time `json:"before"`
}

// KeptDecisions tells how many decisions on an order wait to be delivered.
func (m *Mypage) KeptDecisions(ctx context.Context, q KeptQuestion) (int, error) {
	return do(ctx, &m.Service, func(ctx context.Context) (int, error) {
		return m.Decisions.Waits(ctx, q.OrderID, q.Before)
	})
}

// ReadOrder is the order as its row has it. It fails, to be tried again, while there is none.
func (m *Mypage) ReadOrder(ctx context.Context, orderID string) (contract.View, error) {
	return do(ctx, &m.Service, func(ctx context.Context) (contract.View, error) { return m.Disputed.View(ctx, orderID) })
}

// OpenDisputes are the disputes of an order's payment that are open.
type OpenDisputes struct {
	OrderID  string            `json:"orderId"`
	Disputes []booking.Dispute `json:"disputes,omitempty"`
}

// DisputedOrder is whose order it is of which the payment is disputed, and of what. It is
// zero for an order without a row, which has no open dispute.
type DisputedOrder struct {
	CustomerID string `json:"customerId,omitempty"`
	OwnerID    string `json:"ownerId,omitempty"`
	ItemID     string `json:"itemId,omitempty"`
	ItemName   string `json:"itemName,omitempty"`
	// NeverPlaced: the order has ended, and was never paid for before that.
	NeverPlaced bool `json:"neverPlaced,omitempty"`
	// NotYetPlaced: the order has not ended, and was not paid for so far.
	NotYetPlaced bool `json:"notYetPlaced,omitempty"`
}

// NoteDisputes marks the order's row while a dispute of its payment is open. It fails, to
// be tried again, while there is no row that could be marked.
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
