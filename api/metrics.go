package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/yeyak/yeyak/internal/identity"
)

// measureRequests measures the number of requests, their statuses and their duration; a
// stream's duration is that of its connection. Values that clients choose freely do not
// become labels.
func measureRequests(registry prometheus.Registerer) gin.HandlerFunc {
	took := promauto.With(registry).NewHistogramVec(prometheus.HistogramOpts{
		Name:    "yeyak_http_request_seconds",
		Help:    "How long requests took, by route, method and status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"route", "method", "status"})
	return func(c *gin.Context) {
		begun := time.Now()
		c.Next()
		route, method := c.FullPath(), c.Request.Method
		if route == "" {
			route = "none"
		}
		switch method {
		case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		default:
			method = "other"
		}
		took.WithLabelValues(route, method, strconv.Itoa(statusOf(c))).Observe(time.Since(begun).Seconds())
	}
}

// countUnidentified counts requests without a known caller, by reason.
func countUnidentified(registry prometheus.Registerer) *prometheus.CounterVec {
	counter := promauto.With(registry).NewCounterVec(prometheus.CounterOpts{
		Name: "yeyak_http_requests_unidentified_total",
		Help: "Requests that were answered 401, or 503, since their caller is not known, by reason.",
	}, []string{"reason"})
	for _, reason := range identity.Refusals() {
		counter.WithLabelValues(string(reason))
	}
	return counter
}

// statusHungUp is the status in metrics and logs of a request that failed after its
// client had hung up, which need not be an error of the server.
const statusHungUp = 499

// statusOf is the status of the answer.
func statusOf(c *gin.Context) int {
	status := c.Writer.Status()
	if status >= http.StatusInternalServerError && errors.Is(c.Request.Context().Err(), context.Canceled) {
		return statusHungUp
	}
	return status
}
