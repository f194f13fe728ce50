package web_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
)

// TestAudit: operators see the findings and their audits, and request an audit; it runs
// once, however often they request it. Other callers cannot see that.
func TestAudit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	olga := s.as("olga", booking.English)
	require.Contains(t, olga.get("/operator/audit").words(), "There was none yet")

	shown := olga.get("/operator/audit")
	after := olga.send(http.MethodPost, s.url+"/operator/audit", shown.form(t, "/operator/audit"))
	require.Equal(t, "/operator/audit", after.url.Path)
	require.Contains(t, after.words(), "An audit is under way")
	require.NotContains(t, after.text, `action="/operator/audit"`)
	run, ok, err := s.audits.Lease(t.Context(), now, now)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "olga", run.RequestedBy)
	var found []audit.Finding
	for _, kind := range audit.Kinds() {
		found = append(found, audit.Finding{Kind: kind, OrderID: stayID, Says: "its workflow was terminated <" + string(kind) + ">", Remedy: "yeyak settle " + stayID})
	}
	found = append(found, audit.Finding{Kind: audit.Catalogue, Item: "place-1", Says: "no time zone"})
	require.NoError(t, s.audits.Done(t.Context(), run, audit.Report{Counts: audit.Counts{Orders: 1}, NotJudged: 2, OneNotJudged: stayID + ": no worker answered", Findings: found}, now))
	for _, l := range booking.Languages() {
		got := s.as("olga", l).get("/operator/audit")
		require.Equal(t, http.StatusOK, got.status)
		requirePage(t, got, l)
		require.Contains(t, got.text, `href="/operator/orders/`+stayID+`"`)
		require.Contains(t, got.words(), "yeyak settle "+stayID)
		require.NotContains(t, got.words(), "audit.", "each kind has its word")
		require.NotContains(t, got.text, "<money>")
		require.Regexp(t, `<dd[^>]* lang="en">\s*`+stayID+`: no worker answered`, got.text, "why it could not judge them")
	}
	require.Contains(t, olga.get("/operator/audit").words(), "2 orders")
	for _, who := range []string{"alice", "bora", "dana", "kim"} {
		b := s.as(who, booking.English)
		require.Equal(t, http.StatusForbidden, b.get("/operator/audit").status, who)
		require.Equal(t, http.StatusForbidden, b.post("/operator/audit").status, who)
		require.NotContains(t, b.get("/").text, `href="/operator"`, who)
	}
}
