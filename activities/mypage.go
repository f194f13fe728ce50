package activities

import (
	"context"

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
	// Wake tells those who wait in this process.
	Wake(p contract.Publication)
	// Announce tells other processes, after the change can be read.
	Announce(ctx context.Context, orderID string)
}

// Mypage keeps the read model up to date.
type Mypage struct {
	Service
	ReadModel ReadModel
	Waiters   Waiters
}

// PublishView shows an order's change to the world. Those who wait for it in
// this process learn of it first, so that a read model that is away delays no
// answer.
func (m *Mypage) PublishView(ctx context.Context, p contract.Publication) error {
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
