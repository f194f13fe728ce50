// Package repeats keeps a log readable while one line comes over and over, as a
// client can make it: lines that are alike are written up to a number of times
// in each window, and counted from then on. Lines of level error and above are
// always written.
package repeats

import (
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Window is how long lines that are alike are counted together.
const Window = 10 * time.Second

// Core writes to core the first lines of each kind in a window. When the window
// ends, one more line tells how many there were besides. With most being 0 it
// writes everything.
func Core(core zapcore.Core, most int) zapcore.Core {
	if most == 0 {
		return core
	}
	return sampled{core, &window{to: core, most: most, after: func(d time.Duration, end func()) { time.AfterFunc(d, end) }}}
}

// sampled is a core, or one with fields added, whose lines are counted in a
// window.
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
	if e.Level < zapcore.ErrorLevel && !s.in.takes(kindOf(e, fields)) {
		return nil
	}
	return s.Core.Write(e, fields)
}

// Sync implements zapcore.Core. What has been counted is told first.
func (s sampled) Sync() error { return errors.Join(s.in.tell(), s.Core.Sync()) }

// mostKinds bounds the kinds that are told apart in a window: messages of other
// programs' libraries may name addresses of clients. Lines of further kinds count
// as one kind a level.
const mostKinds = 1000

// further is the message of lines whose kinds are not told apart.
const further = "lines of many other kinds"

// kind is what lines that are alike have in common.
type kind struct {
	level           zapcore.Level
	logger, message string
	route           string
	status          int64
}

// kindOf reads the kind of a line. A route and a status are its own, and no
// fields of its logger.
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

// window counts lines from the first one on.
type window struct {
	to    zapcore.Core
	most  int
	after func(time.Duration, func())

	mu     sync.Mutex
	counts map[kind]int // nil while there is no window
}

// takes tells whether a line of the kind is written.
func (w *window) takes(k kind) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.counts == nil {
		w.counts = map[kind]int{}
		w.after(Window, func() { _ = w.end() })
	}
	if _, known := w.counts[k]; !known && len(w.counts) >= mostKinds {
		k = kind{level: k.level, message: further}
	}
	w.counts[k]++
	return w.counts[k] <= w.most
}

// end closes the window. The next line begins another one.
func (w *window) end() error {
	w.mu.Lock()
	counts := w.counts
	w.counts = nil
	w.mu.Unlock()
	return w.write(counts)
}

// tell tells what has been counted in a window that goes on.
func (w *window) tell() error {
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
