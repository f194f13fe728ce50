package telemetry

import (
	"context"
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

// TestTraces_Off: without a collector there are no interceptors.
func TestTraces_Off(t *testing.T) {
	t.Parallel()
	none, err := NewTraces(t.Context(), config.Traces{}, "yeyak-api", zap.NewNop())
	require.NoError(t, err)
	require.Nil(t, none.Provider())
	interceptors, err := none.Interceptors()
	require.NoError(t, err)
	require.Empty(t, interceptors)
}

// TestTraces_Replay: orders that were begun without traces replay with them. The end to
// end tests show the reverse.
func TestTraces_Replay(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	interceptors, err := (&Traces{TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))}).Interceptors()
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

// collected is a collector that takes a moment.
type collected struct{ spans []sdktrace.ReadOnlySpan }

// ExportSpans implements sdktrace.SpanExporter.
func (c *collected) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(50 * time.Millisecond):
		c.spans = append(c.spans, spans...)
		return nil
	}
}

// Shutdown implements sdktrace.SpanExporter.
func (c *collected) Shutdown(context.Context) error { return nil }

// TestTraces_Stop: the last spans are sent although the shutdown has used up its time.
func TestTraces_Stop(t *testing.T) {
	t.Parallel()
	sent := &collected{}
	made := &Traces{TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithBatcher(sent))}
	_, span := made.Tracer("test").Start(t.Context(), "the last request")
	span.End()
	late, cancel := context.WithCancel(t.Context())
	cancel()
	made.Stop(late)
	require.Len(t, sent.spans, 1)
}
