package web_test

import (
	"bufio"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/demo"
	"github.com/yeyak/yeyak/web"
)

// played is a demonstration whose state the test sets.
type played struct {
	mu      sync.Mutex
	state   demo.State
	changed chan struct{}
}

func (p *played) State() (demo.State, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state, p.changed
}

func (p *played) set(s demo.State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.Version = p.state.Version + 1
	p.state = s
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *played) Start() { p.set(demo.State{Phase: demo.Calm, Began: now}) }
func (p *played) Stop()  { p.set(demo.State{Phase: demo.Ending, Began: now}) }

// outage is an outage that began some seconds ago, with the given progress.
func outage(kind demo.Kind, ended, healed bool) demo.Outage {
	o := demo.Outage{Kind: kind, Began: now.Add(-20 * time.Second), Delayed: 3, Recovered: 1, Examples: []demo.Example{{ID: stayID, What: "<b>바다집"}}, Waiting: []demo.Wait{{Example: demo.Example{ID: stayID}}}}
	if ended {
		o.Ended = now.Add(-12 * time.Second)
	}
	if healed {
		o.RecoveredAt, o.Recovered = now.Add(-7*time.Second), 3
	}
	return o
}

// TestDemo: operators start and stop the demonstration, and its page shows what fails, what
// has recovered, and the audit's result. All other pages say that it runs.
func TestDemo(t *testing.T) {
	t.Parallel()
	is := &played{changed: make(chan struct{})}
	s := newSite(t, func(d *web.Deps) { d.Demo = is })
	olga := s.as("olga", booking.English)
	start := olga.get("/demo")
	require.Contains(t, start.text, `href="/demo"`)
	after := olga.send(http.MethodPost, s.url+"/demo/start", start.form(t, "/demo/start"))
	require.Equal(t, "/demo", after.url.Path)
	require.Contains(t, after.words(), "People order; everything works")
	require.NotContains(t, after.text, "/demo/start")
	require.Contains(t, olga.get("/messages").words(), "Demonstration: People order")

	slow := outage(demo.ProviderSlow, false, false)
	is.set(demo.State{
		Phase: demo.Failing, Began: now, Orders: 1, Finished: 12, Delayed: 13, Recovered: 14, Now: &slow,
		Past: []demo.Outage{outage(demo.WorkerKilled, true, true), outage(demo.InventoryAway, true, true)},
	})
	for _, l := range booking.Languages() {
		got := s.as("olga", l).get("/demo")
		requirePage(t, got, l)
		require.NotContains(t, got.words(), "demo.", "each has its word")
		require.Contains(t, got.text, `href="/orders/`+stayID+`"`)
	}
	got := olga.get("/demo").words()
	for _, says := range []string{
		"Slow payment provider", "It fails. 3 orders have met that, and 1 healed already.", "3 orders healed. It failed for 8 s, and all was well 5 s later.",
		"Worker killed", "Inventory away", "Waiting now: Cleaning", "바다집", "1 order ", "14 orders",
	} {
		require.Contains(t, got, says)
	}
	require.Contains(t, olga.get("/").words(), "Demonstration: Slow payment provider")
	require.NotContains(t, olga.get("/demo").words(), "Demonstration:", "it would say it twice")
	require.Contains(t, olga.get("/demo/banner").words(), "Slow payment provider")

	stopped := olga.send(http.MethodPost, s.url+"/demo/stop", olga.get("/demo").form(t, "/demo/stop"))
	require.NotContains(t, stopped.text, `action="/demo/st`)
	for says, result := range map[string]demo.Result{
		"The audit has found nothing wrong":   {Clean: true, Says: "Nothing <b>."},
		"The audit has found something wrong": {Says: "Wrong: 1."},
		"It did not come to its end":          {Failure: "broken", Says: "Wrong: 2."},
	} {
		is.set(demo.State{Began: now, Result: &result})
		got := olga.get("/demo")
		require.Contains(t, got.words(), says)
		require.Contains(t, got.words(), result.Failure)
		require.Contains(t, got.words(), result.Says[:5])
		require.NotContains(t, got.text, "<b>")
		require.Contains(t, got.text, `action="/demo/start"`)
	}
}

// TestDemo_LeftBehind: orders that have not recovered are listed with their status, what they
// wait for, and the last answer. Orders whose recovery is no longer awaited do not count as
// recovered.
func TestDemo_LeftBehind(t *testing.T) {
	t.Parallel()
	is := &played{changed: make(chan struct{})}
	s := newSite(t, func(d *web.Deps) { d.Demo = is })
	past := outage(demo.ProviderSlow, true, true)
	past.Delayed, past.Recovered, past.Unrecovered = 3, 2, 1
	left := []demo.Wait{{Example: demo.Example{What: "평양냉면"}, For: demo.Answer}}
	for _, awaited := range []demo.Awaited{
		demo.Decision, demo.Work, demo.Confirm, demo.Reject, demo.Cancel, demo.Complete, demo.Change, demo.Refund,
	} {
		left = append(left, demo.Wait{Example: demo.Example{ID: stayID, What: "바다집"}, Status: booking.Confirmed, For: awaited, Last: "503 <b>away"})
	}
	is.set(demo.State{Began: now, Past: []demo.Outage{past}, Surprises: 1, Left: left})
	for _, l := range booking.Languages() {
		got := s.as("olga", l).get("/demo")
		requirePage(t, got, l)
		require.NotContains(t, got.words(), "demo.", "each has its word")
	}
	got := s.as("olga", booking.English).get("/demo")
	for _, says := range []string{
		"Not where they belong", "평양냉면", "Not known to exist. It waits for: an answer to its request.",
		"confirmed. It waits for: its change.", "503 <b>away", "2 orders healed.",
	} {
		require.Contains(t, got.words(), says)
	}
	require.Contains(t, got.text, `href="/orders/`+stayID+`"`)
}

// TestDemo_ForOperators: other callers see the demonstration, and can neither start nor stop
// it. Without a demonstration there is no page.
func TestDemo_ForOperators(t *testing.T) {
	t.Parallel()
	is := &played{changed: make(chan struct{})}
	s := newSite(t, func(d *web.Deps) { d.Demo = is })
	for _, who := range []string{"alice", "bora", "dana", "kim"} {
		b := s.as(who, booking.English)
		require.Contains(t, b.get("/demo").words(), "log in as Olga", who)
		for _, path := range []string{"/demo/start", "/demo/stop"} {
			require.Equal(t, http.StatusForbidden, b.post(path).status, who)
		}
	}
	require.Zero(t, is.state.Version)

	none := newSite(t).as("olga", booking.English)
	require.NotContains(t, none.get("/").text, `href="/demo"`)
	require.Equal(t, http.StatusNotFound, none.get("/demo").status)
	require.Equal(t, http.StatusNotFound, none.post("/demo/start").status)
}

// TestDemo_Live: the page gets an event when the demonstration has changed.
func TestDemo_Live(t *testing.T) {
	t.Parallel()
	is := &played{changed: make(chan struct{})}
	s := newSite(t, func(d *web.Deps) { d.Demo = is })
	alice := s.as("alice", booking.English)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/demo/live", http.NoBody)
	require.NoError(t, err)
	answer, err := alice.client.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, "text/event-stream", answer.Header.Get("Content-Type"))
	lines := bufio.NewScanner(answer.Body)
	next := func() string {
		for lines.Scan() {
			if version, is := strings.CutPrefix(lines.Text(), "data: "); is {
				return version
			}
		}
		return ""
	}
	require.Equal(t, "0", next())
	is.Start()
	require.Equal(t, "1", next())
	require.Equal(t, "1", alice.get("/demo/part?after=1").header.Get("Yeyak-Version"))

	r, err = http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/demo/live", http.NoBody)
	require.NoError(t, err)
	stranger, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer stranger.Body.Close()
	require.Equal(t, http.StatusUnauthorized, stranger.StatusCode)
}
