package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zapcore"

	"github.com/yeyak/yeyak/api"
	"github.com/yeyak/yeyak/internal/config"
)

// unready is a process that is starting.
type unready struct{}

// Ready implements api.Health.
func (unready) Ready() bool { return false }

// Degraded implements api.Health.
func (unready) Degraded(context.Context) map[string]string { return nil }

// TestNewLogger_Flood: of requests with the same failure, the first hundred are logged
// one by one, and the others as a number.
func TestNewLogger_Flood(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := newLogger(config.Log{Level: "info", Format: "json"}, zapcore.Lock(zapcore.AddSync(&out)))
	server := httptest.NewServer(api.NewOperations(api.Deps{Logger: log, Health: unready{}}))
	const requests = 300
	for range requests {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/readyz", nil)
		require.NoError(t, err)
		answer, err := server.Client().Do(request)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
	}
	server.Close() // waits until open requests have ended
	require.NoError(t, log.Sync())
	lines, sum := 0, 0
	for line := range strings.Lines(out.String()) {
		var of struct {
			Msg, Route       string
			Status, Repeated int
		}
		require.NoError(t, json.Unmarshal([]byte(line), &of))
		require.Equal(t, "request /readyz 503", fmt.Sprint(of.Msg, " ", of.Route, " ", of.Status), line)
		lines++
		sum += max(of.Repeated, 1)
	}
	require.Equal(t, requests, sum)
	require.Less(t, lines, requests)
}
