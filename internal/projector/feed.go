package projector

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Events is where events are appended without a row.
type Events interface {
	AppendEvents(ctx context.Context, orderID string, events []booking.Event) error
}

const (
	feeders = 4
	// patience bounds the look at one order. A saga answers when the workflow
	// task in its hands is done, which takes a while when its worker has died.
	patience = 15 * time.Second
	// again is when an order that did not answer is looked at once more; after
	// tries of that it is left to the repair.
	again = 2 * time.Second
	tries = 5
)

// Feed feeds the read model by queries alone. To the sagas it is the read
// model; of what they push it keeps the events, which only they know, and the
// news that an order has changed: the row is what the order's workflow answers
// when it is asked.
type Feed struct {
	Events   Events
	Repairer *Repairer

	mu      sync.Mutex
	waiting map[string]bool // orders in the queue
	queue   chan string
}

// NewFeed makes a feed, which writes rows while it runs.
func NewFeed(events Events, r *Repairer) *Feed {
	return &Feed{Events: events, Repairer: r, waiting: map[string]bool{}, queue: make(chan string, 10_000)}
}

// Publish implements activities.ReadModel. An order that finds no place in the
// queue, or is in it when the process dies, is found by the repair.
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

// Run feeds until ctx ends.
func (f *Feed) Run(ctx context.Context) {
	var running sync.WaitGroup
	for range feeders {
		running.Go(func() {
			for {
				select {
				case orderID := <-f.queue:
					f.dequeued(orderID) // before the look: what changes from now on is another change
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
		err := f.look(ctx, orderID)
		if err == nil || ctx.Err() != nil {
			return
		}
		f.Repairer.Log.Debug("order does not answer the read model", zap.String("order", orderID), zap.String("workflow", orderID), zap.Error(err))
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return
		}
	}
	f.Repairer.Log.Warn("order left to the repair of the read model", zap.String("order", orderID), zap.String("workflow", orderID))
}

func (f *Feed) look(ctx context.Context, orderID string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := f.Repairer.heal(ctx, orderID, 0)
	return err
}
