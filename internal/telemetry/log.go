package telemetry

import (
	"os"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/repeats"
)

// NewLogger writes to standard error: console lines for people, JSON for machines.
// Many similar lines are counted instead. If the settings name a file for the level,
// the level follows it while the process runs.
func NewLogger(cfg config.Log) *zap.Logger { return newLogger(cfg, zapcore.Lock(os.Stderr)) }

func newLogger(cfg config.Log, to zapcore.WriteSyncer) *zap.Logger {
	encoder := zap.NewProductionEncoderConfig()
	encoder.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	encoder.EncodeDuration = zapcore.StringDurationEncoder
	encoder.NewReflectedEncoder = newPrinted
	encode := zapcore.NewJSONEncoder(encoder)
	if cfg.Format == "console" {
		encoder.EncodeTime = zapcore.TimeEncoderOfLayout(time.TimeOnly)
		encoder.EncodeLevel = zapcore.CapitalLevelEncoder
		encode = zapcore.NewConsoleEncoder(encoder)
	}
	level := zap.NewAtomicLevelAt(cfg.ZapLevel())
	log := zap.New(repeats.Core(zapcore.NewCore(encode, to, level), repeated))
	if cfg.LevelFile != "" {
		follower := levelFollower{cfg, level, zap.New(zapcore.NewCore(encode.Clone(), to, zapcore.DebugLevel))}
		follower.read()
		go follower.run(time.Tick(levelEvery))
	}
	return log
}

// repeated is how many similar lines, by message, route and status, are written in ten
// seconds, besides errors. A hundred show how a problem begins; the rest is counted,
// so that a flood does not fill the disk.
const repeated = 100

// levelEvery is how often the file is read. It may be from a mounted ConfigMap, for
// which file system notifications are unreliable.
const levelEvery = 5 * time.Second

// levelFollower sets the level to the content of a file.
type levelFollower struct {
	cfg   config.Log
	level zap.AtomicLevel
	log   *zap.Logger // at debug, so that each change of the level is logged
}

func (f levelFollower) run(ticks <-chan time.Time) {
	for range ticks {
		f.read()
	}
}

// read sets the level to the content of the file. If the file is missing, or its
// content is not a level, the level is the one that the process was started with.
func (f levelFollower) read() {
	want := f.cfg.ZapLevel()
	raw, _ := os.ReadFile(f.cfg.LevelFile)
	said := strings.TrimSpace(string(raw))
	if level, err := zapcore.ParseLevel(said); err == nil && said != "" && level <= zapcore.ErrorLevel {
		want = level
	}
	if was := f.level.Level(); was != want {
		f.level.SetLevel(want)
		f.log.Info("log level changed", zap.Stringer("was", was), zap.Stringer("is", want))
	}
}
