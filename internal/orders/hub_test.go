package orders_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

func change(orderID string, version int64) contract.Publication {
	return contract.Publication{View: contract.View{ID: orderID, Version: version}}
}

// requireNothing requires that ch is empty.
func requireNothing(t *testing.T, ch <-chan contract.Publication) {
	t.Helper()
	select {
	case p := <-ch:
		require.Fail(t, "woken", "by version %d of %s", p.View.Version, p.View.ID)
	default:
	}
}

func TestHub_WakesTheWaitersOfTheOrder(t *testing.T) {
	t.Parallel()
	var h orders.Hub
	h.Wake(change("o1", 1)) // there is no waiter yet
	first, leave := h.Subscribe("o1")
	defer leave()
	second, leave := h.Subscribe("o1")
	defer leave()
	other, leave := h.Subscribe("o2")
	defer leave()
	requireNothing(t, first)

	h.Wake(change("o1", 2))
	require.Equal(t, change("o1", 2), <-first)
	require.Equal(t, change("o1", 2), <-second)
	requireNothing(t, first)
	requireNothing(t, other)
}

// A slow waiter does not block the publisher, and finds the newest publication.
func TestHub_KeepsTheNewestForASlowWaiter(t *testing.T) {
	t.Parallel()
	var h orders.Hub
	slow, leave := h.Subscribe("o1")
	defer leave()
	quick, leave := h.Subscribe("o1")
	defer leave()
	for version := range int64(1000) {
		h.Wake(change("o1", version))
		require.Equal(t, version, (<-quick).View.Version)
	}
	require.Equal(t, int64(999), (<-slow).View.Version)
	requireNothing(t, slow)
}

func TestHub_ForgetsWaitersThatLeave(t *testing.T) {
	t.Parallel()
	var h orders.Hub
	require.False(t, h.Waiting("o1"))
	left, leave := h.Subscribe("o1")
	stays, leaveToo := h.Subscribe("o1")
	require.True(t, h.Waiting("o1"))
	require.False(t, h.Waiting("o2"))

	leave()
	leave() // a second call does not affect the other
	require.True(t, h.Waiting("o1"))
	h.Wake(change("o1", 1))
	requireNothing(t, left)
	require.Equal(t, int64(1), (<-stays).View.Version)

	leaveToo()
	require.False(t, h.Waiting("o1"))
	h.Wake(change("o1", 2))
	requireNothing(t, stays)
}

// One goroutine publishes while others subscribe, read and leave. Each that stays sees
// increasing versions, and the last one in the end.
func TestHub_ManyAtOnce(t *testing.T) {
	t.Parallel()
	const last = 2000
	var h orders.Hub
	var all sync.WaitGroup
	orders := []string{"o1", "o2", "o3"}
	for _, order := range orders {
		for range 3 {
			news, leave := h.Subscribe(order)
			all.Go(func() {
				defer leave()
				follow(t, order, news, last)
			})
		}
		all.Go(func() {
			for version := range int64(last) {
				h.Wake(change(order, version+1))
			}
		})
		for range 3 {
			all.Go(func() { subscribeAndLeave(t, &h, order) })
		}
	}
	all.Wait()
	for _, order := range orders {
		require.False(t, h.Waiting(order))
	}
}

// follow reads the order's publications until the last version has come.
func follow(t *testing.T, order string, news <-chan contract.Publication, last int64) {
	var seen int64
	for seen < last {
		select {
		case p := <-news:
			if p.View.ID != order || p.View.Version <= seen {
				t.Errorf("version %d of %s after %d of %s", p.View.Version, p.View.ID, seen, order)
			}
			seen = p.View.Version
		case <-time.After(time.Minute):
			t.Errorf("version %d of %s never came: the newest was %d", last, order, seen)
			return
		}
	}
}

func subscribeAndLeave(t *testing.T, h *orders.Hub, order string) {
	for range 500 {
		news, leave := h.Subscribe(order)
		if !h.Waiting(order) {
			t.Error("no waiter is known, though one has subscribed")
		}
		select {
		case <-news:
		default:
		}
		leave()
	}
}

// Ticks come with every change of any order, are combined for a slow reader, and end.
func TestHub_Ticks(t *testing.T) {
	t.Parallel()
	var h orders.Hub
	h.Tick() // there is no reader yet
	first, leave := h.Ticks()
	second, leaveToo := h.Ticks()
	defer leaveToo()
	requireTicks(t, first, 0)

	h.Wake(change("o1", 1))
	requireTicks(t, first, 1)
	for range 1000 {
		h.Wake(change("o2", 1))
		h.Tick()
	}
	requireTicks(t, first, 1)
	requireTicks(t, second, 1)

	leave()
	leave() // a second call does nothing
	h.Tick()
	requireTicks(t, first, 0)
	requireTicks(t, second, 1)
}

// requireTicks requires that ch holds want ticks, and reads them.
func requireTicks(t *testing.T, ch <-chan struct{}, want int) {
	t.Helper()
	for got := 0; ; got++ {
		select {
		case <-ch:
		default:
			require.Equal(t, want, got)
			return
		}
	}
}
