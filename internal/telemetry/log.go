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

// NewLogger writes to standard error: console lines for people, JSON for
// machines. Lines that are alike are counted from some number on. Its level
// follows the settings' file for as long as the process lives, if there is one.
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
		follower.look()
		go follower.run(time.Tick(levelEvery))
	}
	return log
}

// repeated is how many lines that are alike in message, route and status are
// written in ten seconds, besides errors. A hundred show how something begins;
// what floods is counted, so that it fills no disk.
const repeated = 100

// levelEvery is how often the file is looked at. It may be one of a mounted
// ConfigMap, whose changes notifications of the file system are bad at.
const levelEvery = 5 * time.Second

// levelFollower lets the level be what a file says.
type levelFollower struct {
	cfg   config.Log
	level zap.AtomicLevel
	log   *zap.Logger // at debug, so that each change of the level is written
}

func (f levelFollower) run(ticks <-chan time.Time) {
	for range ticks {
		f.look()
	}
}

// look takes over the level that the file says. A file that is not there, or
// says nothing that is known, leaves the level that the process was started
// with.
func (f levelFollower) look() {
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
