package web_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/web"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestDesk: orders that wait for the owner are listed, earliest deadline first, until they
// are decided.
func TestDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	hasty := innWithADay()
	hasty.ID, hasty.Name, hasty.Confirmation, hasty.ConfirmWithin = "place-hasty", "Hasty Inn", booking.Manual, booking.Duration(time.Hour)
	for _, place := range []booking.Place{innWithADay(), hasty} {
		require.NoError(t, s.catalogue.AddPlace(t.Context(), "", place))
	}
	early, late, soon := "lodging-06gzvfahhdv2qeq77vmrpjqcw1", "lodging-06gzvfahhdv2qeq77vmrpjqcw2", "lodging-06gzvfahhdv2qeq77vmrpjqcw3"
	s.waitingStay(late, innWithADay(), now)
	s.waitingStay(early, innWithADay(), now.Add(-3*time.Hour))
	s.waitingStay(soon, hasty, now.Add(-30*time.Minute))
	_, err := s.catalogue.ChangePlace(t.Context(), "", hasty.ID, func(p *booking.Place) error {
		p.ConfirmWithin = booking.Duration(7 * 24 * time.Hour) // which the order's saga does not use
		return nil
	})
	require.NoError(t, err)
	s.obeys(booking.Confirmed)
	for _, l := range booking.Languages() {
		got := s.as("bora", l).get("/desk")
		require.Equal(t, http.StatusOK, got.status)
		requirePage(t, got, l)
		at := []int{strings.Index(got.text, soon), strings.Index(got.text, early), strings.Index(got.text, late)}
		require.True(t, 0 < at[0] && at[0] < at[1] && at[1] < at[2], at)
	}
	b := s.as("bora", booking.English)
	desk := b.get("/desk")
	require.Equal(t, 1, strings.Count(desk.text, `badge back`), "one is urgent")
	require.Contains(t, desk.words(), "Decide until")
	done := b.send(http.MethodPost, s.url+"/orders/"+soon+"/decide/confirm", desk.form(t, "/orders/"+soon+"/decide/confirm"))
	require.Equal(t, "/desk", done.url.Path)
	require.NotContains(t, done.text, soon)
	require.Contains(t, done.text, early)
	require.Equal(t, soon, s.latest().OrderID)
}

// TestDesk_Members: staff see the orders of their place or organisation, and no others.
func TestDesk_Members(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := innWithADay()
	other.ID = "place-other"
	for _, place := range []booking.Place{innWithADay(), other} {
		require.NoError(t, s.catalogue.AddPlace(t.Context(), "", place))
	}
	here, there := "lodging-06gzvfahhdv2qeq77vmrpjqcw1", "lodging-06gzvfahhdv2qeq77vmrpjqcw2"
	s.waitingStay(here, innWithADay(), now)
	s.waitingStay(there, other, now)
	cora := s.as("cora", booking.English)
	require.NotContains(t, cora.get("/desk").text, here)
	s.employ("bora", "cora", seaside.ID)
	shown := cora.get("/desk").text
	require.Contains(t, shown, here)
	require.NotContains(t, shown, there)
	s.obeys(booking.Confirmed)
	require.Equal(t, http.StatusOK, cora.post("/orders/"+here+"/decide/confirm").status)
	require.Equal(t, http.StatusNotFound, cora.post("/orders/"+there+"/decide/confirm").status)

	for _, who := range []string{"alice", "dana", "kim"} {
		require.Equal(t, http.StatusForbidden, s.as(who, booking.English).get("/desk").status, who)
		require.NotContains(t, s.as(who, booking.English).get("/").text, `href="/desk"`, who)
	}
	olga := s.as("olga", booking.Korean)
	require.Contains(t, olga.get("/desk").text, `name="owner"`)
	require.Contains(t, olga.get("/desk?owner=bora").text, there)
}

// longName is the longest name that is allowed, in the script that takes most bytes.
var longName = strings.Repeat("긴이름 ", 49) + "긴이름이"

// TestDesk_Many: a desk shows a part of the orders, the most urgent first, and leads to the
// others. With the longest names, too, it is of the size of a page.
func TestDesk_Many(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	place := innWithADay()
	place.Name = longName
	require.NoError(t, s.catalogue.AddPlace(t.Context(), "", place))
	for n := range 45 {
		s.waitingStay(fmt.Sprintf("lodging-06gzvfahhdv2qeq77vmrpjq%03d", n), place, now.Add(-time.Duration(n)*time.Minute))
	}
	b := s.as("bora", booking.Korean)
	path, last := "/desk", 44
	for _, shows := range []int{20, 20, 5} {
		got := b.get(path)
		requirePage(t, got, booking.Korean)
		require.Equal(t, shows, strings.Count(got.text, `/decide/confirm"`))
		require.Contains(t, got.text, fmt.Sprintf("jq%03d", last), "the most urgent of the rest")
		require.Contains(t, got.words(), "고객 alice")
		last -= shows
		if more := links(got, "/desk?skip="); last >= 0 {
			path = more[len(more)-1]
		} else {
			require.NotContains(t, got.words(), "더 보기")
		}
	}
	beyond := b.get("/desk?skip=900")
	require.Equal(t, 5, strings.Count(beyond.text, `/decide/confirm"`), "the last part, if what followed is decided")
}

// manyOrders are orders without an engine, of which there are always more than are searched.
type manyOrders struct {
	*book
	of contract.View
}

func (m manyOrders) List(_ context.Context, _ booking.Caller, f booking.OrderFilter, _ booking.Page, _ *orders.Seen) (orders.List, error) {
	if f.Status == booking.AwaitingOwner {
		return orders.List{}, nil
	}
	return orders.List{Orders: []contract.View{m.of}, Next: "more"}, nil
}

// TestDesk_NotAllSearched: if not all reservations were searched, the desk says so, also if it
// has found nothing.
func TestDesk_NotAllSearched(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(d *web.Deps) { d.Orders = manyOrders{d.Orders.(*book), everyKind("alice")[0].View()} })
	b := s.as("bora", booking.English)
	require.Contains(t, b.get("/desk").words(), "A change of an older one may be missing here")
	require.Contains(t, b.get("/desk/today").words(), "something may be missing here")
}

// TestDesk_Smuggled: markup that people write is shown as text.
func TestDesk_Smuggled(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	place := innWithADay()
	place.Name = bad
	require.NoError(t, s.catalogue.AddPlace(t.Context(), "", place))
	waiting := s.waitingStay(stayID, place, now)
	waiting.Item.Name, waiting.History[1].Note = bad, bad
	waiting.Version++
	s.keep(waiting)
	b := s.as("bora", booking.Korean)
	pages := []shown{
		b.get("/desk"), b.get("/orders/" + stayID), b.get("/orders/" + stayID + "/decide/reject?back=" + escape("/"+bad)),
		b.post("/orders/"+stayID+"/decide/reject", "reason", strings.Repeat(bad, 10)),
	}
	for _, got := range pages {
		require.NotContains(t, got.text, "<script>", got.url)
		require.NotContains(t, got.text, "<img", got.url)
		require.Contains(t, got.text, "&lt;script&gt;", got.url)
	}
}
