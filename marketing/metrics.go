package marketing

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the service's metrics.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
}

func newMetrics(f *follower) metrics {
	m := metrics{prometheus.NewRegistry(), prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "yeyak_marketing_requests_total", Help: "Requests for recommendations, by status.",
	}, []string{"status"})}
	caughtUp := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "yeyak_marketing_caught_up", Help: "Whether the last read of the event feed left nothing to read: 0 or 1.",
	}, func() float64 {
		if f.caughtUp.Load() {
			return 1
		}
		return 0
	})
	process := collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})
	m.registry.MustRegister(m.requests, caughtUp, collectors.NewGoCollector(), process)
	return m
}

// statusHungUp counts requests whose client left before the answer.
const statusHungUp = 499

// count counts a request once it is answered.
func (m metrics) count(c *gin.Context) {
	c.Next()
	status := c.Writer.Status()
	if c.Request.Context().Err() != nil {
		status = statusHungUp
	}
	m.requests.WithLabelValues(strconv.Itoa(status)).Inc()
}

func (m metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
