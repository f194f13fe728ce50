package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// measureRequests measures how many requests there are, how they are answered,
// and how long that takes; that of a stream is as long as its reader stays.
// Nothing that clients choose freely becomes a label.
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
		took.WithLabelValues(route, method, strconv.Itoa(c.Writer.Status())).Observe(time.Since(begun).Seconds())
	}
}
