package web_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

func span(d time.Duration) *booking.Duration { return new(booking.Duration(d)) }

// TestTerms: an owner sees and sets the cancellation policy of each sort of item.
func TestTerms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	place, none := seaside, 0
	place.Cancellation = &booking.CancellationPolicy{Tiers: []booking.Tier{{Before: span(48 * time.Hour), Percent: 80}}, Fee: 1000}
	require.NoError(t, s.catalogue.AddPlace(t.Context(), "", place))
	require.NoError(t, s.catalogue.AddMenu(t.Context(), "", bibimbap))
	bora, cora := s.as("bora", booking.English), s.as("cora", booking.English)
	at, its := "/desk/places/"+place.ID, "/desk/menus/"+bibimbap.ID
	for _, l := range booking.Languages() {
		for who, path := range map[string]string{"bora": at, "cora": its} {
			b := s.as(who, l)
			require.Contains(t, b.get(path).text, `href="`+path+`/cancellation"`)
			got := b.get(path + "/cancellation")
			require.Equal(t, http.StatusOK, got.status)
			requirePage(t, got, l)
		}
	}
	form := bora.get(at+"/cancellation").form(t, at+"/cancellation")
	require.Equal(t, []string{"48h", "80", "1000"}, []string{form.Get("time0"), form.Get("percent0"), form.Get("fee")})
	form.Set("time2", "2h") // a line may stay empty
	form.Set("percent2", "30")
	form.Set("noshow", "0")
	form.Set("early", "50")
	done := bora.send(http.MethodPost, s.url+at+"/cancellation", form)
	require.Equal(t, at, done.url.Path)
	for _, words := range []string{
		"Until 2 days before check-in 80% is refunded.", "Until 2 hours before check-in 30% is refunded.", "₩1,000 is kept as a fee.",
		"If the guests do not come 0% is refunded.", "If the guests leave early 50% of the nights",
	} {
		require.Contains(t, done.words(), words)
	}
	is, err := s.catalogue.Place(t.Context(), place.ID)
	require.NoError(t, err)
	place.Cancellation.Tiers = append(place.Cancellation.Tiers, booking.Tier{Before: span(2 * time.Hour), Percent: 30})
	place.Cancellation.NoShow, place.Cancellation.EarlyDeparture = &none, 50
	require.Equal(t, place, is)

	require.Contains(t, bora.post(at+"/cancellation").words(), "Everything is refunded")
	is, err = s.catalogue.Place(t.Context(), place.ID)
	require.NoError(t, err)
	require.Nil(t, is.Cancellation)

	require.Equal(t, its, cora.post(its+"/cancellation", "percent0", "100", "percent1", "20", "fee", "500").url.Path)
	menu, err := s.catalogue.Menu(t.Context(), bibimbap.ID)
	require.NoError(t, err)
	require.Equal(t, &booking.CancellationPolicy{Tiers: []booking.Tier{
		{Status: booking.Paid, Percent: 100}, {Status: booking.Delivering, Percent: 20},
	}, Fee: 500}, menu.Cancellation)
	require.Equal(t, "20", cora.get(its+"/cancellation").form(t, its+"/cancellation").Get("percent1"))
	for _, who := range []string{"alice", "dana", "cora"} {
		require.Equal(t, http.StatusForbidden, s.as(who, booking.Korean).get(at+"/cancellation").status, who)
		require.Equal(t, http.StatusForbidden, s.as(who, booking.Korean).post(at+"/cancellation").status, who)
	}
}

// TestTerms_Faults: each fault is shown beside its field, and nothing is changed.
func TestTerms_Faults(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	require.NoError(t, s.catalogue.AddPlace(t.Context(), "", seaside))
	b, at := s.as("bora", booking.English), "/desk/places/"+seaside.ID+"/cancellation"
	for says, fields := range map[string][]string{
		"A length of time such as 72h":  {"time0", "soon", "percent0", "5"},
		"A whole number from 0 to 100.": {"time0", "2h", "percent0", "101"},
		"must be shorter":               {"time0", "1h", "percent0", "50", "time1", "2h", "percent1", "40"},
		"must not be more than":         {"time0", "2h", "percent0", "50", "time3", "1h", "percent3", "60"},
		"This is needed.":               {"fee", "100"},
		"This is no amount":             {"time0", "2h", "percent0", "50", "fee", "much"},
	} {
		got := b.post(at, fields...)
		require.Equal(t, http.StatusUnprocessableEntity, got.status, says)
		require.Contains(t, got.words(), says)
		requirePage(t, got, booking.English)
	}
	smuggled := b.post(at, "time0", bad, "percent0", bad, "fee", bad, "noshow", bad)
	require.NotContains(t, smuggled.text, "<script>")
	is, err := s.catalogue.Place(t.Context(), seaside.ID)
	require.NoError(t, err)
	require.Equal(t, seaside.Cancellation, is.Cancellation)
}

// TestTerms_Calls: only operators set the policy of calls for a cleaner.
func TestTerms_Calls(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	olga, path := s.as("olga", booking.Korean), "/desk/cleaning"
	require.Contains(t, olga.get("/desk/catalogue").text, `href="`+path+`"`)
	requirePage(t, olga.get(path), booking.Korean)
	require.Contains(t, olga.post(path, "time0", "1h", "percent0", "50", "time1", "10m", "percent1", "40").words(), "길어야 합니다")
	require.Equal(t, http.StatusOK, olga.post(path, "time0", "10m", "percent0", "100").status)
	is, err := s.catalogue.CallPolicy(t.Context())
	require.NoError(t, err)
	require.Equal(t, &booking.CancellationPolicy{Tiers: []booking.Tier{{Within: span(10 * time.Minute), Percent: 100}}}, is)
	require.Contains(t, s.as("alice", booking.English).get("/cleaning").words(), "Within 10 minutes after ordering 100% is refunded.")
	for _, who := range []string{"alice", "bora", "kim"} {
		require.Equal(t, http.StatusForbidden, s.as(who, booking.English).get(path).status, who)
		require.Equal(t, http.StatusForbidden, s.as(who, booking.English).post(path).status, who)
		require.NotContains(t, s.as(who, booking.English).get("/desk/catalogue").text, `href="`+path+`"`)
	}
}
