package marketing

import (
	stdlog "log"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// serverLog makes log entries of net/http's lines. They contain clients' addresses, and
// any client can cause most of them: so they are at Debug, and have the same message,
// by which a flood of them is recognised.
type serverLog struct{ log *zap.Logger }

// acceptError is the prefix of a line that no client causes alone, such as about too
// many open files. It names no client.
const acceptError = "http: Accept error: "

// newServerLog writes at most ten lines of a level in ten seconds.
func newServerLog(log *zap.Logger) *stdlog.Logger {
	few := zap.WrapCore(func(core zapcore.Core) zapcore.Core {
		return zapcore.NewSamplerWithOptions(core, 10*time.Second, 10, 0)
	})
	return stdlog.New(serverLog{log.Named("http").WithOptions(few)}, "", 0)
}

// Write implements io.Writer.
func (l serverLog) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	level := zap.DebugLevel
	if strings.HasPrefix(text, acceptError) {
		level = zap.WarnLevel
	}
	if entry := l.log.Check(level, "server"); entry != nil {
		entry.Write(zap.String("says", text))
	}
	return len(line), nil
}
