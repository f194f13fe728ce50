package web_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/orders"
	chromium "github.com/yeyak/yeyak/internal/rig/browser"
	"github.com/yeyak/yeyak/web"
)

// TestScript_LiveWithoutStream: an order's page shows changes also while there is no room for its
// stream.
func TestScript_LiveWithoutStream(t *testing.T) {
	t.Parallel()
	budgets := admission.New(admission.Limits{MaxStreams: 1}, time.Second, nil)
	s := newSite(t, func(d *web.Deps) { d.Admission = budgets })
	s.furnish()
	require.NoError(t, budgets.Streams.Enter(t.Context()))
	p := chromium.New(t).Page(t, chromium.Options{Language: string(booking.English)})
	p.Open(s.url + "/login")
	p.Click("button", "Alice customer · 고객")
	p.Open(s.url + "/orders/" + foodID)
	view, err := s.rows.View(t.Context(), foodID)
	require.NoError(t, err)
	view.Version, view.NeedsAttention = view.Version+1, true
	s.keep(view)
	p.Sees("Somebody is asked to look at it")
}

// TestScript_SentOnce: a button that is pressed again while the answer is on its way sends
// nothing. The form has several ways to pay, whose fields are named method.
func TestScript_SentOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	pressed := make(chan struct{})
	s.book.place = func(a orders.Attempt) (orders.Outcome, error) {
		<-pressed
		return s.accept(a)
	}
	p := chromium.New(t).Page(t, chromium.Options{Language: string(booking.English)})
	p.Open(s.url + "/login")
	p.Click("button", "Alice customer · 고객")
	p.Open(s.url + "/drinks/drink-latte")
	p.TabTo("button", "Order and pay")
	p.Press(chromium.Enter, chromium.Enter)
	close(pressed)
	p.Arrives("/orders/cafe-")
	require.Len(t, s.book.placed, 1)
}
