package orders

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

const (
	// writtenWithin is how long lists wait for a row after its change was published in this
	// process: as long as the step that writes it is tried in place.
	writtenWithin = 500 * time.Millisecond
	// remembered is how long a change counts as not written. A row that takes longer may be
	// written by another process.
	remembered = 10 * time.Second
)

// changes holds changes that were published in this process, and may have been answered,
// but are not known to be in the read model.
type changes struct {
	byOrder map[string]*unwritten
	byParty map[party]map[string]*unwritten // then by order
	oldest  []*unwritten                    // oldest first, including written ones
}

// party is a customer or an owner that lists their orders.
type party struct {
	owner bool
	id    string
}

// unwritten is an order whose row is behind.
type unwritten struct {
	orderID     string
	version     int64
	parties     [2]party
	announcedAt time.Time
	written     chan struct{} // closed when the row is at the version
}

// Publishing records that v is about to be published and its row will be written
// afterwards: lists wait for that.
func (h *Hub) Publishing(v contract.View) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unwritten.forget(time.Now().Add(-remembered))
	if u := h.unwritten.byOrder[v.ID]; u != nil {
		u.version = max(u.version, v.Version)
		return
	}
	h.unwritten.add(&unwritten{
		orderID: v.ID, version: v.Version, announcedAt: time.Now(), written: make(chan struct{}),
		parties: [2]party{{false, v.CustomerID}, {true, v.OwnerID}},
	})
}

// Published records that the read model holds v or a newer version.
func (h *Hub) Published(v contract.View) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if u := h.unwritten.byOrder[v.ID]; u != nil && u.version <= v.Version {
		h.unwritten.remove(u)
		close(u.written)
	}
}

// AwaitPublished waits until the read model holds the changes that this process has
// published of the orders of the filter's customer or owner, for half a second after each
// at most. It returns the orders whose rows are still behind.
func (h *Hub) AwaitPublished(ctx context.Context, f booking.OrderFilter) (behind []string) {
	return awaitAll(ctx, h.unwrittenOf(party{f.OwnerID != "", f.CustomerID + f.OwnerID}))
}

// AwaitOrders is AwaitPublished for the orders with these ids.
func (h *Hub) AwaitOrders(ctx context.Context, ids []string) (behind []string) {
	return awaitAll(ctx, h.unwrittenAmong(ids))
}

// awaitAll waits for the rows, and returns the orders whose rows are still behind.
func awaitAll(ctx context.Context, rows []*unwritten) (behind []string) {
	for _, u := range rows {
		if !u.wait(ctx) {
			behind = append(behind, u.orderID)
		}
	}
	return behind
}

// unwrittenAmong lists those of the orders whose rows are behind.
func (h *Hub) unwrittenAmong(ids []string) (rows []*unwritten) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unwritten.forget(time.Now().Add(-remembered))
	for _, id := range ids {
		if u := h.unwritten.byOrder[id]; u != nil {
			rows = append(rows, u)
		}
	}
	return rows
}

// unwrittenOf lists the party's orders whose rows are behind, in the order of their
// changes.
func (h *Hub) unwrittenOf(a party) []*unwritten {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unwritten.forget(time.Now().Add(-remembered))
	var all []*unwritten
	for _, u := range h.unwritten.byParty[a] {
		all = append(all, u)
	}
	slices.SortFunc(all, func(a, b *unwritten) int {
		return cmp.Or(a.announcedAt.Compare(b.announcedAt), cmp.Compare(a.orderID, b.orderID))
	})
	return all
}

// wait waits until the row is written, for writtenWithin at most, and reports whether it is.
func (u *unwritten) wait(ctx context.Context) bool {
	timer := time.NewTimer(time.Until(u.announcedAt.Add(writtenWithin)))
	defer timer.Stop()
	select {
	case <-u.written:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	select {
	case <-u.written: // it was written at the same moment
		return true
	default:
		return false
	}
}

func (c *changes) add(u *unwritten) {
	if c.byOrder == nil {
		c.byOrder, c.byParty = map[string]*unwritten{}, map[party]map[string]*unwritten{}
	}
	c.byOrder[u.orderID] = u
	c.oldest = append(c.oldest, u)
	for _, a := range u.parties {
		if c.byParty[a] == nil {
			c.byParty[a] = map[string]*unwritten{}
		}
		c.byParty[a][u.orderID] = u
	}
}

func (c *changes) remove(u *unwritten) {
	if c.byOrder[u.orderID] != u {
		return
	}
	delete(c.byOrder, u.orderID)
	for _, a := range u.parties {
		delete(c.byParty[a], u.orderID)
		if len(c.byParty[a]) == 0 {
			delete(c.byParty, a)
		}
	}
}

// forget removes changes older than before.
func (c *changes) forget(before time.Time) {
	for len(c.oldest) > 0 && c.oldest[0].announcedAt.Before(before) {
		c.remove(c.oldest[0])
		c.oldest = c.oldest[1:]
	}
}
