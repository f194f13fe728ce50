package telemetry

import (
	stdlog "log"
	"strings"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// ServerLog is the ErrorLog of an HTTP server: what net/http writes becomes
// entries of log.
func ServerLog(log *zap.Logger) *stdlog.Logger {
	return stdlog.New(serverLog{log.Named("http")}, "", 0)
}

// serverLog makes log entries of the lines that net/http writes.
type serverLog struct{ log *zap.Logger }

// serverLines are the levels of the lines by their beginnings. All others any
// client can cause, by breaking its connection for example.
var serverLines = []struct {
	beginning string
	level     zapcore.Level
}{
	{"http: panic serving ", zap.ErrorLevel}, // of a handler that does not recover itself
	{"http: Accept error: ", zap.WarnLevel},  // such as: too many open files
	{"http: superfluous ", zap.WarnLevel},
	{"http: response.Write", zap.WarnLevel},
}

// Write implements io.Writer. The message is the same for all lines, so that a
// flood of them is counted.
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
