package app

import (
	"testing"

	"github.com/stretchr/testify/require"
	temporallog "go.temporal.io/sdk/log"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

func TestTemporalLogger(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	log := temporalLogger(zap.New(core))
	for _, log := range []temporallog.Logger{log, temporallog.With(log, "WorkerID", "w1")} {
		log.Error("Activity error.", "Attempt", 3)
		log.Debug("Activity error.", "Attempt", 3) // as the SDK logs a benign one
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

func TestTemporalLogger_RetriesFollowTheLevel(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.ErrorLevel)
	temporalLogger(zap.New(core)).Error("Activity error.")
	require.Empty(t, logs.All(), "whoever logs errors only is spared retries")
}
