package orders_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

var (
	ofAlice  = booking.OrderFilter{CustomerID: "alice"}
	ofOlivia = booking.OrderFilter{OwnerID: "olivia"}
)

// publication is an order of alice's at olivia's.
func publication(orderID string, version int64) contract.View {
	return contract.View{ID: orderID, CustomerID: "alice", OwnerID: "olivia", Version: version}
}

func TestHub_ListsWaitForWhatIsPublishing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var h orders.Hub
		h.Publishing(publication("o1", 1))
		h.Publishing(publication("o2", 1))
		var mu sync.Mutex
		var lists [][]string // the orders that each is behind with
		for _, f := range []booking.OrderFilter{ofAlice, ofOlivia} {
			go func() {
				behind := h.AwaitPublished(t.Context(), f)
				mu.Lock()
				defer mu.Unlock()
				lists = append(lists, behind)
			}()
		}
		for _, written := range []contract.View{publication("o1", 1), publication("o3", 1)} {
			synctest.Wait()
			require.Empty(t, lists, "o2 is not written")
			h.Published(written)
		}
		h.Published(publication("o2", 2)) // a newer version suffices
		synctest.Wait()
		require.Equal(t, [][]string{nil, nil}, lists)
	})
}

func TestHub_ListsOfOthersDoNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var h orders.Hub
		begun := time.Now()
		h.Publishing(publication("o1", 1))
		for _, f := range []booking.OrderFilter{{CustomerID: "olivia"}, {OwnerID: "alice"}, {CustomerID: "bob"}} {
			require.Empty(t, h.AwaitPublished(t.Context(), f))
		}
		require.Zero(t, time.Since(begun))
	})
}

// A list of other records waits for the orders that it contains.
func TestHub_ListsOfRecordsWaitForTheirOrders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var h orders.Hub
		begun := time.Now()
		h.Publishing(publication("o1", 1))
		require.Empty(t, h.AwaitOrders(t.Context(), []string{"o2", "o3"}))
		require.Zero(t, time.Since(begun))
		require.Equal(t, []string{"o1"}, h.AwaitOrders(t.Context(), []string{"o2", "o1"}))
		require.Equal(t, 500*time.Millisecond, time.Since(begun))
		h.Published(publication("o1", 1))
		require.Empty(t, h.AwaitOrders(t.Context(), []string{"o1"}))
	})
}

// Lists wait for the newest published version.
func TestHub_ListsWaitForTheNewestVersion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var h orders.Hub
		h.Publishing(publication("o1", 1))
		h.Publishing(publication("o1", 2))
		h.Published(publication("o1", 1))
		require.Equal(t, []string{"o1"}, h.AwaitPublished(t.Context(), ofAlice))
		h.Published(publication("o1", 2))
		require.Empty(t, h.AwaitPublished(t.Context(), ofAlice))
	})
}

// A read model that is away delays lists for half a second, once.
func TestHub_ListsSayWhatTheyWaitedForInVain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var h orders.Hub
		begun := time.Now()
		h.Publishing(publication("o1", 1))
		h.Publishing(publication("o2", 1))
		for range 3 {
			require.ElementsMatch(t, []string{"o1", "o2"}, h.AwaitPublished(t.Context(), ofOlivia))
			require.Equal(t, 500*time.Millisecond, time.Since(begun))
		}
		require.True(t, h.Waiting("o1"), "another process may write it")

		time.Sleep(11 * time.Second)
		h.Publishing(publication("o3", 1))
		require.False(t, h.Waiting("o1"), "forgotten")
		h.Published(publication("o3", 1))
		require.Empty(t, h.AwaitPublished(t.Context(), ofOlivia))
	})
}

// Changes that are published and written are forgotten.
func TestHub_ForgetsWhatIsWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var h orders.Hub
		for i := range 100 {
			v := publication(fmt.Sprintf("o%d", i), 1)
			h.Publishing(v)
			h.Published(v)
			require.False(t, h.Waiting(v.ID))
		}
		require.Empty(t, h.AwaitPublished(t.Context(), ofAlice))
	})
}
