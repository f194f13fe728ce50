package e2e

import (
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
)

var leftOut = regexp.MustCompile(`(?m)^yeyak_\w+_unknown 1$`)

// metric is the sum of a metric's values with some labels.
func (s *system) metric(name string, labels ...string) (sum float64) {
	s.Helper()
	var page answer
	for range 5 { // a scrape leaves out what the database did not answer in time
		if page = s.get("/metrics").with(s, http.StatusOK); !leftOut.Match(page.raw) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, line := range regexp.MustCompile(`(?m)^`+name+`(\{.*\})? (\S+)$`).FindAllSubmatch(page.raw, -1) {
		if !hasLabels(string(line[1]), labels) {
			continue
		}
		value, err := strconv.ParseFloat(string(line[2]), 64)
		require.NoError(s, err)
		sum += value
	}
	return sum
}

// counted is the value of a counter.
func (s *system) counted(name string, labels ...string) int {
	s.Helper()
	return int(s.metric(name, labels...))
}

func hasLabels(set string, want []string) bool {
	for i := 0; i+1 < len(want); i += 2 {
		if !regexp.MustCompile(`[{,]` + want[i] + `="` + want[i+1] + `"`).MatchString(set) {
			return false
		}
	}
	return true
}

// TestMetrics_OfOrders: outcomes of orders, their durations, and what is owed to them.
func TestMetrics_OfOrders(t *testing.T) {
	t.Parallel()
	s := boot(t, func(o *app.Options) { o.Config.Orders.AttentionAfter = 2 * time.Second })
	place, begun := s.place(1), time.Now()
	running := s.reserve(place).with(t, http.StatusCreated).body.ID
	s.reserve(place).with(t, http.StatusConflict)
	require.Equal(t, 1, s.counted("yeyak_orders_decided_total", "kind", "lodging", "status", "confirmed", "reason", ""))
	s.eventually(func() bool {
		return s.metric("yeyak_orders_decided_total", "kind", "lodging", "status", "cancelled", "reason", "sold_out") == 1
	})
	require.Equal(t, 1, s.counted("yeyak_orders_ended_total", "kind", "lodging", "status", "cancelled", "reason", "sold_out"))
	require.Equal(t, 2, s.counted("yeyak_order_decision_seconds_count", "kind", "lodging"))
	require.Less(t, s.metric("yeyak_order_decision_seconds_sum"), 2*time.Since(begun).Seconds(), "of both, in seconds")
	s.eventually(func() bool { return s.counted("yeyak_orders_cancelling") == 0 })

	// An undo that fails is visible, and for how long it has been owed.
	s.sandbox(object{"down": true})
	require.NoError(t, s.temporal.CancelWorkflow(t.Context(), running, "")) // it waits for nothing
	s.eventually(func() bool { return s.metric("yeyak_orders_needing_attention", "kind", "lodging") == 1 })
	require.Equal(t, 1, s.counted("yeyak_orders_cancelling", "kind", "lodging"))
	require.Greater(t, s.metric("yeyak_orders_cancelling_oldest_seconds", "kind", "lodging"), 2.0)
	require.Equal(t, 1, s.counted("yeyak_orders_marked_for_attention_total", "kind", "lodging"))
	s.sandbox(object{})
	s.becomes(running, booking.Cancelled)
	s.eventually(func() bool { return s.counted("yeyak_orders_cancelling") == 0 })
	require.Zero(t, s.metric("yeyak_orders_cancelling_oldest_seconds"))
	require.Zero(t, s.counted("yeyak_orders_needing_attention"))
	require.Equal(t, 1, s.counted("yeyak_orders_ended_total", "reason", "operator"))
}

// TestMetrics_OfTheReadModel: rows that are written late are visible while they are,
// and afterwards how late they were.
func TestMetrics_OfTheReadModel(t *testing.T) {
	t.Parallel()
	s := boot(t)
	s.readModel.away.Store(true)
	order := s.reserve(s.place(1)).with(t, http.StatusCreated).body.ID
	s.eventually(func() bool { return s.metric("yeyak_read_model_failures_total") >= 2 })
	require.Zero(t, s.counted("yeyak_read_model_lag_seconds_count"))
	s.readModel.away.Store(false)
	s.becomes(order, booking.Confirmed)
	s.eventually(func() bool { return s.metric("yeyak_read_model_lag_seconds_sum") > .5 }) // the pause after a failed attempt
}

// TestMetrics_OfTheMachine: requests, connections, the engine's client.
func TestMetrics_OfTheMachine(t *testing.T) {
	t.Parallel()
	s := boot(t)
	s.reserve(s.place(1)).with(t, http.StatusCreated)
	s.get("/v1/nothing/like/this").with(t, http.StatusNotFound)
	require.Equal(t, 1, s.counted("yeyak_http_request_seconds_count", "route", "/v1/lodging/reservations", "method", "POST", "status", "201"))
	require.Equal(t, 1, s.counted("yeyak_http_request_seconds_count", "route", "none", "status", "404"))
	require.Equal(t, 14, s.counted("go_sql_max_open_connections"), "ten for the services, which share a database, and four for the pages")
	require.Equal(t, 1, s.counted("yeyak_build_info"))
	s.eventually(func() bool { return s.metric("temporal_workflow_task_execution_latency_seconds_count") > 0 })
	require.Regexp(t, `temporal_workflow_task_execution_latency_seconds_bucket\{.*le="0.0025"`, string(s.get("/metrics").raw), "in seconds")
	s.eventually(func() bool { return s.metric("temporal_num_pollers", "task_queue", "payments") > 0 })
}
