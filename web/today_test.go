package web_test

import (
	"fmt"
	"net/http"
	"regexp"
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

// TestToday_Many: each list shows a part and leads to the rest of it; with the longest names,
// too, the page is of the size of a page.
func TestToday_Many(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	zone, err := booking.Zone("Asia/Seoul")
	require.NoError(t, err)
	day := booking.DateOf(now.In(zone))
	inn, tea, stew := seaside, latte, bibimbap
	inn.OwnerID, inn.Name, tea.Name, tea.Date, stew.Name = "cora", longName, longName, day, longName
	require.NoError(t, s.catalogue.AddPlace(t.Context(), "", inn))
	require.NoError(t, s.catalogue.AddDrink(t.Context(), "", tea, 7))
	for n := range 20 {
		id := fmt.Sprintf("-06gzvfahhdv2qeq77vmrpjq%03d", n)
		s.publish(contract.Lodging{Order: order("lodging"+id, "alice", 1000), Place: inn, CheckIn: day, CheckOut: day.AddDays(1), Rooms: 1}.WithInstants(), booking.Confirmed)
		s.publish(contract.Lodging{Order: order("lodging"+strings.Replace(id, "jq", "jr", 1), "alice", 1000), Place: inn, CheckIn: day.AddDays(-1), CheckOut: day, Rooms: 1}.WithInstants(), booking.Confirmed)
		s.publish(contract.Cafe{Order: order("cafe"+id, "alice", 9000), Drink: tea, Quantity: 2}.WithInstants(), booking.InProduction)
		s.publish(contract.Food{Order: order("food"+id, "alice", 9000), Menu: stew, Quantity: 2, Address: booking.Personal(longName)}, booking.Delivering)
	}
	b := s.as("cora", booking.English)
	got := b.get("/desk/today")
	requirePage(t, got, booking.English)
	require.Contains(t, got.section(t, "arrivals"), "For")
	seen := map[string]bool{}
	for range 3 {
		found := regexp.MustCompile(`<a href="/orders/(cafe-[a-z0-9]+)">`).FindAllStringSubmatch(got.section(t, "productions"), -1)
		require.NotEmpty(t, found)
		for _, id := range found {
			seen[id[1]] = true
		}
		if more := links(got, "/desk/today?list=productions&amp;skip="); len(more) > 0 {
			got = b.get(unescape(more[0]))
			require.NotContains(t, got.text, `aria-labelledby="arrivals"`)
		}
	}
	require.Len(t, seen, 20)
	require.Contains(t, got.text, `<a href="/desk/today">Back to the beginning</a>`)
}

// TestEarnings_OfAPastPeriod: only orders from before the end of the period are read.
func TestEarnings_OfAPastPeriod(t *testing.T) {
	t.Parallel()
	s, lists := newListedSite(t)
	zone, err := booking.Zone("Asia/Seoul")
	require.NoError(t, err)
	day := booking.DateOf(now.In(zone))
	tea := latte
	tea.Date = day.AddDays(3)
	for id, ago := range map[string]int{"cafe-06gzvfahhdv2qeq77vmrpjqcw1": 0, "cafe-06gzvfahhdv2qeq77vmrpjqcw2": 1, "cafe-06gzvfahhdv2qeq77vmrpjqcw3": 2} {
		placed := order(id, "alice", int64(1000+ago))
		placed.PlacedAt = day.AddDays(-ago).At(booking.Clock{}, zone)
		s.publish(contract.Cafe{Order: placed, Drink: tea, Quantity: 1}.WithInstants(), booking.InProduction)
		s.pay(id, int64(1000+ago))
	}
	yesterday := day.AddDays(-1).String()
	got := s.as("cora", booking.English).get("/desk/earnings?from=" + yesterday + "&until=" + yesterday)
	require.Equal(t, http.StatusOK, got.status)
	require.Contains(t, got.words(), "Earned ₩1,001")
	require.Len(t, lists.filters, 1)
	require.True(t, day.At(booking.Clock{}, zone).Equal(lists.filters[0].PlacedBefore), lists.filters[0].PlacedBefore)
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
	require.Contains(t, got, "Charged ₩18,000 Refunded −₩3,000 Earned ₩15,000")
	require.Contains(t, got, "Charged ₩9,000 Refunded ₩0 Earned ₩9,000")
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
