package api

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.uber.org/zap"
)

// TestMeasureRequests_Labels: values that clients choose freely do not become series.
func TestMeasureRequests_Labels(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	router := routerOf(Deps{Registry: registry})
	router.GET("/v1/things/:id", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	call := func(method, path string) {
		router.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), method, path, nil))
	}
	for _, path := range []string{"/v1/things/1", "/v1/things/2", "/nothing", "/nothing/else"} {
		call(http.MethodGet, path)
	}
	call("BREW", "/nothing")
	call("STEEP", "/nothing")
	n, err := testutil.GatherAndCount(registry, "yeyak_http_request_seconds")
	require.NoError(t, err)
	require.Equal(t, 3, n, "one route, nothing, and nothing by an unknown method")
}

// BenchmarkRequest is the cost of a request without its handler: without traces, with
// traces that are not sampled, and with sampled ones.
func BenchmarkRequest(b *testing.B) {
	for name, serve := range map[string]*gin.Engine{
		"Bare":      bareRouter(),
		"Measured":  routerOf(Deps{Registry: prometheus.NewRegistry()}),
		"Unsampled": routerOf(Deps{Traces: sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample())), Registry: prometheus.NewRegistry()}),
		"Traced":    routerOf(Deps{Traces: sdktrace.NewTracerProvider(), Registry: prometheus.NewRegistry()}),
	} {
		serve.GET("/v1/things/:id", func(c *gin.Context) { c.Status(http.StatusNoContent) })
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/v1/things/1", nil)
			b.ReportAllocs()
			for b.Loop() {
				serve.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}

func routerOf(d Deps) *gin.Engine { return (&server{Deps: d.withDefaults()}).newRouter() }

// bareRouter has everything of newRouter before an operation except the metrics.
func bareRouter() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(logAccess(zap.NewNop()), recoverPanics(zap.NewNop()), setHeaders)
	return router
}
