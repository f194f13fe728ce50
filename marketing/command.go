package marketing

import (
	"context"
	"os"
	"time"

	"github.com/uptrace/bun/driver/pgdriver"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Command is `yeyak marketing`.
type Command struct {
	Settings  `embed:""`
	LogLevel  string `name:"log-level" env:"YEYAK_LOG_LEVEL" default:"info" help:"Lowest level that is logged: debug, info, warn or error."`
	LogFormat string `name:"log-format" env:"YEYAK_LOG_FORMAT" default:"console" help:"Format of the log: console or json."`
}

// Run serves until ctx ends, and then stops in order. Invalid settings are an error
// with a line for each.
func (c Command) Run(ctx context.Context) error {
	m := c.mistakes()
	m.oneOf("log-level", "YEYAK_LOG_LEVEL", c.LogLevel, "debug", "info", "warn", "error")
	m.oneOf("log-format", "YEYAK_LOG_FORMAT", c.LogFormat, "console", "json")
	if err := m.err(); err != nil {
		return err
	}
	log := c.newLogger()
	defer func() { _ = log.Sync() }() // a terminal cannot be synced; that does not matter
	pgdriver.Logger = silence{}
	_, _ = zap.RedirectStdLogAt(log.Named("library"), zap.WarnLevel) // fails for unknown levels only
	s, err := Start(ctx, c.Settings, log)
	if err != nil {
		return err
	}
	return s.Wait(ctx)
}

// newLogger writes to standard error: console lines for people, JSON for
// machines.
func (c Command) newLogger() *zap.Logger {
	level, err := zapcore.ParseLevel(c.LogLevel)
	if err != nil {
		level = zapcore.InfoLevel
	}
	encoder := zap.NewProductionEncoderConfig()
	encoder.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	encoder.EncodeDuration = zapcore.StringDurationEncoder
	encode := zapcore.NewJSONEncoder(encoder)
	if c.LogFormat == "console" {
		encoder.EncodeTime = zapcore.TimeEncoderOfLayout(time.TimeOnly)
		encoder.EncodeLevel = zapcore.CapitalLevelEncoder
		encode = zapcore.NewConsoleEncoder(encoder)
	}
	return zap.New(zapcore.NewCore(encode, zapcore.Lock(os.Stderr), level))
}

// silence keeps pgdriver from writing to standard error past our log: what it reports is also
// returned as an error.
type silence struct{}

// Printf implements pgdriver's logging.
func (silence) Printf(context.Context, string, ...any) {}
