// Package repeats limits how often similar lines fill a log, which a client can cause.
// Similar lines are written up to a number of times in each window, and only counted
// after that. Lines of level error and above are always written.
package repeats

import (
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Window is how long similar lines are counted together.
const Window = 10 * time.Second

// Core writes the first lines of each kind in a window to core. When the window ends,
// one more line says how many were suppressed. If most is 0 it writes all lines.
func Core(core zapcore.Core, most int) zapcore.Core {
	if most == 0 {
		return core
	}
	return sampled{core, &window{to: core, most: most, after: func(d time.Duration, end func()) { time.AfterFunc(d, end) }}}
}

// sampled is a core, possibly with fields added, whose lines are counted in a window.
type sampled struct {
	zapcore.Core
	in *window
}

// With implements zapcore.Core.
func (s sampled) With(fields []zapcore.Field) zapcore.Core { return sampled{s.Core.With(fields), s.in} }

// Check implements zapcore.Core.
func (s sampled) Check(e zapcore.Entry, to *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if s.Enabled(e.Level) {
		return to.AddCore(e, s)
	}
	return to
}

// Write implements zapcore.Core.
func (s sampled) Write(e zapcore.Entry, fields []zapcore.Field) error {
	if e.Level < zapcore.ErrorLevel && !s.in.admits(kindOf(e, fields)) {
		return nil
	}
	return s.Core.Write(e, fields)
}

// Sync implements zapcore.Core. It writes the counts first.
func (s sampled) Sync() error { return errors.Join(s.in.report(), s.Core.Sync()) }

// mostKinds bounds the kinds of one window: messages of libraries may contain
// addresses of clients. Lines of further kinds are counted as one kind per level.
const mostKinds = 1000

// otherKinds is the message of lines beyond mostKinds.
const otherKinds = "lines of many other kinds"

// kind is what similar lines have in common.
type kind struct {
	level           zapcore.Level
	logger, message string
	route           string
	status          int64
}

// kindOf returns the kind of a line. Route and status are fields of the line itself,
// not of its logger.
func kindOf(e zapcore.Entry, fields []zapcore.Field) kind {
	k := kind{level: e.Level, logger: e.LoggerName, message: e.Message}
	for _, f := range fields {
		switch {
		case f.Key == "route" && f.Type == zapcore.StringType:
			k.route = f.String
		case f.Key == "status" && f.Type == zapcore.Int64Type:
			k.status = f.Integer
		}
	}
	return k
}

// window counts lines, beginning with the first one.
type window struct {
	to    zapcore.Core
	most  int
	after func(time.Duration, func())

	mu     sync.Mutex
	counts map[kind]int // nil while no window is open
}

// admits reports whether a line of the kind is written.
func (w *window) admits(k kind) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.counts == nil {
		w.counts = map[kind]int{}
		w.after(Window, func() { _ = w.end() })
	}
	if _, known := w.counts[k]; !known && len(w.counts) >= mostKinds {
		k = kind{level: k.level, message: otherKinds}
	}
	w.counts[k]++
	return w.counts[k] <= w.most
}

// end writes the counts and closes the window. The next line opens another one.
func (w *window) end() error {
	w.mu.Lock()
	counts := w.counts
	w.counts = nil
	w.mu.Unlock()
	return w.write(counts)
}

// report writes the counts so far, and keeps the window open.
func (w *window) report() error {
	w.mu.Lock()
	counts := w.counts
	if counts != nil {
		w.counts = map[kind]int{}
	}
	w.mu.Unlock()
	return w.write(counts)
}

func (w *window) write(counts map[kind]int) (err error) {
	for k, count := range counts {
		if count <= w.most || !w.to.Enabled(k.level) {
			continue
		}
		fields := []zapcore.Field{zap.Int("repeated", count-w.most), zap.Duration("within", Window)}
		if k.status != 0 {
			fields = append(fields, zap.String("route", k.route), zap.Int64("status", k.status))
		}
		e := zapcore.Entry{Level: k.level, Time: time.Now(), LoggerName: k.logger, Message: k.message}
		err = errors.Join(err, w.to.Write(e, fields))
	}
	return err
}
