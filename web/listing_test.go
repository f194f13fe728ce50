package web_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/web"
)

// listedOrders are orders whose lists record what they wait for, and may be behind.
type listedOrders struct {
	*book
	mu      sync.Mutex
	behind  []string
	waitFor []string // the order and version of each list, "" for none
	filters []booking.OrderFilter
}

func (l *listedOrders) List(ctx context.Context, c booking.Caller, f booking.OrderFilter, p booking.Page, seen *orders.Seen) (orders.List, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	wait := ""
	if seen != nil {
		wait = fmt.Sprintf("%s@%d", seen.OrderID, seen.Version)
	}
	l.waitFor, l.filters = append(l.waitFor, wait), append(l.filters, f)
	found, err := l.Orders.List(ctx, c, f, p, nil)
	found.Behind = l.behind
	return found, err
}

func newListedSite(t *testing.T) (*site, *listedOrders) {
	t.Helper()
	l := &listedOrders{}
	return newSite(t, func(d *web.Deps) {
		l.book = d.Orders.(*book)
		d.Orders = l
	}), l
}

// TestLists_Behind: every page that lists orders says if its list is behind, and only then.
func TestLists_Behind(t *testing.T) {
	t.Parallel()
	s, lists := newListedSite(t)
	says := map[booking.Language]string{
		booking.English: "The list does not show the latest change yet.", booking.Korean: "최근 변경이 아직 목록에 반영되지 않았습니다.",
	}
	for _, lists.behind = range [][]string{nil, {foodID}} {
		for path, who := range map[string]string{
			"/": "alice", "/orders": "alice", "/desk": "bora", "/desk/today": "bora", "/desk/earnings": "bora", "/work/kitchen": "bora",
		} {
			for _, l := range booking.Languages() {
				got := s.as(who, l).get(path)
				require.Equal(t, http.StatusOK, got.status, path)
				requirePage(t, got, l)
				if lists.behind == nil {
					require.NotContains(t, got.words(), says[l], path)
				} else {
					require.Contains(t, got.words(), says[l], path)
				}
			}
		}
	}
}

// TestLists_AfterADecision: the list to which a decision leads waits for the decision, once.
func TestLists_AfterADecision(t *testing.T) {
	t.Parallel()
	s, lists := newListedSite(t)
	require.NoError(t, s.catalogue.AddPlace(t.Context(), "", innWithADay()))
	s.waitingStay(stayID, innWithADay(), now)
	s.obeys(booking.Confirmed)
	b := s.as("bora", booking.English)
	for _, back := range []string{"/desk", "/desk?skip=20&latest=" + escape(stayID+"@1"), "/desk/today", "/work/kitchen"} {
		lists.waitFor = nil
		got := b.post("/orders/"+stayID+"/decide/confirm", "back", back)
		require.Equal(t, http.StatusOK, got.status)
		view, err := s.rows.View(t.Context(), stayID)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%s@%d", stayID, view.Version), lists.waitFor[0], back)
		for _, wait := range lists.waitFor[1:] {
			require.Empty(t, wait, "the first list has waited")
		}
	}
	for _, no := range []string{"", "x@1", stayID, stayID + "@", stayID + "@x"} {
		lists.waitFor = nil
		require.Equal(t, http.StatusOK, b.get("/desk?latest="+escape(no)).status)
		require.Empty(t, lists.waitFor[0], no)
	}
}
