package projector

import (
	"context"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/internal/orders"
)

// Rebuilt is what a rebuild came to.
type Rebuilt struct {
	Orders  int64 // that the engine knows
	Written int64 // rows that were missing or other than their saga's view
	Silent  int64 // orders that did not answer; their rows are as they were
}

// Rebuild writes the row of every order that the engine remembers as its
// workflow says it stands, whatever the row said. It may run on a live system.
// Rows of orders that the engine has forgotten stay as they are.
func (r *Repairer) Rebuild(ctx context.Context) (Rebuilt, error) {
	var done Rebuilt
	seen := map[string]bool{} // runs of one order are listed each
	for page := []byte(nil); ; {
		found, next, err := r.Sagas.List(ctx, orders.All, pageSize, page)
		if err != nil {
			return done, err
		}
		asking, pageCtx := errgroup.WithContext(ctx)
		asking.SetLimit(width)
		for _, s := range found {
			if seen[s.OrderID] {
				continue
			}
			seen[s.OrderID] = true
			done.Orders++
			asking.Go(func() error { return r.rebuild(pageCtx, s.OrderID, &done) })
		}
		if err := asking.Wait(); err != nil {
			return done, err
		}
		if next == nil {
			return done, nil
		}
		page = next
	}
}

// rebuild replaces the row of one order. What the saga pushes at that very
// moment might be overwritten, so the saga is asked once more afterwards.
func (r *Repairer) rebuild(ctx context.Context, orderID string, done *Rebuilt) error {
	p, err := r.Sagas.Publication(ctx, orderID)
	if err != nil {
		atomic.AddInt64(&done.Silent, 1)
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
		atomic.AddInt64(&done.Silent, 1)
		return ctx.Err()
	}
	atomic.AddInt64(&done.Written, 1)
	return r.Rows.Publish(ctx, newest) // writes nothing unless it is newer
}
