package app

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/orders"
)

// TestTallies: tallies count the same as the alerts, from the same metrics.
func TestTallies(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	durations := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "yeyak_http_request_seconds", Buckets: []float64{1, lateAfter, 5}}, []string{"route", "method", "status"})
	shed := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "yeyak_http_requests_shed_total"}, []string{"cause"})
	unidentified := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "yeyak_http_requests_unidentified_total"}, []string{"reason"})
	registry.MustRegister(durations, shed, unidentified)
	for _, request := range []struct {
		route, method, status string
		seconds               float64
	}{
		{"/v1/food/orders", "POST", "201", .1}, {"/v1/cafe/orders", "POST", "201", lateAfter}, {"/v1/lodging/reservations", "POST", "202", 4},
		{"/v1/cleaning/calls", "POST", "503", 9}, {"/v1/cleaning/calls", "GET", "200", 9}, {"/v1/food/orders", "POST", "429", .1}, {"/orders", "GET", "500", .1},
	} {
		durations.WithLabelValues(request.route, request.method, request.status).Observe(request.seconds)
	}
	shed.WithLabelValues("queue").Inc()
	unidentified.WithLabelValues("expired").Add(2)
	unidentified.WithLabelValues("unknown_key").Add(1)
	require.Equal(t, []orders.Tally{{Name: orders.TallyFailed, Count: 1, Of: 7}, {Name: orders.TallyLate, Count: 1, Of: 3}, {Name: orders.TallyUnknown, Count: 3, Of: 5}}, tallies(registry))
}
