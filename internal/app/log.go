package app

import (
	"os"
	"time"

	"go.uber.org/zap"
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
