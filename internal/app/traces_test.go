package app

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/workers"
)

// TestTraces_Off: without a collector nothing is put into anybody's way.
func TestTraces_Off(t *testing.T) {
	t.Parallel()
	none, err := newTraces(t.Context(), Options{Log: zap.NewNop(), Config: config.Config{Traces: config.Traces{Percent: 100}}})
	require.NoError(t, err)
	require.Nil(t, none.provider())
	interceptors, err := none.interceptors()
	require.NoError(t, err)
	require.Empty(t, interceptors)
}

// TestTraces_Replay: orders that were begun without traces go on with them. The
// other way round is in the end to end tests.
func TestTraces_Replay(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	interceptors, err := (&traces{TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))}).interceptors()
	require.NoError(t, err)
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		Interceptors: []interceptor.WorkerInterceptor{interceptors[0].(interceptor.WorkerInterceptor)},
	})
	require.NoError(t, err)
	workers.RegisterWorkflows(replayer)
	histories, err := filepath.Glob("../../workflows/testdata/histories/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, histories)
	for _, h := range histories {
		require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(nil, h), h)
	}
	require.NotEmpty(t, spans.Ended(), "that of a workflow is sent at once")
	require.WithinDuration(t, time.Now(), spans.Ended()[0].EndTime(), time.Minute)
}
