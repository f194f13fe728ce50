package telemetry

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	temporallog "go.temporal.io/sdk/log"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/internal/config"
)

func TestTemporalLogger(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	log := TemporalLogger(zap.New(core), nil)
	for _, log := range []temporallog.Logger{log, temporallog.With(log, "WorkerID", "w1")} {
		log.Error("Activity error.", "Attempt", 3)
		log.Debug("Activity error.", "Attempt", 3) // a line that the SDK logs without an error
		log.Error("Activity panic.", "StackTrace", "main.main()")
		log.Warn("Failed to poll for task.")

		entries := logs.TakeAll()
		require.Len(t, entries, 4)
		for i, want := range []zapcore.Level{zap.WarnLevel, zap.DebugLevel, zap.ErrorLevel, zap.WarnLevel} {
			require.Equal(t, want, entries[i].Level, entries[i].Message)
			require.Empty(t, entries[i].Stack)
			require.Equal(t, "temporal", entries[i].LoggerName)
		}
		require.Equal(t, int64(3), entries[0].ContextMap()["Attempt"])
		require.Equal(t, "main.main()", entries[2].ContextMap()["StackTrace"])
	}
}

// TestTemporalLogger_Names: the SDK's lines about an order have the field names of our
// lines.
func TestTemporalLogger_Names(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	traces := &Traces{}
	traces.workflows.note("food-1", trace.TraceID{2})
	traces.workflows.note("food-1", trace.TraceID{3}) // the trace of a later request
	log := TemporalLogger(zap.New(core), traces)
	temporallog.With(log, "WorkflowID", "lodging-1", "RunID", "r", "TraceID", trace.TraceID{1}).Info("hello")
	log.Info("hello", "WorkflowID", "deletion-drink-1", "Attempt", 2)
	temporallog.With(log, "WorkflowID", "food-1").Info("hello")
	entries := logs.TakeAll()
	require.Equal(t, map[string]any{
		"order": "lodging-1", "workflow": "lodging-1", "run": "r", "trace": "01000000000000000000000000000000",
	}, entries[0].ContextMap())
	require.Equal(t, map[string]any{"workflow": "deletion-drink-1", "Attempt": int64(2)}, entries[1].ContextMap())
	require.Equal(t, map[string]any{
		"order": "food-1", "workflow": "food-1", "trace": "02000000000000000000000000000000",
	}, entries[2].ContextMap(), "the SDK did not say which")
}

// TestLevelFollower: the level is the content of the file, or else the level at the
// start of the process.
func TestLevelFollower(t *testing.T) {
	t.Parallel()
	cfg := config.Log{Level: "warn", LevelFile: filepath.Join(t.TempDir(), "level")}
	core, logs := observer.New(zap.DebugLevel)
	f := levelFollower{cfg, zap.NewAtomicLevelAt(cfg.ZapLevel()), zap.New(core)}
	f.read()
	require.Equal(t, zap.WarnLevel, f.level.Level(), "there is none yet")
	for _, tt := range []struct {
		says string
		want zapcore.Level
	}{{"debug\n", zap.DebugLevel}, {"error", zap.ErrorLevel}, {"loud", zap.WarnLevel}, {"fatal", zap.WarnLevel}, {"info", zap.InfoLevel}, {"", zap.WarnLevel}} {
		require.NoError(t, os.WriteFile(cfg.LevelFile, []byte(tt.says), 0o600))
		f.read()
		require.Equal(t, tt.want, f.level.Level(), tt.says)
	}
	require.Equal(t, 5, logs.FilterLevelExact(zap.InfoLevel).Len(), "each change is logged")
}

func TestTemporalLogger_RetriesFollowTheLevel(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.ErrorLevel)
	TemporalLogger(zap.New(core), nil).Error("Activity error.")
	require.Empty(t, logs.All(), "a log of errors only has no retries")
}
