package telemetry

import (
	stdlog "log"
	"strings"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// ServerLog is the ErrorLog of an HTTP server. It turns the lines of net/http into
// entries of log.
func ServerLog(log *zap.Logger) *stdlog.Logger {
	return stdlog.New(serverLog{log.Named("http")}, "", 0)
}

// serverLog makes log entries of the lines that net/http writes.
type serverLog struct{ log *zap.Logger }

// serverLines are levels of lines, by the lines' beginnings. Any other line can be
// caused by a client, for example by breaking its connection.
var serverLines = []struct {
	beginning string
	level     zapcore.Level
}{
	{"http: panic serving ", zap.ErrorLevel}, // in a handler that does not recover
	{"http: Accept error: ", zap.WarnLevel},  // for example: too many open files
	{"http: superfluous ", zap.WarnLevel},
	{"http: response.Write", zap.WarnLevel},
}

// Write implements io.Writer. All lines have the same message, so that a flood of them
// is counted.
func (l serverLog) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	level := zap.DebugLevel
	for _, of := range serverLines {
		if strings.HasPrefix(text, of.beginning) {
			level = of.level
		}
	}
	said, stack, _ := strings.Cut(text, "\n")
	if entry := l.log.Check(level, "server"); entry != nil {
		fields := []zap.Field{zap.String("says", said)}
		if stack != "" {
			fields = append(fields, zap.String("stack", stack))
		}
		entry.Write(fields...)
	}
	return len(line), nil
}
