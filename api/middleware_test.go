package api

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/booking"
)

// HEAD is answered wherever GET is, by net/http's server.
func TestHEAD(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *testDeps) { d.Metrics = http.NotFoundHandler() })
	b.store.put(orderIn("lodging-1", booking.Confirmed, ""))
	server := httptest.NewServer(b.handler)
	t.Cleanup(server.Close)
	call := func(method, path string) answer {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, http.NoBody)
		require.NoError(t, err)
		r.Header.Set("Accept-Encoding", "identity")
		a, err := server.Client().Do(r)
		require.NoError(t, err)
		defer a.Body.Close()
		body, err := io.ReadAll(a.Body)
		require.NoError(t, err)
		return answer{a, string(body)}
	}
	for _, path := range []string{
		orderPath, "/v1/mypages/lodging-1", placesPath, placesPath + "/place-none", "/v1/events", "/v1/messages",
		"/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/docs/problems", "/nowhere",
	} {
		get, head := call(http.MethodGet, path), call(http.MethodHead, path)
		require.Equal(t, get.StatusCode, head.StatusCode, path)
		get.Header.Del("Date")
		head.Header.Del("Date")
		require.Equal(t, get.Header, head.Header, path)
		require.Empty(t, head.text, path)
	}
	head := call(http.MethodHead, orderPath+"/cancel")
	require.Equal(t, http.StatusMethodNotAllowed, head.StatusCode)
	require.Equal(t, "POST", head.Header.Get("Allow"))
	require.Empty(t, head.text)
}

func TestPanic(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	b := setup(t, func(d *testDeps) {
		d.Logger = zap.New(core)
		d.Stock = nil
		d.Extra = func(r gin.IRouter) { r.GET("/late", func(c *gin.Context) { c.String(200, "half"); panic("late") }) }
	})
	a := b.do("GET", placesPath+"/place-seaside/stock?from=2026-12-01&to=2026-12-02", "")
	b.problem(a, 500, internalError)
	require.NotContains(t, a.text, "nil pointer")
	panics := logs.FilterMessage("panic").All()
	require.Len(t, panics, 1)
	require.Contains(t, panics[0].ContextMap()["stack"], "stock.go")

	require.Equal(t, "half", b.do("GET", "/late", "").text)

	t.Run("AccessLog", func(t *testing.T) {
		line := logs.FilterMessage("request").All()[0].ContextMap()
		require.Equal(t, placesPath+"/place-seaside/stock", line["path"])
		require.Equal(t, placesPath+"/:id/stock", line["route"])
		require.EqualValues(t, 500, line["status"])
	})
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *testDeps) { d.Payments, d.ReplyBudget = slow{}, 100*time.Millisecond })
	a := b.do("GET", "/v1/payments/lodging-1", "")
	b.problem(a, 503, booking.Unavailable)
}

type slow struct{}

func (slow) Payment(ctx context.Context, _ string) (booking.Payment, error) {
	if end, limited := ctx.Deadline(); !limited || time.Until(end) > 100*time.Millisecond+spare {
		panic("a request without an end")
	}
	return booking.Payment{}, context.DeadlineExceeded
}
