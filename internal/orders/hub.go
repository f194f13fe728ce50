package orders

import (
	"sync"

	"github.com/yeyak/yeyak/workflows/contract"
)

// Hub wakes callers in this process that wait for an order to change, and readers that
// follow all orders. The zero value is ready to use.
type Hub struct {
	mu      sync.Mutex
	waiters map[string]map[chan contract.Publication]struct{}
	ticks   map[chan struct{}]struct{}

	unwritten changes
}

// Subscribe returns a channel of the order's publications, and a function that ends the
// subscription. The channel holds the newest publication only, so that a slow reader does
// not block the publisher.
func (h *Hub) Subscribe(orderID string) (<-chan contract.Publication, func()) {
	ch := make(chan contract.Publication, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiters == nil {
		h.waiters = make(map[string]map[chan contract.Publication]struct{})
	}
	if h.waiters[orderID] == nil {
		h.waiters[orderID] = make(map[chan contract.Publication]struct{})
	}
	h.waiters[orderID][ch] = struct{}{}
	return ch, func() { h.unsubscribe(orderID, ch) }
}

func (h *Hub) unsubscribe(orderID string, ch chan contract.Publication) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.waiters[orderID], ch)
	if len(h.waiters[orderID]) == 0 {
		delete(h.waiters, orderID)
	}
}

// Waiting reports whether a caller in this process waits for the order, or for its row to be
// written.
func (h *Hub) Waiting(orderID string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.waiters[orderID]) > 0 || h.unwritten.byOrder[orderID] != nil
}

// Wake sends p to the waiters of its order, and ticks.
func (h *Hub) Wake(p contract.Publication) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tick()
	for ch := range h.waiters[p.View.ID] {
		select {
		case <-ch: // drop the one not read yet: the newest counts
		default:
		}
		ch <- p
	}
}

// Ticks returns a channel that ticks when any order has changed, and a function that ends
// that. The channel holds one tick: further ones contain nothing new for a slow reader, and do not
// block the publisher.
func (h *Hub) Ticks() (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ticks == nil {
		h.ticks = make(map[chan struct{}]struct{})
	}
	h.ticks[ch] = struct{}{}
	return ch, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.ticks, ch)
	}
}

// Tick signals that some order has changed, here or in another process.
func (h *Hub) Tick() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tick()
}

func (h *Hub) tick() {
	for ch := range h.ticks {
		select {
		case ch <- struct{}{}:
		default: // the last tick is not read yet
		}
	}
}
