package projector

import (
	"context"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/internal/orders"
)

// Rebuilt is the result of a rebuild.
type Rebuilt struct {
	Orders     int64 // orders that the engine has
	Written    int64 // rows that were written
	Unanswered int64 // orders that did not answer; their rows are unchanged
}

// Rebuild replaces the row of every order in the engine by its workflow's view,
// whatever the row contained. It may run on a live system. Rows of orders that the
// engine has deleted are unchanged.
func (r *Repairer) Rebuild(ctx context.Context) (Rebuilt, error) {
	var done Rebuilt
	seen := map[string]bool{} // a listing contains each run of an order
	for page := []byte(nil); ; {
		found, next, err := r.Sagas.List(ctx, orders.All, pageSize, page)
		if err != nil {
			return done, err
		}
		querying, pageCtx := errgroup.WithContext(ctx)
		querying.SetLimit(concurrency)
		for _, s := range found {
			if seen[s.OrderID] {
				continue
			}
			seen[s.OrderID] = true
			done.Orders++
			querying.Go(func() error { return r.rebuild(pageCtx, s.OrderID, &done) })
		}
		if err := querying.Wait(); err != nil {
			return done, err
		}
		if next == nil {
			return done, nil
		}
		page = next
	}
}

// rebuild replaces the row of one order. It might overwrite a newer version that the
// saga pushes at that moment, so it queries the saga once more afterwards.
func (r *Repairer) rebuild(ctx context.Context, orderID string, done *Rebuilt) error {
	p, err := r.Sagas.Publication(ctx, orderID)
	if err != nil {
		atomic.AddInt64(&done.Unanswered, 1)
		return ctx.Err()
	}
	if err := r.Rows.Replace(ctx, p); err != nil {
		return fmt.Errorf("rebuild row of order %s: %w", orderID, err)
	}
	newest, err := r.Sagas.Publication(ctx, orderID)
	for range tries {
		if err == nil {
			break
		}
		newest, err = r.Sagas.Publication(ctx, orderID)
	}
	if err != nil {
		atomic.AddInt64(&done.Unanswered, 1)
		return ctx.Err()
	}
	atomic.AddInt64(&done.Written, 1)
	return r.Rows.Publish(ctx, newest) // writes only a newer version
}
