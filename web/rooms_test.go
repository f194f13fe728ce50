package web_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// inns adds n places with two rooms on the nights of these tests if has says so, and with no
// room on the last night otherwise.
func (s *site) inns(n int, has func(n int) bool) {
	s.Helper()
	for n := range n {
		place := seaside
		place.ID, place.Name = "place-"+string(rune('a'+n%26))+string(rune('a'+n/26)), "Inn"
		require.NoError(s, s.catalogue.AddPlace(s.Context(), "", place))
		until := leaving
		if !has(n) {
			until = leaving.AddDays(-1)
		}
		require.NoError(s, s.stock.SetCapacity(s.Context(), place.ID, arrival, until, 2))
	}
}

// TestSearch: a place that is not free on every night is not found, and the others are
// listed part by part.
func TestSearch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.inns(130, func(n int) bool { return n%10 == 0 })
	b := s.as("alice", booking.English)
	search := "/rooms?checkIn=" + arrival.String() + "&checkOut=" + leaving.String()
	first := b.get(search + "&rooms=2")
	require.Len(t, links(first, "/rooms/place-"), 12)
	require.Contains(t, first.words(), "2 rooms left")
	second := b.get(unescape(links(first, "/rooms?")[0]))
	require.Len(t, links(second, "/rooms/place-"), 1)
	require.NotContains(t, links(first, "/rooms/place-"), links(second, "/rooms/place-")[0])
	require.Len(t, links(second, "/rooms?"), 1, "back to the beginning")
	require.Empty(t, links(b.get(search+"&rooms=3"), "/rooms/place-"))
	require.Empty(t, links(b.get("/rooms?checkIn="+arrival.String()+"&checkOut="+leaving.AddDays(1).String()), "/rooms/place-"))
	require.Contains(t, b.get(search+"&rooms=3").words(), "Nothing is free on all of these nights")
}

// TestSearch_Continues: a search that has not reached all places says so, and goes on.
func TestSearch_Continues(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.inns(310, func(n int) bool { return n == 0 }) // the oldest, which is searched last
	search := "/rooms?checkIn=" + arrival.String() + "&checkOut=" + leaving.String() + "&rooms="
	for _, l := range booking.Languages() {
		requirePage(t, s.as("alice", l).get(search+"1"), l)
	}
	b := s.as("alice", booking.English)
	begun := b.get(search + "1")
	require.Contains(t, begun.words(), "Of the places searched so far, none is free on all of these nights. Search on")
	require.Len(t, links(b.get(unescape(links(begun, "/rooms?")[0])), "/rooms/place-"), 1)
	none := b.get(unescape(links(b.get(search+"3"), "/rooms?")[0]))
	require.Contains(t, none.words(), "No more places are free on all of these nights. Back to the beginning")
}

// TestSearch_PastDays: a search for a past day says so, and not that nothing is free.
func TestSearch_PastDays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	require.NoError(t, s.stock.SetCapacity(t.Context(), seaside.ID, today.AddDays(-9), today, 3))
	b := s.as("alice", booking.English)
	for _, days := range []int{1, 2, 5} { // yesterday has passed at the place, but not everywhere
		past := b.get("/rooms?checkIn=" + seoulToday().AddDays(-days).String() + "&checkOut=" + leaving.String())
		require.Equal(t, http.StatusUnprocessableEntity, past.status)
		require.Contains(t, past.words(), "This day has passed.")
		require.NotContains(t, past.words(), "Nothing is free")
	}
	require.Contains(t, b.get("/rooms?checkIn="+arrival.AddYears(3).String()+"&checkOut="+leaving.AddYears(3).String()).words(), "too far ahead")
}

// seoulToday is the present day at the place of these tests.
func seoulToday() booking.Date {
	zone, err := booking.Zone(seaside.TimeZone)
	if err != nil {
		return today
	}
	return booking.DateOf(now.In(zone))
}
