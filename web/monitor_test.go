package web_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/web"
)

// sights are the data that a test shows to operators.
type sights struct {
	overview orders.Overview
	needs    []orders.NeedingAttention
	timeline orders.Timeline
	away     error // of the orders that need attention
	filter   orders.AttentionFilter
	page     booking.Page
}

func (s *sights) Overview(_ context.Context, caller booking.Caller) (orders.Overview, error) {
	return s.overview, caller.Authorize(booking.Monitor, booking.Thing{})
}

func (s *sights) Attention(_ context.Context, caller booking.Caller, f orders.AttentionFilter, page booking.Page) ([]orders.NeedingAttention, string, error) {
	s.filter, s.page = f, page
	if s.away != nil {
		return nil, "", s.away
	}
	return s.needs, "more", caller.Authorize(booking.Monitor, booking.Thing{})
}

func (s *sights) Timeline(_ context.Context, caller booking.Caller, id string) (orders.Timeline, error) {
	if id != s.timeline.Order.ID {
		return orders.Timeline{}, booking.Errorf(booking.NotFound, "there is no such order")
	}
	return s.timeline, caller.Authorize(booking.Monitor, booking.Thing{})
}

// failingSystem is a system in which nearly everything fails, with markup in all words.
func failingSystem(s *site) *sights {
	view, err := s.rows.View(s.Context(), stayID)
	require.NoError(s, err)
	is := &sights{overview: orders.Overview{
		At:   now,
		Open: []orders.OpenCount{{Kind: booking.Lodging, Status: booking.Confirmed, Orders: booking.CountedTo}, {Kind: booking.Food, Status: booking.Cancelling, Orders: 2}},
		Owed: []orders.Owed{{Kind: booking.Food, Undos: 2, Since: now.Add(-time.Hour), NeedingAttention: 1}}, Deferred: 3, ShutUntil: now.Add(time.Minute),
		Queues:    []orders.QueueState{{Name: "sagas", Workers: 2}, {Name: "payments", Backlog: 7}},
		Inbox:     orders.OpenInbox{Orders: 1, Oldest: now.Add(-time.Minute)},
		Failing:   []string{stayID, "drink-deletion/<b>"},
		Tallies:   []orders.Tally{{Name: orders.TallyFailed, Count: 1, Of: 20}, {Name: orders.TallyLate, Count: 2, Of: 9}, {Name: orders.TallyUnknown, Count: 3, Of: 12}},
		ReadModel: orders.ReadModelLag{Compared: 50, Behind: 4, Oldest: 90 * time.Second},
		Findings:  map[string]int{"abandoned": 1},
		Degraded:  map[string]string{"temporal": "cannot be reached <b>"}, Unknown: map[string]string{"queues": "it could not be read"},
	}}
	for _, cause := range orders.Causes() {
		is.needs = append(is.needs, orders.NeedingAttention{
			Order: view, Cause: cause, Since: now, Says: "to refund payment keeps failing <b>", Answer: "card_gone <b>", Remedy: "yeyak settle " + stayID,
			Waits: []orders.Waiting{{Step: "RefundPayment", Attempt: 7, Failure: "no <b>", Next: now}},
		})
	}
	is.needs[0].Lost = "terminated"
	is.timeline = orders.Timeline{Order: view, Attention: is.needs[0], Runs: []orders.Run{{ID: "r", Ended: "terminated", Began: now, Link: "https://temporal.example/r"}}}
	for n := range 250 {
		is.timeline.Moments = append(is.timeline.Moments, orders.Moment{
			At: now.Add(time.Duration(n) * time.Second), Source: orders.Sources()[n%7], What: fmt.Sprintf("Step%d", n), Says: "what a service said <b>",
			By: "1024", Attempt: 2, Failed: n%2 == 0, Pending: n%3 == 0, Amount: booking.Money{Amount: 1000, Currency: "KRW"},
		})
	}
	is.timeline.Unknown = map[orders.Source]string{orders.FromStock: "it could not be read"}
	return is
}

// TestMonitor: operators see the state of the system, the orders that need attention with
// the reason, and the timeline of one. Other callers cannot, and the words of services are
// shown as text.
func TestMonitor(t *testing.T) {
	t.Parallel()
	is := &sights{}
	s := newSite(t, func(d *web.Deps) { d.Monitor = is })
	s.furnish()
	*is = *failingSystem(s)
	paths := []string{"/operator", "/operator/attention", "/operator/orders/" + stayID}
	for _, l := range booking.Languages() {
		olga := s.as("olga", l)
		for _, path := range paths {
			got := olga.get(path)
			require.Equal(t, http.StatusOK, got.status, path)
			requirePage(t, got, l)
			require.NotContains(t, got.text, "<b>", path)
			for _, key := range []string{"see.", "need.", "cause.", "lost.", "line.", "source.", "run.", "operator."} {
				require.NotRegexp(t, `[> ]`+key+`[a-z_]+[< ]`, got.text, "a word is missing")
			}
		}
	}
	korean := s.as("olga", booking.Korean)
	for path, says := range map[string][]string{
		"/operator": {"cannot be reached", "it could not be read"}, "/operator/orders/" + stayID: {"it could not be read"},
	} {
		for _, words := range says {
			require.Regexp(t, `<(dd|span)[^>]* lang="en">\s*`+words, korean.get(path).text, "what services say is in English")
		}
	}
	olga := s.as("olga", booking.English)
	overview := olga.get("/operator").words()
	for _, want := range []string{"Something needs you", "10,000 or more", "nobody works on it, 7 waiting", "is kept free of payments until", "temporal", "Its workflow was terminated", "RefundPayment, attempt 6", "Stalled 2", "Requests that failed here 1 of 20", "Orders answered after more than 2.5 s 2 of 9", "Requests of unknown callers 3 of 12", "drink-deletion/<b>"} {
		require.Contains(t, overview, want)
	}
	list := olga.get("/operator/attention?kind=food&cause=undo_owed&cursor=c")
	require.Equal(t, orders.AttentionFilter{Kind: booking.Food, Cause: orders.UndoOwed}, is.filter)
	require.Equal(t, "c", is.page.Cursor)
	require.Contains(t, list.text, `href="/operator/attention?cause=undo_owed&amp;cursor=more&amp;kind=food"`)
	require.Contains(t, list.text, `href="/operator/orders/`+stayID+`"`)
	olga.get("/operator/attention?kind=x&cause=y")
	require.Equal(t, orders.AttentionFilter{}, is.filter)
	for _, who := range []string{"alice", "bora", "dana", "kim"} {
		for _, path := range paths {
			require.Equal(t, http.StatusForbidden, s.as(who, booking.English).get(path).status, who+" "+path)
		}
	}
	require.Equal(t, http.StatusNotFound, olga.get("/operator/orders/lodging-none").status)
}

// TestMonitor_LongTimeline: a page shows the end of it, and links to the lines before.
func TestMonitor_LongTimeline(t *testing.T) {
	t.Parallel()
	is := &sights{}
	s := newSite(t, func(d *web.Deps) { d.Monitor = is })
	s.furnish()
	*is = *failingSystem(s)
	olga := s.as("olga", booking.English)
	path, seen := "/operator/orders/"+stayID, 0
	last := olga.get(path)
	require.Contains(t, last.words(), "Step249")
	require.Contains(t, last.text, `href="https://temporal.example/r"`)
	for _, before := range []string{"", "?before=150", "?before=50"} {
		got := olga.get(path + before)
		require.Less(t, len(got.text), 50_000)
		seen += strings.Count(got.text, "<time datetime=")
		require.Equal(t, before != "?before=50", strings.Contains(got.text, `rel="prev"`))
	}
	require.Equal(t, 250, seen)
	require.Equal(t, http.StatusOK, olga.get(path+"?before=x").status)
}

// TestMonitor_Well: the page says so if nothing is wrong.
func TestMonitor_Well(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(d *web.Deps) { d.Monitor = &sights{overview: orders.Overview{At: now}} })
	for _, l := range booking.Languages() {
		got := s.as("olga", l).get("/operator")
		requirePage(t, got, l)
	}
	require.Contains(t, s.as("olga", booking.English).get("/operator").words(), "Nothing waits for you")
	require.Contains(t, s.as("olga", booking.English).get("/operator").words(), "No order needs attention.")
}

// TestMonitor_CouldNotRead: if the orders that need attention cannot be read, the page does
// not say that there are none.
func TestMonitor_CouldNotRead(t *testing.T) {
	t.Parallel()
	is := &sights{overview: orders.Overview{At: now}, away: booking.Errorf(booking.Unavailable, "the read model is away")}
	s := newSite(t, func(d *web.Deps) { d.Monitor = is })
	for l, words := range map[booking.Language][2]string{
		booking.English: {"What needs attention could not be read.", "No order needs attention."},
		booking.Korean:  {"확인이 필요한 주문을 읽을 수 없습니다.", "확인이 필요한 주문이 없습니다."},
	} {
		got := s.as("olga", l).get("/operator")
		require.Equal(t, http.StatusOK, got.status)
		requirePage(t, got, l)
		require.Contains(t, got.words(), words[0])
		require.NotContains(t, got.words(), words[1])
	}
}

// TestMonitor_HealthyOrder: an order that needs no attention has no empty part beside its
// facts.
func TestMonitor_HealthyOrder(t *testing.T) {
	t.Parallel()
	is := &sights{}
	s := newSite(t, func(d *web.Deps) { d.Monitor = is })
	s.furnish()
	view, err := s.rows.View(t.Context(), stayID)
	require.NoError(t, err)
	is.timeline = orders.Timeline{Order: view}
	olga := s.as("olga", booking.English)
	require.NotRegexp(t, `<section[^>]*>\s*</section>`, olga.get("/operator/orders/"+stayID).text)
	is.timeline.Attention = orders.NeedingAttention{Order: view, Cause: orders.Marked, Says: "to refund payment keeps failing"}
	require.Contains(t, olga.get("/operator/orders/"+stayID).words(), "Does not go on by itself Why to refund payment keeps failing")
}
