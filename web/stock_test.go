package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// TestStock_Cups: a number of cups that cannot be set is explained at its field.
func TestStock_Cups(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	require.NoError(t, s.catalogue.AddDrink(t.Context(), "", latte, 7))
	require.NoError(t, s.stock.SetCapacity(t.Context(), latte.ID, latte.Date, latte.Date.AddDays(1), 7))
	_, err := s.stock.Hold(t.Context(), booking.Hold{Key: "k", OrderID: cafeID, ItemID: latte.ID, From: latte.Date, To: latte.Date.AddDays(1), Quantity: 3})
	require.NoError(t, err)
	path := "/desk/drinks/" + latte.ID + "/stock"
	for count, is := range map[string]struct {
		status int
		fault  string
	}{"-1": {http.StatusUnprocessableEntity, "A whole number from 0"}, "many": {http.StatusUnprocessableEntity, "A whole number from 0"}, "2": {http.StatusConflict, "More are held by orders"}} {
		b := s.as("cora", booking.English)
		b.header["Referer"] = s.url + path // of a second wrong form
		got := b.post(path, "count", count)
		require.Equal(t, is.status, got.status, count)
		requirePage(t, got, booking.English)
		require.Equal(t, count, got.form(t, path).Get("count"))
		require.Contains(t, got.text, `aria-invalid="true"`)
		require.Contains(t, got.words(), is.fault)
		require.Equal(t, latte.Name, got.form(t, "/desk/drinks/"+latte.ID).Get("name"))
		switched := b.post("/language", "language", "ko", "back", field(t, got.text, "back"))
		require.Equal(t, http.StatusOK, switched.status)
		require.Equal(t, "/desk/drinks/"+latte.ID, switched.url.Path)
	}
}

// TestStock: a month shows how many rooms there are, and how many are left, and a range
// sets them.
func TestStock(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	require.NoError(t, s.catalogue.AddPlace(t.Context(), "", seaside))
	path := "/desk/places/" + seaside.ID + "/stock"
	for _, l := range booking.Languages() {
		got := s.as("bora", l).get(path + "?month=2027-02")
		require.Equal(t, http.StatusOK, got.status)
		requirePage(t, got, l)
		require.Equal(t, 5*7, strings.Count(got.text, "<td"), "February 2027 begins on a Monday")
		require.Contains(t, got.text, "month=2027-01")
		require.Contains(t, got.text, "month=2027-03")
	}
	b := s.as("bora", booking.English)
	set := b.post(path, "from", "2027-02-03", "last", "2027-02-05", "rooms", "4")
	require.Equal(t, http.StatusOK, set.status)
	require.Equal(t, "2027-02", set.url.Query().Get("month"))
	require.Equal(t, 3, strings.Count(set.text, "4/4"))
	hold := booking.Hold{Key: "k", OrderID: stayID, ItemID: seaside.ID, From: booking.Date{Year: 2027, Month: 2, Day: 4}, To: booking.Date{Year: 2027, Month: 2, Day: 5}, Quantity: 3}
	_, err := s.stock.Hold(t.Context(), hold)
	require.NoError(t, err)
	require.Contains(t, b.get(path+"?month=2027-02").text, "1/4")

	below := b.post(path, "from", "2027-02-03", "last", "2027-02-05", "rooms", "2")
	require.Equal(t, http.StatusConflict, below.status)
	require.Contains(t, below.words(), "More are held by orders")
	for _, wrong := range [][]string{
		{"from", "2027-02-05", "last", "2027-02-03", "rooms", "2"}, {"from", "2027-02-05", "last", "2029-02-03", "rooms", "2"},
		{"from", "", "last", "2027-02-03", "rooms", "2"}, {"from", "2027-02-05", "last", "2027-02-05", "rooms", "-1"},
	} {
		got := b.post(path, wrong...)
		require.Equal(t, http.StatusUnprocessableEntity, got.status, wrong)
		requirePage(t, got, booking.English)
	}
	days, err := s.stock.Days(t.Context(), seaside.ID, booking.Date{Year: 2027, Month: 2, Day: 1}, booking.Date{Year: 2027, Month: 3, Day: 1})
	require.NoError(t, err)
	for _, d := range days {
		require.Equal(t, 3 <= d.Date.Day && d.Date.Day <= 5, d.Capacity == 4, d)
	}
	for _, who := range []string{"cora", "alice", "dana"} {
		require.Equal(t, http.StatusForbidden, s.as(who, booking.Korean).get(path).status, who)
		require.Equal(t, http.StatusForbidden, s.as(who, booking.Korean).post(path, "from", "2027-02-05", "last", "2027-02-05", "rooms", "1").status, who)
	}
}
