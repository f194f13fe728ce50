package repeats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// counted is a log that writes three similar lines per window, and a function that
// ends the window.
func counted(t *testing.T, level zapcore.Level) (log *zap.Logger, written *observer.ObservedLogs, end func()) {
	t.Helper()
	to, written := observer.New(level)
	core := Core(to, 3).(sampled)
	var ends []func()
	core.in.after = func(d time.Duration, f func()) {
		require.Equal(t, Window, d)
		ends = append(ends, f)
	}
	return zap.New(core), written, func() {
		require.NotEmpty(t, ends, "no window has begun")
		next := ends[0]
		ends = ends[1:]
		next()
	}
}

func request(log *zap.Logger, route string, status int) {
	log.Info("request", zap.String("route", route), zap.Int("status", status))
}

func TestCore_LinesThatAreAlikeAreCounted(t *testing.T) {
	t.Parallel()
	log, written, end := counted(t, zap.DebugLevel)
	for range 1000 {
		request(log, "/v1/events", 503)
	}
	request(log, "/v1/events", 500)
	request(log, "/v1/orders", 503)
	require.Len(t, written.All(), 5)
	end()
	lines := written.All()
	require.Len(t, lines, 6)
	require.Equal(t, "request", lines[5].Message)
	require.Equal(t, zap.InfoLevel, lines[5].Level)
	require.Equal(t, map[string]any{
		"route": "/v1/events", "status": int64(503), "repeated": int64(997), "within": Window,
	}, lines[5].ContextMap())

	request(log, "/v1/events", 503)
	require.Len(t, written.All(), 7, "another window")
	end()
	require.Len(t, written.All(), 7, "nothing was left out of it")
}

// Loggers of one core with different fields share the window.
func TestCore_WithFields(t *testing.T) {
	t.Parallel()
	log, written, end := counted(t, zap.DebugLevel)
	for i := range 10 {
		log.With(zap.Int("order", i)).Warn("order does not answer")
	}
	require.Len(t, written.All(), 3)
	require.Equal(t, map[string]any{"order": int64(2)}, written.All()[2].ContextMap())
	end()
	require.Equal(t, map[string]any{"repeated": int64(7), "within": Window}, written.All()[3].ContextMap())
}

func TestCore_ErrorsAreAlwaysWritten(t *testing.T) {
	t.Parallel()
	log, written, _ := counted(t, zap.DebugLevel)
	for range 1000 {
		log.Error("panic", zap.String("route", "/v1/events"))
	}
	require.Len(t, written.All(), 1000)
}

// The counts are written when the process syncs its log at its end.
func TestCore_Sync(t *testing.T) {
	t.Parallel()
	log, written, end := counted(t, zap.DebugLevel)
	for range 5 {
		log.Info("hello")
	}
	require.NoError(t, log.Sync())
	require.Equal(t, map[string]any{"repeated": int64(2), "within": Window}, written.All()[3].ContextMap())
	end()
	require.Len(t, written.All(), 4, "it is logged once")
}

// A line below the level is not counted, and no counts are written below it.
func TestCore_Level(t *testing.T) {
	t.Parallel()
	log, written, end := counted(t, zap.InfoLevel)
	for range 5 {
		log.Debug("hello")
		log.Info("hello")
	}
	end()
	require.Len(t, written.All(), 4)
	require.Equal(t, int64(2), written.All()[3].ContextMap()["repeated"])
}

func TestCore_Everything(t *testing.T) {
	t.Parallel()
	to, written := observer.New(zap.DebugLevel)
	log := zap.New(Core(to, 0))
	for range 1000 {
		log.Info("hello")
	}
	require.Len(t, written.All(), 1000)
}

// With many concurrent lines, every line is either written or counted.
func TestCore_Concurrent(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	encoder := zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig())
	log := zap.New(Core(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(&text)), zap.InfoLevel), 7))
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			for range 500 {
				request(log, fmt.Sprint("/", i%2), 503)
			}
		})
	}
	writers.Wait()
	require.NoError(t, log.Sync())
	sum := 0
	for line := range strings.Lines(text.String()) {
		var of struct{ Repeated int }
		require.NoError(t, json.Unmarshal([]byte(line), &of))
		sum += max(of.Repeated, 1)
	}
	require.Equal(t, 4000, sum)
}

// TestCore_ManyKinds: the number of kinds is bounded, and every line that is not
// written is counted.
func TestCore_ManyKinds(t *testing.T) {
	t.Parallel()
	log, written, end := counted(t, zap.DebugLevel)
	const many = 3 * mostKinds
	for i := range many {
		log.Info(fmt.Sprintf("refused a connection of 192.0.2.1:%d", i))
		log.Warn(fmt.Sprintf("cut off a connection of 192.0.2.1:%d", i))
	}
	log.Info("refused a connection of 192.0.2.1:0")
	lines := written.All()
	require.Len(t, lines, mostKinds+2*3+1, "each of the first kinds, three of all others of each level, and one that is known")
	require.Equal(t, "refused a connection of 192.0.2.1:0", lines[len(lines)-1].Message)
	end()
	repeated := map[zapcore.Level]any{}
	for _, line := range written.All()[len(lines):] {
		require.Equal(t, otherKinds, line.Message)
		repeated[line.Level] = line.ContextMap()["repeated"]
	}
	each := int64(many - mostKinds/2 - 3)
	require.Equal(t, map[zapcore.Level]any{zap.InfoLevel: each, zap.WarnLevel: each}, repeated)
}
