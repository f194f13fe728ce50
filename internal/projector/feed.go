package projector

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Events appends events without a row.
type Events interface {
	AppendEvents(ctx context.Context, orderID string, events []booking.Event) error
}

const (
	feeders = 4
	// feedQueryTimeout bounds the query of one order. A saga answers after its current
	// workflow task, which takes a while if its worker has died.
	feedQueryTimeout = 15 * time.Second
	// retryAfter is the pause before an order that did not answer is queried again. An
	// order that does not answer any of tries queries is left to the repair.
	retryAfter = 2 * time.Second
	tries      = 5
)

// Feed feeds the read model by queries alone. To the sagas it is the read model. Of
// their pushes it keeps the events, which only the sagas know, and the fact that an
// order has changed. It writes the row from the workflow's answer to a query.
type Feed struct {
	Events   Events
	Repairer *Repairer

	mu      sync.Mutex
	waiting map[string]bool // ids of orders in the queue
	queue   chan string
}

// NewFeed makes a feed. It writes rows while Run runs.
func NewFeed(events Events, r *Repairer) *Feed {
	return &Feed{Events: events, Repairer: r, waiting: map[string]bool{}, queue: make(chan string, 10_000)}
}

// Publish implements activities.ReadModel. The repair finds an order for which the
// queue has no room, or which is in the queue when the process dies.
func (f *Feed) Publish(ctx context.Context, p contract.Publication) error {
	if len(p.Events) > 0 {
		if err := f.Events.AppendEvents(ctx, p.View.ID, p.Events); err != nil {
			return err
		}
	}
	f.enqueue(p.View.ID)
	return nil
}

func (f *Feed) enqueue(orderID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.waiting[orderID] {
		return
	}
	select {
	case f.queue <- orderID:
		f.waiting[orderID] = true
	default:
	}
}

func (f *Feed) dequeued(orderID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.waiting, orderID)
}

// Run writes rows until ctx ends.
func (f *Feed) Run(ctx context.Context) {
	var running sync.WaitGroup
	for range feeders {
		running.Go(func() {
			for {
				select {
				case orderID := <-f.queue:
					f.dequeued(orderID) // before the query: any change from now on is queued again
					f.feed(ctx, orderID)
				case <-ctx.Done():
					return
				}
			}
		})
	}
	running.Wait()
}

func (f *Feed) feed(ctx context.Context, orderID string) {
	for range tries {
		err := f.writeRow(ctx, orderID)
		if err == nil || ctx.Err() != nil {
			return
		}
		f.Repairer.Log.Debug("order does not answer the read model", zap.String("order", orderID), zap.String("workflow", orderID), zap.Error(err))
		select {
		case <-time.After(retryAfter):
		case <-ctx.Done():
			return
		}
	}
	f.Repairer.Log.Warn("order left to the repair of the read model", zap.String("order", orderID), zap.String("workflow", orderID))
}

func (f *Feed) writeRow(ctx context.Context, orderID string) error {
	ctx, cancel := context.WithTimeout(ctx, feedQueryTimeout)
	defer cancel()
	_, err := f.Repairer.repairRow(ctx, orderID, 0)
	return err
}
