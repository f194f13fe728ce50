package api

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// sights is a Monitor with answers that a test sets.
type sights struct {
	overview orders.Overview
	needs    []orders.NeedingAttention
	timeline orders.Timeline
	filter   orders.AttentionFilter
	page     booking.Page
	orderID  string
}

func (s *sights) Overview(_ context.Context, caller booking.Caller) (orders.Overview, error) {
	return s.overview, caller.Authorize(booking.Monitor, booking.Thing{})
}

func (s *sights) Attention(_ context.Context, caller booking.Caller, f orders.AttentionFilter, page booking.Page) ([]orders.NeedingAttention, string, error) {
	s.filter, s.page = f, page
	return s.needs, "", caller.Authorize(booking.Monitor, booking.Thing{})
}

func (s *sights) Timeline(_ context.Context, caller booking.Caller, id string) (orders.Timeline, error) {
	s.orderID = id
	return s.timeline, caller.Authorize(booking.Monitor, booking.Thing{})
}

func TestMonitor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	is := &b.store.sights
	t.Run("Status", func(t *testing.T) {
		require.Contains(t, b.do("GET", "/v1/status", "").text, `"well":true`)
		is.overview = orders.Overview{
			At: today, Open: []orders.OpenCount{{Kind: booking.Food, Status: booking.Delivering, Orders: 2}},
			Owed: []orders.Owed{{Kind: booking.Food, Undos: 1, Since: today, NeedingAttention: 1}}, Queues: []orders.QueueState{{Name: "payments", Backlog: 3, Oldest: time.Minute}},
			Deferred: 4, ShutUntil: today, ReadModel: orders.ReadModelLag{Compared: 50, Behind: 1, Oldest: 2 * time.Second},
			Load: []orders.Load{{Name: "reads", Busy: 1, Of: 2, Waiting: 3}}, Tallies: []orders.Tally{{Name: "orders_late", Count: 1, Of: 2}}, Failing: []string{"food-7"}, Findings: map[string]int{"money": 1}, Degraded: map[string]string{"temporal": "cannot be reached"}, Unknown: map[string]string{"queues": "away"},
		}
		require.JSONEq(t, `{"at":"2026-11-22T15:00:00Z","well":false,"open":[{"kind":"food","status":"delivering","orders":2}],
			"owed":[{"kind":"food","undos":1,"since":"2026-11-22T15:00:00Z","needAttention":1}],
			"queues":[{"name":"payments","workers":0,"backlog":3,"oldestSeconds":60}],"payments":{"deferred":4,"shutUntil":"2026-11-22T15:00:00Z"},
			"inbox":{"waiting":0},"decisions":{"waiting":0},"readModel":{"looked":50,"behind":1,"oldestSeconds":2},"audit":{"findings":{"money":1}},
			"degraded":{"temporal":"cannot be reached"},"load":[{"name":"reads","taken":1,"of":2,"waiting":3}],"tallies":[{"name":"orders_late","count":1,"of":2}],"failing":["food-7"],"unknown":{"queues":"away"}}`,
			strings.ReplaceAll(b.do("GET", "/v1/status", "").text, today.UTC().Format(time.RFC3339), "2026-11-22T15:00:00Z"))
	})
	t.Run("Attention", func(t *testing.T) {
		require.JSONEq(t, `{"items":[]}`, b.do("GET", "/v1/attention?kind=food&cause=undo_owed&limit=7&cursor=c", "").text)
		require.Equal(t, orders.AttentionFilter{Kind: booking.Food, Cause: orders.UndoOwed}, is.filter)
		require.Equal(t, booking.Page{Limit: 7, Cursor: "c"}, is.page)
		b.problem(b.do("GET", "/v1/attention?cause=else", ""), 422, booking.Invalid)
		is.needs = []orders.NeedingAttention{{
			Order: contract.View{ID: "food-1", Kind: booking.Food, Status: booking.Cancelling, CustomerID: "alice"}, Cause: orders.Marked, Says: "fails", Answer: "card_gone",
			Waits: []orders.Waiting{{Step: "RefundPayment", Attempt: 3, Failure: "no"}},
		}}
		text := b.do("GET", "/v1/attention", "").text
		for _, want := range []string{`"orderId":"food-1"`, `"cause":"marked"`, `"says":"fails"`, `"providerSays":"card_gone"`, `"failure":"no"`} {
			require.Contains(t, text, want)
		}
		require.NotContains(t, text, "alice")
	})
	t.Run("Timeline", func(t *testing.T) {
		is.timeline = orders.Timeline{
			Order: contract.View{ID: "food-1"}, Runs: []orders.Run{{ID: "r", Ended: "terminated", Began: today, Link: "https://temporal"}},
			Moments: []orders.Moment{{At: today, Source: orders.FromMoney, What: "refund", Amount: booking.Money{Amount: 5, Currency: "KRW"}, By: "1024"}, {At: today, Source: orders.FromStep, What: "Notify", Failed: true, Attempt: 2, Run: "r"}},
		}
		a := b.do("GET", "/v1/orders/food-1/timeline", "")
		require.Equal(t, http.StatusOK, a.StatusCode, a.text)
		require.Equal(t, "food-1", is.orderID)
		for _, want := range []string{`"state":"terminated"`, `"link":"https://temporal"`, `"source":"money","what":"refund","by":"1024","amount":{"amount":5,"currency":"KRW"}`, `"attempt":2,"failed":true,"runId":"r"`} {
			require.Contains(t, a.text, want)
		}
		require.NotContains(t, a.text, `"attention"`)
	})
}

// TestViews_AttentionCauseIsForOperators: no view of an order says why it needs attention.
func TestViews_AttentionCauseIsForOperators(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := orderIn("lodging-1", booking.Confirmed, "")
	p.View.NeedsAttention, p.View.AttentionCause = true, &contract.AttentionCause{Text: "to refund payment keeps failing"}
	b.store.put(p)
	for _, path := range []string{"/v1/lodging/reservations/lodging-1", "/v1/mypages/lodging-1", "/v1/mypages?customerId=alice"} {
		text := b.do("GET", path, "").text
		require.Contains(t, text, `"needsAttention":true`, path)
		require.NotContains(t, text, "keeps failing", path)
	}
	schemas := decode[struct {
		Components struct{ Schemas map[string]map[string]any }
	}](t, b.do("GET", openAPIPath, "")).Components.Schemas
	require.Contains(t, schemas["OrderView"]["properties"], "needsAttention")
	require.NotContains(t, schemas["OrderView"]["properties"], "trouble")
}
