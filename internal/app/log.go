package app

import (
	"context"
	"log/slog"
	"os"
	"time"

	temporallog "go.temporal.io/sdk/log"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zapcore"

	"github.com/yeyak/yeyak/internal/config"
)

// NewLogger writes to standard error: console lines for people, JSON for
// machines.
func NewLogger(cfg config.Log) *zap.Logger {
	encoder := zap.NewProductionEncoderConfig()
	encoder.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	encoder.EncodeDuration = zapcore.StringDurationEncoder
	encode := zapcore.NewJSONEncoder(encoder)
	if cfg.Format == "console" {
		encoder.EncodeTime = zapcore.TimeEncoderOfLayout(time.TimeOnly)
		encoder.EncodeLevel = zapcore.CapitalLevelEncoder
		encode = zapcore.NewConsoleEncoder(encoder)
	}
	return zap.New(zapcore.NewCore(encode, zapcore.Lock(os.Stderr), cfg.ZapLevel()))
}

// temporalLogger lets the engine's client and workers write to log. It adds no
// stack traces: they would show where the SDK logs, and an error of a service
// that is away is followed by ten lines of that. A panic brings its own.
func temporalLogger(log *zap.Logger) temporallog.Logger {
	const never = slog.LevelError + 1 // the SDK logs nothing above an error
	handler := zapslog.NewHandler(log.Core(), zapslog.WithName("temporal"), zapslog.AddStacktraceAt(never))
	return temporallog.NewStructuredLogger(slog.New(calm{handler}))
}

// calm makes a warning of a failed attempt at an activity, which the SDK logs
// as an error: all of ours are tried again until they are done. An undo for
// which that takes too long is an error, and its saga logs it.
type calm struct{ slog.Handler }

// attemptFailed is how the SDK words it.
const attemptFailed = "Activity error."

// Handle implements slog.Handler.
func (c calm) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == attemptFailed {
		r.Level = min(r.Level, slog.LevelWarn)
	}
	return c.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (c calm) WithAttrs(attrs []slog.Attr) slog.Handler { return calm{c.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (c calm) WithGroup(name string) slog.Handler { return calm{c.Handler.WithGroup(name)} }
