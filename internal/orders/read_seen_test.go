package orders_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestReadSeen: a caller that has got an order as an answer sees it at that version once
// its row is written, or the older row if that takes too long.
func TestReadSeen(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	order := of(booking.Food).inProgress()
	b.store.put(contract.Publication{View: order})
	later := order
	// waits reports whether a read waited for the next version.
	waits := func() bool {
		later.Version++
		read := make(chan contract.View, 1)
		go func() {
			view, _ := b.ReadSeen(t.Context(), alice, orders.Seen{OrderID: order.ID, Version: later.Version})
			read <- view
		}()
		require.Eventually(t, func() bool { return b.Hub.Waiting(order.ID) || len(read) > 0 }, testTimeout, testTimeout/10_000)
		b.store.put(contract.Publication{View: later})
		b.Hub.Wake(contract.Publication{View: later})
		return (<-read).Version == later.Version
	}
	for n := 0; !waits(); n++ { // it waits for a short time, which may pass on a busy machine
		require.Less(t, n, 20)
	}

	view, err := b.ReadSeen(t.Context(), alice, orders.Seen{OrderID: order.ID, Version: later.Version + 1})
	require.NoError(t, err)
	require.Equal(t, later.Version, view.Version)
	_, err = b.ReadSeen(t.Context(), alice, orders.Seen{OrderID: "food-'", Version: 1})
	require.ErrorIs(t, err, &booking.Error{Code: booking.NotFound})
}
