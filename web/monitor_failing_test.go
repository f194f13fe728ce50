package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/web"
)

// TestMonitor_FailingPanels: only the panel of the failing part is marked.
func TestMonitor_FailingPanels(t *testing.T) {
	t.Parallel()
	is := &sights{}
	s := newSite(t, func(d *web.Deps) { d.Monitor = is })
	s.furnish()
	olga := s.as("olga", booking.English)
	for panel, overview := range map[string]orders.Overview{
		"inbox":      {At: now, Decisions: orders.OpenDecisions{Decisions: 1, Oldest: now.Add(-3 * time.Minute)}},
		"read-model": {At: now, ReadModel: orders.ReadModelLag{Behind: 1, Oldest: 2 * time.Minute}},
		"audit":      {At: now, Last: booking.AuditRun{ID: 1, State: booking.AuditFailed, RequestedAt: now}},
	} {
		is.overview = overview
		got := olga.get("/operator")
		require.Contains(t, got.words(), "Something needs you", panel)
		require.Contains(t, got.text, `<section class="card trouble" aria-labelledby="`+panel+`">`)
		require.Equal(t, 1, strings.Count(got.text, "card trouble"), panel)
	}
}
