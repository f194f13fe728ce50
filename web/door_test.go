package web_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/web"
)

// TestUnknownAddress_WithoutSlot: while all slots are taken, the page for an unknown address is
// shown at once, and without a navigation: the session is not read for it.
func TestUnknownAddress_WithoutSlot(t *testing.T) {
	t.Parallel()
	budgets := admission.New(admission.Limits{MaxReads: 1}, time.Second, nil)
	s := newSite(t, func(d *web.Deps) { d.Admission = budgets })
	b := s.as("alice", booking.English)
	navigation := func() []string {
		got := b.get("/nowhere")
		require.Equal(t, http.StatusNotFound, got.status)
		requirePage(t, got, booking.English)
		return links(got, "/orders")
	}
	require.Equal(t, []string{"/orders"}, navigation())
	require.NoError(t, budgets.Reads.Enter(t.Context()))
	require.Empty(t, navigation())
	budgets.Reads.Leave(true)
	require.Equal(t, []string{"/orders"}, navigation(), "the slots were given back")
}

// TestUnknownAddress_Counted: requests for unknown addresses count as their caller's.
func TestUnknownAddress_Counted(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(d *web.Deps) { d.Admission = admission.New(admission.Limits{PerSecond: 1}, time.Second, nil) })
	b := s.as("alice", booking.English)
	const most = 100 // ten at once, and one a second
	shows := 0
	for shows < most && len(links(b.get("/nowhere"), "/orders")) > 0 {
		shows++
	}
	require.Positive(t, shows)
	require.Less(t, shows, most, "over the limit, the session is not read")
}
