package web_test

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/web"
)

func (s *site) planned(n int) booking.BulkRun {
	s.Helper()
	run := booking.BulkRun{
		ID: "run-1", State: booking.BulkPlanned, Action: booking.CancelOrder, By: "olga", PlannedAt: now, Orders: n, Reason: "burnt down <b>",
		Filter: booking.BulkFilter{Kind: booking.Food, Status: booking.Delivering, ItemID: "menu-1", PlacedBefore: now},
	}
	named := make([]booking.BulkOrder, n)
	for i := range named {
		named[i] = booking.BulkOrder{N: i + 1, OrderID: "food-" + strconv.Itoa(i+1), Status: booking.Delivering, Version: 1}
	}
	require.NoError(s, s.bulk.Plan(s.Context(), run, named))
	return run
}

// TestBulk: a dry run shows the number of orders and the first ones; during the run, the
// page shows the progress in both languages, and the orders on which the action was not
// done.
func TestBulk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	run := s.planned(25)
	for n, l := range []booking.Language{booking.English, booking.Korean} {
		olga := s.as("olga", l)
		got := olga.get("/operator/bulk?kind=food&trouble=attention")
		requirePage(t, got, l)
		require.Contains(t, got.text, `<option value="food" selected>`)
		require.Contains(t, got.text, `<option value="attention" selected>`)
		require.Contains(t, got.text, `href="/operator/bulk/run-1"`)
		require.NotContains(t, got.words(), "bulk.")
		got = olga.get("/operator/bulk/run-1")
		requirePage(t, got, l)
		require.Contains(t, got.words(), [2]string{"It would be done to 25 orders: Cancel the order.", "대상은 주문 25건입니다: 주문 취소"}[n])
		require.Contains(t, got.text, `href="/operator/orders/food-1"`)
		require.NotContains(t, got.text, "food-21")
		require.NotContains(t, got.text, "<b>")
		require.NotContains(t, got.words(), "bulk.")
	}
	olga := s.as("olga", booking.English)
	shown := olga.get("/operator/bulk/run-1")
	after := olga.send(http.MethodPost, s.url+"/operator/bulk/run-1/run", shown.form(t, "/operator/bulk/run-1/run"))
	require.Equal(t, "/operator/bulk/run-1", after.url.Path)
	require.Contains(t, after.words(), "0 of 25 orders")
	require.Contains(t, after.text, `data-live="/operator/bulk/run-1/live"`)
	require.Equal(t, http.StatusConflict, olga.send(http.MethodPost, s.url+"/operator/bulk/run-1/run", nil).status, "once")

	for n, o := range []booking.BulkOrder{
		{N: 1, Result: booking.BulkDid, Outcome: "done", DoneAt: now}, {N: 2, Result: booking.BulkChanged, Outcome: "already_cancelled", DoneAt: now},
	} {
		require.NoError(t, s.bulk.Note(t.Context(), run.ID, o))
		part := olga.get("/operator/bulk/run-1/part")
		require.Equal(t, strconv.Itoa(n+1), part.header.Get("Yeyak-Version"))
	}
	got := olga.get("/operator/bulk/run-1")
	require.Contains(t, got.words(), "2 of 25 orders")
	require.Contains(t, got.words(), "Stop: no further order is acted on. What was done is not undone.")
	require.Contains(t, got.words(), "1 order has changed since the dry run and was left as it is.")
	require.Contains(t, got.text, `href="/operator/orders/food-2"`)
	require.NotContains(t, got.text, `href="/operator/orders/food-1"`)
	require.Contains(t, got.words(), "The order is cancelled already.")
	after = olga.send(http.MethodPost, s.url+"/operator/bulk/run-1/stop", got.form(t, "/operator/bulk/run-1/stop"))
	require.Contains(t, after.words(), "Stopped")
	require.NotContains(t, after.text, "data-live")
	for _, who := range []string{"alice", "bora", "dana", "kim"} {
		b := s.as(who, booking.English)
		for _, path := range []string{"/operator/bulk", "/operator/bulk/run-1", "/operator/bulk/run-1/part", "/operator/bulk/run-1/live"} {
			require.Equal(t, http.StatusForbidden, b.get(path).status, who+path)
		}
		require.Equal(t, http.StatusForbidden, b.post("/operator/bulk").status, who)
		require.Equal(t, http.StatusForbidden, b.post("/operator/bulk/run-1/run").status, who)
	}
	require.Equal(t, http.StatusNotFound, olga.get("/operator/bulk/nonsense").status)
}

// TestBulk_Live: the page gets the progress of the action until its session ends.
func TestBulk_Live(t *testing.T) {
	t.Parallel()
	var late atomic.Bool
	s := newSite(t, func(d *web.Deps) {
		d.Heartbeat = 10 * time.Millisecond
		d.Now = func() time.Time {
			if late.Load() {
				return time.Now().Add(365 * 24 * time.Hour)
			}
			return time.Now()
		}
	})
	run := s.planned(2)
	olga := s.as("olga", booking.English)
	olga.post("/operator/bulk/run-1/run")
	next, status := olga.events("/operator/bulk/run-1/live")
	require.Equal(t, http.StatusOK, status)
	event := func() string { name, data := next(); return name + " " + data }
	require.Equal(t, "changed 0", event())
	require.NoError(t, s.bulk.Note(t.Context(), run.ID, booking.BulkOrder{N: 1, Result: booking.BulkDid, Outcome: "done", DoneAt: now}))
	last := event()
	for last == "beat " {
		last = event()
	}
	require.Equal(t, "changed 1", last)
	late.Store(true)
	for range 2 { // another heartbeat may come first
		if last = event(); last != "beat " {
			break
		}
	}
	require.Equal(t, "end ", last)
	require.Equal(t, http.StatusUnauthorized, olga.get("/operator/bulk/run-1/live").status)
}

// TestBulk_WhatIsWrong: selecting all orders is too many, and a dry run needs a reason.
func TestBulk_WhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	olga := s.as("olga", booking.English)
	got := olga.post("/operator/bulk", "action", "cancel", "reason", "burnt down")
	require.Equal(t, http.StatusUnprocessableEntity, got.status)
	require.Contains(t, got.words(), "Say which orders: all of them are too many.")
	require.Equal(t, "burnt down", field(t, got.text, "reason"))
	got = olga.post("/operator/bulk", "action", "settle", "kind", "food", "reason", "x")
	require.Contains(t, got.words(), "Only lost orders can be settled")
	for _, wrong := range [][]string{{"reason", ""}, {"reason", "x", "hours", "-1"}, {"reason", "x", "hours", "soon"}} {
		got = olga.post("/operator/bulk", append(wrong, "action", "cancel", "kind", "food")...)
		require.Equal(t, http.StatusUnprocessableEntity, got.status)
		require.Contains(t, got.text, "aria-invalid")
	}
}
