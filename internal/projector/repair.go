package projector

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Sagas are the workflows of orders.
type Sagas interface {
	List(ctx context.Context, query string, size int, page []byte) ([]orders.Saga, []byte, error)
	// Publication asks an order's workflow how the order stands; NotFound when the
	// engine knows of none.
	Publication(ctx context.Context, orderID string) (contract.Publication, error)
}

// Rows are the rows of the read model.
type Rows interface {
	// Standings tells where the rows of the orders stand. One that is missing
	// has no entry.
	Standings(ctx context.Context, orderIDs []string) (map[string]contract.Standing, error)
	// Publish writes an order's row unless a newer version is there.
	Publish(ctx context.Context, p contract.Publication) error
	// Replace writes an order's row whatever version is there.
	Replace(ctx context.Context, p contract.Publication) error
}

const (
	pageSize = 200
	// width is how many orders are looked at at the same time, and glance how
	// long one of them may take: a page is through within its activity's time
	// though none of them answers.
	width  = 8
	glance = 2 * time.Second
	// window is how far back orders that are over are looked at. A saga does
	// not end before the read model knows; only one that was ended by force.
	window = 24 * time.Hour
)

// Repairer heals rows that are missing or behind.
type Repairer struct {
	Sagas Sagas
	Rows  Rows
	Log   *zap.Logger
	// Changed wakes who waits for an order; it may be nil.
	Changed func(contract.Publication)
}

// RepairPage goes through one page of the orders that are worked on, or were
// until lately, and heals those whose row does not say what the list of
// workflows says. next is nil after the last page. An order that does not
// answer now is left to the next repair.
func (r *Repairer) RepairPage(ctx context.Context, page []byte) (healed int, next []byte, err error) {
	found, next, err := r.Sagas.List(ctx, orders.Since(time.Now().Add(-window)), pageSize, page)
	if err != nil {
		return 0, nil, err
	}
	ids := make([]string, len(found))
	for i, s := range found {
		ids[i] = s.OrderID
	}
	rows, err := r.Rows.Standings(ctx, ids)
	if err != nil {
		return 0, nil, err
	}
	var looking errgroup.Group
	looking.SetLimit(width)
	var count atomic.Int64
	for _, s := range found {
		row, exists := rows[s.OrderID]
		if exists && row.Status == s.Status && row.NeedsAttention == s.NeedsAttention {
			continue
		}
		looking.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, glance)
			defer cancel()
			wrote, err := r.heal(ctx, s.OrderID, row.Version)
			if err != nil {
				r.Log.Warn("order not repaired", zap.String("order", s.OrderID), zap.String("workflow", s.OrderID), zap.Error(err))
			}
			if wrote {
				count.Add(1)
			}
			return nil
		})
	}
	_ = looking.Wait() // each has said what was wrong
	return int(count.Load()), next, nil
}

// heal writes the row of an order that is at another version than its saga.
func (r *Repairer) heal(ctx context.Context, orderID string, known int64) (bool, error) {
	p, err := r.Sagas.Publication(ctx, orderID)
	if err != nil || p.View.Version <= known {
		return false, ignoreGone(err)
	}
	if err := r.Rows.Publish(ctx, p); err != nil {
		return false, fmt.Errorf("heal row of order %s: %w", orderID, err)
	}
	if r.Changed != nil {
		r.Changed(p)
	}
	return true, nil
}

// ignoreGone passes over an order that the engine has forgotten meanwhile.
func ignoreGone(err error) error {
	if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		return nil
	}
	return err
}
