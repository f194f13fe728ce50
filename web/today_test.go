package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// section is the text of a page below the heading with the id.
func (p shown) section(t *testing.T, id string) string {
	t.Helper()
	_, after, found := strings.Cut(p.text, `aria-labelledby="`+id+`"`)
	require.True(t, found, id)
	text, _, _ := strings.Cut(after, "</section>")
	return text
}

// TestToday: the page shows arrivals, departures, drinks and deliveries of the caller's own
// orders.
func TestToday(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	zone, err := booking.Zone("Asia/Seoul")
	require.NoError(t, err)
	day := booking.DateOf(now.In(zone))
	comes, leaves, stays := "lodging-06gzvfahhdv2qeq77vmrpjqcw1", "lodging-06gzvfahhdv2qeq77vmrpjqcw2", "lodging-06gzvfahhdv2qeq77vmrpjqcw3"
	inn := seaside
	inn.OwnerID = "cora"
	require.NoError(t, s.catalogue.AddPlace(t.Context(), "", inn))
	for id, nights := range map[string][2]int{comes: {0, 2}, leaves: {-2, 0}, stays: {-1, 1}} {
		s.publish(contract.Lodging{Order: order(id, "alice", 1000), Place: inn, CheckIn: day.AddDays(nights[0]), CheckOut: day.AddDays(nights[1]), Rooms: 1}.WithInstants(), booking.Confirmed)
	}
	tea := latte
	tea.Date = day
	require.NoError(t, s.catalogue.AddDrink(t.Context(), "", tea, 7))
	s.publish(contract.Cafe{Order: order(cafeID, "alice", 9000), Drink: tea, Quantity: 2}.WithInstants(), booking.InProduction)
	s.publish(everyKind("alice")[1], booking.Delivering)
	for _, l := range booking.Languages() {
		got := s.as("cora", l).get("/desk/today")
		require.Equal(t, http.StatusOK, got.status)
		requirePage(t, got, l)
		for id, at := range map[string]string{comes: "arrivals", leaves: "departures", cafeID: "productions", foodID: "deliveries", stays: ""} {
			for _, section := range []string{"arrivals", "departures", "productions", "deliveries"} {
				require.Equal(t, at == section, strings.Contains(got.section(t, section), id), "%s in %s", id, section)
			}
		}
	}
	require.NotContains(t, s.as("bora", booking.English).get("/desk/today").text, comes)
	for _, who := range []string{"alice", "dana", "kim"} {
		require.Equal(t, http.StatusForbidden, s.as(who, booking.English).get("/desk/today").status, who)
	}
}

// TestEarnings: earnings are what was charged less what was refunded, by the ledger.
func TestEarnings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	s.pay(foodID, 18000)
	s.pay(cafeID, 9000)
	s.pay(stayID, 100000)
	_, err := s.begins(t.Context(), orders.Refund{OrderID: foodID, Amount: booking.Money{Amount: 3000, Currency: "KRW"}, Note: "Cold", Key: "k"})
	require.NoError(t, err)
	for _, l := range booking.Languages() {
		got := s.as("cora", l).get("/desk/earnings")
		require.Equal(t, http.StatusOK, got.status)
		requirePage(t, got, l)
	}
	b := s.as("cora", booking.English)
	got := b.get("/desk/earnings").words()
	require.Contains(t, got, "Charged ₩18,000 Given back −₩3,000 Earned ₩15,000")
	require.Contains(t, got, "Charged ₩9,000 Given back ₩0 Earned ₩9,000")
	require.NotContains(t, got, "100,000", "another owner's")
	require.Contains(t, b.get("/desk/earnings?from=2020-01-01&until=2020-02-01").words(), "Nothing was paid")
	for _, query := range []string{"?from=2020-02-01&until=2020-01-01", "?from=2020-02-01&until=" + escape(bad), "?from=2020-02-01"} {
		wrong := b.get("/desk/earnings" + query)
		require.Equal(t, http.StatusUnprocessableEntity, wrong.status, query)
		require.NotContains(t, wrong.text, "<script>")
	}
	s.employ("cora", "bora", "")
	staff := s.as("bora", booking.English).get("/desk/earnings").words()
	require.NotContains(t, staff, "18,000", "staff see no payments")
	require.Contains(t, staff, "100,000")
	require.Equal(t, http.StatusForbidden, s.as("alice", booking.English).get("/desk/earnings").status)
	require.Contains(t, s.as("olga", booking.English).get("/desk/earnings?owner=cora").words(), "Earned ₩15,000")
}
