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
	// Publication queries an order's workflow for its row. It returns NotFound if the
	// engine has no such workflow.
	Publication(ctx context.Context, orderID string) (contract.Publication, error)
}

// Rows are the rows of the read model.
type Rows interface {
	// States returns the statuses and versions of the orders' rows. A missing row has
	// no entry.
	States(ctx context.Context, orderIDs []string) (map[string]contract.RowState, error)
	// Publish writes an order's row unless the stored version is newer.
	Publish(ctx context.Context, p contract.Publication) error
	// Replace writes an order's row whatever version is stored.
	Replace(ctx context.Context, p contract.Publication) error
}

const (
	pageSize = 200
	// concurrency is how many orders are queried at the same time. repairQueryTimeout
	// bounds one query, so that a page is done within its activity's time even if no
	// order answers.
	concurrency        = 8
	repairQueryTimeout = 2 * time.Second
	// recentlyClosed is how long after its end an order is still checked. A saga does
	// not end before the read model has its last version, unless it is terminated.
	recentlyClosed = 24 * time.Hour
)

// Repairer repairs rows that are missing or stale.
type Repairer struct {
	Sagas Sagas
	Rows  Rows
	Log   *zap.Logger
	// Changed wakes the waiters of an order; it may be nil.
	Changed func(contract.Publication)
}

// RepairPage checks one page of the orders that are open or recentlyClosed, and repairs
// the rows whose status differs from the list of workflows. next is nil after the last
// page. An order that does not answer is left to the next repair.
func (r *Repairer) RepairPage(ctx context.Context, page []byte) (repaired int, next []byte, err error) {
	found, next, err := r.Sagas.List(ctx, orders.Since(time.Now().Add(-recentlyClosed)), pageSize, page)
	if err != nil {
		return 0, nil, err
	}
	ids := make([]string, len(found))
	for i, s := range found {
		ids[i] = s.OrderID
	}
	rows, err := r.Rows.States(ctx, ids)
	if err != nil {
		return 0, nil, err
	}
	var querying errgroup.Group
	querying.SetLimit(concurrency)
	var count atomic.Int64
	for _, s := range found {
		row, exists := rows[s.OrderID]
		if exists && row.Status == s.Status && row.NeedsAttention == s.NeedsAttention {
			continue
		}
		querying.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, repairQueryTimeout)
			defer cancel()
			wrote, err := r.repairRow(ctx, s.OrderID, row.Version)
			if err != nil {
				r.Log.Warn("order not repaired", zap.String("order", s.OrderID), zap.String("workflow", s.OrderID), zap.Error(err))
			}
			if wrote {
				count.Add(1)
			}
			return nil
		})
	}
	_ = querying.Wait() // each has logged its error
	return int(count.Load()), next, nil
}

// repairRow writes the row of an order if its saga has a newer version than known.
func (r *Repairer) repairRow(ctx context.Context, orderID string, known int64) (bool, error) {
	p, err := r.Sagas.Publication(ctx, orderID)
	if err != nil || p.View.Version <= known {
		return false, ignoreGone(err)
	}
	if err := r.Rows.Publish(ctx, p); err != nil {
		return false, fmt.Errorf("repair row of order %s: %w", orderID, err)
	}
	if r.Changed != nil {
		r.Changed(p)
	}
	return true, nil
}

// ignoreGone ignores that the engine has deleted the order meanwhile.
func ignoreGone(err error) error {
	if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		return nil
	}
	return err
}
